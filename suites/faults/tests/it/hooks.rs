//! Handlers of hooks that misbehave cost their own time limit and nothing else.

use crate::installation;

/// For a handler that would not end in time, and for one that ends by itself on any machine.
const SHORT: &str = "guard.within_ms=50";
const LONG: &str = "guard.within_ms=60000";

fn check(handler: &str, within: &str, expected: &str) {
    let here = installation();
    let set = format!("guard.handler={handler}");
    let board = here.boot(&["--set", "parts.guard=true", "--set", &set, "--set", within]);
    let ran = here.run(&["guard:ask", "tea", "--json"]);
    let said = ran.text();
    assert!(said.contains(expected), "{handler}: {said}");
    assert_eq!(here.json(&["status"])["status"], "healthy");
    assert_eq!(board.stop(), Some(0), "{}", here.printed());
}

#[test]
fn a_handler_may_change_what_happens() {
    check("well", LONG, "tea, please");
}
#[test]
fn a_handler_may_refuse() {
    check("refuse", LONG, "no tea today");
}
#[test]
fn a_handler_that_sleeps_is_passed_over() {
    check("sleep", SHORT, "tea, please");
}
#[test]
fn a_handler_that_holds_its_thread_is_passed_over() {
    check("block", SHORT, "tea, please");
}
#[test]
fn a_handler_that_panics_is_passed_over() {
    check("panic", LONG, "tea, please");
}
