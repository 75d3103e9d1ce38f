//! AI agents: made with an owner, a purpose and bounds; stopped by one command.

use super::keys::Wish;
use super::users::meant;
use super::{Office, input, operations};
use crate::agents::Risk;
use crate::home::Home;
use crate::keys::KeyKind;
use crate::people::users::NewUser;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::Project;
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Limit => limit;
    Pause => pause;
    Log => log;
    Charge => charge;
}

pub(super) struct Create;

input! { CreateInput in project;
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
    /// It may change something; otherwise it only reads.
    #[serde(default)]
    pub writes: bool,
    /// The highest risk that it takes alone: `low` (it looks), `medium` (it changes rows and what
    /// can be changed back), `high`, `critical`. What is above it waits for an approval.
    #[serde(default = "low")]
    pub risk: String,
    /// Operations that it may call, such as `policy:list` or `policy:*`, and `rows:read` and
    /// `rows:write` for the doors to rows. All when none is named.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Doors that it may come by: `rest`, `http` (operations). All when none is named.
    #[serde(default)]
    pub doors: Vec<String>,
    /// What it holds at the operations: `schema.read`, `policy.*`. You hold it yourself.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Rows that it reads and writes in an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_hour: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_day: Option<u64>,
    /// Credits that it spends in an hour; `[auth.prices]` says what calls cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_hour: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_day: Option<u64>,
}
fn low() -> String {
    "low".into()
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
        answers for it, that it ends, that it stops when its budget is spent, that it only reads \
        until somebody lets it write, and that what is above its risk waits for an approval.";
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
    let (project, home) = office.users(&input).await?;
    if input.purpose.trim().is_empty() || input.name.trim().is_empty() {
        let message = "an agent needs a name and a purpose";
        return Err(Fault::new(codes::BAD_INPUT, message));
    }
    let risk = risk_named(&input.risk)?;
    super::keys::within_ones_own(&project.reference, &input.permissions, "", &call)?;
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
        "user_id": user.id, "role": input.role, "tools": input.tools, "doors": input.doors,
        "read_only": !input.writes, "calls_per_hour": input.calls_per_hour,
        "calls_per_day": input.calls_per_day, "rows_per_hour": input.rows_per_hour,
        "rows_per_day": input.rows_per_day, "cost_per_hour": input.cost_per_hour,
        "cost_per_day": input.cost_per_day, "risk_level": risk.name(), "state": "active", "expires_at": expires_at, "created_at": now,
        "updated_at": now,
    });
    home.run(home.insert("agents", row)?).await?;
    office.gotrue.agents.know(&office.gotrue.homes, &project, user.id).await?;
    let wish = Wish {
        name: input.name.trim(),
        kind: KeyKind::Agent,
        role: &input.role,
        scopes: input.permissions.clone(),
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

fn risk_named(given: &str) -> Result<Risk, Fault> {
    Risk::named(given).ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, format!("`{given}` is no level of risk"))
            .hint("it is `low`, `medium`, `high` or `critical`")
            .nearest(given, Risk::ALL.map(Risk::name))
    })
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

