//! A file changed by a command is the file that a person wrote, but for one value.

use crate::sample::{Gate, sections, with_vault};
use mag_settings::{Loader, Mistake, SettingsFile, set, unset};

const FILE: &str = "# my board\n\n[parts.gate] # the door\nport = 80 # as agreed\n# price = 1\n\n[log]\nlevel='info'\n";

#[test]
fn a_value_is_changed_and_every_comment_stays() {
    let text = set(FILE, "parts.gate.port", "81", &sections()).unwrap();
    assert_eq!(text, FILE.replace("port = 80 ", "port = 81 "));
    let text = set(FILE, "log.level", "a \"quoted\" text", &sections()).unwrap();
    assert_eq!(text, FILE.replace("'info'", "'a \"quoted\" text'"));
}

#[test]
fn a_new_key_goes_into_its_section_and_a_new_section_to_the_end() {
    let text = set(FILE, "parts.gate.patience", "5s", &sections()).unwrap();
    assert!(text.contains("port = 80 # as agreed\npatience = \"5s\"\n"), "{text}");
    let text = set("# mine\n", "parts.gate.limits.burst", "5", &sections()).unwrap();
    assert_eq!(text, "# mine\n\n[parts.gate]\nlimits = { burst = 5 }\n");
    let text = set("[log]\n# level = 'x'\n", "parts.gate.port", "1", &sections()).unwrap();
    assert_eq!(text, "[log]\n# level = 'x'\n\n[parts.gate]\nport = 1\n");
    let text = set(FILE, "log.parts.gate", "debug", &sections()).unwrap();
    let loaded = Loader::new(sections()).file("f", text.clone()).load().unwrap();
    assert!(
        loaded.values().iter().any(|s| s.path == "log.parts.gate" && s.value == "debug"),
        "{text}"
    );
}

#[test]
fn a_change_that_would_not_be_read_is_refused() {
    let errors = set(FILE, "parts.gate.port", "0", &sections()).unwrap_err();
    assert_eq!(errors[0].mistake, Mistake::OutOfRange);
    let errors = set(FILE, "parts.gate.prot", "1", &sections()).unwrap_err();
    assert_eq!(errors[0].hint.as_deref(), Some("did you mean `parts.gate.port`?"));
    let errors = set("[parts", "parts.gate.port", "1", &sections()).unwrap_err();
    assert_eq!(errors[0].mistake, Mistake::Syntax);
    let errors = set("parts = 1", "parts.gate.port", "1", &sections()).unwrap_err();
    assert_eq!(errors[0].mistake, Mistake::WrongType);
}

#[test]
fn a_refused_change_names_the_file_by_the_path_that_the_caller_knows() {
    let path = "my-data/magflock.toml";
    let place = |file: SettingsFile<'_>| {
        let errors = file.set("parts.gate.port", "0", &sections()).unwrap_err();
        errors[0].origin.to_string()
    };
    assert_eq!(place(SettingsFile { path, text: FILE }), "my-data/magflock.toml:4:8");
    assert_eq!(place(SettingsFile { path, text: "[parts" }), "my-data/magflock.toml:1:7");
    let errors = set(FILE, "parts.gate.port", "0", &sections()).unwrap_err();
    assert_eq!(errors[0].origin.to_string(), "magflock.toml:4:8");
}

#[test]
fn a_broken_file_is_mended_step_by_step() {
    let broken = "[parts.gate]\nport = 'x'\nprot = 1\n";
    let text = set(broken, "parts.gate.port", "1", &sections()).unwrap();
    let text = unset(&text, "parts.gate.prot", &sections()).unwrap();
    assert_eq!(text, "[parts.gate]\nport = 1\n");
}

#[test]
fn what_the_environment_may_still_bring_is_not_missing_here() {
    assert!(set("", "vault.old_key", "x", &with_vault()).is_ok());
}

#[test]
fn an_unset_value_has_its_default_again() {
    let text = unset(FILE, "parts.gate.port", &sections()).unwrap();
    assert!(!text.contains("port =") && text.contains("# the door"), "{text}");
    let loaded = Loader::new(sections()).file("f", text.clone()).load().unwrap();
    assert_eq!(loaded.section::<Gate>("parts.gate").unwrap().port, 8000);
    assert_eq!(unset(&text, "parts.gate.port", &sections()).unwrap(), text);
}

proptest::proptest! {
    #[test]
    fn every_text_that_is_set_is_read_back(value in "\\PC{0,30}", port in 1u16..) {
        let text = set(FILE, "log.level", &value, &sections()).unwrap();
        let text = set(&text, "parts.gate.port", &port.to_string(), &sections()).unwrap();
        let loaded = Loader::new(sections()).file("f", text.clone()).load().unwrap();
        let level = loaded.section::<crate::sample::Levels>("log").unwrap().level;
        proptest::prop_assert_eq!(level, value);
        proptest::prop_assert_eq!(loaded.section::<Gate>("parts.gate").unwrap().port, port);
        for comment in ["# my board", "# the door", "# as agreed", "# price = 1"] {
            proptest::prop_assert!(text.contains(comment));
        }
    }
}
