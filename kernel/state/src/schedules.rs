//! What is to be done again and again, and when it was last due. Reading a cron line is the runner's
//! work; here each due time becomes one job, also when the board restarts in between.

use crate::faults;
use crate::jobs::{self, JobOptions};
use crate::state::State;
use crate::values::parse;
use mag_contract::{Fault, Timestamp, codes};
use rusqlite::params;
use serde::Serialize;

#[derive(Clone)]
pub struct Schedules {
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Schedule {
    pub name: String,
    pub cron: String,
    /// The kind of job that is enqueued.
    pub kind: String,
    pub payload: serde_json::Value,
    pub enabled: bool,
    pub created_at: Timestamp,
    /// The last due time that became a job.
    pub last_run: Option<Timestamp>,
}

impl Schedules {
    pub(crate) fn of(state: State) -> Self {
        Self { state }
    }

    /// Makes the schedule or changes it; when it last ran and whether it is enabled stay as they were.
    pub async fn put(
        &self,
        name: &str,
        cron: &str,
        kind: &str,
        payload: &serde_json::Value,
    ) -> Result<(), Fault> {
        let payload = jobs::check(kind, payload)?;
        let (name, cron, kind) = (name.to_owned(), cron.to_owned(), kind.to_owned());
        let now = self.state.now();
        self.state
            .write(move |db| {
                db.prepare_cached(
                    "INSERT INTO schedules (name, cron, kind, payload, enabled, created_at)
                     VALUES (?1, ?2, ?3, ?4, 1, ?5)
                     ON CONFLICT (name) DO UPDATE SET cron = ?2, kind = ?3, payload = ?4",
                )
                .and_then(|mut s| s.execute(params![name, cron, kind, payload, now.millis()]))
                .map_err(|e| faults::sqlite("write a schedule", e))
                .map(drop)
            })
            .await
    }

    pub async fn list(&self) -> Result<Vec<Schedule>, Fault> {
        let rows = self
            .state
            .read(|db| {
                db.prepare_cached(
                    "SELECT name, cron, kind, payload, enabled, created_at, last_run
                     FROM schedules ORDER BY name",
                )
                .and_then(|mut s| {
                    s.query_map([], |row| {
                        let schedule = Schedule {
                            name: row.get(0)?,
                            cron: row.get(1)?,
                            kind: row.get(2)?,
                            payload: serde_json::Value::Null,
                            enabled: row.get(4)?,
                            created_at: Timestamp(row.get(5)?),
                            last_run: row.get::<_, Option<i64>>(6)?.map(Timestamp),
                        };
                        Ok((schedule, row.get::<_, String>(3)?))
                    })?
                    .collect::<rusqlite::Result<Vec<_>>>()
                })
                .map_err(|e| faults::sqlite("read the schedules", e))
            })
            .await?;
        rows.into_iter()
            .map(|(schedule, payload)| Ok(Schedule { payload: parse(&payload)?, ..schedule }))
            .collect()
    }

    pub async fn enable(&self, name: &str, enabled: bool) -> Result<(), Fault> {
        self.change(name, "UPDATE schedules SET enabled = ?2 WHERE name = ?1", Some(enabled)).await
    }

    pub async fn remove(&self, name: &str) -> Result<(), Fault> {
        self.change(name, "DELETE FROM schedules WHERE name = ?1", None).await
    }

    /// One job for this due time: the job's id, or none when the time had its job already (or a later
    /// one had), or when the schedule is disabled.
    pub async fn fire(
        &self,
        name: &str,
        due: Timestamp,
        options: JobOptions,
    ) -> Result<Option<String>, Fault> {
        let (name, now) = (name.to_owned(), self.state.now());
        let fired = self
            .state
            .write(move |db| {
                let cannot = |e| faults::sqlite("fire a schedule", e);
                let taken = db
                    .prepare_cached(
                        "UPDATE schedules SET last_run = ?2 WHERE name = ?1 AND enabled
                         AND (last_run IS NULL OR last_run < ?2) RETURNING kind, payload",
                    )
                    .and_then(|mut s| {
                        let mut rows = s.query(params![name, due.millis()])?;
                        let row = rows.next()?;
                        row.map(|row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
                            .transpose()
                    })
                    .map_err(cannot)?;
                let Some((kind, payload)) = taken else {
                    let known = db
                        .prepare_cached("SELECT 1 FROM schedules WHERE name = ?1")
                        .and_then(|mut s| s.exists([&name]))
                        .map_err(cannot)?;
                    return if known { Ok(None) } else { Err(missing(&name)) };
                };
                let options =
                    JobOptions { unique_key: Some(format!("schedule:{name}@{due}")), ..options };
                jobs::insert(db, &kind, &payload, &options, now).map(|job| Some(job.id))
            })
            .await?;
        if fired.is_some() {
            self.state.jobs_changed().send_modify(|count| *count += 1);
        }
        Ok(fired)
    }

    async fn change(&self, name: &str, sql: &'static str, with: Option<bool>) -> Result<(), Fault> {
        let name = name.to_owned();
        self.state
            .write(move |db| {
                let changed = match with {
                    Some(with) => db.execute(sql, params![name, with]),
                    None => db.execute(sql, params![name]),
                };
                match changed.map_err(|e| faults::sqlite("change a schedule", e))? {
                    0 => Err(missing(&name)),
                    _ => Ok(()),
                }
            })
            .await
    }
}

fn missing(name: &str) -> Fault {
    Fault::new(codes::NO_SUCH_NAME, format!("there is no schedule `{name}`"))
}
