//! Background jobs: look, retry, cancel; and the schedules that queue them.

use super::{Nothing, operations};
use crate::session::Session;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_state::{Job, JobFilter, JobState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

operations! {
    List => list;
    Show => show;
    Retry => retry;
    Cancel => cancel;
    Schedules => schedules;
}

/// A job in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct JobRow {
    pub id: String,
    pub kind: String,
    pub state: JobState,
    pub attempts: u32,
    pub attempts_max: u32,
    /// When it is due, or was.
    pub due: Timestamp,
    pub error: Option<String>,
}

impl From<Job> for JobRow {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            state: job.state,
            attempts: job.attempts,
            attempts_max: job.max_attempts,
            due: job.run_at,
            error: job.error,
        }
    }
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// Only jobs in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// Only jobs of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// So many at most, the newest first.
    #[serde(default = "hundred")]
    pub limit: u32,
}
fn hundred() -> u32 {
    100
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct JobList {
    pub jobs: Vec<JobRow>,
    pub queued: u64,
    pub running: u64,
    pub done: u64,
    pub dead: u64,
    pub cancelled: u64,
}

impl Operation for List {
    type Input = ListInput;
    type Output = JobList;
    const NAME: &'static str = "jobs:list";
    const SUMMARY: &'static str = "Lists background jobs, the newest first";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "jobs.read";
    const ALIASES: &'static [&'static str] = &["jobs"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All jobs", json!({}), json!({ "dead": 0 })),
            Example::new(
                "Those that need a decision",
                json!({ "state": "dead" }),
                json!({ "jobs": [] }),
            ),
        ]
    }
}

async fn list(session: Session, input: ListInput, _: Call) -> Result<JobList, Fault> {
    let store = session.keep().state.jobs();
    let filter = JobFilter { state: input.state, kind: input.kind, limit: input.limit };
    let jobs = store.list(filter).await?.into_iter().map(Into::into).collect();
    let c = store.counts().await?;
    Ok(JobList {
        jobs,
        queued: c.queued,
        running: c.running,
        done: c.done,
        dead: c.dead,
        cancelled: c.cancelled,
    })
}

/// Which job is meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OneJob {
    /// The job's id, as `mobo jobs:list` shows it.
    pub id: String,
}

fn missing() -> Json {
    json!({ "id": "00000000-0000-0000-0000-000000000000" })
}

pub(super) struct Show;

impl Operation for Show {
    type Input = OneJob;
    type Output = Job;
    const NAME: &'static str = "jobs:show";
    const SUMMARY: &'static str = "Shows a job with its payload, result and last error";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "jobs.read";
    const POSITIONAL: &'static [&'static str] = &["id"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("No such job", missing(), codes::NO_SUCH_NAME.id)]
    }
}

async fn show(session: Session, input: OneJob, _: Call) -> Result<Job, Fault> {
    session.keep().state.jobs().show(&input.id).await
}

/// What became of the job.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct JobChanged {
    pub id: String,
    pub state: JobState,
}

pub(super) struct Retry;

impl Operation for Retry {
    type Input = OneJob;
    type Output = JobChanged;
    const NAME: &'static str = "jobs:retry";
    const SUMMARY: &'static str = "Runs a dead or cancelled job again, with all its attempts";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "jobs.write";
    const POSITIONAL: &'static [&'static str] = &["id"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("No such job", missing(), codes::NO_SUCH_NAME.id)]
    }
}

async fn retry(session: Session, input: OneJob, _: Call) -> Result<JobChanged, Fault> {
    let jobs = session.keep().state.jobs();
    jobs.retry(&input.id).await?;
    let state = jobs.show(&input.id).await?.state;
    Ok(JobChanged { id: input.id, state })
}

pub(super) struct Cancel;

impl Operation for Cancel {
    type Input = OneJob;
    type Output = JobChanged;
    const NAME: &'static str = "jobs:cancel";
    const SUMMARY: &'static str = "Takes a job out of the queue; a running one is ended";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "jobs.write";
    const POSITIONAL: &'static [&'static str] = &["id"];
    const UNDO: Option<&'static str> = Some("jobs:retry");
    fn examples() -> Vec<Example> {
        vec![Example::refused("No such job", missing(), codes::NO_SUCH_NAME.id)]
    }
}

async fn cancel(session: Session, input: OneJob, _: Call) -> Result<JobChanged, Fault> {
    let jobs = session.keep().state.jobs();
    jobs.cancel(&input.id).await?;
    session.board().kernel().workers.poke();
    let state = jobs.show(&input.id).await?.state;
    Ok(JobChanged { id: input.id, state })
}

pub(super) struct Schedules;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ScheduleList {
    pub schedules: Vec<ScheduleRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ScheduleRow {
    pub name: String,
    pub cron: String,
    pub kind: String,
    pub enabled: bool,
    pub last_run: Option<Timestamp>,
}

impl Operation for Schedules {
    type Input = Nothing;
    type Output = ScheduleList;
    const NAME: &'static str = "jobs:schedules";
    const SUMMARY: &'static str = "Lists what is queued by the clock";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "jobs.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("All schedules", json!({}), json!({}))]
    }
}

async fn schedules(session: Session, _: Nothing, _: Call) -> Result<ScheduleList, Fault> {
    let rows = session.keep().state.schedules().list().await?.into_iter().map(|s| ScheduleRow {
        name: s.name,
        cron: s.cron,
        kind: s.kind,
        enabled: s.enabled,
        last_run: s.last_run,
    });
    Ok(ScheduleList { schedules: rows.collect() })
}
