//! May somebody do something, and why: one question for people, agents and services.

use super::users::{base_of, meant};
use super::{Office, operations};
use crate::home::any_of;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Permissions, codes};
use mag_ports::identity::PermissionResolver;
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

operations! {
    Can => can;
}

pub(super) struct Can;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CanInput {
    /// The user's id or address.
    pub user: String,
    /// What it wants to do, such as `crm.view`.
    pub permission: String,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Decision {
    pub allowed: bool,
    /// What decided it, in a sentence.
    pub why: String,
    /// Roles that were looked at.
    pub roles: Vec<String>,
}

impl Operation for Can {
    type Input = CanInput;
    type Output = Decision;
    const NAME: &'static str = "auth:can";
    const SUMMARY: &'static str = "Tells whether a user holds a permission, and why";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.users.read";
    const POSITIONAL: &'static [&'static str] = &["user", "permission"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com", "permission": "crm.view" });
        vec![Example::refused("Somebody who is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

async fn can(office: Arc<Office>, input: CanInput, _: Call) -> Result<Decision, Fault> {
    let project = office.project(input.project.as_deref())?;
    let home = office.gotrue.homes.of(&project).await?;
    let user = meant(&home, &input.user).await?;
    let now = home.now();
    let (mut allowed, mut why, mut names) = (false, String::new(), vec![]);
    if user.is_banned(now) {
        why.push_str("the user is banned");
    } else if base_of(&home, user.id).await?.text("status") == Some("suspended") {
        why.push_str("the user is suspended");
    } else if let Some(agent) = home.agent(user.id).await?
        && (agent.paused.is_some() || agent.expires_at.is_some_and(|at| at <= now))
    {
        why.push_str("the agent is paused or has expired");
    } else {
        let bindings = home
            .find_base("role_bindings", vec![Filter::eq("user_id", &user.id.to_string())])
            .await?;
        let current = bindings.iter().filter(|b| b.time("expires_at").is_none_or(|at| at > now));
        let ids: Vec<String> = current.map(|b| b.words("role_id").to_owned()).collect();
        if ids.is_empty() {
            why.push_str("the user has no role in any organization");
        } else {
            for role in home.find_base("roles", vec![any_of("id", ids.clone())]).await? {
                let name = role.words("name").to_owned();
                let of_role = vec![Filter::eq("role_id", role.words("id"))];
                let held = home.find_base("role_permissions", of_role).await?;
                let held: Vec<String> =
                    held.iter().map(|row| row.words("permission_id").to_owned()).collect();
                if !held.is_empty() {
                    let rows = home.find_base("permissions", vec![any_of("id", held)]).await?;
                    let held = Permissions::of(rows.iter().map(|row| row.words("name").to_owned()));
                    if !allowed && held.hold(&input.permission) {
                        allowed = true;
                        why = format!("role `{name}` holds `{}`", input.permission);
                    }
                }
                names.push(name);
            }
            if !allowed {
                why = format!("none of its roles holds `{}`", input.permission);
            }
        }
    }
    let decided = PermissionResolver {
        project: project.reference.to_string(),
        actor: user.id.to_string(),
        permission: input.permission,
        allowed,
        why,
    };
    let decided = office.gotrue.bus.ask(decided).await?;
    Ok(Decision { allowed: decided.allowed, why: decided.why, roles: names })
}
