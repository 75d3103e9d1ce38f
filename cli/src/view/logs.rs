//! Lines of the log.

use super::{list, shown, text, time};
use crate::screen::{Screen, Tone};
use serde_json::Value as Json;

pub(crate) fn show(screen: &Screen, answer: &Json) -> String {
    match list(answer, "lines") {
        [] => "the log has no such line".to_owned(),
        rows => rows.iter().map(|row| line(screen, row)).collect::<Vec<_>>().join("\n"),
    }
}

pub(crate) fn line(screen: &Screen, row: &Json) -> String {
    let level = text(row, "level");
    let tone = match level.as_str() {
        "error" | "critical" => Tone::Bad,
        "warning" | "warn" => Tone::Warn,
        _ => Tone::Dim,
    };
    let at = text(row, "at");
    let (at, part) = (screen.paint(Tone::Dim, time::of_day(&at)), text(row, "part"));
    let level = screen.paint(tone, &format!("{level:<8}"));
    let part = screen.paint(Tone::Bold, &format!("{part:<8}"));
    // Identifiers are in the sentence already; what else there is stands behind it.
    let message = text(row, "message");
    let fields: Vec<String> = row
        .get("fields")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, v)| !message.contains(&shown(v)))
        .map(|(k, v)| format!("{k}={}", shown(v)))
        .collect();
    let fields = match fields.is_empty() {
        true => String::new(),
        false => format!("  {}", screen.paint(Tone::Dim, &fields.join(" "))),
    };
    format!("{at} {level} {part} {message}{fields}")
}
