//! What there is to see of agents: their bounds, what they have spent of them, what became of them.

use super::{agent_meant, nobody};
use crate::home::Home;
use crate::operations::{Office, input};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::Project;
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AgentRow {
    pub id: String,
    pub name: String,
    /// `active`, `paused` or `expired`.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub role: String,
    pub read_only: bool,
    /// The highest risk that it takes alone.
    pub risk: String,
    /// All when none is named.
    pub tools: Vec<String>,
    pub doors: Vec<String>,
    pub calls_this_hour: u64,
    pub calls_today: u64,
    pub rows_this_hour: u64,
    pub rows_today: u64,
    /// In credits.
    pub cost_this_hour: f64,
    pub cost_today: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_per_hour: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_per_day: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_hour: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_day: Option<u64>,
    /// What it has asked for and waits for.
    pub asks: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

pub(super) async fn row(
    office: &Office,
    home: &Home,
    project: &Project,
    agent: Uuid,
) -> Result<AgentRow, Fault> {
    let agents = &office.gotrue.agents;
    let held = agents.know(&office.gotrue.homes, project, agent).await?.ok_or_else(|| {
        Fault::new(codes::NO_SUCH_NAME, format!("`{agent}` is no agent"))
            .hint("`mobo agent:list` shows them")
    })?;
    let by_user = vec![Filter::eq("user_id", &agent.to_string())];
    let kept = home.one("agents", by_user).await?.unwrap_or_default();
    let (hour, day) = agents.tallies(agent);
    let expired = held.expires_at.is_some_and(|at| at <= home.now());
    let state = if held.paused.is_some() {
        "paused"
    } else if expired {
        "expired"
    } else {
        "active"
    };
    #[allow(clippy::cast_precision_loss, reason = "nobody spends 2^53 thousandths")]
    let credits = |thousandths: u64| thousandths as f64 / 1_000.0;
    Ok(AgentRow {
        id: agent.to_string(),
        name: held.name.clone(),
        state: state.to_owned(),
        why: held.paused.clone(),
        owner: held.owner.map(|id| id.to_string()),
        role: kept.words("role").to_owned(),
        read_only: held.read_only,
        risk: held.risk.name().to_owned(),
        tools: held.tools.clone(),
        doors: held.doors.clone(),
        calls_this_hour: hour.calls,
        calls_today: day.calls,
        rows_this_hour: hour.rows,
        rows_today: day.rows,
        cost_this_hour: credits(hour.cost),
        cost_today: credits(day.cost),
        calls_per_hour: held.hour.calls,
        calls_per_day: held.day.calls,
        rows_per_hour: held.hour.rows,
        rows_per_day: held.day.rows,
        cost_per_hour: held.hour.cost,
        cost_per_day: held.day.cost,
        asks: home.asks(Some(agent), true, 100).await?.len(),
        expires_at: held.expires_at,
    })
}

pub(super) struct List;

input! { ListInput in project; }

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AgentList {
    pub agents: Vec<AgentRow>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = AgentList;
    const NAME: &'static str = "agent:list";
    const SUMMARY: &'static str = "Lists AI agents, with what they have spent";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.agents.read";
    const ALIASES: &'static [&'static str] = &["agents"];
    fn examples() -> Vec<Example> {
        vec![Example::new("All of them", json!({}), json!({}))]
    }
}

pub(super) async fn list(
    office: Arc<Office>,
    input: ListInput,
    _: Call,
) -> Result<AgentList, Fault> {
    let (project, home) = office.users(&input).await?;
    let mut agents = vec![];
    for kept in home.agent_rows().await? {
        if let Some(id) = kept.id("user_id") {
            agents.push(row(&office, &home, &project, id).await?);
        }
    }
    Ok(AgentList { agents })
}

pub(super) struct Log;

input! { LogInput in project;
    /// The agent's name or id.
    pub agent: String,
    /// So many lines at most, the newest first.
    #[serde(default = "fifty")]
    pub limit: u32,
}
fn fifty() -> u32 {
    50
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LogLine {
    pub at: Timestamp,
    pub what: String,
    /// `done` or `refused`.
    pub result: String,
    pub details: Json,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AgentLog {
    pub agent: AgentRow,
    pub lines: Vec<LogLine>,
}

impl Operation for Log {
    type Input = LogInput;
    type Output = AgentLog;
    const NAME: &'static str = "agent:log";
    const SUMMARY: &'static str = "Shows what became of an agent, and what was refused to it";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.agents.read";
    const POSITIONAL: &'static [&'static str] = &["agent"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

pub(super) async fn log(office: Arc<Office>, input: LogInput, _: Call) -> Result<AgentLog, Fault> {
    let (project, home) = office.users(&input).await?;
    let agent = agent_meant(&home, &input.agent).await?;
    office.gotrue.write_refusals().await?;
    let lines = home.notes(agent, u64::from(input.limit.min(1_000))).await?;
    Ok(AgentLog {
        agent: row(&office, &home, &project, agent).await?,
        lines: lines
            .iter()
            .map(|line| LogLine {
                at: line.time("at").unwrap_or_default(),
                what: line.words("what").to_owned(),
                result: line.words("result").to_owned(),
                details: line.json("details"),
            })
            .collect(),
    })
}
