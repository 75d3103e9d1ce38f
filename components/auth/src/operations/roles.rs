//! Roles of organizations: permission strings such as `crm.view`, what a role inherits, templates.
//! Who holds them is in `bindings.rs`. The roles of a source, which its policies know, are others:
//! those are `role:*`.

use super::{Office, declare, input, operations};
use crate::home::{Home, Row, is_null};
use crate::people::orgs::{id_of, missing, of};
use crate::people::roles::permission;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
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

input! { CreateInput in organization;
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
    let (home, organization) = office.organization(&input).await?;
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

input! { ListInput in organization; }

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
    let (home, organization) = office.organization(&input).await?;
    let here = Filter::Any(vec![of(organization), is_null("organization_id")]);
    let mut roles = vec![];
    for row in home.find_base("roles", vec![here]).await? {
        roles.push(shown(&home, &row).await?);
    }
    roles.sort_by(|a, b| (a.built_in, &a.name).cmp(&(b.built_in, &b.name)));
    Ok(RoleList { roles })
}

input! { UpdateInput in organization;
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
}

declare! {
    Update: UpdateInput => RoleRow, "org:role:update", Admin, "auth.roles.write",
    "Changes what a role of an organization allows", positional ["organization", "name"],
    undo None, preview false, about "";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn update(office: Arc<Office>, input: UpdateInput, call: Call) -> Result<RoleRow, Fault> {
    let (home, organization) = office.organization(&input).await?;
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

input! { OneRole in organization;
    /// The role's name or id.
    pub name: String,
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
    let (home, organization) = office.organization(&input).await?;
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
