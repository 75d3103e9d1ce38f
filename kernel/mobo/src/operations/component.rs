//! Parts: list and look, start and stop, swap, plug and unplug.

use super::operations;
use crate::health::Condition;
use crate::incarnation::DrainReport;
use crate::registry::PartRecord;
use crate::session::Session;
use crate::supervisor::SwapReport;
use mag_contract::operation::{Call, Expect};
use mag_contract::{Effect, Example, Fault, Operation, PartId, Standing, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

operations! {
    List => list;
    Show => show;
    Start => start;
    Stop => stop;
    Restart => restart;
    Swap => swap;
    Plug => plug;
    Unplug => unplug;
}

/// A part in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartRow {
    pub name: PartId,
    /// `running`, `stopped`, `restarting` …, or `on the shelf`
    pub state: String,
    pub health: Option<Condition>,
    pub version: String,
    pub standing: Option<Standing>,
    pub restarts: u32,
    pub why: Option<String>,
    pub about: String,
    pub addresses: Vec<String>,
}

impl From<PartRecord> for PartRow {
    fn from(record: PartRecord) -> Self {
        Self {
            name: record.name,
            state: record.shown,
            health: Some(record.health),
            version: record.version,
            standing: Some(record.standing),
            restarts: record.restarts,
            why: record.why,
            about: record.about,
            addresses: record.addresses,
        }
    }
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// Also parts that could be plugged in.
    #[serde(default)]
    pub all: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartList {
    pub parts: Vec<PartRow>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = PartList;
    const NAME: &'static str = "component:list";
    const SUMMARY: &'static str = "Lists the parts, how they are and what they do";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ALIASES: &'static [&'static str] = &["list"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "What is plugged in",
                json!({}),
                json!({ "parts": [{ "name": "admin" }] }),
            ),
            Example::new("And what could be", json!({ "all": true }), json!({})),
        ]
    }
}

async fn list(session: Session, input: ListInput, _: Call) -> Result<PartList, Fault> {
    let mut parts: Vec<PartRow> = session.board().parts().into_iter().map(Into::into).collect();
    if input.all {
        let shelf = session
            .config()
            .parts()
            .iter()
            .filter(|p| parts.iter().all(|r| r.name.as_str() != p.name));
        let rows: Vec<PartRow> = shelf
            .map(|part| PartRow {
                name: PartId::new(part.name),
                state: "on the shelf".into(),
                health: None,
                version: String::new(),
                standing: None,
                restarts: 0,
                why: None,
                about: part.about.to_owned(),
                addresses: vec![],
            })
            .collect();
        parts.extend(rows);
    }
    Ok(PartList { parts })
}

/// Which part is meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OnePart {
    /// The part's name, as `mobo list` shows it.
    pub part: String,
}

/// Which part is meant, and how much it is meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OnePartForced {
    /// The part's name, as `mobo list` shows it.
    pub part: String,
    /// Also when the part is essential or protected.
    #[serde(default)]
    pub force: bool,
}

pub(super) struct Show;

impl Operation for Show {
    type Input = OnePart;
    type Output = PartRecord;
    const NAME: &'static str = "component:show";
    const SUMMARY: &'static str = "Shows all that is known of a part";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "One part",
                json!({ "part": "admin" }),
                json!({ "name": "admin", "shown": "running" }),
            ),
            Example::refused("A misspelt one", json!({ "part": "admn" }), codes::NO_PART.id),
        ]
    }
}

async fn show(session: Session, input: OnePart, _: Call) -> Result<PartRecord, Fault> {
    session.board().part(&session.board().named(&input.part))
}

pub(super) struct Start;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StartedIn {
    pub part: String,
    pub took_ms: u64,
}

impl Operation for Start {
    type Input = OnePart;
    type Output = StartedIn;
    const NAME: &'static str = "component:start";
    const SUMMARY: &'static str = "Starts a part that was stopped or is lost";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const UNDO: Option<&'static str> = Some("component:stop");
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "It runs already",
            json!({ "part": "admin" }),
            codes::STATE_CONFLICT.id,
        )]
    }
}

async fn start(session: Session, input: OnePart, _: Call) -> Result<StartedIn, Fault> {
    let took = session.board().start(&session.board().named(&input.part)).await?;
    Ok(StartedIn { part: input.part, took_ms: millis(took) })
}

pub(super) struct Stop;

/// What stopping does, or would do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StopReport {
    pub part: String,
    /// Parts that lack something as long as it is down.
    pub degraded: Vec<PartId>,
    /// Missing in a preview, and while the part still finishes its work.
    pub drained: Option<DrainReport>,
}

impl Operation for Stop {
    type Input = OnePartForced;
    type Output = StopReport;
    const NAME: &'static str = "component:stop";
    const SUMMARY: &'static str = "Stops a part; it stays in its seat";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("component:start");
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Nobody has that name",
            json!({ "part": "nobody" }),
            codes::NO_PART.id,
        )]
    }
}

