//! What organizations work on, and who works on a project of the board.

use super::{Office, ZERO, base_user, declare, input, operations};
use crate::home::{Home, Row};
use crate::people::orgs::{id_of, missing, of, slug};
use crate::people::roles::Bound;
use crate::staff::BOARD;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    OrgAdd => org_add;
    OrgList => org_list;
    OrgRemove => org_remove;
    MemberAdd => member_add;
    MemberList => member_list;
    MemberRemove => member_remove;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WorkRow {
    pub id: String,
    /// Its short name.
    pub works_on: String,
    pub name: String,
    pub status: String,
}

fn work(row: &Row) -> WorkRow {
    WorkRow {
        id: row.words("id").to_owned(),
        works_on: row.words("slug").to_owned(),
        name: row.words("name").to_owned(),
        status: row.words("status").to_owned(),
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WorkList {
    pub organization: String,
    pub projects: Vec<WorkRow>,
}

input! { WorkInput in organization;
    /// The short name of what it works on. In project `zero` it is a project of the board.
    pub works_on: String,
    /// What people read; the short name when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn nowhere() -> serde_json::Value {
    json!({ "organization": "nobody", "works_on": "shop" })
}

declare! {
    OrgAdd: WorkInput => WorkList, "org:project:add", Admin, "auth.projects.write",
    "Says that an organization works on a project", positional ["organization", "works_on"],
    undo Some("org:project:remove"), preview false,
    about "A role can then be bound in that project alone. In project `zero` this gives a project \
        of the board to an organization: what its members hold in it holds for that project. A \
        project belongs to one organization.";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn org_add(office: Arc<Office>, input: WorkInput, call: Call) -> Result<WorkList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    add_work(&office, &home, &organization, &input.works_on, input.name.as_deref(), &call).await?;
    let id = id_of(&organization)?;
    office.rights_changed(input.project.as_deref(), id, None, "changed");
    works(&home, &organization).await
}

async fn add_work(
    office: &Office,
    home: &Home,
    organization: &Row,
    reference: &str,
    name: Option<&str>,
    call: &Call,
) -> Result<Uuid, Fault> {
    let organization_id = id_of(organization)?;
    let (id, short, title) = if office.is_zero(home) {
        // The row has the id of the project, so no two organizations can have it.
        let project = office.project(Some(reference))?;
        if &*project.reference == ZERO {
            return Err(Fault::new(codes::BAD_INPUT, "project zero is the board's own"));
        }
        (project.id, project.reference.to_string(), project.name.to_string())
    } else {
        let short = slug(reference)?;
        (Uuid::new_v4(), short.clone(), name.unwrap_or(&short).to_owned())
    };
    let there = Filter::Any(vec![
        Filter::eq("id", &id.to_string()),
        Filter::All(vec![of(organization_id), Filter::eq("slug", &short)]),
    ]);
    if let Some(row) = home.find_base("projects", vec![there]).await?.first() {
        if row.id("organization_id") == Some(organization_id) {
            return id_of(row);
        }
        return Err(Fault::new(codes::EXISTS, "the project belongs to another organization")
            .hint("`mobo org:project:remove` takes it from there first"));
    }
    let now = home.now();
    let row = json!({
        "id": id, "organization_id": organization_id, "slug": short, "name": title,
        "status": "active", "created_at": now, "updated_at": now,
        "created_by": office.by(home, call),
    });
    home.run(home.insert_base("projects", row)?).await?;
    Ok(id)
}

async fn works(home: &Home, organization: &Row) -> Result<WorkList, Fault> {
    let mut projects: Vec<WorkRow> = home
        .find_base("projects", vec![of(id_of(organization)?)])
        .await?
        .iter()
        .map(work)
        .collect();
    projects.sort_by(|a, b| a.works_on.cmp(&b.works_on));
    Ok(WorkList { organization: organization.words("slug").to_owned(), projects })
}

input! { OneOrg in organization; }

declare! {
    OrgList: OneOrg => WorkList, "org:project:list", Read, "auth.orgs.read",
    "Lists what an organization works on", positional ["organization"], undo None, preview false,
    about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn org_list(office: Arc<Office>, input: OneOrg, _: Call) -> Result<WorkList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    works(&home, &organization).await
}

declare! {
    OrgRemove: WorkInput => WorkList, "org:project:remove", Admin, "auth.projects.write",
    "Takes a project from an organization, with the roles that were bound in it",
    positional ["organization", "works_on"], undo Some("org:project:add"), preview false,
    about "The project itself stays as it is.";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn org_remove(office: Arc<Office>, input: WorkInput, _: Call) -> Result<WorkList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let row = home.worked_on(id, &input.works_on).await?;
    let calls = vec![
        home.delete_base("role_bindings", vec![of(id), Filter::eq("project_id", row.words("id"))]),
        home.delete_base("projects", vec![Filter::eq("id", row.words("id"))]),
    ];
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), id, None, "changed");
    works(&home, &organization).await
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MemberInput {
    /// The project of the board that they work on.
    pub project: String,
    /// Somebody of project zero: a user's id, address or name.
    pub user: String,
    /// What they may do there: `admin`, `developer`, `viewer` or another role.
    #[serde(default = "developer")]
    pub role: String,
    /// It ends after so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}
fn developer() -> String {
    "developer".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectMember {
    pub user: String,
    pub name: String,
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: String,
    pub binding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectMembers {
    pub project: String,
    /// The organization of the board that the project belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    pub members: Vec<ProjectMember>,
}

fn nobody() -> serde_json::Value {
    json!({ "project": "main", "user": "nobody@example.com" })
}

declare! {
    MemberAdd: MemberInput => ProjectMembers, "project:member:add", Admin, "auth.projects.write",
    "Lets somebody work on one project of the board", positional ["project", "user", "role"],
    undo Some("project:member:remove"), preview false,
    about "They are users of project `zero`: people who sign in to the admin screen, agents and \
        services with a key of it. What the role allows holds for operations on that project, and \
        for no other.";
    vec![Example::refused("Somebody who is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

const DAY_MS: i64 = 86_400_000;

async fn member_add(
    office: Arc<Office>,
    input: MemberInput,
    call: Call,
) -> Result<ProjectMembers, Fault> {
    let home = office.home(Some(ZERO)).await?;
    let project = office.project(Some(&input.project))?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    let organization = match belongs(&home, project.id).await? {
        Some(organization) => organization,
        None => {
            let board = home.organization(BOARD).await.map_err(|_| {
                Fault::new(codes::STATE_CONFLICT, "nobody runs the board by name yet")
                    .hint("`mobo admin:link` opens the screen, which makes the first person")
            })?;
            add_work(&office, &home, &board, &input.project, None, &call).await?;
            board
        }
    };
    let id = id_of(&organization)?;
    let role = home.role(id, &input.role).await?;
    // Whoever gives out rights on one project holds them on that project.
    let allows = home.allows(id_of(&role)?).await?;
    let held = &call.actor.permissions;
    if let Some(lacks) = allows.iter().find(|p| !held.hold_in(&project.reference, p)) {
        let message = format!("{} does not hold `{lacks}`", call.actor.name);
        return Err(Fault::new(codes::DENIED, message)
            .hint("what somebody gives to others they hold themselves"));
    }
    let by = office.by(&home, &call);
    let mut calls = vec![];
    match home.membership(id, user).await? {
        None => {
            let row = home.membership_row(id, user, by);
            calls.push(home.insert_base("memberships", row)?);
        }
        Some(held) if held.text("status") == Some("active") => {}
        Some(_) => home.needs_member(&organization, user).await?,
    }
    let expires_at =
        input.days.map(|days| Timestamp(home.now().millis() + i64::from(days) * DAY_MS));
    let at = Bound { project: Some(project.id), team: None, expires_at };
    let holder = json!({ "user_id": user });
    // One role a person and project: another one takes its place.
    calls.push(home.delete_base("role_bindings", bound_to(id, project.id, user)));
    let row = home.binding(id, id_of(&role)?, holder, at, by);
    calls.push(home.insert_base("role_bindings", row)?);
    home.all(calls).await?;
    office.rights_changed(Some(ZERO), id, Some(user), "bound");
    members(&home, &project.reference, project.id).await
}

fn bound_to(organization: Uuid, project: Uuid, user: Uuid) -> Vec<Filter> {
    vec![
        of(organization),
        Filter::eq("project_id", &project.to_string()),
        Filter::eq("user_id", &user.to_string()),
    ]
}

/// The organization that a project of the board belongs to.
async fn belongs(home: &Home, project: Uuid) -> Result<Option<Row>, Fault> {
    let by_id = vec![Filter::eq("id", &project.to_string())];
    let Some(row) = home.find_base("projects", by_id).await?.into_iter().next() else {
        return Ok(None);
    };
    home.organization(row.words("organization_id")).await.map(Some)
}

async fn members(home: &Home, reference: &str, project: Uuid) -> Result<ProjectMembers, Fault> {
    let organization = belongs(home, project).await?;
    let here = vec![Filter::eq("project_id", &project.to_string())];
    let bindings = home.find_base("role_bindings", here).await?;
    let users = home.names_of(crate::rights::ids_of(&bindings, "user_id")).await?;
    let ids = crate::rights::ids_of(&bindings, "role_id");
    let roles = match ids.is_empty() {
        true => vec![],
        false => home.find_base("roles", vec![crate::home::any_of("id", ids)]).await?,
    };
    let mut members: Vec<ProjectMember> = bindings
        .iter()
        .filter_map(|row| {
            let user = users.get(row.text("user_id")?)?;
            let role = roles.iter().find(|role| role.words("id") == row.words("role_id"));
            Some(ProjectMember {
                user: row.words("user_id").to_owned(),
                name: user.words("display_name").to_owned(),
                kind: user.words("user_type").to_owned(),
                email: user.text("email").map(str::to_owned),
                role: role.map(|role| role.words("name").to_owned()).unwrap_or_default(),
                binding: row.words("id").to_owned(),
                expires_at: row.time("expires_at"),
            })
        })
        .collect();
    members.sort_by(|a, b| (&a.name, &a.binding).cmp(&(&b.name, &b.binding)));
    Ok(ProjectMembers {
        project: reference.to_owned(),
        organization: organization.map(|row| row.words("slug").to_owned()),
        members,
    })
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OneProject {
    /// The project of the board.
    pub project: String,
}

declare! {
    MemberList: OneProject => ProjectMembers, "project:member:list", Read, "auth.orgs.read",
    "Lists who works on one project of the board", positional ["project"], undo None,
    preview false, about "";
    vec![Example::new(
        "Of a new project",
        json!({ "project": "main" }),
        json!({ "project": "main", "members": [] }),
    )]
}

async fn member_list(
    office: Arc<Office>,
    input: OneProject,
    _: Call,
) -> Result<ProjectMembers, Fault> {
    let home = office.home(Some(ZERO)).await?;
    let project = office.project(Some(&input.project))?;
    members(&home, &project.reference, project.id).await
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OneMember {
    /// The project of the board.
    pub project: String,
    /// A user's id, address or name.
    pub user: String,
}

declare! {
    MemberRemove: OneMember => ProjectMembers, "project:member:remove", Admin,
    "auth.projects.write",
    "Takes from somebody what they hold in one project of the board",
    positional ["project", "user"], undo Some("project:member:add"), preview false, about "";
    vec![Example::refused("Somebody who is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn member_remove(
    office: Arc<Office>,
    input: OneMember,
    _: Call,
) -> Result<ProjectMembers, Fault> {
    let home = office.home(Some(ZERO)).await?;
    let project = office.project(Some(&input.project))?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    let organization = belongs(&home, project.id).await?;
    let id = organization.as_ref().map(id_of).transpose()?.unwrap_or_default();
    let gone = home.run(home.delete_base("role_bindings", bound_to(id, project.id, user))).await?;
    if gone.is_empty() {
        return Err(missing("member of the project", &input.user)
            .hint("`mobo project:member:list` lists them"));
    }
    office.rights_changed(Some(ZERO), id, Some(user), "unbound");
    members(&home, &project.reference, project.id).await
}
