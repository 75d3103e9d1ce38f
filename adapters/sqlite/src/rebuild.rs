//! What must be as sound after a table was built anew as it was before: rows that point to others,
//! and views. What was broken already is somebody's own.
//! Never: a row's values in what is told, only where it is.

use crate::error;
use mag_adapter::EngineError;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Enough to find what is wrong; the rest is of the same kind.
const NAMED: usize = 5;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Soundness {
    /// From which table to which, and which rows point to nothing.
    broken: BTreeMap<(String, String), Rows>,
    /// Views that cannot be read, and keys that lead nowhere, with SQLite's word for it.
    unread: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    count: u64,
    first: Vec<String>,
}

impl Soundness {
    pub(crate) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let mut found = Self::default();
        for (kind, name) in names(db)? {
            let looked = match kind.as_str() {
                "view" => db.prepare(&format!("SELECT * FROM {}", quoted(&name))).map(drop),
                _ => found.references(db, &name),
            };
            if let Err(failed) = looked {
                // Whoever was not let look to the end has not seen that it is broken.
                if failed.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
                    return Err(failed);
                }
                found.unread.insert(name, error::of(failed).message);
            }
        }
        Ok(found)
    }

    fn references(&mut self, db: &Connection, table: &str) -> rusqlite::Result<()> {
        let mut statement = db.prepare("SELECT rowid, parent FROM pragma_foreign_key_check(?1)")?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let (row, parent): (Option<i64>, String) = (row.get(0)?, row.get(1)?);
            let broken = self.broken.entry((table.to_owned(), parent)).or_default();
            broken.count += 1;
            if broken.first.len() < NAMED {
                broken.first.extend(row.map(|number| number.to_string()));
            }
        }
        Ok(())
    }

    /// The same look again: nothing may be worse.
    pub(crate) fn holds(&self, db: &Connection) -> Result<(), EngineError> {
        let now = Self::of(db).map_err(error::of)?;
        for ((table, parent), rows) in &now.broken {
            let before = self.broken.get(&(table.clone(), parent.clone()));
            if rows.count <= before.map_or(0, |before| before.count) {
                continue;
            }
            let message = format!(
                "{} rows of \"{table}\" would point to rows of \"{parent}\" that are not there",
                rows.count
            );
            let error = EngineError::of_state("23503", message);
            return Err(match &*rows.first {
                [] => error,
                first => error.details(format!("the first by their rowid: {}", first.join(", "))),
            });
        }
        let worse = now.unread.iter().find(|(name, _)| !self.unread.contains_key(*name));
        match worse {
            Some((name, why)) => Err(EngineError::of_state(
                "2BP01",
                format!("\"{name}\" could not be used any more: {why}"),
            )
            .hint("change it together with the table, or first")),
            None => Ok(()),
        }
    }
}

fn names(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_is_ended_finds_nothing_broken() {
        let mut db = Connection::open_in_memory().unwrap();
        let made = "PRAGMA foreign_keys = OFF; CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id)); \
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT INTO b SELECT i FROM n";
        db.execute_batch(made).unwrap();
        let before = Soundness::of(&db).unwrap();
        // The names of the tables are known long before; then it ends.
        let looks = std::sync::atomic::AtomicU32::new(0);
        let ends = move || looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0;
        db.progress_handler(2_000, Some(ends)).unwrap();
        let ended = before.holds(&db).unwrap_err();
        assert_eq!(ended.state.as_deref(), Some("57014"), "{}", ended.message);
    }
}
