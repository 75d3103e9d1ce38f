//! In which of two forms a column stores moments: with a `T` between date and time, as this adapter
//! writes them, or with a blank, as SQLite's own `CURRENT_TIMESTAMP` and most programs do. Both are
//! read; but what is compared and sorted as text must be of one form, so a column keeps its own.

use super::Found;
use mag_model::catalog::TableKind;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// So many rows are looked at for one that says it.
const ROWS: u32 = 100;

pub(super) fn of_moments(db: &Connection, found: &mut BTreeMap<String, Found>) {
    let mut unknown = Vec::new();
    for (name, table) in &mut *found {
        if table.draft.kind != TableKind::Table {
            continue;
        }
        for column in &mut table.draft.columns {
            if !column.ty.starts_with("timestamp") {
                continue;
            }
            let by_default = column.default.as_deref().and_then(form_of_default);
            let form = match by_default {
                Some(spaced) => Some(spaced),
                None => form_of_rows(db, name, &column.name),
            };
            column.spaced = form.unwrap_or(false);
            if form.is_none() {
                unknown.push((name.clone(), column.name.clone()));
            }
        }
    }
    // What refers to another column holds what that one holds.
    for (name, column) in unknown {
        if let Some(spaced) = form_of_parent(found, &name, &column)
            && let Some(table) = found.get_mut(&name)
        {
            let mut columns = table.draft.columns.iter_mut();
            if let Some(known) = columns.find(|known| known.name == column) {
                known.spaced = spaced;
            }
        }
    }
}

fn form_of_parent(found: &BTreeMap<String, Found>, table: &str, column: &str) -> Option<bool> {
    let mut foreign = found.get(table)?.draft.foreign.iter();
    let (key, at) = foreign
        .find_map(|key| key.columns.iter().position(|known| known == column).map(|at| (key, at)))?;
    let parent = found.get(&key.to_table)?;
    let place = match key.to_columns.get(at) {
        Some(name) => parent.draft.columns.iter().position(|column| column.name == *name),
        None => {
            let number = i64::try_from(at + 1).ok()?;
            parent.primary_places.iter().position(|place| *place == number)
        }
    };
    Some(parent.draft.columns.get(place?)?.spaced)
}

/// What fills the column by itself says how its moments look.
fn form_of_default(default: &str) -> Option<bool> {
    let word = default.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
    let word = word.to_ascii_lowercase();
    if word.starts_with("current_timestamp") || word.starts_with("datetime") {
        return Some(true);
    }
    let format = word.strip_prefix("strftime")?;
    match (format.contains("%d %h"), format.contains("%dt%h")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn form_of_rows(db: &Connection, table: &str, column: &str) -> Option<bool> {
    let [table, column] = [table, column].map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    // One that tells its zone is compared with none of the others.
    let first = format!(
        "SELECT CASE WHEN c GLOB '*[Z+]*' OR substr(c, -6, 1) = '-' THEN 'T' ELSE substr(c, 11, 1) END
         FROM (SELECT {column} AS c FROM {table} LIMIT {ROWS})
         WHERE typeof(c) = 'text' AND length(c) >= 16 LIMIT 1"
    );
    // A column that cannot be read, as one that is worked out by a function of another program, says
    // nothing.
    let sign = db.query_row(&first, [], |row| row.get::<_, String>(0)).ok();
    match sign.as_deref() {
        Some(" ") => Some(true),
        Some("T") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_says_which_form_its_moments_have() {
        for (default, spaced) in [
            ("CURRENT_TIMESTAMP", Some(true)),
            ("(datetime('now'))", Some(true)),
            ("datetime('now', 'localtime')", Some(true)),
            ("strftime('%Y-%m-%d %H:%M:%f', 'now')", Some(true)),
            ("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", Some(false)),
            ("strftime('%s', 'now')", None),
            ("'2024-01-01'", None),
            ("NULL", None),
        ] {
            assert_eq!(form_of_default(default), spaced, "{default}");
        }
    }
}
