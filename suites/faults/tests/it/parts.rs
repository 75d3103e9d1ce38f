//! Parts that misbehave: the board stays up, says what happened, and heals what can be healed.

use crate::installation;
use mag_kit::{Installation, until};
use serde_json::Value as Json;

/// A board on which `faulty` behaves so; pauses are short, because nothing here tests patience. How soon
/// it is to be ready, to answer and to leave says the part itself.
const QUICK: [&str; 4] = ["--set", "parts.faulty=true", "--set", "board.restart_pause=10ms"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    QUICK.iter().copied().chain(more.iter().copied()).collect()
}

fn state_of(list: &Json, part: &str) -> String {
    let parts = list["parts"].as_array().unwrap();
    let row = parts.iter().find(|p| p["name"] == part).unwrap();
    row["state"].as_str().unwrap().to_owned()
}

/// So many facts of a topic at least, as the journal has them.
fn told(here: &Installation, topic: &str, count: usize) -> Vec<Json> {
    let read = || here.json(&["events:replay", topic])["events"].as_array().unwrap().clone();
    until(&format!("{count} facts `{topic}` are kept"), || read().len() >= count);
    read()
}

/// Misbehaves in its first incarnation alone: the board brings it back.
fn comes_back(behaviour: &str, code: &str) {
    let here = installation();
    let set = format!("faulty.behaviour={behaviour}");
    let board = here.boot(&with(&["--set", &set, "--set", "faulty.times=1"]));
    until("the part has failed once and is running", || {
        let told = here.json(&["events:replay", "component.failed"]);
        let failed =
            told["events"].as_array().unwrap().iter().any(|e| e["fact"]["data"]["code"] == code);
        failed && state_of(&here.json(&["list"]), "faulty") == "running"
    });
    assert_eq!(state_of(&here.json(&["list"]), "admin"), "running");
    assert_eq!(board.stop(), Some(0), "{}", here.printed());
}

