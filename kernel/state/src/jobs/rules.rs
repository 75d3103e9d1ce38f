//! What may become of a job, one function a step, each inside the savepoint of its order.

use super::job::{COLUMNS, Job, JobFilter, JobOptions, JobState, from_row};
use crate::backoff::backoff;
use crate::faults;
use mag_contract::{Fault, Timestamp, codes};
use rusqlite::{Connection, OptionalExtension, Params, params};
use serde::Serialize;
use std::time::Duration;

/// A runner that says nothing for so long is taken for dead. Three heartbeats of twenty seconds.
pub const LEASE: Duration = Duration::from_secs(60);
/// A job says what is to be done; large content belongs in a file or a table.
const PAYLOAD_MAX: usize = 1024 * 1024;
/// Enough for a message with its causes.
const ERROR_MAX: usize = 4096;
/// One order must not hold up the others: the rest is taken by the next one.
const AT_ONCE: u32 = 1000;

/// The right to say what became of one attempt of a job. A later attempt has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub id: String,
    pub attempt: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enqueued {
    pub id: String,
    /// False: a job with the same unique key was there already, and this is its id.
    pub fresh: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Waits for its next attempt.
    Again {
        at: Timestamp,
    },
    Dead,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    pub queued: Vec<String>,
    /// They had no attempt left.
    pub dead: Vec<String>,
}

pub(crate) fn check(kind: &str, payload: &serde_json::Value) -> Result<String, Fault> {
    if kind.is_empty() || kind.len() > 256 {
        return Err(Fault::new(codes::BAD_INPUT, "the kind of a job has 1 to 256 bytes"));
    }
    bounded(payload)
}

pub(crate) fn bounded(value: &serde_json::Value) -> Result<String, Fault> {
    let text = value.to_string();
    if text.len() > PAYLOAD_MAX {
        let message = format!("{} bytes are more than the {PAYLOAD_MAX} of a job", text.len());
        return Err(Fault::new(codes::BAD_INPUT, message)
            .hint("store the content elsewhere, and say in the job where it is"));
    }
    Ok(text)
}

pub(crate) fn short(error: &str) -> String {
    error[..error.floor_char_boundary(ERROR_MAX)].to_owned()
}

pub(crate) fn insert(
    db: &Connection,
    kind: &str,
    payload: &str,
    options: &JobOptions,
    now: Timestamp,
) -> Result<Enqueued, Fault> {
    if let Some(key) = &options.unique_key
        && let Some(id) = holder(db, key)?
    {
        return Ok(Enqueued { id, fresh: false });
    }
    let id = id_of(now);
    execute(
        db,
        "INSERT INTO jobs (id, kind, payload, state, priority, run_at, max_attempts,
             backoff_first, backoff_cap, timeout, unique_key, created_at)
         VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            id,
            kind,
            payload,
            options.priority,
            options.run_at.unwrap_or(now).millis(),
            options.max_attempts.max(1),
            millis(options.backoff_first),
            millis(options.backoff_cap),
            millis(options.timeout),
            options.unique_key,
            now.millis()
        ],
    )?;
    Ok(Enqueued { id, fresh: true })
}

pub(crate) fn take(
    db: &Connection,
    now: Timestamp,
    kinds: &str,
    max: u32,
    run: &str,
) -> Result<Vec<(Lease, Job)>, Fault> {
    let ids: Vec<String> = query(
        db,
        "SELECT id FROM jobs WHERE state = 'queued' AND run_at <= ?1
         AND kind IN (SELECT value FROM json_each(?2))
         ORDER BY priority DESC, run_at, seq LIMIT ?3",
        params![now.millis(), kinds, max.min(AT_ONCE)],
        |row| row.get(0),
    )?;
    let mut taken = Vec::with_capacity(ids.len());
    for id in ids {
        execute(
            db,
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, run = ?2,
             lease_until = ?3, started_at = ?4 WHERE id = ?1",
            params![id, run, after(now, LEASE).millis(), now.millis()],
        )?;
        let job = find(db, &id)?;
        taken.push((Lease { id, attempt: job.attempts }, job));
    }
    Ok(taken)
}

