//! The parts of the book, in a binary of their own, on a real board.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic where it stands")]

use mag_kit::{Installation, until};

#[test]
fn a_ticker_and_its_listener_are_plugged_in_by_one_line_each() {
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-demo"));
    let board = here.boot(&["--set", "ticker.every_ms=1"]);
    until("the listener has heard ten ticks", || {
        here.json(&["listener:count"])["heard"].as_u64().unwrap() >= 10
    });
    let shown = here.json(&["component:show", "listener"]);
    assert_eq!(shown["shown"], "running");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_setting_of_ones_own_part_is_checked_like_any_other() {
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-demo"));
    here.settings("[ticker]\nevery_msec = 5\n");
    let ran = here.run(&["check"]);
    assert_ne!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.text().contains("every_ms"), "{}", ran.text());
}

#[test]
fn the_own_part_has_a_command_with_help() {
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-demo"));
    let ran = here.run(&["help", "listener:count"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("Shows how many ticks were heard"), "{}", ran.stdout);
}
