//! Rows of a statement as a table, a plan as its lines, CSV as it is; and a difference of two
//! structures as the script that closes it.

use super::table::{Side, Table};
use super::{counted, list, number, shown, text, text_of};
use crate::screen::{Screen, Tone, tame};
use serde_json::Value as Json;

pub(crate) fn rows(screen: &Screen, answer: &Json) -> String {
    if let Some(csv) = answer.get("csv").and_then(Json::as_str) {
        // For a program: as it was made, but for the line end that printing adds.
        return csv.strip_suffix("\r\n").unwrap_or(csv).to_owned();
    }
    let plan: Vec<String> =
        list(answer, "plan").iter().filter_map(Json::as_str).map(tame).collect();
    if !plan.is_empty() {
        return plan.join("\n");
    }
    let mut lines = Vec::new();
    for set in list(answer, "answers") {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(of_set(screen, set));
    }
    if lines.is_empty() {
        lines.push("done".to_owned());
    }
    lines.join("\n")
}

fn of_set(screen: &Screen, set: &Json) -> Vec<String> {
    let columns = list(set, "columns");
    if columns.is_empty() {
        return vec![match set["affected"].as_u64() {
            None => "done".to_owned(),
            Some(1) => "1 row changed".to_owned(),
            Some(n) => format!("{n} rows changed"),
        }];
    }
    let objects = list(set, "objects");
    if !objects.is_empty() {
        return objects.iter().map(|row| tame(&row.to_string())).collect();
    }
    let rows = list(set, "rows");
    let side = |at: usize| match rows.iter().all(|row| row[at].is_number() || row[at].is_null()) {
        true => Side::Right,
        false => Side::Left,
    };
    let heads: Vec<(String, Side)> =
        columns.iter().enumerate().map(|(at, c)| (text(c, "name"), side(at))).collect();
    let mut table = Table::new(heads.iter().map(|(name, side)| (name.as_str(), *side)));
    for row in rows {
        let cells = row.as_array().map_or(&[][..], Vec::as_slice);
        let cell = |cell: &Json| match cell {
            Json::Null => ("NULL".to_owned(), Some(Tone::Dim)),
            other => (shown(other), None),
        };
        table.row(cells.iter().map(cell).collect());
    }
    let mut lines = if rows.is_empty() { vec![] } else { table.lines(screen) };
    let count = counted(number(set, "count"), "row");
    let more = set.get("more").and_then(Json::as_bool) == Some(true);
    lines.push(
        screen.paint(Tone::Dim, &if more { format!("{count}, and there are more") } else { count }),
    );
    lines
}

pub(crate) fn difference(screen: &Screen, answer: &Json) -> String {
    let mut lines = Vec::new();
    let up = text_of(answer, "up");
    if answer.get("same").and_then(Json::as_bool) == Some(true) {
        let (from, to) = (text(answer, "from"), text(answer, "to"));
        lines.push(format!("{} {from} and {to} are the same", screen.mark(Tone::Good)));
    } else if !up.is_empty() {
        lines.push(up);
    }
    lines.extend(list(answer, "notes").iter().map(|note| format!("-- {}", shown(note))));
    let migration = text(answer, "migration");
    if !migration.is_empty() {
        lines.push(screen.paint(Tone::Dim, &format!("written into {migration}")));
    }
    lines.join("\n")
}