async fn row(
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

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<AgentList, Fault> {
    let (project, home) = office.users(&input).await?;
    let mut agents = vec![];
    for kept in home.agent_rows().await? {
        if let Some(id) = kept.id("user_id") {
            agents.push(row(&office, &home, &project, id).await?);
        }
    }
    Ok(AgentList { agents })
}

/// The agent that was meant, by id or name.
pub(super) async fn agent_meant(home: &Home, given: &str) -> Result<Uuid, Fault> {
    if let Ok(id) = Uuid::parse_str(given) {
        return match home.agent(id).await? {
            Some(_) => Ok(id),
            None => Err(Fault::new(codes::NO_SUCH_NAME, format!("`{id}` is no agent"))
                .hint("`mobo agent:list` shows them")),
        };
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

/// Whatever it holds: nobody is on a leash that they hold themselves.
fn not_itself(agent: Uuid, call: &Call) -> Result<(), Fault> {
    if call.actor.id != agent.to_string() {
        return Ok(());
    }
    Err(Fault::new(codes::DENIED, "an agent does not change what it is bound to itself")
        .hint("ask the owner to do it"))
}

pub(super) struct Limit;

input! { LimitInput in project;
    /// The agent's name or id.
    pub agent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_hour: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_day: Option<u64>,
    /// Credits that it spends in an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_hour: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_day: Option<u64>,
    /// It may change something from now on.
    #[serde(default)]
    pub writes: bool,
    /// It only reads from now on.
    #[serde(default)]
    pub read_only: bool,
    /// The highest risk that it takes alone: `low`, `medium`, `high`, `critical`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
    /// Operations that it may call from now on; `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Doors that it may come by from now on; `rest`, `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doors: Option<Vec<String>>,
    /// It ends after so many days from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
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
    let (project, home) = office.users(&input).await?;
    let agent = agent_meant(&home, &input.agent).await?;
    not_itself(agent, &call)?;
    let now = home.now();
    let mut change = json!({ "updated_at": now });
    let numbers = [
        ("calls_per_hour", input.calls_per_hour.map(u64::from)),
        ("calls_per_day", input.calls_per_day.map(u64::from)),
        ("rows_per_hour", input.rows_per_hour),
        ("rows_per_day", input.rows_per_day),
        ("cost_per_hour", input.cost_per_hour),
        ("cost_per_day", input.cost_per_day),
    ];
    for (name, max) in numbers {
        if let Some(max) = max {
            change[name] = max.into();
        }
    }
    if input.writes && input.read_only {
        return Err(Fault::new(codes::BAD_INPUT, "it writes, or it only reads"));
    }
    if input.writes || input.read_only {
        change["read_only"] = input.read_only.into();
    }
    if let Some(risk) = &input.risk {
        change["risk_level"] = risk_named(risk)?.name().into();
    }
    for (name, list) in [("tools", input.tools), ("doors", input.doors)] {
        if let Some(list) = list {
            change[name] = json!(list);
        }
    }
    if let Some(days) = input.days {
        let until = Timestamp(now.millis() + i64::from(days) * DAY_MS);
        change["expires_at"] = json!(until);
        // Its key ends when it does.
        let keys = office.rings.of(project.id).await?.keys();
        let book = office.rings.book().await?;
        for key in keys.iter().filter(|key| key.user == Some(agent)) {
            book.ends(key.id, until).await?;
        }
        office.rings.renew(project.id).await?;
    }
    let details = json!({ "by": call.actor.id, "bounds": change });
    let which = vec![Filter::eq("user_id", &agent.to_string())];
    home.run(home.update("agents", which, change)?).await?;
    office.gotrue.agents.know(&office.gotrue.homes, &project, agent).await?;
    home.note(agent, now, "limited", "done", details).await?;
    row(&office, &home, &project, agent).await
}

pub(super) struct Pause;

input! { PauseInput in project;
    /// The agent's name or id.
    pub agent: String,
    /// What the agent is told.
    #[serde(default = "by_hand")]
    pub why: String,
    /// Lets it go on.
    #[serde(default)]
    pub resume: bool,
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
    let (project, home) = office.users(&input).await?;
    let agent = agent_meant(&home, &input.agent).await?;
    not_itself(agent, &call)?;
    let now = home.now();
    let (state, why) =
        if input.resume { ("active", None) } else { ("paused", Some(input.why.as_str())) };
    let which = vec![Filter::eq("user_id", &agent.to_string())];
    let change = json!({ "state": state, "why": why, "updated_at": now });
    home.run(home.update("agents", which, change)?).await?;
    office.gotrue.agents.know(&office.gotrue.homes, &project, agent).await?;
    let what = if input.resume { "resumed" } else { "paused" };
    home.note(agent, now, what, "done", json!({ "by": call.actor.id, "why": why })).await?;
    row(&office, &home, &project, agent).await
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

async fn log(office: Arc<Office>, input: LogInput, _: Call) -> Result<AgentLog, Fault> {
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

pub(super) struct Charge;

input! { ChargeInput in project;
    /// The agent's name or id.
    pub agent: String,
    /// Thousandths of a credit.
    pub thousandths: u64,
    /// What it was for.
    pub what: String,
}

impl Operation for Charge {
    type Input = ChargeInput;
    type Output = AgentRow;
    const NAME: &'static str = "agent:charge";
    const SUMMARY: &'static str = "Counts a cost of an agent that arose elsewhere";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "auth.agents.write";
    const POSITIONAL: &'static [&'static str] = &["agent", "thousandths"];
    const ABOUT: &'static str = "What a model has cost that the agent asked, for instance. It counts \
        against `cost_per_hour` and `cost_per_day`, as its calls do.";
    fn examples() -> Vec<Example> {
        let nobody = json!({ "agent": "nobody", "thousandths": 250, "what": "a question" });
        vec![Example::refused("One that is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

async fn charge(office: Arc<Office>, input: ChargeInput, call: Call) -> Result<AgentRow, Fault> {
    let (project, home) = office.users(&input).await?;
    let agent = agent_meant(&home, &input.agent).await?;
    office.gotrue.agents.know(&office.gotrue.homes, &project, agent).await?;
    office.gotrue.agents.charge(agent, input.thousandths);
    office.gotrue.write_spending().await?;
    let details =
        json!({ "by": call.actor.id, "thousandths": input.thousandths, "what": input.what });
    home.note(agent, home.now(), "charged", "done", details).await?;
    row(&office, &home, &project, agent).await
}
