//! Roles of organizations: permission strings such as `crm.view`, what a role inherits, templates,
//! and to whom a role is bound. The roles of a source, which its policies know, are others:
//! those are `role:*`.

use super::{Office, base_user, declare, operations};
use crate::home::{Home, Row, any_of, is_null};
use crate::people::orgs::{id_of, missing, of};
use crate::people::roles::{Bound, permission};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Templates => templates;
    Create => create;
    List => list;
    Update => update;
    Delete => delete;
    Bind => bind;
    Unbind => unbind;
    Bindings => bindings;
}

/// Roles that many apps need, to begin with: name, what it is for, permissions.
const TEMPLATES: [(&str, &str, &[&str]); 5] = [
    ("manager", "Runs an app: everything but members and money.", &["app.*"]),
    ("editor", "Writes what others read.", &["content.view", "content.write", "content.publish"]),
    ("reader", "Looks and changes nothing.", &["content.view"]),
    ("support", "Helps users without seeing everything.", &["users.view", "tickets.*"]),
    ("accountant", "Sees money, and moves none.", &["billing.view", "invoices.view"]),
];

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TemplateRow {
    pub template: String,
    pub about: String,
    pub permissions: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TemplateList {
    pub templates: Vec<TemplateRow>,
}

declare! {
    Templates: Nothing => TemplateList, "org:role:templates", Read, "auth.orgs.read",
    "Lists roles to begin with", positional [], undo None, preview false, about "";
    vec![Example::new(
        "All of them",
        json!({}),
        json!({ "templates": [{ "template": "reader", "permissions": ["content.view"] }] }),
    )]
}

async fn templates(_: Arc<Office>, _: Nothing, _: Call) -> Result<TemplateList, Fault> {
    let templates = TEMPLATES
        .iter()
        .map(|(name, about, permissions)| TemplateRow {
            template: (*name).to_owned(),
            about: (*about).to_owned(),
            permissions: permissions.iter().map(|p| (*p).to_owned()).collect(),
        })
        .collect();
    Ok(TemplateList { templates })
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RoleRow {
    pub id: String,
    pub name: String,
    /// Whether every organization has it.
    pub built_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is written in it.
    pub permissions: Vec<String>,
    /// Roles whose permissions it holds as well.
    pub inherits: Vec<String>,
    /// Everything that it allows, with what it inherits.
    pub allows: Vec<String>,
}

async fn shown(home: &Home, row: &Row) -> Result<RoleRow, Fault> {
    let id = id_of(row)?;
    let mut inherits: Vec<String> =
        home.parents_of(id).await?.iter().map(|p| p.words("name").to_owned()).collect();
    inherits.sort();
    let mut own = home.permissions_of(vec![id.to_string()]).await?;
    Ok(RoleRow {
        id: id.to_string(),
        name: row.words("name").to_owned(),
        built_in: row.id("organization_id").is_none(),
        description: row.text("description").map(str::to_owned),
        permissions: own.remove(&id).unwrap_or_default(),
        inherits,
        allows: home.allows(id).await?,
    })
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CreateInput {
    /// The organization's short name or id.
    pub organization: String,
    /// What it is called.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it allows: `crm.view`, `crm.deals.*`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Roles whose permissions it holds as well.
    #[serde(default)]
    pub inherits: Vec<String>,
    /// Begins with the permissions of a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

fn nowhere() -> serde_json::Value {
    json!({ "organization": "nobody", "name": "seller" })
}

declare! {
    Create: CreateInput => RoleRow, "org:role:create", Admin, "auth.roles.write",
    "Makes a role of an organization", positional ["organization", "name"],
    undo Some("org:role:delete"), preview false,
    about "A role is a set of permission strings. An app asks for one with `auth:can`, or in its \
        own policies; the operations of the board ask for theirs. It is not a role of a source, \
        which its policies and grants know: those are made with `role:create`.";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<RoleRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(&input.organization).await?)?;
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Fault::new(codes::BAD_INPUT, "a role needs a name of 100 letters at most"));
    }
    let same = vec![of(organization), Filter::eq("name", name)];
    if !home.find_base("roles", same).await?.is_empty() {
        return Err(Fault::new(codes::EXISTS, format!("there is a role `{name}` already")));
    }
    let mut names = written(&input.permissions)?;
    if let Some(template) = &input.template {
        let found = TEMPLATES.iter().find(|(name, _, _)| name == template);
        let (_, _, more) = found.ok_or_else(|| {
            missing("template", template).nearest(template, TEMPLATES.map(|(name, _, _)| name))
        })?;
        names.extend(more.iter().map(|p| (*p).to_owned()));
        names.sort();
        names.dedup();
    }
    office.may_hold(&home, &names, &call)?;
    let (id, now) = (Uuid::new_v4(), home.now());
    let row = json!({
        "id": id, "organization_id": organization, "name": name,
        "description": input.description, "created_at": now, "updated_at": now,
        "created_by": office.by(&home, &call),
    });
    let mut calls = vec![home.insert_base("roles", row)?];
    calls.extend(home.allowing(id, &names).await?);
    for parent in &input.inherits {
        let parent = home.role(organization, parent).await?;
        office.may_give(&home, &parent, &call).await?;
        let row = json!({ "role_id": id, "parent_id": id_of(&parent)?, "created_at": now });
        calls.push(home.insert("role_parents", row)?);
    }
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), organization, None, "role");
    shown(&home, &home.role(organization, &id.to_string()).await?).await
}