async fn stop(session: Session, input: OnePartForced, call: Call) -> Result<StopReport, Fault> {
    let id = session.board().named(&input.part);
    let degraded = lacking(&session, &id)?;
    let drained = match call.preview {
        true => None,
        false => left(session.board().clone(), id, input.force).await?,
    };
    Ok(StopReport { part: input.part, degraded, drained })
}

/// A part that is asked to stop may be the one that carries the answer: it must not wait for itself.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How the part left; `None` when it still finishes its work, and will be gone soon.
async fn left(
    board: crate::board::Board,
    id: PartId,
    force: bool,
) -> Result<Option<DrainReport>, Fault> {
    let parts = board.kernel().parts.clone();
    let stopping = parts.spawn(async move { board.stop(&id, force).await });
    match tokio::time::timeout(ANSWER_WITHIN, stopping).await {
        Ok(Ok(report)) => report.map(Some),
        Ok(Err(_)) => Err(Fault::new(codes::BUG, "the stopping of a part panicked")),
        Err(_) => Ok(None),
    }
}

pub(super) struct Restart;

impl Operation for Restart {
    type Input = OnePart;
    type Output = SwapReport;
    const NAME: &'static str = "component:restart";
    const SUMMARY: &'static str = "Puts a new incarnation of a part in place of the running one";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ABOUT: &'static str = "The newcomer is built, tested and ready before the old one leaves, \
        so nobody is refused. If it never becomes ready, the old one goes on. A part that is down is \
        started.";
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "A fresh start without a gap",
            input: json!({ "part": "admin" }),
            expect: Expect::OwnTest,
        }]
    }
}

async fn restart(session: Session, input: OnePart, _: Call) -> Result<SwapReport, Fault> {
    session.board().restart(&session.board().named(&input.part)).await
}

pub(super) struct Swap;

impl Operation for Swap {
    type Input = OnePart;
    type Output = SwapReport;
    const NAME: &'static str = "component:swap";
    const SUMMARY: &'static str =
        "Lets a part with the settings of now take over from the running one";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ABOUT: &'static str = "Reads the settings again, for this part alone. As with a restart \
        the newcomer must be ready before the old one leaves.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Nobody has that name",
            json!({ "part": "nobody" }),
            codes::NO_PART.id,
        )]
    }
}

async fn swap(session: Session, input: OnePart, _: Call) -> Result<SwapReport, Fault> {
    session.swap(session.board().named(&input.part).as_str()).await
}

pub(super) struct Plug;

impl Operation for Plug {
    type Input = OnePart;
    type Output = StartedIn;
    const NAME: &'static str = "component:plug";
    const SUMMARY: &'static str = "Plugs in a part from the shelf, now and for the boots to come";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ALIASES: &'static [&'static str] = &["plug"];
    const UNDO: Option<&'static str> = Some("component:unplug");
    const ABOUT: &'static str = "Writes `parts.<name> = true` to magflock.toml.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "No such part on the shelf",
            json!({ "part": "nobody" }),
            codes::NO_PART.id,
        )]
    }
}

async fn plug(session: Session, input: OnePart, _: Call) -> Result<StartedIn, Fault> {
    let took = session.plug(&input.part).await?;
    Ok(StartedIn { part: input.part, took_ms: millis(took) })
}

pub(super) struct Unplug;

impl Operation for Unplug {
    type Input = OnePartForced;
    type Output = StopReport;
    const NAME: &'static str = "component:unplug";
    const SUMMARY: &'static str = "Takes a part out, now and for the boots to come";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ALIASES: &'static [&'static str] = &["unplug"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("component:plug");
    const ABOUT: &'static str = "Writes `parts.<name> = false` to magflock.toml. What the part has \
        stored stays. A protected or essential part leaves by `--force` only.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Nobody has that name",
            json!({ "part": "nobody" }),
            codes::NO_PART.id,
        )]
    }
}

async fn unplug(session: Session, input: OnePartForced, call: Call) -> Result<StopReport, Fault> {
    let id = session.board().named(&input.part);
    let degraded = lacking(&session, &id)?;
    let drained = match call.preview {
        true => None,
        false => Some(session.unplug(id.as_str(), input.force).await?),
    };
    Ok(StopReport { part: input.part, degraded, drained })
}

/// Parts that lack something when this one is down.
fn lacking(session: &Session, id: &PartId) -> Result<Vec<PartId>, Fault> {
    let record = session.board().part(id)?;
    let needs = |p: &PartRecord| p.needs.iter().any(|need| record.provides.contains(need));
    Ok(session.board().parts().into_iter().filter(needs).map(|p| p.name).collect())
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
