//! The board as a whole: how it is, what its boots were, how it goes down.

use super::{Nothing, operations};
use crate::health::Condition;
use crate::lifecycle::State;
use crate::machine;
use crate::post;
use crate::session::{Ending, Session};
use crate::stages::BootReport;
use mag_contract::operation::{Call, Expect};
use mag_contract::{Effect, Example, Fault, Operation, Timestamp};
use mag_state::HowEnded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

operations! {
    Status => status;
    Check => check;
    Report => report;
    Boots => boots;
    Shutdown => shutdown;
    Restart => restart;
}

pub(super) struct Status;

/// The board at a glance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StatusReport {
    /// `healthy`, `degraded`, `starting`, `stopping`
    pub status: String,
    pub version: String,
    pub boot: i64,
    pub safe: bool,
    pub uptime_s: u64,
    pub ready_ms: Option<u64>,
    pub urls: Vec<String>,
    pub data_folder: String,
    pub process: u32,
    pub memory_bytes: Option<u64>,
    pub cpu_s: Option<f64>,
    pub parts: Vec<super::PartRow>,
    pub jobs: JobCounts,
    pub facts_told: u64,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct JobCounts {
    pub queued: u64,
    pub running: u64,
    pub dead: u64,
}

impl Operation for Status {
    type Input = Nothing;
    type Output = StatusReport;
    const NAME: &'static str = "board:status";
    const SUMMARY: &'static str = "Shows how the board is, in one look";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ALIASES: &'static [&'static str] = &["status"];
    fn examples() -> Vec<Example> {
        vec![Example::new("How is it?", json!({}), json!({ "status": "healthy" }))]
    }
}

/// What the parts say together. A part that someone stopped is no trouble.
pub(crate) fn overall(session: &Session) -> &'static str {
    if session.ending().is_some() {
        return "stopping";
    }
    if session.report().is_none() {
        return "starting";
    }
    let well = |p: &crate::registry::PartRecord| {
        p.state == State::Stopped || (p.state == State::Live && p.health == Condition::Healthy)
    };
    if session.board().parts().iter().all(well) { "healthy" } else { "degraded" }
}

async fn status(session: Session, _: Nothing, _: Call) -> Result<StatusReport, Fault> {
    let counts = session.keep().state.jobs().counts().await.unwrap_or_default();
    let boot = session.report();
    Ok(StatusReport {
        status: overall(&session).to_owned(),
        version: session.version().to_owned(),
        boot: session.boot_number(),
        safe: session.is_safe(),
        uptime_s: session.uptime().as_secs(),
        ready_ms: boot.map(|b| b.ready_ms),
        urls: session.board().parts().into_iter().flat_map(|p| p.addresses).collect(),
        data_folder: session.config().data_folder().display().to_string(),
        process: std::process::id(),
        memory_bytes: machine::memory_bytes(),
        cpu_s: machine::cpu_seconds(),
        parts: session.board().parts().into_iter().map(Into::into).collect(),
        jobs: JobCounts { queued: counts.queued, running: counts.running, dead: counts.dead },
        facts_told: session.bus().counts().0,
    })
}

pub(super) struct Check;

/// What a boot would find before any part runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckReport {
    pub good: bool,
    /// In the order in which they would start.
    pub parts: Vec<String>,
    pub problems: Vec<String>,
}

