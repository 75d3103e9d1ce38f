//! What an agent is held by: other bounds, a stop at every door, costs that arose elsewhere.

use super::look::{AgentRow, row};
use super::{DAY_MS, agent_meant, nobody, risk_named};
use crate::operations::{Office, input};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

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

pub(super) async fn limit(
    office: Arc<Office>,
    input: LimitInput,
    call: Call,
) -> Result<AgentRow, Fault> {
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

pub(super) async fn pause(
    office: Arc<Office>,
    input: PauseInput,
    call: Call,
) -> Result<AgentRow, Fault> {
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

/// Whatever it holds: nobody is on a leash that they hold themselves.
fn not_itself(agent: Uuid, call: &Call) -> Result<(), Fault> {
    if call.actor.id != agent.to_string() {
        return Ok(());
    }
    Err(Fault::new(codes::DENIED, "an agent does not change what it is bound to itself")
        .hint("ask the owner to do it"))
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

pub(super) async fn charge(
    office: Arc<Office>,
    input: ChargeInput,
    call: Call,
) -> Result<AgentRow, Fault> {
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
