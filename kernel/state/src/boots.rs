//! The boots of this board: when, which version, how fast, how it ended. A boot that never said how
//! it ended was killed.

use crate::faults;
use crate::state::State;
use crate::values::parse;
use mag_contract::{Fault, Timestamp, codes};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

#[derive(Clone)]
pub struct Boots {
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    Clean,
    Failed,
    Killed,
}

#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Boot {
    pub id: i64,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// None while it runs.
    pub how: Option<HowEnded>,
    pub version: String,
    pub ready_ms: Option<f64>,
    pub report: Option<serde_json::Value>,
}

/// More than anybody reads; a board that boots every hour fills it in two months.
const KEPT: i64 = 1500;

impl HowEnded {
    fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Failed => "failed",
            Self::Killed => "killed",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "clean" => Self::Clean,
            "failed" => Self::Failed,
            _ => Self::Killed,
        }
    }
}

impl Boots {
    pub(crate) fn of(state: State) -> Self {
        Self { state }
    }

    /// A boot begins; whatever ran before and never said how it ended was killed.
    pub async fn begin(&self, version: &str) -> Result<i64, Fault> {
        let (version, now) = (version.to_owned(), self.state.now());
        self.state
            .write(move |db| {
                let begin = || {
                    db.execute("UPDATE boots SET how = 'killed' WHERE how IS NULL", [])?;
                    db.execute(
                        "INSERT INTO boots (started_at, version) VALUES (?1, ?2)",
                        params![now.millis(), version],
                    )?;
                    let id = db.last_insert_rowid();
                    db.execute("DELETE FROM boots WHERE id <= ?1", [id - KEPT])?;
                    Ok(id)
                };
                begin().map_err(|e| faults::sqlite("note the boot", e))
            })
            .await
    }

    pub async fn ready(
        &self,
        id: i64,
        ready_ms: f64,
        report: &serde_json::Value,
    ) -> Result<(), Fault> {
        let report = report.to_string();
        self.change(id, move |db| {
            db.execute(
                "UPDATE boots SET ready_ms = ?2, report = ?3 WHERE id = ?1",
                params![id, ready_ms, report],
            )
        })
        .await
    }

    pub async fn end(&self, id: i64, how: HowEnded) -> Result<(), Fault> {
        let now = self.state.now();
        self.change(id, move |db| {
            db.execute(
                "UPDATE boots SET how = ?2, ended_at = ?3 WHERE id = ?1",
                params![id, how.name(), now.millis()],
            )
        })
        .await
    }

    /// The newest first.
    pub async fn history(&self, max: u32) -> Result<Vec<Boot>, Fault> {
        let rows = self
            .state
            .read(move |db| {
                db.prepare_cached(
                    "SELECT id, started_at, ended_at, how, version, ready_ms, report FROM boots
                     ORDER BY id DESC LIMIT ?1",
                )
                .and_then(|mut s| {
                    s.query_map([max], |row| {
                        let how: Option<String> = row.get(3)?;
                        let boot = Boot {
                            id: row.get(0)?,
                            started_at: Timestamp(row.get(1)?),
                            ended_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                            how: how.as_deref().map(HowEnded::parse),
                            version: row.get(4)?,
                            ready_ms: row.get(5)?,
                            report: None,
                        };
                        Ok((boot, row.get::<_, Option<String>>(6)?))
                    })?
                    .collect::<rusqlite::Result<Vec<_>>>()
                })
                .map_err(|e| faults::sqlite("read the boots", e))
            })
            .await?;
        rows.into_iter()
            .map(|(boot, report)| {
                let report = report.map(|text| parse(&text)).transpose()?;
                Ok(Boot { report, ..boot })
            })
            .collect()
    }

    async fn change(
        &self,
        id: i64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<(), Fault> {
        self.state
            .write(move |db| match work(db).map_err(|e| faults::sqlite("note the boot", e))? {
                0 => Err(Fault::new(codes::NO_SUCH_NAME, format!("there is no boot {id}"))),
                _ => Ok(()),
            })
            .await
    }
}

/// How the last boot ended, before this one begins. None: there was none.
pub(crate) fn last(db: &Connection) -> rusqlite::Result<Option<HowEnded>> {
    let how: Option<Option<String>> = db
        .query_row("SELECT how FROM boots ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    Ok(how.map(|how| how.as_deref().map_or(HowEnded::Killed, HowEnded::parse)))
}
