//! Health: check now, report, watch.

use super::operations;
use crate::machine;
use crate::monitor::Checked;
use crate::registry::PartRecord;
use crate::session::Session;
use mag_contract::operation::{Call, Expect};
use mag_contract::{Effect, Example, Fault, Operation, PartId, Timestamp, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

operations! {
    Check => check;
    Report => report;
    Watch => watch;
}

/// One part, or all of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MaybePart {
    /// One part; all of them when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

impl MaybePart {
    fn id(&self, session: &Session) -> Result<Option<PartId>, Fault> {
        let Some(name) = &self.part else { return Ok(None) };
        let id = session.board().named(name);
        session.board().part(&id)?;
        Ok(Some(id))
    }
}

pub(super) struct Check;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CheckedParts {
    pub good: bool,
    pub checks: Vec<Checked>,
}

impl Operation for Check {
    type Input = MaybePart;
    type Output = CheckedParts;
    const NAME: &'static str = "health:check";
    const SUMMARY: &'static str = "Checks the live parts now";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All parts", json!({}), json!({ "good": true })),
            Example::refused(
                "Nobody has that name",
                json!({ "part": "nobody" }),
                codes::NO_PART.id,
            ),
        ]
    }
}

async fn check(session: Session, input: MaybePart, _: Call) -> Result<CheckedParts, Fault> {
    let id = input.id(&session)?;
    let checks = session.board().kernel().monitor.check(id.as_ref(), true).await;
    Ok(CheckedParts { good: checks.iter().all(|c| c.good), checks })
}

pub(super) struct Report;

/// The system, its parts, its connections.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HealthReport {
    pub at: Timestamp,
    pub system: SystemHealth,
    pub components: Vec<PartRecord>,
    /// Where parts can be reached.
    pub connections: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SystemHealth {
    pub status: String,
    pub uptime_s: u64,
    pub memory_bytes: Option<u64>,
    pub cpu_s: Option<f64>,
}

impl Operation for Report {
    type Input = MaybePart;
    type Output = HealthReport;
    const NAME: &'static str = "health:report";
    const SUMMARY: &'static str = "Reports the health of the board, or of one part";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ALIASES: &'static [&'static str] = &["health"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "The whole board",
                json!({}),
                json!({ "system": { "status": "healthy" } }),
            ),
            Example::new(
                "One part",
                json!({ "part": "admin" }),
                json!({ "components": [{ "name": "admin" }] }),
            ),
        ]
    }
}

async fn report(session: Session, input: MaybePart, _: Call) -> Result<HealthReport, Fault> {
    let id = input.id(&session)?;
    let all = session.board().parts().into_iter();
    let components: Vec<PartRecord> =
        all.filter(|p| id.as_ref().is_none_or(|id| p.name == *id)).collect();
    let connections = components.iter().flat_map(|p| p.addresses.clone()).collect();
    let system = SystemHealth {
        status: super::board::overall(&session).to_owned(),
        uptime_s: session.uptime().as_secs(),
        memory_bytes: machine::memory_bytes(),
        cpu_s: machine::cpu_seconds(),
    };
    Ok(HealthReport { at: session.clock().now(), system, components, connections })
}

pub(super) struct Watch;

/// How many looks were handed over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Watched {
    pub looks: u64,
}

impl Operation for Watch {
    type Input = MaybePart;
    type Output = Watched;
    const NAME: &'static str = "health:watch";
    const SUMMARY: &'static str = "Follows the health of the board, a line at each change";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const FOLLOWS: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example { title: "Until it is interrupted", input: json!({}), expect: Expect::Line }]
    }
}

async fn watch(session: Session, input: MaybePart, mut call: Call) -> Result<Watched, Fault> {
    let mut changes = session.board().kernel().registry.watch();
    let mut looks = 0;
    loop {
        changes.borrow_and_update();
        let look = report(session.clone(), input.clone(), call.clone()).await?;
        let item = serde_json::to_value(look).unwrap_or_default();
        if !call.progress.item(item).await {
            return Ok(Watched { looks });
        }
        looks += 1;
        tokio::select! {
            () = call.cancelled.wait() => return Ok(Watched { looks }),
            changed = changes.changed() => if changed.is_err() { return Ok(Watched { looks }) },
        }
    }
}
