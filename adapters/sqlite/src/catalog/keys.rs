//! Keys and indexes, under the names that they were given or that PostgreSQL would give them.

use super::ddl::KeyKind;
use super::{Found, SCHEMA};
use mag_model::catalog::draft::{ForeignDraft, IndexDraft, KeyDraft};
use rusqlite::Connection;
use std::collections::BTreeMap;

impl Found {
    fn name_of_key(&self, kind: KeyKind, columns: &[String]) -> Option<String> {
        let same = |known: &[String]| {
            known.len() == columns.len()
                && known.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        let known = self.clauses.keys.iter().find(|key| key.kind == kind && same(&key.columns));
        known.map(|key| key.name.clone())
    }
    /// The column as the table spells it: a key may spell it otherwise.
    pub(super) fn spelt(&self, name: &str) -> Option<String> {
        let known = self.draft.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
        known.map(|column| column.name.clone())
    }
}

pub(super) fn primary(found: &mut BTreeMap<String, Found>) {
    for table in found.values_mut() {
        let mut places: Vec<(i64, String)> = table
            .primary_places
            .iter()
            .zip(&table.draft.columns)
            .filter(|(place, _)| **place > 0)
            .map(|(place, column)| (*place, column.name.clone()))
            .collect();
        if places.is_empty() {
            continue;
        }
        places.sort();
        let columns: Vec<String> = places.into_iter().map(|(_, name)| name).collect();
        let name = table
            .name_of_key(KeyKind::Primary, &columns)
            .unwrap_or_else(|| format!("{}_pkey", table.draft.name));
        table.draft.primary = Some(KeyDraft { name, columns });
    }
}

pub(super) fn foreign(
    db: &Connection,
    found: &mut BTreeMap<String, Found>,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT s.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete
         FROM sqlite_schema AS s JOIN pragma_foreign_key_list(s.name) AS f
         WHERE s.type = 'table' ORDER BY s.name, f.id DESC, f.seq",
    )?;
    let mut rows = statement.query([])?;
    // Table and number of the key that the last row belonged to.
    let mut last: Option<(String, i64)> = None;
    let mut broken = false;
    while let Some(row) = rows.next()? {
        let (name, id): (String, i64) = (row.get(0)?, row.get(1)?);
        let target: String = row.get(2)?;
        let target = found
            .keys()
            .find(|known| known.eq_ignore_ascii_case(&target))
            .cloned()
            .unwrap_or(target);
        let to: Option<String> = row.get(4)?;
        let to = to.map(|to| found.get(&target).and_then(|t| t.spelt(&to)).unwrap_or(to));
        // A key to a column that is not there is one that SQLite refuses on use; it leads nowhere.
        let leads = to.as_ref().is_none_or(|to| {
            found.get(&target).is_some_and(|t| t.draft.columns.iter().any(|c| c.name == *to))
        });
        let Some(table) = found.get_mut(&name) else { continue };
        let Some(from) = table.spelt(row.get_ref(3)?.as_str()?) else { continue };
        if last.as_ref() != Some(&(name.clone(), id)) {
            last = Some((name, id));
            broken = false;
            let action = |at| -> rusqlite::Result<Option<String>> {
                let action: String = row.get(at)?;
                Ok((action != "NO ACTION").then_some(action))
            };
            table.draft.foreign.push(ForeignDraft {
                to_schema: SCHEMA.to_owned(),
                to_table: target.clone(),
                on_update: action(5)?,
                on_delete: action(6)?,
                ..ForeignDraft::default()
            });
        }
        if broken {
            continue;
        }
        if !leads {
            broken = true;
            table.draft.foreign.pop();
        } else if let Some(key) = table.draft.foreign.last_mut() {
            key.columns.push(from);
            key.to_columns.extend(to);
        }
    }
    for table in found.values_mut() {
        name_foreign(table);
    }
    Ok(())
}

fn name_foreign(table: &mut Found) {
    let mut keys = std::mem::take(&mut table.draft.foreign);
    let mut names: Vec<String> = Vec::new();
    for key in &mut keys {
        let given = table.name_of_key(KeyKind::Foreign, &key.columns);
        let base =
            given.unwrap_or_else(|| format!("{}_{}_fkey", table.draft.name, key.columns.join("_")));
        key.name = numbered(&base, &names);
        names.push(key.name.clone());
    }
    table.draft.foreign = keys;
}

/// PostgreSQL counts on when a name is taken: `a_fkey`, `a_fkey1`.
fn numbered(base: &str, taken: &[String]) -> String {
    let mut name = base.to_owned();
    let mut times = 0;
    while taken.contains(&name) {
        times += 1;
        name = format!("{base}{times}");
    }
    name
}

struct Part {
    table: String,
    index: String,
    unique: bool,
    origin: String,
    partial: bool,
    /// Absent for an expression, and for the number of the row.
    column: Option<String>,
    sql: Option<String>,
}

pub(super) fn indexes(
    db: &Connection,
    found: &mut BTreeMap<String, Found>,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT s.name, l.name, l.\"unique\", l.origin, l.partial, x.name, i.sql
         FROM sqlite_schema AS s
         JOIN pragma_index_list(s.name) AS l
         JOIN pragma_index_xinfo(l.name) AS x
         LEFT JOIN sqlite_schema AS i ON i.name = l.name AND i.type = 'index'
         WHERE s.type = 'table' AND x.key = 1 ORDER BY s.name, l.seq DESC, x.seqno",
    )?;
    let parts = statement.query_map([], |row| {
        Ok(Part {
            table: row.get(0)?,
            index: row.get(1)?,
            unique: row.get(2)?,
            origin: row.get(3)?,
            partial: row.get(4)?,
            column: row.get(5)?,
            sql: row.get(6)?,
        })
    })?;
    let parts = parts.collect::<rusqlite::Result<Vec<_>>>()?;
    for parts in parts.chunk_by(|a, b| a.table == b.table && a.index == b.index) {
        if let Some(table) = found.get_mut(&parts[0].table) {
            table.key_is_indexed |= parts[0].origin == "pk";
            add_index(table, parts);
        }
    }
    Ok(())
}

fn add_index(table: &mut Found, parts: &[Part]) {
    let first = &parts[0];
    let columns: Option<Vec<String>> = parts.iter().map(|part| part.column.clone()).collect();
    let plain = columns.is_some();
    let columns = columns.unwrap_or_default();
    let name = match first.origin.as_str() {
        "pk" => return,
        "u" => {
            let given = table.name_of_key(KeyKind::Unique, &columns);
            given.unwrap_or_else(|| format!("{}_{}_key", table.draft.name, columns.join("_")))
        }
        _ => first.index.clone(),
    };
    let whole = first.unique && !first.partial && plain;
    if whole {
        table.draft.unique.push(KeyDraft { name: name.clone(), columns: columns.clone() });
    }
    let condition = first.sql.as_deref().filter(|_| first.partial).and_then(|sql| {
        let at = sql.to_ascii_uppercase().rfind(" WHERE ")?;
        sql.get(at + " WHERE ".len()..).map(|text| text.trim().to_owned())
    });
    table.draft.indexes.push(IndexDraft {
        name,
        unique: first.unique,
        columns,
        method: Some("btree".to_owned()),
        condition,
        definition: first.sql.clone(),
    });
}
