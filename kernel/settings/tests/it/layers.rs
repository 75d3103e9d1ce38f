//! Which layer wins, and what is said about it.

use crate::sample::{Gate, Levels, Packing, Vault, sections, with_vault};
use mag_settings::{Bytes, Loaded, Loader, Origin, Setting, Span};
use serde_json::json;

fn setting(loaded: &Loaded, path: &str) -> Setting {
    loaded.values().into_iter().find(|setting| setting.path == path).unwrap()
}

#[test]
fn a_flag_beats_the_environment_that_beats_the_file_that_beats_the_default() {
    let file = "[parts.gate]\nport = 1\nprice = 1\npatience = '1s'\n";
    let env = [("MAGFLOCK_PARTS__GATE__PORT", "2"), ("MAGFLOCK_PARTS__GATE__PRICE", "2.5")];
    let loaded = Loader::new(sections()).file("magflock.toml", file).env(env);
    let loaded = loaded.flags(["parts.gate.port=3"]).load().unwrap();
    let gate: Gate = loaded.section("parts.gate").unwrap();
    assert_eq!((gate.port, gate.price, gate.patience), (3, 2.5, Span::of_secs(1)));
    assert_eq!(gate.body_max, Bytes::of_mib(10));

    let origin = |path: &str| setting(&loaded, path).origin;
    assert_eq!(origin("parts.gate.port"), Origin::Flag { text: "parts.gate.port".into() });
    assert_eq!(
        origin("parts.gate.price"),
        Origin::Env { name: "MAGFLOCK_PARTS__GATE__PRICE".into() }
    );
    assert_eq!(
        origin("parts.gate.patience"),
        Origin::File { path: "magflock.toml".into(), line: 4, column: 12 }
    );
    assert_eq!(origin("parts.gate.body_max"), Origin::Default);
}

#[test]
fn with_nothing_given_every_setting_has_its_default() {
    let loaded = Loader::new(sections()).load().unwrap();
    assert_eq!(loaded.section::<Gate>("parts.gate").unwrap(), Gate::default());
    assert_eq!(loaded.section::<Levels>("log").unwrap(), Levels::default());
    assert!(loaded.values().iter().all(|setting| setting.origin == Origin::Default));
    let port = setting(&loaded, "parts.gate.port");
    assert_eq!((port.value, port.default, port.live), (json!(8000), Some(json!(8000)), false));
    assert_eq!(port.doc, "The port on which the API answers.");
    assert_eq!(port.env, "MAGFLOCK_PARTS__GATE__PORT");
    let body = setting(&loaded, "parts.gate.body_max");
    assert_eq!((body.value, body.kind.as_str(), body.live), (json!("10MiB"), "size", true));
}

#[test]
fn the_environment_is_read_as_what_the_schema_wants() {
    let env = [
        ("MAGFLOCK_PARTS__GATE__ORIGINS", "['a', 'b']"),
        ("MAGFLOCK_PARTS__GATE__PACKING", "gzip"),
        ("MAGFLOCK_PARTS__GATE__LIMITS__BURST", "7"),
        ("MAGFLOCK_PARTS__GATE__TLS__CERT_FILE", "cert.pem"),
        ("MAGFLOCK_LOG__LEVEL", "10"),
        ("MAGFLOCK_LOG__PARTS__gate", "debug"),
        ("magflock_log__parts", "{ \"my-part\" = 'info' }"),
        ("MAGFLOCK_SERVICE_HOST", "10.0.0.1"),
        ("HOME", "x"),
    ];
    let loaded = Loader::new(sections()).env(env).load().unwrap();
    let gate: Gate = loaded.section("parts.gate").unwrap();
    assert_eq!(gate.origins, ["a", "b"]);
    assert_eq!(gate.packing, Packing::Gzip);
    assert_eq!((gate.limits.burst, gate.limits.steady), (7, 3));
    assert_eq!(gate.tls.unwrap().cert_file, "cert.pem");
    let log: Levels = loaded.section("log").unwrap();
    assert_eq!(log.level, "10");
    assert_eq!(json!(log.parts), json!({ "gate": "debug", "my-part": "info" }));
    assert_eq!(loaded.warnings(), [] as [&str; 0]);
}

#[test]
fn a_name_with_one_underscore_too_few_is_warned_of_and_ignored() {
    let loaded = Loader::new(sections()).env([("MAGFLOCK_PARTS_GATE_PORT", "x")]).load().unwrap();
    let [warning] = loaded.warnings() else { panic!("{:?}", loaded.warnings()) };
    assert!(warning.contains("did you mean `MAGFLOCK_PARTS__GATE__PORT`?"), "{warning}");
}

#[test]
fn a_secret_comes_from_a_file_without_its_last_newline_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "hunter2\n\n").unwrap();
    let path = path.to_str().unwrap();
    let file = "[vault.providers.google]\nid = 'g'\nsecret = 'hunter3'\n";
    let loader = Loader::new(with_vault()).file("magflock.toml", file);
    let loaded = loader.env([("MAGFLOCK_VAULT__KEY_FILE", path)]).load().unwrap();
    let vault: Vault = loaded.section("vault").unwrap();
    assert_eq!(vault.key.expose(), "hunter2\n");
    assert_eq!(vault.providers["google"].secret.expose(), "hunter3");
    assert_eq!(vault.pepper.expose(), "salted", "a secret's own default is not `***`");
    assert!(vault.old_key.is_none());

    let key = setting(&loaded, "vault.key");
    assert_eq!((key.value, key.secret), (json!("***"), true));
    let name = "MAGFLOCK_VAULT__KEY_FILE".into();
    assert_eq!(key.origin, Origin::EnvFile { name, path: path.into() });
    let all = serde_json::to_string(&loaded.values()).unwrap();
    assert!(!all.contains("hunter") && !all.contains("salted"), "{all}");
    assert_eq!(setting(&loaded, "vault.providers.google.id").value, json!("g"));
}

#[test]
fn a_reload_tells_what_changed_and_what_takes_effect_at_once() {
    let load = |file: &str| Loader::new(with_vault()).file("magflock.toml", file).load().unwrap();
    let old = load("[parts.gate]\nport = 1\n[vault]\nkey = 'a'\n[log.parts]\ngate = 'info'\n");
    let new = load("[parts.gate]\npatience = '1s'\n[vault]\nkey = 'b'\n[log.parts]\nws = 'info'\n");
    let changes: Vec<_> =
        old.diff(&new).into_iter().map(|c| (c.path, c.old, c.new, c.live)).collect();
    assert_eq!(
        changes,
        [
            ("log.parts.gate".into(), Some(json!("info")), None, true),
            ("log.parts.ws".into(), None, Some(json!("info")), true),
            ("parts.gate.patience".into(), Some(json!("30s")), Some(json!("1s")), true),
            ("parts.gate.port".into(), Some(json!(1)), Some(json!(8000)), false),
            ("vault.key".into(), Some(json!("***")), Some(json!("***")), false),
        ]
    );
    assert_eq!(old.diff(&old), []);
}
