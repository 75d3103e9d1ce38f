//! Any answer: lists of records as tables, records as fields with their values.

use super::table::{Side, Table};
use super::{shown, text, time};
use crate::screen::{Screen, Tone, columns, wrapped};
use serde_json::{Map, Value as Json};

pub(crate) fn show(screen: &Screen, answer: &Json) -> String {
    let lines = match answer {
        Json::Object(fields) if fields.is_empty() => vec!["done".to_owned()],
        Json::Object(fields) => of_fields(screen, fields),
        Json::Array(rows) => of_rows(screen, rows, 0),
        Json::Null => vec!["done".to_owned()],
        other => vec![shown(other)],
    };
    lines.join("\n")
}

/// The name of a field without its unit, which stands with the value.
fn word(name: &str) -> String {
    let bare = UNITS.iter().find_map(|(end, _)| name.strip_suffix(end));
    bare.unwrap_or(name).replace('_', " ")
}

type Unit = fn(u64) -> String;
const UNITS: &[(&str, Unit)] = &[
    ("_ms", time::millis),
    ("_us", crate::boot::stages::time),
    ("_s", time::span),
    ("_bytes", super::bytes),
];

/// A value as it stands beside the name of its field.
fn value_of(name: &str, value: &Json) -> String {
    let unit = UNITS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, unit)| unit);
    match (unit, value.as_u64()) {
        (Some(unit), Some(number)) => unit(number),
        _ => shown(value),
    }
}

fn of_fields(screen: &Screen, fields: &Map<String, Json>) -> Vec<String> {
    let width = fields.keys().map(|k| columns(&word(k))).max().unwrap_or(0);
    let mut lines = vec![];
    for (name, value) in fields {
        let head = screen.paint(Tone::Dim, &word(name));
        let gap = " ".repeat(width - columns(&word(name)));
        match value {
            Json::Array(rows) if rows.iter().any(Json::is_object) => {
                lines.push(head);
                lines.extend(of_rows(screen, rows, 2));
            }
            Json::Object(inner) if !inner.is_empty() => {
                lines.push(head);
                lines.extend(of_fields(screen, inner).into_iter().map(|l| format!("  {l}")));
            }
            Json::Null => {}
            other => {
                let text = match value_of(name, other) {
                    empty if empty.is_empty() || empty == "{}" => "none".to_owned(),
                    text => text,
                };
                let room = screen.width.saturating_sub(width + 2).max(20);
                let mut parts = wrapped(&text, room).into_iter();
                lines.push(format!("{head}{gap}  {}", parts.next().unwrap_or_default()));
                lines.extend(parts.map(|p| format!("{}{p}", " ".repeat(width + 2))));
            }
        }
    }
    lines
}

fn of_rows(screen: &Screen, rows: &[Json], indent: usize) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for row in rows.iter().filter_map(Json::as_object) {
        names.extend(row.keys().filter(|k| !names.contains(k)).cloned().collect::<Vec<_>>());
    }
    if rows.is_empty() {
        return vec![format!("{}none", " ".repeat(indent))];
    }
    if names.is_empty() {
        return rows.iter().map(|r| format!("{}{}", " ".repeat(indent), shown(r))).collect();
    }
    let number = |name: &String| {
        rows.iter().all(|r| r.get(name).is_none_or(|v| v.is_number() || v.is_null()))
    };
    let heads: Vec<(String, Side)> =
        names.iter().map(|n| (word(n), if number(n) { Side::Right } else { Side::Left })).collect();
    let mut table = Table::new(heads.iter().map(|(h, s)| (h.as_str(), *s)));
    table.indent = indent;
    for row in rows {
        let cell = |name: &String| match row.get(name) {
            Some(Json::String(_)) => text(row, name),
            Some(value) => value_of(name, value),
            None => String::new(),
        };
        table.row(names.iter().map(|n| (cell(n), None)).collect());
    }
    table.lines(screen)
}
