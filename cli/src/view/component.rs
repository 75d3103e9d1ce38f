//! A part with its settings; and what became of it, in a sentence: swapped, started or stopped.

use super::{generic, list, number, text, time};
use crate::screen::{Screen, Tone, columns, tame, wrapped};
use serde_json::Value as Json;

/// The class is for programs, and a state has one word for people.
const UNSHOWN: [&str; 3] = ["class", "state", "config"];

pub(crate) fn show(screen: &Screen, answer: &Json) -> String {
    let known = answer.as_object().into_iter().flatten();
    let fields = known.filter(|(name, _)| !UNSHOWN.contains(&name.as_str()));
    let name = |name: &String| if name == "shown" { "state".to_owned() } else { name.clone() };
    let fields = fields.map(|(field, value)| (name(field), value.clone())).collect();
    let mut lines = vec![generic::show(screen, &Json::Object(fields))];
    lines.extend(settings(screen, answer));
    lines.join("\n")
}

/// By the names and in the words in which they are set.
fn settings(screen: &Screen, answer: &Json) -> Vec<String> {
    let settings = answer.get("config").and_then(Json::as_object);
    let Some(settings) = settings.filter(|settings| !settings.is_empty()) else { return vec![] };
    let width = settings.keys().map(|name| columns(name)).max().unwrap_or(0);
    let mut lines = vec![screen.paint(Tone::Dim, "settings")];
    for (name, value) in settings {
        let gap = " ".repeat(width - columns(name) + 2);
        let room = screen.width.saturating_sub(width + 4).max(20);
        let mut parts = wrapped(&tame(&mag_settings::text_of(value)), room).into_iter();
        let first = parts.next().unwrap_or_default();
        lines.push(format!("  {}{gap}{first}", screen.paint(Tone::Dim, &tame(name))));
        lines.extend(parts.map(|part| format!("{}{part}", " ".repeat(width + 4))));
    }
    lines
}

pub(crate) fn moved(screen: &Screen, operation: &str, answer: &Json) -> String {
    let part = text(answer, "part");
    let took = time::millis(number(answer, "took_ms"));
    let how = match operation {
        "component:swap" | "component:restart" => match number(answer, "gap_ms") {
            0 => format!("runs anew after {took}; nobody was refused"),
            gap => format!("runs anew after {took}; it was away for {}", time::millis(gap)),
        },
        "component:start" => format!("runs, after {took}"),
        "component:plug" => format!("is plugged in and runs, after {took}"),
        "component:unplug" => "is unplugged".to_owned(),
        _ => "is stopped".to_owned(),
    };
    let mut lines = vec![format!("{} {part} {how}", screen.mark(Tone::Good))];
    let drained = answer.get("drained").unwrap_or(&Json::Null);
    let late = words(drained, "late");
    if !late.is_empty() {
        lines.push(format!("{} late, and ended: {late}", screen.mark(Tone::Warn)));
    }
    let degraded = words(answer, "degraded");
    if !degraded.is_empty() {
        lines.push(format!("{} does less without it: {degraded}", screen.mark(Tone::Warn)));
    }
    lines.join("\n")
}

fn words(json: &Json, name: &str) -> String {
    let words: Vec<&str> = list(json, name).iter().filter_map(Json::as_str).collect();
    tame(&words.join(", "))
}
