//! Every mistake at once, each with its place and the next step.

use crate::sample::{sections, with_vault};
use mag_settings::{Loader, Mistake, SettingError, fault, report};

fn errors(file: &str) -> Vec<SettingError> {
    Loader::new(sections()).file("magflock.toml", file).load().unwrap_err()
}

/// One mistake in a file, as one reads it.
fn check(file: &str, mistake: Mistake, said: &str) {
    let errors = errors(file);
    let [error] = &errors[..] else { panic!("{errors:#?}") };
    assert_eq!((error.mistake, error.to_string().as_str()), (mistake, said));
}

#[test]
fn a_misspelt_key_is_named_with_its_line_and_the_nearest_key() {
    check(
        "# hello\n[parts.gate]\n  prot = 80\n",
        Mistake::UnknownKey,
        "magflock.toml:3:3: `parts.gate.prot` is not a setting; did you mean `port`?",
    );
    check(
        "[log]\nbody_max = '1MB'\n",
        Mistake::UnknownKey,
        "magflock.toml:2:1: `log.body_max` is not a setting; did you mean `parts.gate.body_max`?",
    );
    check(
        "[parts.gate]\nlimits = { burts = 1 }\n",
        Mistake::UnknownKey,
        "magflock.toml:2:12: `parts.gate.limits.burts` is not a setting; did you mean `burst`?",
    );
}

#[test]
fn a_misspelt_section_is_named_with_the_nearest_one() {
    check(
        "[parts.gaet]\nport = 80\n",
        Mistake::UnknownSection,
        "magflock.toml:1:8: `parts.gaet` is not a section of the settings; did you mean `parts.gate`?",
    );
    check(
        "zebra = 1\n",
        Mistake::UnknownSection,
        "magflock.toml:1:1: `zebra` is not a section of the settings",
    );
}

#[test]
fn a_wrong_type_is_named_at_its_value() {
    let gate = |line: &str, said: &str| {
        let said = format!("magflock.toml:2:{said}");
        check(&format!("[parts.gate]\n{line}\n"), Mistake::WrongType, &said);
    };
    gate("port = 'x'", "8: `parts.gate.port` must be a whole number, not a text (`x`)");
    gate(
        "port = 1.5",
        "8: `parts.gate.port` must be a whole number, not a number with a fraction (`1.5`)",
    );
    gate(
        "origins = 'x'",
        "11: `parts.gate.origins` must be a list of text, not a text (`x`); write `[\"x\"]`, on a \
         command line within single quotes",
    );
    gate(
        "origins = 'x, y'",
        "11: `parts.gate.origins` must be a list of text, not a text (`x, y`); write \
         `[\"x\", \"y\"]`, on a command line within single quotes",
    );
    gate(
        "origins = 1",
        "11: `parts.gate.origins` must be a list of text, not a whole number (`1`)",
    );
    gate(
        "origins = ['x', 2]",
        "17: `parts.gate.origins.1` must be a text, not a whole number (`2`)",
    );
    gate("limits = true", "10: `parts.gate.limits` must be a table, not true or false (`true`)");
    gate(
        "patience = '10 years'",
        "12: `parts.gate.patience` cannot be read: `10 years` is not a time span; write a whole \
         number and ms, s, m, h or d, such as `10s`",
    );
    gate(
        "body_max = 10",
        "12: `parts.gate.body_max` must be a size such as \"64KiB\", not a whole number (`10`)",
    );
    check(
        "parts = 1\n",
        Mistake::WrongType,
        "magflock.toml:1:9: `parts` must be a table, not a whole number (`1`)",
    );
}

#[test]
fn a_value_out_of_its_range_is_told_the_range() {
    let gate = |line: &str, said: &str| {
        let said = format!("magflock.toml:2:{said}");
        check(&format!("[parts.gate]\n{line}\n"), Mistake::OutOfRange, &said);
    };
    gate("port = 0", "8: `parts.gate.port` must be between 1 and 65535, not `0`");
    gate("port = 70000", "8: `parts.gate.port` must be between 1 and 65535, not `70000`");
    gate("body_max = '2GiB'", "12: `parts.gate.body_max` must be at most 1GiB, not `2GiB`");
    gate("patience = '5ms'", "12: `parts.gate.patience` must be at least 10ms, not `5ms`");
}

#[test]
fn a_word_that_is_not_on_the_list_is_told_the_list() {
    check(
        "[parts.gate]\npacking = 'gzpi'\n",
        Mistake::NotAllowed,
        "magflock.toml:2:11: `parts.gate.packing` must be one of auto | gzip | plain, not `gzpi`; \
         did you mean `gzip`?",
    );
}

#[test]
fn what_only_the_type_itself_refuses_is_named_too() {
    let errors = errors("[parts.gate]\nport = 80\naddress = 'nowhere'\n");
    assert_eq!(errors[0].mistake, Mistake::Refused);
    let said = errors[0].to_string();
    assert!(said.starts_with("magflock.toml:3:11: `parts.gate.address`: "), "{said}");
}

#[test]
fn a_missing_value_says_where_it_can_be_set() {
    let errors = Loader::new(with_vault()).load().unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["`vault.key` is missing, and it has no default; set it in magflock.toml, or set \
          MAGFLOCK_VAULT__KEY_FILE"]
    );
    check(
        "[parts.gate.tls]\nciphers = []\n",
        Mistake::Missing,
        "magflock.toml:1:13: `parts.gate.tls.cert_file` is missing, and it has no default; set it \
         in magflock.toml, or set MAGFLOCK_PARTS__GATE__TLS__CERT_FILE",
    );
}

