//! The way down: in order, within its time, and naming who was late.

use crate::installation;

#[test]
fn who_is_late_to_leave_is_named_and_ended() {
    let here = installation();
    let board = here.boot(&["--set", "parts.faulty=true", "--set", "faulty.behaviour=late"]);
    mag_kit::until("it has begun its long work", || {
        here.json(&["component:show", "faulty"])["health"] == "degraded"
    });
    assert_eq!(board.stop(), Some(0));
    let said = here.printed();
    assert!(said.contains("faulty") && said.contains("long-work"), "{said}");
}

#[test]
fn a_board_under_load_goes_down_within_its_time_and_loses_nothing() {
    let here = installation();
    let board = here.boot(&[
        "--set",
        "parts.scribe=true",
        "--set",
        "scribe.sources=16",
        "--set",
        "board.shutdown_within=5s",
    ]);
    mag_kit::until("facts are written", || {
        here.json(&["events:replay", "scribe", "--limit", "1"])["events"].as_array().unwrap().len()
            == 1
    });
    assert_eq!(board.stop(), Some(0), "{}", here.printed());
    let board = here.boot(&[]);
    crate::kill::check(&here, 16);
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_board_is_restarted_as_the_same_process() {
    let here = installation();
    let board = here.boot(&[]);
    let before = here.json(&["status"]);
    let ran = here.run(&["restart"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    mag_kit::until("the next boot answers", || {
        let ran = here.run(&["status", "--json"]);
        ran.code == Some(0) && ran.json()["boot"].as_i64() > before["boot"].as_i64()
    });
    assert_eq!(here.json(&["status"])["process"], before["process"]);
    assert_eq!(board.stop(), Some(0));
}