pub(crate) fn next_due(db: &Connection, kinds: &str) -> Result<Option<Timestamp>, Fault> {
    let due: Vec<Option<i64>> = query(
        db,
        "SELECT min(run_at) FROM jobs WHERE state = 'queued'
         AND kind IN (SELECT value FROM json_each(?1))",
        [kinds],
        |row| row.get(0),
    )?;
    Ok(due.into_iter().flatten().next().map(Timestamp))
}

pub(crate) fn heartbeat(db: &Connection, lease: &Lease, now: Timestamp) -> Result<(), Fault> {
    held(db, lease)?;
    let until = after(now, LEASE).millis();
    execute(db, "UPDATE jobs SET lease_until = ?2 WHERE id = ?1", params![lease.id, until])
}

pub(crate) fn done(
    db: &Connection,
    lease: &Lease,
    result: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    held(db, lease)?;
    execute(
        db,
        "UPDATE jobs SET state = 'done', result = ?2, error = NULL, ended_at = ?3,
         lease_until = NULL, run = NULL WHERE id = ?1",
        params![lease.id, result, now.millis()],
    )
}

pub(crate) fn fail(
    db: &Connection,
    lease: &Lease,
    error: &str,
    now: Timestamp,
) -> Result<Failed, Fault> {
    let job = held(db, lease)?;
    if job.attempts >= job.max_attempts {
        bury(db, lease, error, now)?;
        return Ok(Failed::Dead);
    }
    let at = after(now, backoff(job.attempts, job.backoff_first, job.backoff_cap));
    queue_again(db, &job.id, error, at)?;
    Ok(Failed::Again { at })
}

pub(crate) fn bury(
    db: &Connection,
    lease: &Lease,
    error: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    held(db, lease)?;
    execute(
        db,
        "UPDATE jobs SET state = 'dead', error = ?2, ended_at = ?3, lease_until = NULL,
         run = NULL WHERE id = ?1",
        params![lease.id, error, now.millis()],
    )
}

pub(crate) fn reclaim(db: &Connection, now: Timestamp, run: &str) -> Result<Reclaimed, Fault> {
    let lost: Vec<(String, bool)> = query(
        db,
        "SELECT id, run IS ?2 FROM jobs
         WHERE state = 'running' AND (lease_until <= ?1 OR run IS NOT ?2) ORDER BY seq LIMIT ?3",
        params![now.millis(), run, AT_ONCE],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut reclaimed = Reclaimed::default();
    for (id, ours) in lost {
        let job = find(db, &id)?;
        let error = if ours {
            "the runner of the job said nothing for too long"
        } else {
            "the board ended while the job ran"
        };
        if job.attempts >= job.max_attempts {
            bury(db, &Lease { id: id.clone(), attempt: job.attempts }, error, now)?;
            reclaimed.dead.push(id);
            continue;
        }
        // The board's end is not the job's fault; silence may be, and waits as a failure does.
        let wait = backoff(job.attempts, job.backoff_first, job.backoff_cap);
        queue_again(db, &id, error, if ours { after(now, wait) } else { now })?;
        reclaimed.queued.push(id);
    }
    Ok(reclaimed)
}

fn queue_again(db: &Connection, id: &str, error: &str, at: Timestamp) -> Result<(), Fault> {
    execute(
        db,
        "UPDATE jobs SET state = 'queued', error = ?2, run_at = ?3, lease_until = NULL,
         run = NULL WHERE id = ?1",
        params![id, error, at.millis()],
    )
}

pub(crate) fn retry(db: &Connection, id: &str, now: Timestamp) -> Result<(), Fault> {
    let job = find(db, id)?;
    match job.state {
        JobState::Queued => {}
        JobState::Dead | JobState::Cancelled => {
            if let Some(key) = &job.unique_key
                && let Some(other) = holder(db, key)?
            {
                return Err(Fault::new(
                    codes::EXISTS,
                    format!("job {other} has the same unique key `{key}` and is not done"),
                ));
            }
        }
        JobState::Running | JobState::Done => return Err(wrong_state(&job, "retried")),
    }
    execute(
        db,
        "UPDATE jobs SET state = 'queued', run_at = ?2, ended_at = NULL,
         attempts = CASE state WHEN 'queued' THEN attempts ELSE 0 END WHERE id = ?1",
        params![id, now.millis()],
    )
}

pub(crate) fn cancel(db: &Connection, id: &str, now: Timestamp) -> Result<bool, Fault> {
    let job = find(db, id)?;
    match job.state {
        JobState::Queued | JobState::Running => {}
        JobState::Done | JobState::Dead | JobState::Cancelled => {
            return Err(wrong_state(&job, "cancelled"));
        }
    }
    execute(
        db,
        "UPDATE jobs SET state = 'cancelled', ended_at = ?2, lease_until = NULL, run = NULL
         WHERE id = ?1",
        params![id, now.millis()],
    )?;
    Ok(job.state == JobState::Running)
}

pub(crate) fn list(db: &Connection, filter: &JobFilter) -> Result<Vec<Job>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE (?1 IS NULL OR state = ?1)
         AND (?2 IS NULL OR kind = ?2) ORDER BY seq DESC LIMIT ?3"
    );
    let state = filter.state.map(JobState::name);
    query(db, &sql, params![state, filter.kind, filter.limit.min(AT_ONCE)], from_row)
}

