//! Answers as a person reads them, to what was asked. Pure: JSON in, text out, for a screen of a given width. An
//! operation without a view of its own gets a table or a list of fields.

mod audit;
mod board;
mod component;
mod config;
pub(crate) mod doctor;
pub(crate) mod events;
mod generic;
mod health;
mod jobs;
mod logs;
mod rules;
mod sql;
mod table;
mod time;

use crate::screen::{Screen, Tone, tame};
use serde_json::Value as Json;

pub(crate) fn answer(screen: &Screen, operation: &str, input: &Json, answer: &Json) -> String {
    match operation {
        "board:status" => board::status(screen, answer),
        "board:report" => board::report(screen, answer),
        "board:boots" => board::boots(screen, answer),
        "board:check" => board::check(screen, answer),
        "component:list" => board::list(screen, answer),
        "component:show" => component::show(screen, answer),
        "component:swap" | "component:restart" | "component:start" | "component:plug"
        | "component:stop" | "component:unplug" => component::moved(screen, operation, answer),
        "health:report" => health::report(screen, answer),
        "health:check" => health::check(screen, answer),
        "config:show" => config::show(screen, input, answer),
        "config:check" => config::check(screen, answer),
        "config:set" | "config:unset" => config::set(screen, answer),
        "config:reload" => config::reload(screen, answer),
        "events:replay" => events::replay(screen, answer),
        "jobs:list" => jobs::list(screen, answer),
        "sql:run" => sql::rows(screen, answer),
        "schema:dump" => text_of(answer, "sql"),
        "gen:types" => text_of(answer, "text"),
        "gen:openapi" => document_of(answer),
        "policy:words" => sentences(answer, "words"),
        "schema:diff" => sql::difference(screen, answer),
        "schema:lint" => rules::lint(screen, answer),
        "policy:explain" => rules::explained(screen, answer),
        "logs:show" => logs::show(screen, answer),
        "doctor:run" => doctor::report(screen, answer),
        "audit:list" => audit::list(screen, answer),
        "audit:verify" => audit::verify(screen, answer),
        "jobs:schedules" if list(answer, "schedules").is_empty() => {
            "nothing is queued by the clock".to_owned()
        }
        "events:handlers" if list(answer, "handlers").is_empty() => {
            "no part asks to be asked before things happen".to_owned()
        }
        _ => generic::show(screen, answer),
    }
}

/// Items of an operation that follows, as they come.
pub(crate) struct Pane {
    operation: &'static str,
    /// Lines of the last item that may be written over.
    drawn: usize,
}

impl Pane {
    pub(crate) fn new(operation: &'static str) -> Self {
        Self { operation, drawn: 0 }
    }
    /// `false` when nobody reads any more.
    pub(crate) fn item(&mut self, screen: &Screen, item: &Json) -> bool {
        if screen.json {
            return screen.out(&item.to_string());
        }
        match self.operation {
            "events:tail" => screen.out(&events::line(screen, item)),
            "logs:tail" => screen.out(&logs::line(screen, item)),
            "health:watch" if screen.live => {
                let page = health::report(&screen.of_now(), item);
                // Up to where the last page began, and away with it.
                let up = match self.drawn {
                    0 => String::new(),
                    n => format!("\u{1b}[{n}A\u{1b}[J"),
                };
                self.drawn = page.trim_end().lines().count();
                screen.out(&format!("{up}{}", page.trim_end()))
            }
            "health:watch" => screen.out(&health::line(screen, item)),
            _ => screen.out(&tame(&item.to_string())),
        }
    }
}

/// How a board went down.
pub(crate) fn drained(screen: &Screen, report: &Json) -> Vec<String> {
    let ms = number(report, "took_ms");
    let mut lines = vec![];
    for part in list(report, "parts") {
        let late: Vec<&str> = list(&part[1], "late").iter().filter_map(Json::as_str).collect();
        if !late.is_empty() {
            let name = part[0].as_str().unwrap_or_default();
            let who = tame(&late.join(", "));
            lines.push(format!("{} {name} was late and was ended: {who}", screen.mark(Tone::Warn)));
        }
    }
    lines.push(format!("{} the board is down, in {}", screen.mark(Tone::Good), time::millis(ms)));
    lines
}

pub(crate) fn text(json: &Json, name: &str) -> String {
    tame(json.get(name).and_then(Json::as_str).unwrap_or_default())
}
/// A script as it is, line by line.
fn text_of(json: &Json, name: &str) -> String {
    let text = json.get(name).and_then(Json::as_str).unwrap_or_default();
    // A tab drives no terminal, and some languages are written with it.
    let tamed = |line: &str| line.split('\t').map(tame).collect::<Vec<_>>().join("\t");
    text.lines().map(tamed).collect::<Vec<_>>().join("\n")
}
/// A line each.
fn sentences(json: &Json, name: &str) -> String {
    let all = list(json, name).iter().filter_map(Json::as_str).map(tame);
    all.collect::<Vec<_>>().join("\n")
}
/// For a file, or for a person who looks something up.
fn document_of(json: &Json) -> String {
    let document = json.get("document").unwrap_or(&Json::Null);
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.lines().map(tame).collect::<Vec<_>>().join("\n")
}
pub(crate) fn number(json: &Json, name: &str) -> u64 {
    json.get(name).and_then(Json::as_u64).unwrap_or_default()
}
pub(crate) fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
/// A value in a cell.
pub(crate) fn shown(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => tame(text),
        Json::Array(items) if items.iter().all(|i| !i.is_array() && !i.is_object()) => {
            items.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{} KiB", n / 1024),
        _ => format!("{}.{} MiB", n / 1_048_576, n % 1_048_576 * 10 / 1_048_576),
    }
}
fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests;
