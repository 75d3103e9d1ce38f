//! Who holds a role of an organization, and where: people, agents and teams, for good or until a day.

use super::{Office, base_user, declare, input, operations};
use crate::home::{Home, Row, any_of};
use crate::people::orgs::{id_of, missing, of};
use crate::people::roles::Bound;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

operations! {
    Bind => bind;
    Unbind => unbind;
    Bindings => bindings;
}

input! { BindInput in organization;
    /// The role's name or id: one of the organization's own, or one that is built in.
    pub role: String,
    /// Who holds it: a member's id, address or name. Or name a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A team whose members hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Only in this project that the organization works on; in the whole organization otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_project: Option<String>,
    /// Only in this team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_team: Option<String>,
    /// It ends after so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BindingRow {
    pub id: String,
    pub role: String,
    /// The user or the team that holds it.
    pub holder: String,
    pub holder_name: String,
    /// `user` or `team`
    pub holder_kind: String,
    /// `organization`, `project` or `team`
    pub scope: String,
    /// The id of the project or the team, when it does not hold in the whole organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

fn no_org() -> serde_json::Value {
    json!({ "organization": "nobody", "role": "viewer", "user": "ada@example.com" })
}

declare! {
    Bind: BindInput => BindingRow, "org:role:bind", Admin, "auth.roles.write",
    "Gives a role to a member or to a team", positional ["organization", "role", "user"],
    undo Some("org:role:unbind"), preview false,
    about "It holds in the whole organization, in one project that the organization works on, or \
        in one team; for good or until a day. People, agents and services are bound alike.";
    vec![Example::refused("Of one that is not there", no_org(), codes::NO_SUCH_NAME.id)]
}

const DAY_MS: i64 = 86_400_000;

async fn bind(office: Arc<Office>, input: BindInput, call: Call) -> Result<BindingRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let role = home.role(id, &input.role).await?;
    office.may_give(&home, &role, &call).await?;
    let (holder, user) = match (&input.user, &input.team) {
        (Some(user), None) => {
            let user = id_of(&base_user(&home, user).await?)?;
            home.needs_member(&organization, user).await?;
            (json!({ "user_id": user }), Some(user))
        }
        (None, Some(team)) => {
            let team = home.team(id, team).await?;
            (json!({ "holder_team_id": team.words("id") }), None)
        }
        _ => {
            return Err(Fault::new(codes::BAD_INPUT, "a role is bound to one user or to one team")
                .hint("name either `user` or `team`"));
        }
    };
    let mut at = Bound::default();
    match (&input.in_project, &input.in_team) {
        (None, None) => {}
        (Some(project), None) => at.project = Some(id_of(&home.worked_on(id, project).await?)?),
        (None, Some(team)) => at.team = Some(id_of(&home.team(id, team).await?)?),
        (Some(_), Some(_)) => {
            return Err(Fault::new(codes::BAD_INPUT, "it holds in a project or in a team"));
        }
    }
    if let Some(days) = input.days {
        at.expires_at = Some(Timestamp(home.now().millis() + i64::from(days) * DAY_MS));
    }
    let row = home.binding(id, id_of(&role)?, holder, at, office.by(&home, &call));
    let binding = row["id"].as_str().unwrap_or_default().to_owned();
    home.run(home.insert_base("role_bindings", row)?).await?;
    office.rights_changed(input.project.as_deref(), id, user, "bound");
    let held = home.find_base("role_bindings", vec![Filter::eq("id", &binding)]).await?;
    let mut rows = bound(&home, &held).await?;
    rows.pop().ok_or_else(|| Fault::new(codes::BUG, "a binding that was just made is not there"))
}