pub(crate) fn find(db: &Connection, id: &str) -> Result<Job, Fault> {
    let found = query(db, &format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1"), [id], from_row)?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Fault::new(codes::NO_SUCH_NAME, format!("there is no job `{id}`")))
}

pub(crate) fn purge(db: &Connection, before: Timestamp) -> Result<usize, Fault> {
    db.prepare_cached(
        "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs
         WHERE state IN ('done', 'cancelled') AND ended_at < ?1 LIMIT ?2)",
    )
    .and_then(|mut s| s.execute(params![before.millis(), AT_ONCE]))
    .map_err(cannot)
}

/// The job, when this lease still holds it.
fn held(db: &Connection, lease: &Lease) -> Result<Job, Fault> {
    let job = find(db, &lease.id)?;
    if job.state == JobState::Running && job.attempts == lease.attempt {
        return Ok(job);
    }
    Err(Fault::new(
        codes::STATE_CONFLICT,
        format!("attempt {} of job {} is over: it is {}", lease.attempt, job.id, job.state.name()),
    ))
}

fn holder(db: &Connection, key: &str) -> Result<Option<String>, Fault> {
    db.prepare_cached(
        "SELECT id FROM jobs WHERE unique_key = ?1 AND state IN ('queued', 'running')",
    )
    .and_then(|mut s| s.query_row([key], |row| row.get(0)).optional())
    .map_err(cannot)
}

fn wrong_state(job: &Job, wish: &str) -> Fault {
    let state = job.state.name();
    Fault::new(codes::STATE_CONFLICT, format!("a job that is {state} cannot be {wish}"))
}

/// Ids sort by the time they were made.
fn id_of(now: Timestamp) -> String {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
    let at = uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos);
    uuid::Uuid::new_v7(at).to_string()
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.millis().saturating_add(millis(wait)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn execute(db: &Connection, sql: &str, with: impl Params) -> Result<(), Fault> {
    db.prepare_cached(sql).and_then(|mut s| s.execute(with)).map(drop).map_err(cannot)
}

fn query<T>(
    db: &Connection,
    sql: &str,
    with: impl Params,
    row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fault> {
    db.prepare_cached(sql)
        .and_then(|mut s| s.query_map(with, row)?.collect::<rusqlite::Result<Vec<T>>>())
        .map_err(cannot)
}

fn cannot(e: rusqlite::Error) -> Fault {
    faults::sqlite("read or write the jobs", e)
}
