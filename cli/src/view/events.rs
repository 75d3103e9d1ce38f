//! Facts in one readable line each.

use super::{list, number, shown, text, time};
use crate::screen::{Screen, Tone, columns};
use serde_json::Value as Json;

/// A row of `events:tail` or `events:replay`.
pub(crate) fn line(screen: &Screen, row: &Json) -> String {
    let topic = text(row, "topic");
    let data = row.pointer("/fact/data").cloned().unwrap_or_default();
    let (tone, said) = sentence(&topic, &data);
    let at = text(row, "at");
    let at = screen.paint(Tone::Dim, time::of_day(&at));
    let source = text(row, "source");
    let who = screen.paint(Tone::Dim, &format!("{source:<8}"));
    let gap = " ".repeat(20_usize.saturating_sub(columns(&topic)));
    let topic = screen.paint(Tone::Accent, &topic);
    format!("{at} {} {who} {topic}{gap} {said}", screen.mark(tone))
}

pub(crate) fn replay(screen: &Screen, answer: &Json) -> String {
    let rows = list(answer, "events");
    if rows.is_empty() {
        return "no such fact is kept".to_owned();
    }
    let mut lines: Vec<String> = rows.iter().map(|row| line(screen, row)).collect();
    let (next, newest) = (number(answer, "next"), number(answer, "newest"));
    if next <= newest {
        lines.push(format!("there is more: `--from {next}`"));
    }
    lines.join("\n")
}

/// A fact that a person at the console of the board wants to know, in one line.
pub(crate) fn notable(screen: &Screen, envelope: &Json) -> Option<String> {
    let topic = text(envelope, "event_type");
    let data = envelope.get("data").cloned().unwrap_or_default();
    let wanted = match topic.as_str() {
        "job.failed" => data.get("dead").and_then(Json::as_bool) == Some(true),
        "component.started" | "component.stopped" | "component.failed" | "component.swapped"
        | "system.critical" | "system.error" | "health.degraded" | "health.recovered" => true,
        _ => false,
    };
    let at = text(envelope, "timestamp");
    let at = at.get(11..19).unwrap_or_default().to_owned();
    let (tone, said) = sentence(&topic, &data);
    wanted.then(|| format!("{} {} {said}", screen.paint(Tone::Dim, &at), screen.mark(tone)))
}

fn sentence(topic: &str, data: &Json) -> (Tone, String) {
    let part = text(data, "part");
    let why = text(data, "because");
    let took = time::millis(number(data, "took_ms"));
    match topic {
        "system.boot" => (Tone::Dim, format!("boot {} began", number(data, "boot"))),
        "system.ready" => {
            (Tone::Good, format!("ready in {took} with {} parts", number(data, "parts")))
        }
        "system.shutdown" => (Tone::Dim, format!("going down: {}", text(data, "why"))),
        "system.error" => (Tone::Bad, text(data, "message")),
        "system.critical" => (Tone::Bad, format!("{part} is lost for good: {why}")),
        "component.registered" => {
            (Tone::Dim, format!("{part} {} has a seat", text(data, "version")))
        }
        "component.booted" => (Tone::Dim, format!("{part} is assembled and tested")),
        "component.started" => (Tone::Good, format!("{part} is running, after {took}")),
        "component.stopped" => {
            let late: Vec<&str> = list(data, "late").iter().filter_map(Json::as_str).collect();
            match late.is_empty() {
                true => (Tone::Dim, format!("{part} has stopped, in {took}")),
                false => {
                    (Tone::Warn, format!("{part} has stopped, and {} was late", late.join(", ")))
                }
            }
        }
        "component.failed" => {
            (Tone::Bad, format!("{part} failed (attempt {}): {why}", number(data, "attempt")))
        }
        "component.swapped" => (Tone::Good, format!("{part} was swapped, in {took}")),
        "part.changed" => {
            (Tone::Dim, format!("{part}: {} to {}", text(data, "from"), text(data, "to")))
        }
        "health.check" => match data.get("good").and_then(Json::as_bool) {
            Some(false) => (Tone::Warn, format!("{part} did not pass: {}", text(data, "why"))),
            _ => (Tone::Good, format!("{part} is well, after {took}")),
        },
        "health.degraded" => {
            (Tone::Warn, format!("{part} is {}: {}", text(data, "to"), text(data, "why")))
        }
        "health.recovered" => (Tone::Good, format!("{part} is {}", text(data, "to"))),
        "config.changed" => (Tone::Dim, shown(data.get("keys").unwrap_or(&Json::Null))),
        "job.failed" => {
            let dead = data.get("dead").and_then(Json::as_bool) == Some(true);
            let tone = if dead { Tone::Bad } else { Tone::Warn };
            (
                tone,
                format!(
                    "{} {}: {why}",
                    text(data, "kind"),
                    if dead { "is dead" } else { "failed" }
                ),
            )
        }
        "job.queue" => (Tone::Dim, format!("{} waits for its turn", text(data, "kind"))),
        "job.done" => (Tone::Good, format!("{} is done, in {took}", text(data, "kind"))),
        "operation.called" => {
            let code = text(data, "code");
            let how =
                if code.is_empty() { format!("in {took}") } else { format!("refused: {code}") };
            let tone = if code.is_empty() { Tone::Dim } else { Tone::Warn };
            (tone, format!("{} by {}, {how}", text(data, "operation"), text(data, "actor")))
        }
        _ => (Tone::Dim, fields(data)),
    }
}

fn fields(data: &Json) -> String {
    let Some(fields) = data.as_object() else { return shown(data) };
    fields.iter().map(|(k, v)| format!("{k}={}", shown(v))).collect::<Vec<_>>().join(" ")
}
