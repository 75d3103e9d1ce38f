//! Organizations: made, listed, changed, handed over, deleted.

use super::base_user;
use super::{Office, declare, input, operations};
use crate::home::{Home, Row, newest_first, page};
use crate::people::orgs::{id_of, of, slug};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::Call as DataCall;
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Show => show;
    Update => update;
    Transfer => transfer;
    Delete => delete;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OrgRow {
    pub id: String,
    /// Its short name.
    pub organization: String,
    pub name: String,
    /// The id of the user who owns it.
    pub owner: String,
    /// `active`, `suspended` or `archived`.
    pub status: String,
    pub created_at: Timestamp,
}

impl OrgRow {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            id: row.words("id").to_owned(),
            organization: row.words("slug").to_owned(),
            name: row.words("name").to_owned(),
            owner: row.words("owner_id").to_owned(),
            status: row.words("status").to_owned(),
            created_at: row.time("created_at").unwrap_or_default(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CreateInput {
    /// Its short name, for addresses: `acme`.
    pub organization: String,
    /// What people read; the short name when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who owns it: a user's id, address or name.
    pub owner: String,
    /// The project's reference; the default project when absent. The board's own is `zero`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

declare! {
    Create: CreateInput => OrgRow, "org:create", Write, "auth.orgs.write",
    "Makes an organization; its owner is its first member",
    positional ["organization"], undo Some("org:delete"), preview false,
    about "Organizations are the tenants of an app: memberships, teams, roles and what they work \
        on belong to one. The owner holds the role `owner` in it.";
    vec![
        Example::refused(
            "One that nobody owns",
            json!({ "organization": "acme", "owner": "nobody@example.com" }),
            codes::NO_SUCH_NAME.id,
        ),
    ]
}

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<OrgRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let short = slug(&input.organization)?;
    if office.is_zero(&home) && short == crate::staff::BOARD {
        return Err(Fault::new(codes::EXISTS, "this organization comes with the first person")
            .hint("`mobo admin:link` opens the screen, which makes the first person"));
    }
    let owner = id_of(&base_user(&home, &input.owner).await?)?;
    let taken = home.find_base("organizations", vec![Filter::eq("slug", &short)]).await?;
    if !taken.is_empty() {
        return Err(Fault::new(
            codes::EXISTS,
            format!("there is an organization `{short}` already"),
        )
        .hint("`mobo org:list` shows them"));
    }
    let (id, now, by) = (Uuid::new_v4(), home.now(), office.by(&home, &call));
    let role = home.built_in_role("owner").await?;
    let row = json!({
        "id": id, "slug": short, "name": input.name.as_deref().unwrap_or(&short),
        "owner_id": owner, "status": "active", "created_at": now, "updated_at": now,
        "created_by": by,
    });
    let calls = vec![
        home.insert_base("organizations", row)?,
        home.insert_base("memberships", home.membership_row(id, owner, by))?,
        home.insert_base("role_bindings", home.binding_row(id, role, owner, by))?,
    ];
    home.all(calls).await?;
    let made = home.organization(&id.to_string()).await?;
    office.rights_changed(input.project.as_deref(), id, Some(owner), "created");
    Ok(OrgRow::of(&made))
}

input! { ListInput in project, by the page;
    /// Only those that this user belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OrgList {
    pub organizations: Vec<OrgRow>,
    /// How many there are without a limit.
    pub total: u64,
}

declare! {
    List: ListInput => OrgList, "org:list", Read, "auth.orgs.read",
    "Lists organizations", positional [], undo None, preview false, about "";
    vec![Example::new("Of a new project", json!({}), json!({ "organizations": [], "total": 0 }))]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<OrgList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let mut filter = vec![];
    if let Some(user) = &input.user {
        let user = id_of(&base_user(&home, user).await?)?;
        let mine = vec![Filter::eq("user_id", &user.to_string())];
        let rows = home.find_base("memberships", mine).await?;
        filter.push(crate::home::any_of("id", crate::rights::ids_of(&rows, "organization_id")));
    }
    let limit = u64::from(input.limit.min(1_000));
    let query = page(filter, newest_first("created_at"), limit, u64::from(input.offset));
    let (schema, table) = home.source.database().base().place("organizations");
    let (rows, total) = home.counted(DataCall::read(schema, table, query)).await?;
    Ok(OrgList { organizations: rows.iter().map(OrgRow::of).collect(), total })
}

input! { OneOrg in project;
    /// Its short name or its id.
    pub organization: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OrgShown {
    #[serde(flatten)]
    pub organization: OrgRow,
    pub owner_name: String,
    pub members: usize,
    pub teams: usize,
    /// Roles of its own, beside those that are built in.
    pub roles: usize,
    pub projects: usize,
    /// Invitations that wait.
    pub invitations: usize,
}

declare! {
    Show: OneOrg => OrgShown, "org:show", Read, "auth.orgs.read",
    "Shows an organization, and how much belongs to it",
    positional ["organization"], undo None, preview false, about "";
    vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

fn nobody() -> serde_json::Value {
    json!({ "organization": "nobody" })
}

async fn show(office: Arc<Office>, input: OneOrg, _: Call) -> Result<OrgShown, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let row = home.organization(&input.organization).await?;
    shown(&home, &row).await
}

async fn shown(home: &Home, row: &Row) -> Result<OrgShown, Fault> {
    let id = id_of(row)?;
    let count =
        async |table: &str| Ok::<_, Fault>(home.find_base(table, vec![of(id)]).await?.len());
    let waiting = vec![of(id), Filter::eq("state", "waiting")];
    let invitations = home.find("invitations", waiting).await?;
    let current =
        invitations.iter().filter(|i| i.time("expires_at").is_some_and(|at| at > home.now()));
    let owner = home.names_of(vec![row.words("owner_id").to_owned()]).await?;
    Ok(OrgShown {
        organization: OrgRow::of(row),
        owner_name: owner
            .values()
            .next()
            .map(|o| o.words("display_name").to_owned())
            .unwrap_or_default(),
        members: count("memberships").await?,
        teams: count("teams").await?,
        roles: count("roles").await?,
        projects: count("projects").await?,
        invitations: current.count(),
    })
}

input! { UpdateInput in project;
    /// Its short name or its id.
    pub organization: String,
    /// What people read from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `active`, `suspended` (its roles hold nothing until it is active again) or `archived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

declare! {
    Update: UpdateInput => OrgRow, "org:update", Write, "auth.orgs.write",
    "Changes the name or the status of an organization",
    positional ["organization"], undo None, preview false, about "";
    vec![Example::refused("One that is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn update(office: Arc<Office>, input: UpdateInput, _: Call) -> Result<OrgRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let row = home.organization(&input.organization).await?;
    let id = id_of(&row)?;
    let mut change = json!({ "updated_at": home.now() });
    if let Some(name) = &input.name {
        if name.trim().is_empty() {
            return Err(Fault::new(codes::BAD_INPUT, "an organization needs a name"));
        }
        change["name"] = name.trim().into();
    }
    if let Some(status) = &input.status {
        if !["active", "suspended", "archived"].contains(&status.as_str()) {
            return Err(Fault::new(
                codes::BAD_INPUT,
                "the status is `active`, `suspended` or `archived`",
            ));
        }
        office.not_the_board(&home, &row, "suspended")?;
        change["status"] = status.as_str().into();
    }
    let by_id = vec![Filter::eq("id", &id.to_string())];
    home.run(home.update_base("organizations", by_id, change)?).await?;
    office.rights_changed(input.project.as_deref(), id, None, "changed");
    Ok(OrgRow::of(&home.organization(&id.to_string()).await?))
}

input! { TransferInput in project;
    /// Its short name or its id.
    pub organization: String,
    /// Who owns it from now on: a member's id, address or name.
    pub to: String,
}

declare! {
    Transfer: TransferInput => OrgRow, "org:transfer", Admin, "ownership.transfer",
    "Hands an organization over to another of its members",
    positional ["organization", "to"], undo None, preview false,
    about "The new owner gets the role `owner`; the one before stays a member, and keeps it until \
        somebody takes it away.";
    vec![Example::refused(
        "One that is not there",
        json!({ "organization": "nobody", "to": "ada@example.com" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn transfer(office: Arc<Office>, input: TransferInput, call: Call) -> Result<OrgRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let row = home.organization(&input.organization).await?;
    let id = id_of(&row)?;
    let to = base_user(&home, &input.to).await?;
    let new = id_of(&to)?;
    home.needs_member(&row, new).await?;
    if matches!(to.words("user_type"), "ai_agent") {
        return Err(Fault::new(codes::BAD_INPUT, "an agent does not own an organization")
            .hint("somebody has to answer for it: name a person or a service"));
    }
    let role = home.built_in_role("owner").await?;
    let held = vec![
        of(id),
        Filter::eq("role_id", &role.to_string()),
        Filter::eq("user_id", &new.to_string()),
        Filter::eq("scope", "organization"),
    ];
    let by_id = vec![Filter::eq("id", &id.to_string())];
    let change = json!({ "owner_id": new, "updated_at": home.now() });
    let mut calls = vec![home.update_base("organizations", by_id, change)?];
    if home.find_base("role_bindings", held).await?.is_empty() {
        let by = office.by(&home, &call);
        calls.push(home.insert_base("role_bindings", home.binding_row(id, role, new, by))?);
    }
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), id, Some(new), "transferred");
    Ok(OrgRow::of(&home.organization(&id.to_string()).await?))
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OrgDeleted {
    #[serde(flatten)]
    pub organization: OrgShown,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

declare! {
    Delete: OneOrg => OrgDeleted, "org:delete", Destructive, "ownership.transfer",
    "Deletes an organization with its memberships, teams, roles and what it works on",
    positional ["organization"], undo None, preview true,
    about "Users stay. Rows of an app that point at the organization go or hold it back, as the \
        app's own references say.";
    vec![Example::refused("Without consent", nobody(), codes::NEEDS_CONSENT.id)]
}

async fn delete(office: Arc<Office>, input: OneOrg, call: Call) -> Result<OrgDeleted, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let row = home.organization(&input.organization).await?;
    office.not_the_board(&home, &row, "deleted")?;
    let (id, organization) = (id_of(&row)?, shown(&home, &row).await?);
    if call.preview {
        return Ok(OrgDeleted { organization, done: false });
    }
    let roles = home.find_base("roles", vec![of(id)]).await?;
    let ids = crate::rights::ids_of(&roles, "id");
    let mut calls = vec![
        home.delete("invitations", vec![of(id)]),
        home.delete_base("role_bindings", vec![of(id)]),
        home.delete_base("team_members", vec![of(id)]),
        home.delete_base("memberships", vec![of(id)]),
        home.delete_base("teams", vec![of(id)]),
        home.delete_base("projects", vec![of(id)]),
    ];
    if !ids.is_empty() {
        calls.push(home.delete("role_parents", vec![crate::home::any_of("role_id", ids.clone())]));
        calls
            .push(home.delete("role_parents", vec![crate::home::any_of("parent_id", ids.clone())]));
        calls.push(home.delete_base("role_permissions", vec![crate::home::any_of("role_id", ids)]));
        calls.push(home.delete_base("roles", vec![of(id)]));
    }
    calls.push(home.delete_base("organizations", vec![Filter::eq("id", &id.to_string())]));
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), id, None, "deleted");
    Ok(OrgDeleted { organization, done: true })
}
