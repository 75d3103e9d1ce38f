//! What became of a part: swapped, started or stopped, in a sentence.

use super::{list, number, text, time};
use crate::screen::{Screen, Tone, tame};
use serde_json::Value as Json;

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
