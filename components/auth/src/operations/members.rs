//! Who belongs to an organization, of all four kinds of user.

use super::{Office, base_user, declare, input, operations};
use crate::people::orgs::{id_of, of};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

operations! {
    Add => add;
    List => list;
    Remove => remove;
}

input! { OneMember in organization;
    /// The user's id, address or name.
    pub user: String,
}

input! { AddInput in organization;
    /// The user's id, address or name.
    pub user: String,
    /// A role that it gets in the whole organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `active`, or `suspended`: then nothing that it holds there counts.
    #[serde(default = "active")]
    pub status: String,
}
fn active() -> String {
    "active".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MemberRow {
    pub user: String,
    pub name: String,
    /// `human`, `ai_agent`, `service_account` or `system`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `invited`, `active` or `suspended`.
    pub status: String,
    /// Roles that are bound to it in the whole organization.
    pub roles: Vec<String>,
    pub since: Timestamp,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Members {
    pub organization: String,
    pub members: Vec<MemberRow>,
}

fn somebody() -> serde_json::Value {
    json!({ "organization": "nobody", "user": "ada@example.com" })
}

declare! {
    Add: AddInput => Members, "org:member:add", Admin, "auth.orgs.write",
    "Makes a user a member of an organization, or changes whether it counts",
    positional ["organization", "user"], undo Some("org:member:remove"), preview false, about "";
    vec![Example::refused("Of one that is not there", somebody(), codes::NO_SUCH_NAME.id)]
}

async fn add(office: Arc<Office>, input: AddInput, call: Call) -> Result<Members, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    if !["active", "suspended"].contains(&input.status.as_str()) {
        return Err(Fault::new(codes::BAD_INPUT, "the status is `active` or `suspended`"));
    }
    if input.status == "suspended" && organization.id("owner_id") == Some(user) {
        return Err(owns(organization.words("slug")));
    }
    let by = office.by(&home, &call);
    let mut calls = vec![match home.membership(id, user).await? {
        None => {
            let mut row = home.membership_row(id, user, by);
            row["status"] = input.status.as_str().into();
            home.insert_base("memberships", row)?
        }
        Some(held) => {
            let by_id = vec![Filter::eq("id", held.words("id"))];
            let change = json!({ "status": input.status, "updated_at": home.now() });
            home.update_base("memberships", by_id, change)?
        }
    }];
    if let Some(role) = &input.role {
        let role = home.role(id, role).await?;
        office.may_give(&home, &role, &call).await?;
        let row = home.binding_row(id, id_of(&role)?, user, by);
        calls.push(home.insert_base("role_bindings", row)?);
    }
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), id, Some(user), "member");
    listed(&home, &organization).await
}

fn owns(slug: &str) -> Fault {
    Fault::new(codes::STATE_CONFLICT, format!("this user owns organization `{slug}`"))
        .hint("`mobo org:transfer` hands it over first")
}

input! { ListInput in organization; }

declare! {
    List: ListInput => Members, "org:member:list", Read, "auth.orgs.read",
    "Lists who belongs to an organization, and with which roles",
    positional ["organization"], undo None, preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<Members, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    listed(&home, &organization).await
}

async fn listed(
    home: &crate::home::Home,
    organization: &crate::home::Row,
) -> Result<Members, Fault> {
    let id = id_of(organization)?;
    let memberships = home.find_base("memberships", vec![of(id)]).await?;
    let users = home.names_of(crate::rights::ids_of(&memberships, "user_id")).await?;
    let whole = vec![of(id), Filter::eq("scope", "organization")];
    let bindings = home.find_base("role_bindings", whole).await?;
    let ids = crate::rights::ids_of(&bindings, "role_id");
    let roles = match ids.is_empty() {
        true => vec![],
        false => home.find_base("roles", vec![crate::home::any_of("id", ids)]).await?,
    };
    let name_of = |role: &str| {
        let found = roles.iter().find(|row| row.words("id") == role);
        found.map(|row| row.words("name").to_owned()).unwrap_or_default()
    };
    let mut members: Vec<MemberRow> = memberships
        .iter()
        .filter_map(|row| {
            let user = users.get(row.words("user_id"))?;
            let mine = bindings.iter().filter(|b| b.words("user_id") == row.words("user_id"));
            let mut roles: Vec<String> = mine.map(|b| name_of(b.words("role_id"))).collect();
            roles.sort();
            roles.dedup();
            Some(MemberRow {
                user: row.words("user_id").to_owned(),
                name: user.words("display_name").to_owned(),
                kind: user.words("user_type").to_owned(),
                email: user.text("email").map(str::to_owned),
                status: row.words("status").to_owned(),
                roles,
                since: row.time("created_at").unwrap_or_default(),
            })
        })
        .collect();
    members.sort_by(|a, b| (a.since, &a.user).cmp(&(b.since, &b.user)));
    Ok(Members { organization: organization.words("slug").to_owned(), members })
}

declare! {
    Remove: OneMember => Members, "org:member:remove", Admin, "auth.orgs.write",
    "Takes a user out of an organization, with all that it holds there",
    positional ["organization", "user"], undo Some("org:member:add"), preview false, about "";
    vec![Example::refused("Of one that is not there", somebody(), codes::NO_SUCH_NAME.id)]
}

async fn remove(office: Arc<Office>, input: OneMember, _: Call) -> Result<Members, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    if organization.id("owner_id") == Some(user) {
        return Err(owns(organization.words("slug")));
    }
    if home.membership(id, user).await?.is_none() {
        let message = format!("this user is no member of `{}`", organization.words("slug"));
        return Err(Fault::new(codes::NO_SUCH_NAME, message));
    }
    home.all(home.leaving(id, user).await?).await?;
    office.rights_changed(input.project.as_deref(), id, Some(user), "left");
    listed(&home, &organization).await
}