async fn bound(home: &Home, bindings: &[Row]) -> Result<Vec<BindingRow>, Fault> {
    let ids = |column| crate::rights::ids_of(bindings, column);
    let users = home.names_of(ids("user_id")).await?;
    let teams = match ids("holder_team_id") {
        none if none.is_empty() => vec![],
        some => home.find_base("teams", vec![any_of("id", some)]).await?,
    };
    let roles = match ids("role_id") {
        none if none.is_empty() => vec![],
        some => home.find_base("roles", vec![any_of("id", some)]).await?,
    };
    let name = |rows: &[Row], id: &str, column: &str| {
        let found = rows.iter().find(|row| row.words("id") == id);
        found.map(|row| row.words(column).to_owned()).unwrap_or_default()
    };
    let rows = bindings.iter().map(|row| {
        let (holder, holder_name, kind) = match row.text("user_id") {
            Some(user) => {
                let known = users.get(user).map(|u| u.words("display_name").to_owned());
                (user, known.unwrap_or_default(), "user")
            }
            None => {
                let team = row.words("holder_team_id");
                (team, name(&teams, team, "slug"), "team")
            }
        };
        BindingRow {
            id: row.words("id").to_owned(),
            role: name(&roles, row.words("role_id"), "name"),
            holder: holder.to_owned(),
            holder_name,
            holder_kind: kind.to_owned(),
            scope: row.words("scope").to_owned(),
            within: row.text("project_id").or(row.text("team_id")).map(str::to_owned),
            expires_at: row.time("expires_at"),
            created_at: row.time("created_at").unwrap_or_default(),
        }
    });
    let mut rows: Vec<BindingRow> = rows.collect();
    rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(rows)
}

input! { UnbindInput in organization;
    /// The binding, as `org:role:bindings` lists it.
    pub binding: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Unbound {
    pub binding: BindingRow,
}

declare! {
    Unbind: UnbindInput => Unbound, "org:role:unbind", Admin, "auth.roles.write",
    "Takes a role away from a member or a team", positional ["organization", "binding"],
    undo Some("org:role:bind"), preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody", "binding": "00000000-0000-0000-0000-000000000000" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn unbind(office: Arc<Office>, input: UnbindInput, call: Call) -> Result<Unbound, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let binding = super::identifier(&input.binding, "a binding")?;
    let which = || vec![of(id), Filter::eq("id", &binding.to_string())];
    let held = home.find_base("role_bindings", which()).await?;
    let row = held.first().ok_or_else(|| {
        missing("binding", &input.binding).hint("`mobo org:role:bindings` lists them")
    })?;
    let role = home.role(id, row.words("role_id")).await?;
    // Nobody takes from others what is above themselves.
    office.may_give(&home, &role, &call).await?;
    let user = row.id("user_id");
    let is_owner = role.words("name") == "owner"
        && role.id("organization_id").is_none()
        && row.words("scope") == "organization";
    if is_owner && user.is_some() && user == organization.id("owner_id") {
        return Err(Fault::new(
            codes::STATE_CONFLICT,
            "the owner of an organization stays its owner",
        )
        .hint("`mobo org:transfer` hands it over first"));
    }
    let mut rows = bound(&home, &held).await?;
    home.run(home.delete_base("role_bindings", which())).await?;
    office.rights_changed(input.project.as_deref(), id, user, "unbound");
    let binding =
        rows.pop().ok_or_else(|| Fault::new(codes::BUG, "a binding that is there is not"))?;
    Ok(Unbound { binding })
}

input! { BindingsInput in organization;
    /// Only what is bound to this user itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BindingList {
    pub bindings: Vec<BindingRow>,
}

declare! {
    Bindings: BindingsInput => BindingList, "org:role:bindings", Read, "auth.roles.read",
    "Lists who holds which role in an organization, and where", positional ["organization"],
    undo None, preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn bindings(
    office: Arc<Office>,
    input: BindingsInput,
    _: Call,
) -> Result<BindingList, Fault> {
    let (home, organization) = office.organization(&input).await?;
    let mut filter = vec![of(organization)];
    if let Some(user) = &input.user {
        let user = id_of(&base_user(&home, user).await?)?;
        filter.push(Filter::eq("user_id", &user.to_string()));
    }
    let held = home.find_base("role_bindings", filter).await?;
    Ok(BindingList { bindings: bound(&home, &held).await? })
}
