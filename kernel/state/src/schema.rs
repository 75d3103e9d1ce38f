//! The tables, as steps from one version to the next. A step that was released is never edited.

use crate::faults;
use mag_contract::{Fault, codes};
use rusqlite::Connection;

const STEPS: &[&str] = &["
    CREATE TABLE system_state (
        key        TEXT PRIMARY KEY,
        value      TEXT NOT NULL,
        updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE boots (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        started_at INTEGER NOT NULL,
        ended_at   INTEGER,
        how        TEXT,
        version    TEXT NOT NULL,
        ready_ms   INTEGER,
        report     TEXT
    );

    CREATE TABLE jobs (
        seq           INTEGER PRIMARY KEY,
        id            TEXT NOT NULL UNIQUE,
        kind          TEXT NOT NULL,
        payload       TEXT NOT NULL,
        state         TEXT NOT NULL,
        priority      INTEGER NOT NULL,
        run_at        INTEGER NOT NULL,
        attempts      INTEGER NOT NULL DEFAULT 0,
        max_attempts  INTEGER NOT NULL,
        backoff_first INTEGER NOT NULL,
        backoff_cap   INTEGER NOT NULL,
        timeout       INTEGER NOT NULL,
        unique_key    TEXT,
        run           TEXT,
        lease_until   INTEGER,
        error         TEXT,
        result        TEXT,
        created_at    INTEGER NOT NULL,
        started_at    INTEGER,
        ended_at      INTEGER
    );
    CREATE INDEX jobs_waiting ON jobs (kind, run_at) WHERE state = 'queued';
    CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
    CREATE INDEX jobs_states ON jobs (state, seq);
    CREATE UNIQUE INDEX jobs_once ON jobs (unique_key)
        WHERE unique_key IS NOT NULL AND state IN ('queued', 'running');

    CREATE TABLE schedules (
        name       TEXT PRIMARY KEY,
        cron       TEXT NOT NULL,
        kind       TEXT NOT NULL,
        payload    TEXT NOT NULL,
        enabled    INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        last_run   INTEGER
    ) WITHOUT ROWID;
"];

/// Marks the file as ours: another program's database is never written into.
pub(crate) const APPLICATION: i32 = 0x4d61_6753;

/// Brings the file to the newest version: (from, to) when there was something to do.
pub(crate) fn migrate(db: &Connection) -> Result<Option<(usize, usize)>, Fault> {
    let cannot = |e| faults::sqlite("bring the state to this version", e);
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(cannot)?;
    let found = usize::try_from(found).unwrap_or(0);
    if found > STEPS.len() {
        return Err(Fault::new(
            codes::STATE,
            format!("the state has version {found}, this board knows {}", STEPS.len()),
        )
        .hint("start the newer MagFlock that wrote it, or restore a backup made before"));
    }
    if found == STEPS.len() {
        return Ok(None);
    }
    // All steps or none, and the version with them.
    let mut script = String::from("BEGIN IMMEDIATE;");
    STEPS[found..].iter().for_each(|step| script.push_str(step));
    script.push_str(&format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}; COMMIT;",
        STEPS.len()
    ));
    db.execute_batch(&script).map_err(cannot)?;
    Ok(Some((found, STEPS.len())))
}

/// Whether the tables are the ones that the steps make. A changed byte in their text leaves a file
/// that SQLite finds whole, and in which a column is missing.
pub(crate) fn is_ours(db: &Connection) -> rusqlite::Result<bool> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let Some(steps) = usize::try_from(version).ok().and_then(|version| STEPS.get(..version)) else {
        return Ok(true); // of a newer board, which `migrate` says in better words
    };
    let model = Connection::open_in_memory()?;
    steps.iter().try_for_each(|step| model.execute_batch(step))?;
    Ok(tables(db)? == tables(&model)?)
}

fn tables(db: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut query = db.prepare("SELECT name, tbl_name, sql FROM sqlite_schema ORDER BY name")?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}
