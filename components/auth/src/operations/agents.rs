//! AI agents: made with an owner, a purpose and bounds; stopped by one command.

mod leash;
mod look;
mod make;

use super::operations;
use crate::agents::Risk;
use crate::home::Home;
use mag_contract::{Fault, codes};
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

operations! {
    make::Create => make::create;
    look::List => look::list;
    leash::Limit => leash::limit;
    leash::Pause => leash::pause;
    look::Log => look::log;
    leash::Charge => leash::charge;
}

const DAY_MS: i64 = 86_400_000;

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

fn risk_named(given: &str) -> Result<Risk, Fault> {
    Risk::named(given).ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, format!("`{given}` is no level of risk"))
            .hint("it is `low`, `medium`, `high` or `critical`")
            .nearest(given, Risk::ALL.map(Risk::name))
    })
}

fn nobody() -> Json {
    json!({ "agent": "nobody" })
}
