//! Commands that go on until they are interrupted.

use crate::house::{House, signal};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read};

/// The first line, then Ctrl-C.
pub(crate) fn first_line(house: &House, words: &[&str]) -> String {
    let mut child = house.command().args(words).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    signal(child.id().into(), Signal::INT);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{words:?}: {err}");
    assert_eq!(err, "", "{words:?}");
    line
}

#[test]
fn facts_are_followed_until_ctrl_c() {
    let house = House::with_board();
    let line = first_line(&house, &["events:tail", "component", "--last", "50"]);
    assert!(line.contains("component."), "{line}");
    let line = first_line(&house, &["events", "tail", "--last", "5", "--json"]);
    let fact: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(fact["topic"].is_string(), "{fact}");
    let line = first_line(&house, &["health:watch"]);
    assert!(line.contains("healthy") && line.contains("gate="), "{line}");
    // The board has not suffered from listeners who leave.
    assert_eq!(house.mobo("status --json").good().json()["status"], "healthy");
}
