//! Commands on their own: without a board, misspelt, for scripts, for shells.

use crate::house::House;

#[test]
fn without_a_board_a_command_says_so_and_what_to_do() {
    let house = House::new();
    for words in ["status", "list", "component:restart gate", "events:tail", "shutdown", "restart"]
    {
        let said = house.mobo(words);
        assert_eq!(said.code, 3, "{words}: {}{}", said.out, said.err);
        let folder = house.data.display().to_string();
        assert!(said.err.contains(&folder), "{}", said.err);
        assert!(said.err.contains("mobo boot") && said.err.contains("--data"), "{}", said.err);
    }
    let problem = house.mobo("status --json").problem();
    assert_eq!((&problem["code"], &problem["class"]), (&"MF7001".into(), &"busy".into()));
}

#[test]
fn a_pipe_gets_every_cell_whole_and_a_screen_what_fits() {
    let house = House::new();
    house.mobo("init").good();
    let host = "a-name-that-takes-a-line-of-its-own-on-a-narrow-screen.example";
    house.mobo(&format!("config:set gate.hosts [\"{host}\"]")).good();
    let words = ["config:show", "--changed", "--origin"];
    let place = format!("{}:", house.file().display());
    let piped = house.command().env_remove("COLUMNS").args(words).output().unwrap();
    let piped = String::from_utf8(piped.stdout).unwrap();
    assert!(piped.contains(&place) && piped.contains(host) && !piped.contains('…'), "{piped}");
    let narrow = house.command().env("COLUMNS", "40").args(words).output().unwrap();
    let narrow = String::from_utf8(narrow.stdout).unwrap();
    assert!(narrow.contains('…'), "{narrow}");
}

#[test]
fn what_needs_no_board_works_without_one() {
    let house = House::new();
    house.mobo("init").good();
    assert_eq!(house.mobo("check --json").good().json()["good"], true);
    house.mobo("config:set health.interval 9s").good();
    let shown = house.mobo("config:show health.interval --json").good().json();
    assert_eq!(shown["settings"][0]["value"], "9s");
    house.mobo("config:unset health.interval").good();
    house.mobo("logs").good();
    house.mobo("doctor --json");
    std::fs::write(house.file(), "[health]\nintervl = \"9s\"\n").unwrap();
    let checked = house.mobo("config:check --json");
    assert_eq!(checked.code, 8);
    assert_eq!(checked.json()["mistakes"].as_array().unwrap().len(), 1);
    assert_eq!(house.mobo("check").code, 8);
}

#[test]
fn a_slip_of_the_finger_is_answered_with_what_was_meant() {
    let house = House::new();
    for (words, meant) in [
        ("statsu", "`mobo status`"),
        ("componet:list", "`mobo component:list`"),
        ("health chekc", "`mobo health:check`"),
        ("events tial", "`mobo events:tail`"),
        ("list --al", "`--all`"),
        ("jobs:list --state ded", "`dead`"),
        ("boot --detatch", "`--detach`"),
        ("explain log.levl", "log.level"),
        ("docs frist-boot", "first-boot"),
        ("--jsn status", "`--json`"),
        ("--xyzzy status", "not a flag"),
        ("--verison", "did you mean `--version`?"),
    ] {
        let said = house.mobo(words);
        assert!(said.code != 0 && said.err.contains(meant), "{words}: {}", said.err);
    }
}

#[test]
fn the_three_ways_to_say_a_command_are_one() {
    let house = House::with_board();
    let names = |words: &str| {
        let said = house.mobo(words).good().json();
        said["parts"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect::<Vec<_>>()
    };
    let all = names("component:list --json");
    assert_eq!(all, names("component list --json"));
    assert_eq!(all, names("--json list"));
    assert!(!all.is_empty());
}

#[test]
fn help_explains_every_command_with_an_example() {
    let house = House::new();
    let page = house.mobo("help").good().out;
    assert_eq!(page, house.mobo("--help").good().out);
    let specs = house.mobo("help --json").good().json();
    for spec in specs.as_array().unwrap() {
        let name = spec["name"].as_str().unwrap();
        assert!(page.contains(name), "help does not list {name}");
        let help = house.mobo(&format!("help {name}")).good().out;
        assert_eq!(help, house.mobo(&format!("{name} --help")).good().out);
        for piece in ["Usage:", "Example:", "permission", "effect", "/admin/v1/operations/"] {
            assert!(help.contains(piece), "{name}: no {piece}");
        }
    }
    for words in [
        "boot --help",
        "help init",
        "help exit-codes",
        "help component",
        "man",
        "docs",
        "docs operations",
        "version",
        "",
    ] {
        assert!(!house.mobo(words).good().out.is_empty(), "{words}");
    }
}

#[test]
fn the_other_name_of_the_program_does_the_same() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let magcli = folder.path().join("magcli");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mobo"), &magcli).unwrap();
    let said = std::process::Command::new(magcli).arg("version").output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), house.mobo("version").out);
}

#[test]
fn every_shell_has_its_completions() {
    let house = House::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = house.mobo(&format!("completions {shell}")).good();
        assert!(said.out.contains("mobo") && said.out.contains("status"), "{shell}");
    }
    assert_eq!(house.mobo("completions basch").code, 2);
}

#[test]
fn a_reader_who_leaves_ends_a_command_without_a_word() {
    let house = House::new();
    let mut child = house.command().arg("help").spawn().unwrap();
    drop(child.stdout.take());
    let said = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(said.stderr).unwrap(), "");
    assert_eq!(said.status.code(), Some(0));
}

#[test]
fn a_unit_for_systemd_can_be_looked_at_without_rights() {
    let house = House::new();
    let said = house.mobo("service:install --preview --user magflock").good();
    assert!(said.out.contains("Type=notify") && said.out.contains("User=magflock"));
    let refused = house.mobo("service:uninstall");
    assert_ne!(refused.code, 0);
}
