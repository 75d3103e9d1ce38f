//! Settings, mistakes in them, and what a change did.

use super::table::{Side, Table};
use super::{list, shown, text};
use crate::screen::{Screen, Tone, wrapped};
use serde_json::Value as Json;

pub(crate) fn show(screen: &Screen, input: &Json, answer: &Json) -> String {
    let rows = list(answer, "settings");
    if rows.is_empty() {
        return "nobody has set anything: all settings have their defaults".to_owned();
    }
    let with_origin = input.get("origin").and_then(Json::as_bool) == Some(true);
    let last = if with_origin { ["from", "change"] } else { ["", ""] };
    let heads = [["setting", "value"], last].concat();
    let mut table = Table::new(heads.into_iter().map(|head| (head, Side::Left)));
    for row in rows {
        let origin = text(row, "origin");
        let is_changed = origin != "default";
        let tone = if is_changed { Tone::Accent } else { Tone::Dim };
        let live = row.get("live").and_then(Json::as_bool) == Some(true);
        let [third, fourth] = match with_origin {
            true => [origin, (if live { "at once" } else { "" }).to_owned()],
            false => [(if is_changed { "changed" } else { "" }).to_owned(), String::new()],
        };
        table.row(vec![
            (text(row, "name"), None),
            (mag_settings::text_of(&row["value"]), Some(tone)),
            (third, Some(Tone::Dim)),
            (fourth, Some(Tone::Dim)),
        ]);
    }
    let mut lines = table.lines(screen);
    // One setting was asked for: then its story is wanted too.
    if let [only] = rows {
        lines.push(String::new());
        lines.extend(wrapped(&text(only, "about"), screen.width));
        lines.push(format!(
            "default {}, variable {}",
            mag_settings::text_of(&only["default"]),
            text(only, "variable")
        ));
    }
    lines.join("\n")
}

pub(crate) fn check(screen: &Screen, answer: &Json) -> String {
    let mut lines = vec![];
    for mistake in list(answer, "mistakes") {
        let place = text(mistake, "place");
        lines.push(format!("{} {}", screen.mark(Tone::Bad), screen.paint(Tone::Bold, &place)));
        lines.extend(
            wrapped(&text(mistake, "problem"), screen.width - 2).iter().map(|l| format!("  {l}")),
        );
        let hint = text(mistake, "hint");
        if !hint.is_empty() {
            lines.push(format!("  {}", screen.paint(Tone::Accent, &hint)));
        }
    }
    match lines.is_empty() {
        true => format!("{} the settings are right", screen.mark(Tone::Good)),
        false => lines.join("\n"),
    }
}

pub(crate) fn set(screen: &Screen, answer: &Json) -> String {
    let value = |name: &str| mag_settings::text_of(answer.get(name).unwrap_or(&Json::Null));
    let name = text(answer, "name");
    let (before, after) = (value("before"), value("after"));
    let arrow = if screen.unicode { "→" } else { "->" };
    let change = match before == after {
        true => format!("{after}, as before"),
        false => format!("{before} {arrow} {after}"),
    };
    let mut lines = vec![format!("{} {name}: {change}", screen.mark(Tone::Good))];
    match answer.get("reload") {
        Some(report) if report.is_object() => lines.extend(reloaded(screen, report)),
        _ => {}
    }
    let hidden = text(answer, "hidden_by");
    if !hidden.is_empty() {
        lines.push(format!("{} {hidden} still sets another value", screen.mark(Tone::Warn)));
    }
    lines.join("\n")
}

pub(crate) fn reload(screen: &Screen, answer: &Json) -> String {
    match reloaded(screen, answer) {
        lines if lines.is_empty() => "nothing has changed".to_owned(),
        lines => lines.join("\n"),
    }
}

fn reloaded(screen: &Screen, report: &Json) -> Vec<String> {
    let mut lines = vec![];
    for (name, what, tone) in [
        ("live", "in force now", Tone::Good),
        ("swapped", "swapped to take it up", Tone::Good),
        ("needs_restart", "in force after the next boot (`mobo restart`)", Tone::Warn),
        ("refused", "not taken", Tone::Bad),
    ] {
        let names = shown(report.get(name).unwrap_or(&Json::Null));
        if !names.is_empty() {
            lines.push(format!("{} {what}: {names}", screen.mark(tone)));
        }
    }
    lines
}
