//! May somebody do something, and why: one question for people, agents and services.

use super::users::{base_of, meant};
use super::{Office, input, operations};
use crate::people::orgs::id_of;
use crate::rights::{Grant, Place};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_ports::identity::PermissionResolver;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

operations! {
    Can => can;
}

pub(super) struct Can;

input! { CanInput in project;
    /// The user's id or address.
    pub user: String,
    /// What it wants to do, such as `crm.view`.
    pub permission: String,
    /// Only in this organization: its short name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Only in this project that the organization works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_project: Option<String>,
    /// Only in this team of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_team: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Decision {
    pub allowed: bool,
    /// What decided it, in a sentence.
    pub why: String,
    /// Roles that were looked at, with those that they inherit from.
    pub roles: Vec<String>,
    /// The binding that gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
    /// The permission as it is written in the role: `crm.*` gives `crm.view`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
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
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let place = place(&office, &input).await?;
    let now = home.now();
    let mut roles = vec![];
    let mut grant: Option<Grant> = None;
    let why = if user.is_banned(now) {
        "the user is banned".to_owned()
    } else if base_of(&home, user.id).await?.text("status") == Some("suspended") {
        "the user is suspended".to_owned()
    } else if let Some(agent) = home.agent(user.id).await?
        && (agent.text("state") == Some("paused")
            || agent.time("expires_at").is_some_and(|at| at <= now))
    {
        "the agent is paused or has expired".to_owned()
    } else {
        let rights = home.rights(user.id).await?;
        roles = rights.roles.iter().cloned().collect();
        grant = rights.find(&input.permission, &place).cloned();
        match &grant {
            Some(grant) => grant.tells(),
            None if roles.is_empty() => "the user has no role in any organization".to_owned(),
            None => format!("none of its roles holds `{}`", input.permission),
        }
    };
    let decided = PermissionResolver {
        project: project.reference.to_string(),
        actor: user.id.to_string(),
        permission: input.permission,
        allowed: grant.is_some(),
        why,
    };
    let decided = office.gotrue.bus.ask(decided).await?;
    Ok(Decision {
        allowed: decided.allowed,
        why: decided.why,
        roles,
        binding: grant.as_ref().map(|grant| grant.binding.clone()),
        by: grant.map(|grant| grant.permission),
    })
}

/// Where it is asked for: in an organization, and in something of it.
async fn place(office: &Office, input: &CanInput) -> Result<Place, Fault> {
    let mut place = Place::default();
    let Some(given) = &input.organization else {
        if input.in_project.is_some() || input.in_team.is_some() {
            return Err(Fault::new(codes::BAD_INPUT, "the organization is missing")
                .hint("projects and teams are named within one"));
        }
        return Ok(place);
    };
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(given).await?)?;
    place.organization = Some(organization);
    if let Some(given) = &input.in_project {
        place.project = Some(id_of(&home.worked_on(organization, given).await?)?);
    }
    if let Some(given) = &input.in_team {
        place.team = Some(id_of(&home.team(organization, given).await?)?);
    }
    Ok(place)
}
