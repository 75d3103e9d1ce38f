//! Views: what their columns show, and which writes a trigger takes for them.

use super::{Found, SCHEMA};
use crate::connect::Link;
use crate::types;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::ColumnDraft;
use rusqlite::types::Type as Stored;
use std::collections::BTreeMap;
use tracing::warn;

/// Looks of the leash that the first row of a view may cost: some hundred thousand steps, a few
/// milliseconds. A view that takes longer has columns of any type.
const LOOKS: u64 = 100;

pub(super) fn describe(link: &Link, found: &mut BTreeMap<String, Found>) -> rusqlite::Result<()> {
    let views: Vec<String> = found
        .values()
        .filter(|table| table.draft.kind == TableKind::View)
        .map(|table| table.draft.name.clone())
        .collect();
    for name in views {
        match columns(link, &name, found) {
            Ok(columns) => {
                if let Some(view) = found.get_mut(&name) {
                    view.draft.columns = columns;
                }
            }
            // SQLite keeps views whose tables are gone; nobody can read them.
            Err(e) => {
                found.remove(&name);
                warn!(view = %name, "view `{name}` is left out, it cannot be read: {e}");
            }
        }
    }
    writes(link, found)
}

fn columns(
    link: &Link,
    view: &str,
    found: &BTreeMap<String, Found>,
) -> rusqlite::Result<Vec<ColumnDraft>> {
    let sql = format!("SELECT * FROM \"{}\"", view.replace('"', "\"\""));
    let mut statement = link.db.prepare(&sql)?;
    let mut drafts: Vec<ColumnDraft> = Vec::new();
    for column in statement.columns_with_metadata() {
        let shown = column.table_name().zip(column.origin_name());
        let base = shown.and_then(|(table, name)| {
            let of = found.get(table)?.draft.columns.iter().find(|c| c.name == name)?;
            Some((table, of))
        });
        drafts.push(match base {
            Some((table, of)) => ColumnDraft {
                origin: Some((SCHEMA.to_owned(), table.to_owned(), of.name.clone())),
                comment: of.comment.clone(),
                ..ColumnDraft::new(column.name(), of.ty.clone())
            },
            None => ColumnDraft::new(column.name(), types::ANY),
        });
    }
    if drafts.iter().any(|draft| draft.ty == types::ANY) {
        link.leash.put_on_short(LOOKS);
        probe(&mut statement, &mut drafts);
        link.leash.take_off();
    }
    Ok(drafts)
}

/// A calculated column has no declared type: its first value says what it is.
fn probe(statement: &mut rusqlite::Statement<'_>, drafts: &mut [ColumnDraft]) {
    let mut rows = statement.raw_query();
    let Ok(Some(row)) = rows.next() else { return };
    for (place, draft) in drafts.iter_mut().enumerate().filter(|(_, d)| d.ty == types::ANY) {
        let ty = match row.get_ref(place).map(|cell| cell.data_type()) {
            Ok(Stored::Integer) => "bigint",
            Ok(Stored::Real) => "double precision",
            Ok(Stored::Text) => "text",
            Ok(Stored::Blob) => "bytea",
            Ok(Stored::Null) | Err(_) => continue,
        };
        ty.clone_into(&mut draft.ty);
    }
}

fn writes(link: &Link, found: &mut BTreeMap<String, Found>) -> rusqlite::Result<()> {
    let mut statement =
        link.db.prepare("SELECT tbl_name, upper(sql) FROM sqlite_schema WHERE type = 'trigger'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(view) = found.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let sql = row.get_ref(1)?.as_str_or_null()?.unwrap_or("");
        let words: Vec<&str> = sql.split_whitespace().take(16).collect();
        let takes = |what: &str| words.windows(3).any(|w| w == ["INSTEAD", "OF", what]);
        if takes("INSERT") {
            view.draft.insertable = Some(true);
        }
        if takes("UPDATE") {
            view.draft.updatable = Some(true);
        }
        if takes("DELETE") {
            view.draft.deletable = Some(true);
        }
    }
    Ok(())
}