#[test]
fn a_choice_is_judged_by_the_alternative_that_was_meant() {
    let file = "[vault]\nkey = 'a'\n\n[[vault.places]]\ntype = 'bucket'\nurl = 'x'\nsize = 300\n";
    let errors = Loader::new(with_vault()).file("magflock.toml", file).load().unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["magflock.toml:7:8: `vault.places.0.size` must be between 0 and 255, not `300`"]
    );
}

#[test]
fn a_text_that_is_no_toml_is_told_its_line() {
    let errors = errors("[parts.gate]\nport = = 1\n");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].mistake, Mistake::Syntax);
    assert!(errors[0].to_string().starts_with("magflock.toml:2:"), "{}", errors[0]);
}

#[test]
fn a_secret_never_stands_in_a_message() {
    let file = "[vault]\nkey = 12345678\n[vault.providers.x]\nid = 'x'\nsecret = ['hunter2']\n";
    let errors = Loader::new(with_vault()).file("magflock.toml", file).load().unwrap_err();
    let text = report(&errors);
    assert_eq!(errors.len(), 2, "{text}");
    assert!(!text.contains("1234") && !text.contains("hunter"), "{text}");
}

#[test]
fn the_environment_and_flags_are_named_as_the_place() {
    let env = [
        ("MAGFLOCK_PARTS__GATE__PROT", "80"),
        ("MAGFLOCK_PARTS__GATE__PORT", "eighty"),
        ("MAGFLOCK_LOG__LEVEL", "a"),
        ("MAGFLOCK_LOG__LEVEL_FILE", "/nowhere/level"),
    ];
    let flags = ["parts.gate.pakcing=gzip", "nonsense"];
    let errors = Loader::new(sections()).env(env).flags(flags).load().unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "MAGFLOCK_LOG__LEVEL_FILE (/nowhere/level): `log.level`: the file `/nowhere/level` cannot be \
         read: No such file or directory (os error 2)",
        "MAGFLOCK_PARTS__GATE__PROT: `parts.gate.prot` is not a setting; did you mean \
         `MAGFLOCK_PARTS__GATE__PORT`?",
        "MAGFLOCK_PARTS__GATE__PORT: `parts.gate.port` must be a whole number, not a text (`eighty`)",
        "--set parts.gate.pakcing: `parts.gate.pakcing` is not a setting; did you mean \
         `parts.gate.packing`?",
        "--set …: a flag has no `=`; write --set section.key=value",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_value_and_its_file_at_once_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("level");
    std::fs::write(&path, "info").unwrap();
    let env = [("MAGFLOCK_LOG__LEVEL", "a"), ("MAGFLOCK_LOG__LEVEL_FILE", path.to_str().unwrap())];
    let errors = Loader::new(sections()).env(env).load().unwrap_err();
    assert_eq!(errors[0].mistake, Mistake::SaidTwice);
    assert_eq!(
        errors[0].message,
        "`log.level` is set by `MAGFLOCK_LOG__LEVEL` and by `MAGFLOCK_LOG__LEVEL_FILE`"
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let file = "[log]\nlevle = 'x'\n\n[parts.gate]\npacking = 'zip'\nport = 0\n\n[gtae]\n";
    let errors = errors(file);
    let text = report(&errors);
    assert_eq!(
        text,
        "4 settings cannot be used\n\n  \
         magflock.toml:2:1\n    `log.levle` is not a setting\n    did you mean `level`?\n\n  \
         magflock.toml:5:11\n    `parts.gate.packing` must be one of auto | gzip | plain, not `zip`\n    \
         did you mean `gzip`?\n\n  \
         magflock.toml:6:8\n    `parts.gate.port` must be between 1 and 65535, not `0`\n\n  \
         magflock.toml:8:2\n    `gtae` is not a section of the settings\n"
    );
    let fault = fault(&errors);
    assert_eq!(fault.code().id, "MF8001");
    assert_eq!(fault.details_text().unwrap().lines().count(), 4);
    let lines: Vec<&str> = fault.details_text().unwrap().lines().collect();
    assert!(lines[0].ends_with("`log.levle` is not a setting; did you mean `level`?"), "{lines:?}");
    assert!(lines[1].ends_with("did you mean `gzip`?"), "{lines:?}");
    let hint = "each line says what is wrong there, and what is meant if that is plain";
    assert_eq!(fault.hint_text(), Some(hint), "no hint of one line stands for all");
    let alone = mag_settings::fault(&errors[..1]);
    assert_eq!(alone.hint_text(), Some("did you mean `level`?"));
}

#[test]
fn a_section_of_another_name_is_not_there() {
    let loaded = Loader::new(sections()).load().unwrap();
    let errors = loaded.section::<crate::sample::Gate>("parts.gaet").unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "`parts.gaet` is not a section of the settings; did you mean `parts.gate`?"
    );
}

proptest::proptest! {
    #[test]
    fn no_file_environment_or_flag_makes_the_loader_panic(
        file in "(\\[?\\[[a-z.]{0,6}\\]?\\]?\n|[a-z]{1,5} ?= ?[\\PC]{0,12}\n){0,6}",
        name in "MAGFLOCK_[A-Z_é]{0,20}",
        flag in "[a-z.]{0,12}=?\\PC{0,8}",
    ) {
        let _ = Loader::new(with_vault()).file("f", file).env([(name, "x")]).flags([flag]).load();
    }
}
