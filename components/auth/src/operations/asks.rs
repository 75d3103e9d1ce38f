//! What agents wait for: listed for those who answer for them, approved, denied.

use super::agents::agent_meant;
use super::{Office, declare, identifier, input, operations};
use crate::agents::{Ask, AskState};
use crate::home::Home;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::Project;
use mag_ports::identity::ApprovalDecided;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;

operations! {
    List => list;
    Approve => approve;
    Deny => deny;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AskRow {
    pub id: String,
    pub agent: String,
    pub agent_name: String,
    /// The user who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The operation, or the rows that it wants to write.
    pub what: String,
    /// `medium`, `high` or `critical`
    pub risk: String,
    pub door: String,
    /// What the call says; secrets are hidden.
    pub input: Json,
    /// `waiting`, `approved`, `denied` or `used`.
    pub state: String,
    /// How often it was asked.
    pub times: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u64>,
    pub asked_at: Timestamp,
}

async fn shown(home: &Home, asks: &[Ask]) -> Result<Vec<AskRow>, Fault> {
    let names = home.agent_names(asks).await?;
    let rows = asks.iter().map(|ask| {
        let base = names.get(&ask.agent.to_string());
        AskRow {
            id: ask.id.to_string(),
            agent: ask.agent.to_string(),
            agent_name: base.map(|base| base.words("display_name").to_owned()).unwrap_or_default(),
            owner: base.and_then(|base| base.text("owner_id")).map(str::to_owned),
            what: ask.what.clone(),
            risk: ask.risk.name().to_owned(),
            door: ask.door.clone(),
            input: ask.input.clone(),
            state: ask.state.name().to_owned(),
            times: ask.times,
            why: ask.why.clone(),
            decided_by: ask.decided_by.clone(),
            decided_at: ask.decided_at,
            good_until: ask.good_until,
            uses_left: ask.uses_left,
            asked_at: ask.created_at,
        }
    });
    Ok(rows.collect())
}

input! { ListInput in project;
    /// Only those of this agent: its name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Those that were decided as well.
    #[serde(default)]
    pub all: bool,
    /// So many at most, the newest first.
    #[serde(default = "hundred")]
    pub limit: u32,
}
fn hundred() -> u32 {
    100
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AskList {
    pub asks: Vec<AskRow>,
}

declare! {
    List: ListInput => AskList, "agent:asks", Read, "auth.agents.read",
    "Lists what agents have asked for and wait for", positional ["agent"], undo None,
    preview false,
    about "A call that is above the risk that an agent takes alone is refused, and waits here for \
        whoever answers for the agent.";
    vec![Example::new("Of a new project", json!({}), json!({ "asks": [] }))]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<AskList, Fault> {
    let (_, home) = office.users(&input).await?;
    office.gotrue.write_asks().await?;
    let agent = match &input.agent {
        Some(given) => Some(agent_meant(&home, given).await?),
        None => None,
    };
    let asks = home.asks(agent, !input.all, u64::from(input.limit.min(1_000))).await?;
    Ok(AskList { asks: shown(&home, &asks).await? })
}

input! { ApproveInput in project;
    /// The ask, as `agent:asks` lists it and the agent tells it.
    pub ask: String,
    /// It is good for so many calls; 0 is any number.
    #[serde(default = "one")]
    pub uses: u32,
    /// And for so many minutes.
    #[serde(default = "hour")]
    pub minutes: u32,
}
fn one() -> u32 {
    1
}
fn hour() -> u32 {
    60
}

fn nothing() -> Json {
    json!({ "ask": "00000000-0000-0000-0000-000000000000" })
}

declare! {
    Approve: ApproveInput => AskRow, "agent:approve", Admin, "auth.agents.approve",
    "Lets an agent make a call that it has asked for", positional ["ask"],
    undo Some("agent:pause"), preview false,
    about "The agent makes the same call again, and it goes through: once within the next hour, \
        when nothing else is said.";
    vec![Example::refused("Something that nobody has asked", nothing(), codes::NO_SUCH_NAME.id)]
}

const MINUTE_MS: i64 = 60_000;

async fn approve(office: Arc<Office>, input: ApproveInput, call: Call) -> Result<AskRow, Fault> {
    let project = office.project(input.project.as_deref())?;
    let decision = |ask: &mut Ask, now: Timestamp| {
        ask.state = AskState::Approved;
        ask.uses_left = (input.uses > 0).then_some(u64::from(input.uses));
        ask.good_until = Some(Timestamp(now.millis() + i64::from(input.minutes) * MINUTE_MS));
    };
    decide(&office, &project, &input.ask, &call, decision).await
}

input! { DenyInput in project;
    /// The ask, as `agent:asks` lists it.
    pub ask: String,
    /// What the agent is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

declare! {
    Deny: DenyInput => AskRow, "agent:deny", Admin, "auth.agents.approve",
    "Tells an agent that it does not get what it has asked for", positional ["ask", "why"],
    undo None, preview false, about "";
    vec![Example::refused("Something that nobody has asked", nothing(), codes::NO_SUCH_NAME.id)]
}

async fn deny(office: Arc<Office>, input: DenyInput, call: Call) -> Result<AskRow, Fault> {
    let project = office.project(input.project.as_deref())?;
    let decision = |ask: &mut Ask, _: Timestamp| {
        ask.state = AskState::Denied;
        ask.why.clone_from(&input.why);
    };
    decide(&office, &project, &input.ask, &call, decision).await
}

async fn decide(
    office: &Office,
    project: &Project,
    given: &str,
    call: &Call,
    decision: impl FnOnce(&mut Ask, Timestamp),
) -> Result<AskRow, Fault> {
    let id = identifier(given, "an ask")?;
    let home = office.gotrue.homes.of(project).await?;
    office.gotrue.write_asks().await?;
    let kept = home.ask(id).await?;
    // No agent decides for itself, nor for another one.
    if call.actor.kind == mag_contract::ActorKind::AiAgent {
        return Err(Fault::new(codes::DENIED, "an agent does not approve what agents ask for")
            .hint("a person who answers for the agent does"));
    }
    office.gotrue.agents.know(&office.gotrue.homes, project, kept.agent).await?;
    let now = home.now();
    let decided = office.gotrue.agents.decide(id, |ask| {
        ask.decided_by = Some(call.actor.id.clone());
        ask.decided_at = Some(now);
        decision(ask, now);
    });
    let decided = decided.ok_or_else(|| {
        Fault::new(codes::STATE_CONFLICT, "this ask was decided already, or asked for anew since")
            .hint("`mobo agent:asks` lists what waits")
    })?;
    office.gotrue.write_asks().await?;
    let state = decided.state.name();
    let details = json!({ "by": call.actor.id, "what": decided.what, "ask": id });
    home.note(decided.agent, now, state, "done", details).await?;
    office.gotrue.bus.publish(ApprovalDecided {
        project: project.reference.to_string(),
        agent: decided.agent.to_string(),
        ask: id.to_string(),
        state: state.to_owned(),
        by: call.actor.id.clone(),
    });
    let mut rows = shown(&home, std::slice::from_ref(&decided)).await?;
    rows.pop().ok_or_else(|| Fault::new(codes::BUG, "an ask that was decided is not there"))
}