/// Each once, and each a permission.
fn written(given: &[String]) -> Result<Vec<String>, Fault> {
    let mut names = given.iter().map(|p| permission(p)).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    Ok(names)
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// The organization's short name or id.
    pub organization: String,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RoleList {
    pub roles: Vec<RoleRow>,
}

declare! {
    List: ListInput => RoleList, "org:role:list", Read, "auth.roles.read",
    "Lists the roles that an organization can bind, its own and those that are built in",
    positional ["organization"], undo None, preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<RoleList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(&input.organization).await?)?;
    let here = Filter::Any(vec![of(organization), is_null("organization_id")]);
    let mut roles = vec![];
    for row in home.find_base("roles", vec![here]).await? {
        roles.push(shown(&home, &row).await?);
    }
    roles.sort_by(|a, b| (a.built_in, &a.name).cmp(&(b.built_in, &b.name)));
    Ok(RoleList { roles })
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UpdateInput {
    /// The organization's short name or id.
    pub organization: String,
    /// The role's name or id.
    pub name: String,
    /// What it allows from now on, in the place of what it allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// What it inherits from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherits: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

declare! {
    Update: UpdateInput => RoleRow, "org:role:update", Admin, "auth.roles.write",
    "Changes what a role of an organization allows", positional ["organization", "name"],
    undo None, preview false, about "";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn update(office: Arc<Office>, input: UpdateInput, call: Call) -> Result<RoleRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(&input.organization).await?)?;
    let role = own(&home, organization, &input.name).await?;
    // Whoever changes it holds what it allows before and after.
    office.may_give(&home, &role, &call).await?;
    let (id, now) = (id_of(&role)?, home.now());
    let mut change = json!({ "updated_at": now });
    if let Some(description) = &input.description {
        change["description"] = description.as_str().into();
    }
    let by_id = vec![Filter::eq("id", &id.to_string())];
    let mut calls = vec![home.update_base("roles", by_id, change)?];
    let of_role = || vec![Filter::eq("role_id", &id.to_string())];
    if let Some(permissions) = &input.permissions {
        let names = written(permissions)?;
        office.may_hold(&home, &names, &call)?;
        calls.push(home.delete_base("role_permissions", of_role()));
        calls.extend(home.allowing(id, &names).await?);
    }
    if let Some(inherits) = &input.inherits {
        calls.push(home.delete("role_parents", of_role()));
        for parent in inherits {
            let parent = home.role(organization, parent).await?;
            office.may_give(&home, &parent, &call).await?;
            let of_parent = id_of(&parent)?;
            if home.inherits(of_parent, id).await? {
                let message = format!("role `{}` inherits from this one", parent.words("name"));
                return Err(Fault::new(codes::STATE_CONFLICT, message)
                    .hint("roles do not inherit from each other in a circle"));
            }
            let row = json!({ "role_id": id, "parent_id": of_parent, "created_at": now });
            calls.push(home.insert("role_parents", row)?);
        }
    }
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), organization, None, "role");
    shown(&home, &home.role(organization, &id.to_string()).await?).await
}

/// A role that the organization may change: one of its own.
async fn own(home: &Home, organization: Uuid, given: &str) -> Result<Row, Fault> {
    let role = home.role(organization, given).await?;
    if role.id("organization_id") == Some(organization) {
        return Ok(role);
    }
    let message = format!("role `{}` is built in, and the same everywhere", role.words("name"));
    Err(Fault::new(codes::STATE_CONFLICT, message)
        .hint("make one of your own that inherits from it: `mobo org:role:create --inherits`"))
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OneRole {
    /// The organization's short name or id.
    pub organization: String,
    /// The role's name or id.
    pub name: String,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RoleDeleted {
    pub role: RoleRow,
    /// To how many it was bound.
    pub bindings: usize,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

declare! {
    Delete: OneRole => RoleDeleted, "org:role:delete", Destructive, "auth.roles.write",
    "Deletes a role of an organization; whoever held it holds it no more",
    positional ["organization", "name"], undo None, preview true, about "";
    vec![Example::refused("Without consent", nowhere(), codes::NEEDS_CONSENT.id)]
}

async fn delete(office: Arc<Office>, input: OneRole, call: Call) -> Result<RoleDeleted, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(&input.organization).await?)?;
    let row = own(&home, organization, &input.name).await?;
    let role = shown(&home, &row).await?;
    let of_role = || vec![Filter::eq("role_id", &role.id)];
    let bindings = home.find_base("role_bindings", of_role()).await?.len();
    if call.preview {
        return Ok(RoleDeleted { role, bindings, done: false });
    }
    let calls = vec![
        home.delete("invitations", of_role()),
        home.delete_base("role_bindings", of_role()),
        home.delete_base("role_permissions", of_role()),
        home.delete("role_parents", of_role()),
        home.delete("role_parents", vec![Filter::eq("parent_id", &role.id)]),
        home.delete_base("roles", vec![Filter::eq("id", &role.id)]),
    ];
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), organization, None, "role");
    Ok(RoleDeleted { role, bindings, done: true })
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BindInput {
    /// The organization's short name or id.
    pub organization: String,
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
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
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

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UnbindInput {
    /// The organization's short name or id.
    pub organization: String,
    /// The binding, as `org:role:bindings` lists it.
    pub binding: String,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
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

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BindingsInput {
    /// The organization's short name or id.
    pub organization: String,
    /// Only what is bound to this user itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
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
    let home = office.home(input.project.as_deref()).await?;
    let organization = id_of(&home.organization(&input.organization).await?)?;
    let mut filter = vec![of(organization)];
    if let Some(user) = &input.user {
        let user = id_of(&base_user(&home, user).await?)?;
        filter.push(Filter::eq("user_id", &user.to_string()));
    }
    let held = home.find_base("role_bindings", filter).await?;
    Ok(BindingList { bindings: bound(&home, &held).await? })
}