#[test]
fn a_part_that_panics_comes_back() {
    comes_back("panic", "MF7007");
}
#[test]
fn a_part_whose_task_panics_comes_back() {
    comes_back("task-panic", "MF7007");
}
#[test]
fn a_part_that_ends_with_an_error_comes_back() {
    comes_back("error", "MF7012");
}
#[test]
fn a_part_that_returns_unasked_comes_back() {
    comes_back("return", "MF7008");
}
#[test]
fn a_part_that_cannot_be_assembled_at_first_comes_back() {
    comes_back("panic-assembling", "MF7007");
}
#[test]
fn a_part_that_fails_its_self_test_at_first_comes_back() {
    comes_back("fail-test", "MF7005");
}
#[test]
fn a_part_that_never_says_ready_is_tried_again() {
    comes_back("never-ready", "MF7006");
}
#[test]
fn a_part_that_hangs_is_found_and_comes_back() {
    comes_back("hang", "MF7009");
}
#[test]
fn a_part_that_holds_its_thread_is_found_and_comes_back() {
    let here = installation();
    let board = here.boot(&with(&["--set", "faulty.behaviour=block", "--set", "faulty.times=1"]));
    until("the part is found hung and is running again", || {
        let told = here.json(&["events:replay", "component.failed"]);
        let hung = told["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["fact"]["data"]["code"] == "MF7009");
        hung && state_of(&here.json(&["list"]), "faulty") == "running"
    });
    // Its thread sleeps on; the board does not wait for it.
    assert_eq!(board.stop(), Some(0), "{}", here.printed());
}

#[test]
fn a_part_that_always_crashes_is_given_up_and_the_board_goes_on() {
    let here = installation();
    let board = here.boot(&with(&["--set", "faulty.behaviour=panic"]));
    until("the part is given up", || state_of(&here.json(&["list"]), "faulty") == "failed");
    // Facts reach the journal a moment after they were told.
    let told = told(&here, "system.critical", 1);
    assert_eq!(told[0]["fact"]["data"]["part"], "faulty");
    let failures = self::told(&here, "component.failed", 4);
    assert_eq!(failures.len(), 4, "one start and three restarts");
    let status = here.json(&["status"]);
    assert_eq!(status["status"], "degraded");
    let ran = here.run(&["component:start", "faulty"]);
    assert_eq!(ran.code, Some(0), "an operator may try again: {}", ran.text());
    assert_eq!(board.stop(), Some(0), "{}", here.printed());
}

#[test]
fn the_loss_of_an_essential_part_ends_the_board_in_order() {
    let here = installation();
    let mut board = here.begin_boot(&with(&[
        "--set",
        "faulty.behaviour=panic",
        "--set",
        "faulty.essential=true",
        "--set",
        "faulty.waits=true",
        "--set",
        "board.restarts=1",
    ]));
    board.until_ready();
    std::fs::write(here.data().join("go"), "").unwrap();
    assert_ne!(board.ended(), Some(0));
    let boots = here.boot(&[]);
    let history = here.json(&["boots"]);
    assert_eq!(history["boots"][1]["how"], "failed", "{history}");
    assert_eq!(boots.stop(), Some(0));
}

#[test]
fn a_newcomer_that_is_not_well_never_takes_over() {
    let here = installation();
    here.settings("[parts]\nfaulty = true\n");
    let board = here.boot(&[]);
    let ran = here.run(&["config:set", "faulty.behaviour", "fail-test"]);
    let said = ran.text();
    assert!(said.contains("faulty"), "{said}");
    let shown = here.json(&["component:show", "faulty"]);
    assert_eq!((&shown["shown"], &shown["restarts"]), (&"running".into(), &0.into()), "{shown}");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_listener_that_falls_behind_is_told_how_much_it_missed() {
    let here = installation();
    let board = here.boot(&[
        "--set",
        "parts.slow=true",
        "--set",
        "parts.ticker=true",
        "--set",
        "ticker.every_ms=1",
    ]);
    until("facts were missed", || here.json(&["slow:missed"])["missed"].as_u64().unwrap() > 0);
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn parts_are_plugged_in_and_taken_out_while_the_board_runs() {
    let here = installation();
    let board = here.boot(&[]);
    assert_eq!(here.json(&["plug", "faulty"])["part"], "faulty");
    assert_eq!(state_of(&here.json(&["list"]), "faulty"), "running");
    here.json(&["unplug", "faulty"]);
    let shelf = here.json(&["list", "--all"]);
    assert_eq!(state_of(&shelf, "faulty"), "on the shelf");
    let text = std::fs::read_to_string(here.data().join("magflock.toml")).unwrap();
    assert!(text.contains("faulty = false"), "{text}");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_stopped_gate_leaves_the_owner_in_control() {
    let here = installation();
    let board = here.boot(&[]);
    let url = board.url();
    assert_eq!(here.json(&["component:stop", "maggate"])["part"], "maggate");
    assert!(
        std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err(),
        "it listens still"
    );
    assert_eq!(state_of(&here.json(&["list"]), "gate"), "stopped");
    here.json(&["component:start", "maggate"]);
    assert_eq!(state_of(&here.json(&["list"]), "gate"), "running");
    let refused = here.run(&["component:stop", "console"]);
    assert_eq!(refused.code, Some(4), "{}", refused.text());
    assert!(refused.text().contains("MF3004"), "{}", refused.text());
    assert_eq!(board.stop(), Some(0));
}

/// The old incarnation carries the answer to the call that replaces it.
#[test]
fn the_gate_is_swapped_and_stopped_through_itself() {
    let here = installation();
    let board = here.boot(&[]);
    let token = std::fs::read_to_string(here.data().join("secrets/admin.token")).unwrap();
    let head =
        format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", token.trim());
    for operation in ["component:restart", "component:stop"] {
        let path = format!("/admin/v1/operations/{operation}");
        let (status, body) = board.ask("POST", &path, &head, "{\"part\":\"gate\"}");
        assert_eq!(status, 200, "{operation}: {body}");
    }
    until("the gate is stopped", || state_of(&here.json(&["list"]), "gate") == "stopped");
    assert_eq!(board.stop(), Some(0));
}
