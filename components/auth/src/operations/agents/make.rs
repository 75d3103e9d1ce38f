//! `agent:create`: an agent, somebody who answers for it, and its key.

use super::{DAY_MS, risk_named};
use crate::home::Home;
use crate::keys::KeyKind;
use crate::operations::keys::{Wish, within_ones_own};
use crate::operations::users::meant;
use crate::operations::{Office, input};
use crate::people::users::NewUser;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

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

pub(super) async fn create(
    office: Arc<Office>,
    input: CreateInput,
    call: Call,
) -> Result<AgentMade, Fault> {
    let (project, home) = office.users(&input).await?;
    if input.purpose.trim().is_empty() || input.name.trim().is_empty() {
        let message = "an agent needs a name and a purpose";
        return Err(Fault::new(codes::BAD_INPUT, message));
    }
    let risk = risk_named(&input.risk)?;
    within_ones_own(&project.reference, &input.permissions, "", &call)?;
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
