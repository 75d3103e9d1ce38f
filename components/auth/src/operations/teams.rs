//! Teams inside of an organization, and who is in them.

use super::{Office, base_user, declare, input, operations};
use crate::home::{Home, Row};
use crate::people::orgs::{id_of, of, slug};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Update => update;
    Delete => delete;
    Add => add;
    Remove => remove;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TeamRow {
    pub id: String,
    /// Its short name.
    pub team: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub members: Vec<TeamMember>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TeamMember {
    pub user: String,
    pub name: String,
    pub kind: String,
}

input! { CreateInput in organization;
    /// Its short name: `sales`.
    pub team: String,
    /// What people read; the short name when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

fn nowhere() -> serde_json::Value {
    json!({ "organization": "nobody", "team": "sales" })
}

declare! {
    Create: CreateInput => TeamRow, "team:create", Write, "auth.orgs.write",
    "Makes a team of an organization",
    positional ["organization", "team"], undo Some("team:delete"), preview false,
    about "A role can be bound to a team: then each of its members holds it.";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<TeamRow, Fault> {
    let (home, organization) = office.organization(&input).await?;
    let short = slug(&input.team)?;
    let same = vec![of(organization), Filter::eq("slug", &short)];
    if !home.find_base("teams", same).await?.is_empty() {
        return Err(Fault::new(codes::EXISTS, format!("there is a team `{short}` already")));
    }
    let (id, now) = (Uuid::new_v4(), home.now());
    let row = json!({
        "id": id, "organization_id": organization, "slug": short,
        "name": input.name.as_deref().unwrap_or(&short), "description": input.description,
        "created_at": now, "updated_at": now, "created_by": office.by(&home, &call),
    });
    home.run(home.insert_base("teams", row)?).await?;
    shown(&home, &home.team(organization, &id.to_string()).await?).await
}

async fn shown(home: &Home, team: &Row) -> Result<TeamRow, Fault> {
    let of_team = vec![Filter::eq("team_id", team.words("id"))];
    let rows = home.find_base("team_members", of_team).await?;
    let users = home.names_of(crate::rights::ids_of(&rows, "user_id")).await?;
    let mut members: Vec<TeamMember> = users
        .iter()
        .map(|(id, user)| TeamMember {
            user: id.clone(),
            name: user.words("display_name").to_owned(),
            kind: user.words("user_type").to_owned(),
        })
        .collect();
    members.sort_by(|a, b| (&a.name, &a.user).cmp(&(&b.name, &b.user)));
    Ok(TeamRow {
        id: team.words("id").to_owned(),
        team: team.words("slug").to_owned(),
        name: team.words("name").to_owned(),
        description: team.text("description").map(str::to_owned),
        members,
    })
}

input! { ListInput in organization; }

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TeamList {
    pub teams: Vec<TeamRow>,
}

declare! {
    List: ListInput => TeamList, "team:list", Read, "auth.orgs.read",
    "Lists the teams of an organization, with their members",
    positional ["organization"], undo None, preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<TeamList, Fault> {
    let (home, organization) = office.organization(&input).await?;
    let mut teams = vec![];
    for row in home.find_base("teams", vec![of(organization)]).await? {
        teams.push(shown(&home, &row).await?);
    }
    teams.sort_by(|a, b| a.team.cmp(&b.team));
    Ok(TeamList { teams })
}

input! { UpdateInput in organization;
    /// Its short name or its id.
    pub team: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

declare! {
    Update: UpdateInput => TeamRow, "team:update", Write, "auth.orgs.write",
    "Changes the name or the description of a team",
    positional ["organization", "team"], undo None, preview false, about "";
    vec![Example::refused("Of one that is not there", nowhere(), codes::NO_SUCH_NAME.id)]
}

async fn update(office: Arc<Office>, input: UpdateInput, _: Call) -> Result<TeamRow, Fault> {
    let (home, organization) = office.organization(&input).await?;
    let team = home.team(organization, &input.team).await?;
    let mut change = json!({ "updated_at": home.now() });
    if let Some(name) = input.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        change["name"] = name.into();
    }
    if let Some(description) = &input.description {
        change["description"] = description.as_str().into();
    }
    let by_id = vec![Filter::eq("id", team.words("id"))];
    home.run(home.update_base("teams", by_id, change)?).await?;
    shown(&home, &home.team(organization, team.words("id")).await?).await
}

input! { OneTeam in organization;
    /// Its short name or its id.
    pub team: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TeamDeleted {
    pub team: TeamRow,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

declare! {
    Delete: OneTeam => TeamDeleted, "team:delete", Destructive, "auth.orgs.write",
    "Deletes a team, with the roles that are bound to it",
    positional ["organization", "team"], undo None, preview true, about "";
    vec![Example::refused("Without consent", nowhere(), codes::NEEDS_CONSENT.id)]
}

async fn delete(office: Arc<Office>, input: OneTeam, call: Call) -> Result<TeamDeleted, Fault> {
    let (home, organization) = office.organization(&input).await?;
    let row = home.team(organization, &input.team).await?;
    let team = shown(&home, &row).await?;
    if call.preview {
        return Ok(TeamDeleted { team, done: false });
    }
    let bound = Filter::Any(vec![
        Filter::eq("holder_team_id", row.words("id")),
        Filter::eq("team_id", row.words("id")),
    ]);
    let calls = vec![
        home.delete_base("role_bindings", vec![of(organization), bound]),
        home.delete_base("team_members", vec![Filter::eq("team_id", row.words("id"))]),
        home.delete_base("teams", vec![Filter::eq("id", row.words("id"))]),
    ];
    home.all(calls).await?;
    office.rights_changed(input.project.as_deref(), organization, None, "team");
    Ok(TeamDeleted { team, done: true })
}

input! { OneMember in organization;
    /// The team's short name or id.
    pub team: String,
    /// A member of the organization: a user's id, address or name.
    pub user: String,
}

fn nobody() -> serde_json::Value {
    json!({ "organization": "nobody", "team": "sales", "user": "ada@example.com" })
}

declare! {
    Add: OneMember => TeamRow, "team:member:add", Admin, "auth.orgs.write",
    "Puts a member of the organization into a team",
    positional ["organization", "team", "user"], undo Some("team:member:remove"), preview false,
    about "";
    vec![Example::refused("Of one that is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn add(office: Arc<Office>, input: OneMember, call: Call) -> Result<TeamRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let team = home.team(id, &input.team).await?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    home.needs_member(&organization, user).await?;
    // Whoever joins a team gets what the team holds: nobody gives more than they hold.
    let held = vec![of(id), Filter::eq("holder_team_id", team.words("id"))];
    for binding in home.find_base("role_bindings", held).await? {
        let role = home.role(id, binding.words("role_id")).await?;
        office.may_give(&home, &role, &call).await?;
    }
    let in_it =
        vec![Filter::eq("team_id", team.words("id")), Filter::eq("user_id", &user.to_string())];
    if home.find_base("team_members", in_it).await?.is_empty() {
        let now = home.now();
        let row = json!({
            "id": Uuid::new_v4(), "organization_id": id, "team_id": team.words("id"),
            "user_id": user, "created_at": now, "updated_at": now,
            "created_by": office.by(&home, &call),
        });
        home.run(home.insert_base("team_members", row)?).await?;
    }
    office.rights_changed(input.project.as_deref(), id, Some(user), "team");
    shown(&home, &team).await
}

declare! {
    Remove: OneMember => TeamRow, "team:member:remove", Admin, "auth.orgs.write",
    "Takes somebody out of a team",
    positional ["organization", "team", "user"], undo Some("team:member:add"), preview false,
    about "";
    vec![Example::refused("Of one that is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn remove(office: Arc<Office>, input: OneMember, _: Call) -> Result<TeamRow, Fault> {
    let (home, id) = office.organization(&input).await?;
    let team = home.team(id, &input.team).await?;
    let user = id_of(&base_user(&home, &input.user).await?)?;
    let which =
        vec![Filter::eq("team_id", team.words("id")), Filter::eq("user_id", &user.to_string())];
    if home.run(home.delete_base("team_members", which)).await?.is_empty() {
        let message = format!("this user is not in team `{}`", team.words("slug"));
        return Err(Fault::new(codes::NO_SUCH_NAME, message));
    }
    office.rights_changed(input.project.as_deref(), id, Some(user), "team");
    shown(&home, &team).await
}
