//! Wrong settings end the boot with all their reasons, and a safe boot ignores them.

use crate::installation;

#[test]
fn all_mistakes_are_told_at_once_with_the_nearest_key() {
    let here = installation();
    here.settings("[health]\nintervall = \"10s\"\ntimeout = 5\n\n[gaet]\nport = 1\n");
    let board = here.begin_boot(&["--set", "board.restarts=many"]);
    assert_eq!(board.ended(), Some(2));
    let said = here.printed();
    for expected in ["interval", "timeout", "gate", "board.restarts", "magflock.toml:2"] {
        assert!(said.contains(expected), "`{expected}` is missing in:\n{said}");
    }
    assert!(!said.contains("panicked") && !said.contains("stack backtrace"), "{said}");
}

#[test]
fn a_missing_secret_file_is_named() {
    let here = installation();
    let mut command = here.command(&["check"]);
    command.env("MAGFLOCK_GATE__ADDRESS_FILE", here.folder().join("nothing-here"));
    let ran = command.output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(!ran.status.success() && said.contains("nothing-here"), "{said}");
}

#[test]
fn a_safe_boot_comes_up_whatever_the_settings_say() {
    let here = installation();
    here.settings("this is not toml at all [[[\n");
    let board = here.boot(&["--safe"]);
    let status = here.json(&["status"]);
    assert_eq!(status["safe"], true);
    assert_eq!(board.stop(), Some(0));
}
