//! Health: the report, a check, and a line for each look.

use super::board::tone_of;
use super::table::{Side, Table};
use super::{bytes, list, number, text, time};
use crate::screen::{Screen, Tone};
use serde_json::Value as Json;

pub(crate) fn report(screen: &Screen, report: &Json) -> String {
    let system = report.get("system").cloned().unwrap_or_default();
    let word = text(&system, "status");
    let mut head = vec![
        screen.paint(tone_of(&word), &word),
        format!("up {}", time::span(number(&system, "uptime_s"))),
    ];
    if let Some(memory) = system.get("memory_bytes").and_then(Json::as_u64) {
        head.push(bytes(memory));
    }
    if let Some(cpu) = system.get("cpu_s").and_then(Json::as_f64) {
        head.push(format!("{cpu:.1} s of CPU"));
    }
    let head = head.join(&format!(" {} ", screen.dot()));
    let mut lines = vec![format!("{} {head}", screen.mark(tone_of(&word))), String::new()];
    let heads = ["part", "health", "state", "checked", "ready in", "restarts", "why"];
    let right = ["ready in", "restarts"];
    let mut table =
        Table::new(heads.map(|h| (h, if right.contains(&h) { Side::Right } else { Side::Left })));
    for part in list(report, "components") {
        let (health, state) = (text(part, "health"), text(part, "shown"));
        let checked = match text(part, "last_check") {
            // What runs has passed its own test when it started.
            never if never.is_empty() && state == "running" => "at start".to_owned(),
            never if never.is_empty() => "not yet".to_owned(),
            at => time::relative(&at, screen.now),
        };
        let ready = part.get("ready_in_ms").and_then(Json::as_u64).map(time::millis);
        table.row(vec![
            (text(part, "name"), Some(Tone::Bold)),
            (health.clone(), Some(tone_of(&health))),
            (state.clone(), Some(tone_of(&state))),
            (checked, None),
            (ready.unwrap_or_default(), None),
            (number(part, "restarts").to_string(), None),
            (text(part, "why"), None),
        ]);
    }
    lines.extend(table.lines(screen));
    let connections: Vec<&str> =
        list(report, "connections").iter().filter_map(Json::as_str).collect();
    if !connections.is_empty() {
        lines.push(String::new());
        lines.push(format!("reached at {}", connections.join(", ")));
    }
    lines.join("\n")
}

/// One look in one line, for a pipe.
pub(crate) fn line(_: &Screen, report: &Json) -> String {
    let system = report.get("system").cloned().unwrap_or_default();
    let parts: Vec<String> = list(report, "components")
        .iter()
        .map(|p| format!("{}={}", text(p, "name"), text(p, "health")))
        .collect();
    format!("{} {} {}", text(report, "at"), text(&system, "status"), parts.join(" "))
}

pub(crate) fn check(screen: &Screen, answer: &Json) -> String {
    let mut table =
        Table::new([("", Side::Left), ("", Side::Left), ("", Side::Right), ("", Side::Left)]);
    for check in list(answer, "checks") {
        let good = check.get("good").and_then(Json::as_bool) == Some(true);
        let tone = if good { Tone::Good } else { Tone::Bad };
        let mark = match (good, screen.unicode) {
            (true, true) => "✓",
            (true, false) => "+",
            (false, true) => "✗",
            (false, false) => "x",
        };
        table.row(vec![
            (mark.to_owned(), Some(tone)),
            (text(check, "part"), Some(Tone::Bold)),
            (time::millis(number(check, "took_ms")), Some(Tone::Dim)),
            (text(check, "why"), None),
        ]);
    }
    match list(answer, "checks") {
        [] => "no part is live, so there is nothing to check".to_owned(),
        _ => table.lines(screen).join("\n"),
    }
}
