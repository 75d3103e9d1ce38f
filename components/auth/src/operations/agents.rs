//! AI agents: made with an owner, a purpose and bounds; stopped by one command.

use super::keys::Wish;
use super::users::{base_of, meant};
use super::{Office, operations};
use crate::home::Home;
use crate::keys::KeyKind;
use crate::people::agents::bounds;
use crate::people::users::NewUser;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Limit => limit;
    Pause => pause;
    Log => log;
}

pub(super) struct Create;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CreateInput {
    /// What it is called.
    pub name: String,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// Who answers for it: a user's id or address. The system itself when nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The role that its requests have, which decides what it sees.
    #[serde(default = "authenticated")]
    pub role: String,
    /// Calls in an hour, at every door together.
    #[serde(default = "calls_per_hour")]
    pub calls_per_hour: u32,
    #[serde(default = "calls_per_day")]
    pub calls_per_day: u32,
    /// It ends after so many days.
    #[serde(default = "days")]
    pub days: u32,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}
fn authenticated() -> String {
    "authenticated".into()
}
fn calls_per_hour() -> u32 {
    1_000
}
fn calls_per_day() -> u32 {
    10_000
}
fn days() -> u32 {
    90
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AgentMade {
    pub id: String,
    pub name: String,
    pub owner: String,
    pub expires_at: Timestamp,
    /// Keep it now: it is not shown again.
    pub key: String,
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = AgentMade;
    const NAME: &'static str = "agent:create";
    const SUMMARY: &'static str = "Makes an AI agent with an owner, a purpose and bounds";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.agents.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const UNDO: Option<&'static str> = Some("user:delete");
    const ABOUT: &'static str = "An agent is a user like others: policies see it as `auth.uid()`, \
        rows that it writes name it, and the audit log tells its acts. It differs in that somebody \
        answers for it, that it ends, and that it stops when its calls are spent.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "An agent of the system's own",
                json!({ "name": "scout", "purpose": "looks for orders that wait too long" }),
                json!({ "name": "scout" }),
            ),
            Example::refused(
                "One that nobody answers for",
                json!({ "name": "x", "purpose": "x", "owner": "nobody@example.com" }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

const DAY_MS: i64 = 86_400_000;

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<AgentMade, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    if input.purpose.trim().is_empty() || input.name.trim().is_empty() {
        let message = "an agent needs a name and a purpose";
        return Err(Fault::new(codes::BAD_INPUT, message));
    }
    let owner = match &input.owner {
        Some(owner) => meant(&home, owner).await?.id,
        None => system_user(&home).await?,
    };
    let mut new = NewUser::human();
    new.user_type = "ai_agent";
    new.name = Some(input.name.trim().to_owned());
    new.owner = Some(owner);
    new.purpose = Some(input.purpose.clone());
    new.role.clone_from(&input.role);
    let user = home.make(new).await?;
    let now = home.now();
    let expires_at = Timestamp(now.millis() + i64::from(input.days) * DAY_MS);
    let row = json!({
        "user_id": user.id, "role": input.role, "tools": [], "doors": [], "read_only": false,
        "calls_per_hour": input.calls_per_hour, "calls_per_day": input.calls_per_day,
        "risk_level": "low", "state": "active", "expires_at": expires_at, "created_at": now,
        "updated_at": now,
    });
    home.run(home.insert("agents", row)?).await?;
    bind(&office, &home, user.id).await?;
    let wish = Wish {
        name: input.name.trim(),
        kind: KeyKind::Agent,
        role: &input.role,
        scopes: vec![],
        expires_at: Some(expires_at),
        user: Some(user.id),
        replaces: None,
    };
    let made = wish.grant(&office, &project, &call.actor.id).await?;
    let details = json!({ "by": call.actor.id, "purpose": input.purpose });
    home.note(user.id, now, "created", "done", details).await?;
    Ok(AgentMade {
        id: user.id.to_string(),
        name: input.name.trim().to_owned(),
        owner: owner.to_string(),
        expires_at,
        key: made.key,
    })
}

/// The system itself is a user too: it owns what nobody else does.
async fn system_user(home: &Home) -> Result<Uuid, Fault> {
    let found = home.find_base("users", vec![Filter::eq("user_type", "system")]).await?;
    if let Some(id) = found.first().and_then(|row| row.id("id")) {
        return Ok(id);
    }
    let mut new = NewUser::human();
    new.user_type = "system";
    new.name = Some("system".into());
    Ok(home.make(new).await?.id)
}

/// Brings what is kept of an agent into force.
async fn bind(office: &Office, home: &Home, agent: Uuid) -> Result<(), Fault> {
    if let Some(held) = home.agent(agent).await? {
        office.gotrue.watch.keep_agent(agent, held);
    }
    Ok(())
}

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
    pub calls_this_hour: u64,
    pub calls_today: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

async fn row(office: &Office, home: &Home, agent: Uuid) -> Result<AgentRow, Fault> {
    let by_user = vec![Filter::eq("user_id", &agent.to_string())];
    let kept = home.one("agents", by_user).await?.ok_or_else(|| {
        Fault::new(codes::NO_SUCH_NAME, format!("`{agent}` is no agent"))
            .hint("`mobo agent:list` shows them")
    })?;
    let held = bounds(&kept, Some(&base_of(home, agent).await?));
    let (hour, day) = office.gotrue.watch.spent(agent, home.now());
    let expired = held.expires_at.is_some_and(|at| at <= home.now());
    let state = if held.paused.is_some() {
        "paused"
    } else if expired {
        "expired"
    } else {
        "active"
    };
    Ok(AgentRow {
        id: agent.to_string(),
        name: held.name,
        state: state.to_owned(),
        why: held.paused,
        owner: held.owner.map(|id| id.to_string()),
        role: kept.words("role").to_owned(),
        calls_this_hour: hour,
        calls_today: day,
        calls_per_hour: held.calls_per_hour,
        calls_per_day: held.calls_per_day,
        expires_at: held.expires_at,
    })
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

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

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<AgentList, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    let mut agents = vec![];
    for kept in home.agent_rows().await? {
        if let Some(id) = kept.id("user_id") {
            agents.push(row(&office, &home, id).await?);
        }
    }
    Ok(AgentList { agents })
}

/// The agent that was meant, by id or name.
async fn agent_meant(office: &Office, home: &Home, given: &str) -> Result<Uuid, Fault> {
    if let Ok(id) = Uuid::parse_str(given) {
        row(office, home, id).await?;
        return Ok(id);
    }
    let filter = vec![Filter::eq("user_type", "ai_agent"), Filter::eq("display_name", given)];
    let found = home.find_base("users", filter).await?;
    match found.as_slice() {
        [one] => one.id("id").ok_or_else(|| Fault::new(codes::BUG, "an agent has no id")),
        [] => {
            let shown: String = given.chars().take(80).collect();
            Err(Fault::new(codes::NO_SUCH_NAME, format!("there is no agent `{shown}`"))
                .hint("`mobo agent:list` shows them"))
        }
        _ => Err(Fault::new(codes::BAD_INPUT, "several agents have this name")
            .hint("name it by its id, as `mobo agent:list` shows it")),
    }
}

fn nobody() -> Json {
    json!({ "agent": "nobody" })
}

pub(super) struct Limit;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LimitInput {
    /// The agent's name or id.
    pub agent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u32>,
    /// It ends after so many days from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

impl Operation for Limit {
    type Input = LimitInput;
    type Output = AgentRow;
    const NAME: &'static str = "agent:limit";
    const SUMMARY: &'static str = "Gives an agent other bounds";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.agents.write";
    const POSITIONAL: &'static [&'static str] = &["agent"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

async fn limit(office: Arc<Office>, input: LimitInput, call: Call) -> Result<AgentRow, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    let agent = agent_meant(&office, &home, &input.agent).await?;
    let now = home.now();
    let mut change = json!({ "updated_at": now });
    if let Some(calls) = input.calls_per_hour {
        change["calls_per_hour"] = calls.into();
    }
    if let Some(calls) = input.calls_per_day {
        change["calls_per_day"] = calls.into();
    }
    if let Some(days) = input.days {
        change["expires_at"] = json!(Timestamp(now.millis() + i64::from(days) * DAY_MS));
    }
    let details = json!({ "by": call.actor.id, "bounds": change });
    let which = vec![Filter::eq("user_id", &agent.to_string())];
    home.run(home.update("agents", which, change)?).await?;
    bind(&office, &home, agent).await?;
    home.note(agent, now, "limited", "done", details).await?;
    row(&office, &home, agent).await
}

pub(super) struct Pause;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PauseInput {
    /// The agent's name or id.
    pub agent: String,
    /// What the agent is told.
    #[serde(default = "by_hand")]
    pub why: String,
    /// Lets it go on.
    #[serde(default)]
    pub resume: bool,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}
fn by_hand() -> String {
    "somebody stopped it".into()
}

impl Operation for Pause {
    type Input = PauseInput;
    type Output = AgentRow;
    const NAME: &'static str = "agent:pause";
    const SUMMARY: &'static str = "Stops an agent at every door at once, or lets it go on";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.agents.write";
    const POSITIONAL: &'static [&'static str] = &["agent"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

async fn pause(office: Arc<Office>, input: PauseInput, call: Call) -> Result<AgentRow, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    let agent = agent_meant(&office, &home, &input.agent).await?;
    let now = home.now();
    let (state, why) =
        if input.resume { ("active", None) } else { ("paused", Some(input.why.as_str())) };
    let which = vec![Filter::eq("user_id", &agent.to_string())];
    let change = json!({ "state": state, "why": why, "updated_at": now });
    home.run(home.update("agents", which, change)?).await?;
    bind(&office, &home, agent).await?;
    let what = if input.resume { "resumed" } else { "paused" };
    home.note(agent, now, what, "done", json!({ "by": call.actor.id, "why": why })).await?;
    row(&office, &home, agent).await
}

pub(super) struct Log;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LogInput {
    /// The agent's name or id.
    pub agent: String,
    /// So many lines at most, the newest first.
    #[serde(default = "fifty")]
    pub limit: u32,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
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

async fn log(office: Arc<Office>, input: LogInput, _: Call) -> Result<AgentLog, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    let agent = agent_meant(&office, &home, &input.agent).await?;
    office.gotrue.write_refusals().await?;
    let lines = home.notes(agent, u64::from(input.limit.min(1_000))).await?;
    Ok(AgentLog {
        agent: row(&office, &home, agent).await?,
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
