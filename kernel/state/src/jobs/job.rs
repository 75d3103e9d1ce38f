//! A job as it is stored and shown.

use mag_contract::Timestamp;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time, or for its next attempt.
    Queued,
    Running,
    Done,
    /// Out of attempts; a person decides.
    Dead,
    Cancelled,
}

impl JobState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Done, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Job {
    pub id: String,
    pub kind: String,
    pub payload: serde_json::Value,
    pub state: JobState,
    /// The higher, the sooner.
    pub priority: i32,
    pub run_at: Timestamp,
    pub attempts: u32,
    pub max_attempts: u32,
    pub timeout_ms: u64,
    pub unique_key: Option<String>,
    pub lease_until: Option<Timestamp>,
    /// What the last attempt that failed said.
    pub error: Option<String>,
    pub result: Option<serde_json::Value>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) backoff_first: Duration,
    #[serde(skip)]
    pub(crate) backoff_cap: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// None: now.
    pub run_at: Option<Timestamp>,
    pub max_attempts: u32,
    /// The wait after the first failure; each further one doubles it, up to the cap.
    pub backoff_first: Duration,
    pub backoff_cap: Duration,
    pub priority: i32,
    /// At most one waiting or running job has this key.
    pub unique_key: Option<String>,
    /// How long one attempt may take; the runner sees to it.
    pub timeout: Duration,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            run_at: None,
            max_attempts: 4,
            backoff_first: Duration::from_secs(10),
            backoff_cap: Duration::from_secs(60 * 60),
            priority: 0,
            unique_key: None,
            timeout: Duration::from_secs(10 * 60),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFilter {
    pub state: Option<JobState>,
    pub kind: Option<String>,
    pub limit: u32,
}

impl Default for JobFilter {
    fn default() -> Self {
        Self { state: None, kind: None, limit: 100 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    pub queued: u64,
    pub running: u64,
    pub done: u64,
    pub dead: u64,
    pub cancelled: u64,
}

pub(crate) const COLUMNS: &str = "id, kind, payload, state, priority, run_at, attempts, \
    max_attempts, timeout, unique_key, lease_until, error, result, created_at, started_at, \
    ended_at, backoff_first, backoff_cap";

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Job> {
    let time = |i| row.get::<_, Option<i64>>(i).map(|at| at.map(Timestamp));
    let state: String = row.get(3)?;
    let payload: String = row.get(2)?;
    let result: Option<String> = row.get(12)?;
    let unreadable = |i, e: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(i, rusqlite::types::Type::Text, e)
    };
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        payload: serde_json::from_str(&payload).map_err(|e| unreadable(2, e.into()))?,
        state: JobState::parse(&state)
            .ok_or_else(|| unreadable(3, format!("`{state}` is no state of a job").into()))?,
        priority: row.get(4)?,
        run_at: Timestamp(row.get(5)?),
        attempts: row.get(6)?,
        max_attempts: row.get(7)?,
        timeout_ms: row.get::<_, i64>(8)?.unsigned_abs(),
        unique_key: row.get(9)?,
        lease_until: time(10)?,
        error: row.get(11)?,
        result: result
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| unreadable(12, e.into()))?,
        created_at: Timestamp(row.get(13)?),
        started_at: time(14)?,
        ended_at: time(15)?,
        backoff_first: Duration::from_millis(row.get::<_, i64>(16)?.unsigned_abs()),
        backoff_cap: Duration::from_millis(row.get::<_, i64>(17)?.unsigned_abs()),
    })
}

pub(crate) fn counts(db: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut statement = db.prepare_cached("SELECT state, count(*) FROM jobs GROUP BY state")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)?.unsigned_abs();
        match JobState::parse(&row.get::<_, String>(0)?) {
            Some(JobState::Queued) => counts.queued = count,
            Some(JobState::Running) => counts.running = count,
            Some(JobState::Done) => counts.done = count,
            Some(JobState::Dead) => counts.dead = count,
            Some(JobState::Cancelled) => counts.cancelled = count,
            None => {}
        }
    }
    Ok(counts)
}