impl Operation for Check {
    type Input = Nothing;
    type Output = CheckReport;
    const NAME: &'static str = "board:check";
    const SUMMARY: &'static str = "Checks settings and parts as a boot would, and starts nothing";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ALIASES: &'static [&'static str] = &["check"];
    const ABOUT: &'static str = "Reads the settings file again and fits the parts together: misspelt \
        keys, missing sockets, two providers, cycles and two claims on one port are all told at once. \
        It also works while no board runs.";
    fn examples() -> Vec<Example> {
        vec![Example::new("Would it boot?", json!({}), json!({ "good": true }))]
    }
}

async fn check(session: Session, _: Nothing, _: Call) -> Result<CheckReport, Fault> {
    Ok(check_config(session.config()))
}

/// The first half of the self-test, for a board that runs or not.
pub fn check_config(config: &crate::config::Config) -> CheckReport {
    let mut problems = vec![];
    let mut manifests = vec![];
    match config.read_again() {
        Err(errors) => problems.extend(errors.iter().map(ToString::to_string)),
        Ok(loaded) => {
            for part in config.parts().iter().filter(|p| config.is_plugged(p)) {
                let manifest = part
                    .kind
                    .read(&loaded, part.name)
                    .map_err(|errors| mag_settings::fault(&errors))
                    .and_then(|settings| part.kind.manifest(&settings));
                match manifest {
                    Ok(manifest) => manifests.push(manifest),
                    Err(fault) => problems.push(fault.message().to_owned()),
                }
            }
        }
    }
    let mut parts = vec![];
    match post::plan(&manifests) {
        Ok(plan) => parts.extend(plan.into_iter().map(|(part, _)| part.to_string())),
        Err(misfits) => problems.extend(misfits.iter().map(ToString::to_string)),
    }
    CheckReport { good: problems.is_empty(), parts, problems }
}

pub(super) struct Report;

impl Operation for Report {
    type Input = Nothing;
    type Output = BootReport;
    const NAME: &'static str = "board:report";
    const SUMMARY: &'static str = "Shows the stages of the last boot again, with their times";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ALIASES: &'static [&'static str] = &["report"];
    fn examples() -> Vec<Example> {
        vec![Example::new("How did it boot?", json!({}), json!({ "ready": true }))]
    }
}

async fn report(session: Session, _: Nothing, _: Call) -> Result<BootReport, Fault> {
    session.report().cloned().ok_or_else(|| {
        Fault::new(mag_contract::codes::STATE_CONFLICT, "the boot is still under way")
            .hint("try again in a moment")
    })
}

pub(super) struct Boots;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BootsInput {
    /// So many, the newest first.
    #[serde(default = "twenty")]
    pub limit: u32,
}
fn twenty() -> u32 {
    20
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BootList {
    pub boots: Vec<BootRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BootRow {
    pub boot: i64,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `running`, `clean`, `killed`, `failed`
    pub how: String,
    pub version: String,
    pub ready_ms: Option<f64>,
}

impl Operation for Boots {
    type Input = BootsInput;
    type Output = BootList;
    const NAME: &'static str = "board:boots";
    const SUMMARY: &'static str = "Lists past boots and how each ended";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ALIASES: &'static [&'static str] = &["boots"];
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "The last three boots",
            json!({ "limit": 3 }),
            json!({ "boots": [{ "how": "running" }] }),
        )]
    }
}

async fn boots(session: Session, input: BootsInput, _: Call) -> Result<BootList, Fault> {
    let history = session.keep().state.boots().history(input.limit).await?;
    let boots = history.into_iter().map(|b| BootRow {
        boot: b.id,
        started_at: b.started_at,
        ended_at: b.ended_at,
        how: match b.how {
            None => "running",
            Some(HowEnded::Clean) => "clean",
            Some(HowEnded::Killed) => "killed",
            Some(HowEnded::Failed) => "failed",
        }
        .to_owned(),
        version: b.version,
        ready_ms: b.ready_ms,
    });
    Ok(BootList { boots: boots.collect() })
}

pub(super) struct Shutdown;

/// The answer comes before the board is down.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GoingDown {
    pub going_down: bool,
    pub within_s: u64,
}

impl Operation for Shutdown {
    type Input = Nothing;
    type Output = GoingDown;
    const NAME: &'static str = "board:shutdown";
    const SUMMARY: &'static str = "Takes the board down in order";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const ALIASES: &'static [&'static str] = &["shutdown"];
    const ABOUT: &'static str = "Parts finish their work and leave in the reverse order of their \
        start, within `board.shutdown_within`; who is late is ended and named in the log.";
    fn examples() -> Vec<Example> {
        vec![Example { title: "Take it down", input: json!({}), expect: Expect::OwnTest }]
    }
}

async fn shutdown(session: Session, _: Nothing, call: Call) -> Result<GoingDown, Fault> {
    let within_s = session.shutdown_within().as_secs();
    end_soon(&session, Ending::Shutdown(format!("asked for by {}", call.actor.name)));
    Ok(GoingDown { going_down: true, within_s })
}

pub(super) struct Restart;

impl Operation for Restart {
    type Input = Nothing;
    type Output = GoingDown;
    const NAME: &'static str = "board:restart";
    const SUMMARY: &'static str = "Takes the board down in order and boots it again";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const ALIASES: &'static [&'static str] = &["restart"];
    fn examples() -> Vec<Example> {
        vec![Example { title: "Down and up again", input: json!({}), expect: Expect::OwnTest }]
    }
}

async fn restart(session: Session, _: Nothing, _: Call) -> Result<GoingDown, Fault> {
    let within_s = session.shutdown_within().as_secs();
    end_soon(&session, Ending::Restart);
    Ok(GoingDown { going_down: true, within_s })
}

/// The answer needs a moment to leave before its door closes.
fn end_soon(session: &Session, ending: Ending) {
    let later = session.clone();
    session.board().kernel().parts.spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        later.end(ending);
    });
}
