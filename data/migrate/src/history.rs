//! What was applied, as the source itself remembers it: one row a migration, written in the
//! transaction of the migration where there is one, and before and after it where there is none.

use crate::name::Version;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whose migrations: `app`, `base`, or an extension's id. Each has its own order.
    pub track: String,
    pub version: Version,
    pub name: String,
    pub checksum: String,
    pub state: State,
    /// Statements that were done; all of them when it is done.
    pub statements: u64,
    /// As it was when it was applied, so that it can be undone when the file is gone.
    pub down: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Done,
    /// It began outside of a transaction, and its end was never told.
    Begun,
    /// A statement failed outside of a transaction; those before it have happened.
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Begun => "begun",
            Self::Failed => "failed",
        }
    }
    pub fn named(name: &str) -> Option<Self> {
        [Self::Done, Self::Begun, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

impl Applied {
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// What a runner says to the source. Values are bound in the order that each line tells.
#[derive(Clone, Copy, Debug)]
pub struct Statements {
    /// One after the other; harmless when they are there already.
    pub create: &'static [&'static str],
    /// Holds off a second runner for as long as the connection or the transaction lasts.
    pub lock: &'static str,
    pub unlock: Option<&'static str>,
    /// track → version, name, checksum, state, statements, down
    pub read: &'static str,
    /// track → version, applied_at, applied_by, took_ms, as texts
    pub times: &'static str,
    /// track, version, name, checksum, state, statements, down, applied_by, took_ms
    pub write: &'static str,
    /// track, version, state, statements, took_ms
    pub update: &'static str,
    /// track, version
    pub remove: &'static str,
    /// The table, so that dumps and differences leave it out.
    pub table: (&'static str, &'static str),
}

pub const POSTGRES: Statements = Statements {
    create: &[
        "CREATE SCHEMA IF NOT EXISTS mag",
        "CREATE TABLE IF NOT EXISTS mag.migrations (
    track text NOT NULL,
    version text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    state text NOT NULL CONSTRAINT migrations_state_check CHECK (state IN ('begun', 'done', 'failed')),
    statements bigint NOT NULL DEFAULT 0,
    down text,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text,
    took_ms bigint NOT NULL DEFAULT 0,
    CONSTRAINT migrations_pkey PRIMARY KEY (track, version)
)",
        // Nobody but its owner reads it.
        "ALTER TABLE mag.migrations ENABLE ROW LEVEL SECURITY",
    ],
    // The number is chance; it only has to be the same for all runners.
    lock: "SELECT pg_advisory_lock(7205759403792794001)",
    unlock: Some("SELECT pg_advisory_unlock(7205759403792794001)"),
    read: "SELECT version, name, checksum, state, statements, down FROM mag.migrations WHERE track = $1 ORDER BY version",
    times: "SELECT version, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), applied_by, took_ms::text FROM mag.migrations WHERE track = $1",
    write: "INSERT INTO mag.migrations (track, version, name, checksum, state, statements, down, applied_by, took_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (track, version) DO UPDATE SET name = excluded.name, checksum = excluded.checksum, state = excluded.state, statements = excluded.statements, down = excluded.down, applied_by = excluded.applied_by, took_ms = excluded.took_ms, applied_at = now()",
    update: "UPDATE mag.migrations SET state = $3, statements = $4, took_ms = $5 WHERE track = $1 AND version = $2",
    remove: "DELETE FROM mag.migrations WHERE track = $1 AND version = $2",
    table: ("mag", "migrations"),
};

pub const SQLITE: Statements = Statements {
    create: &["CREATE TABLE IF NOT EXISTS mag_migrations (
    track TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed')),
    statements INTEGER NOT NULL DEFAULT 0,
    down TEXT,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    applied_by TEXT,
    took_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (track, version)
) STRICT, WITHOUT ROWID"],
    // Whoever holds the one right to write is the one runner.
    lock: "BEGIN IMMEDIATE",
    unlock: None,
    read: "SELECT version, name, checksum, state, statements, down FROM mag_migrations WHERE track = ?1 ORDER BY version",
    times: "SELECT version, replace(substr(applied_at, 1, 19), ' ', 'T') || 'Z', applied_by, CAST(took_ms AS TEXT) FROM mag_migrations WHERE track = ?1",
    write: "INSERT INTO mag_migrations (track, version, name, checksum, state, statements, down, applied_by, took_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (track, version) DO UPDATE SET name = excluded.name, checksum = excluded.checksum, state = excluded.state, statements = excluded.statements, down = excluded.down, applied_by = excluded.applied_by, took_ms = excluded.took_ms, applied_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')",
    update: "UPDATE mag_migrations SET state = ?3, statements = ?4, took_ms = ?5 WHERE track = ?1 AND version = ?2",
    remove: "DELETE FROM mag_migrations WHERE track = ?1 AND version = ?2",
    table: ("public", "mag_migrations"),
};
