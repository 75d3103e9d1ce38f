//! What apps' migrations expect to find in a database: roles, schemas, `auth.uid()` and its
//! siblings, storage and realtime tables. Closed: a new table in `public` is reachable by nobody
//! until a policy says so.
//! Never: on a database that is not ours without its owner's consent. Calling this is that consent.

mod rules;

use crate::engine::Postgres;
use crate::pool::bounded;
use crate::wire::{Ask, Reply, Wire};
use mag_adapter::EngineError;
use std::time::Duration;

/// A step of the way. Published ones are never edited, only followed by others; each may be run
/// again without harm.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub version: u32,
    pub name: &'static str,
    pub sql: &'static str,
}

pub const SCRIPTS: [Script; 5] = [
    Script { version: 1, name: "roles", sql: include_str!("native/0001_roles.sql") },
    Script { version: 2, name: "auth", sql: include_str!("native/0002_auth.sql") },
    Script { version: 3, name: "storage", sql: include_str!("native/0003_storage.sql") },
    Script { version: 4, name: "realtime", sql: include_str!("native/0004_realtime.sql") },
    Script { version: 5, name: "watch", sql: include_str!("native/0005_watch.sql") },
];

/// Where the versions are noted.
const NOTES: &str = "CREATE SCHEMA IF NOT EXISTS magflock; \
    CREATE TABLE IF NOT EXISTS magflock.native \
    (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";
/// Two boards that begin at the same time.
const LOCK: &str = "SELECT pg_advisory_xact_lock(6584150281331046987)";
/// A fresh database takes a tenth of a second; one whose tables are in use must wait for them.
const WITHIN: Duration = Duration::from_secs(60);

impl Postgres {
    /// The newest step that this database has; zero when it has none.
    pub async fn native_version(&self) -> Result<u32, EngineError> {
        let mut lease = self.primary().lease().await?;
        bounded(self.primary().target(), WITHIN, version(&mut lease)).await
    }

    /// Takes the steps that are missing, all or none, and names them.
    pub async fn install_native(&self) -> Result<Vec<&'static str>, EngineError> {
        let mut lease = self.primary().lease().await?;
        let done = bounded(self.primary().target(), WITHIN, install(&mut lease)).await;
        // The scripts set things for their own time; nobody else shall meet them.
        lease.end();
        done
    }
}

async fn version(wire: &mut Wire) -> Result<u32, EngineError> {
    let there = [Ask::new("SELECT to_regclass('magflock.native') IS NOT NULL")];
    if wire.exchange(&there).await?.first().and_then(Reply::first_text).as_deref() != Some("t") {
        return Ok(0);
    }
    let newest = wire.exchange(&[Ask::once("SELECT max(version) FROM magflock.native")]).await?;
    let text = newest.first().and_then(Reply::first_text);
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

async fn install(wire: &mut Wire) -> Result<Vec<&'static str>, EngineError> {
    wire.exchange(&[Ask::once("BEGIN"), Ask::once(LOCK)]).await?;
    wire.script(NOTES).await?;
    let known = version(wire).await?;
    let mut done = Vec::new();
    for script in SCRIPTS.iter().filter(|script| script.version > known) {
        wire.script(script.sql).await.map_err(|failure| {
            let error = EngineError::from(failure);
            let details = format!("step {} ({})", script.version, script.name);
            error.details(details)
        })?;
        let note = "INSERT INTO magflock.native (version, name) VALUES ($1, $2)";
        let arguments = vec![Some(script.version.to_string()), Some(script.name.to_owned())];
        wire.exchange(&[Ask::with(note, arguments)]).await?;
        done.push(script.name);
    }
    wire.exchange(&[Ask::once("COMMIT")]).await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::SCRIPTS;

    #[test]
    fn steps_are_numbered_without_gaps() {
        let versions: Vec<u32> = SCRIPTS.iter().map(|script| script.version).collect();
        let expected: Vec<u32> = (1..).take(SCRIPTS.len()).collect();
        assert_eq!(versions, expected);
    }
}
