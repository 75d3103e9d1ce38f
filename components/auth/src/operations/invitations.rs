//! Invitations into an organization: mailed, listed, taken back, accepted.

use super::{Office, base_user, declare, input, operations};
use crate::home::{Row, newest_first, page};
use crate::keys::hash_of;
use crate::people::orgs::{id_of, missing, of};
use crate::post::{Channel, Kind, Message, Words};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use std::sync::Arc;

operations! {
    Invite => invite;
    List => list;
    Revoke => revoke;
    Accept => accept;
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct InviteInput {
    /// The organization's short name or id.
    pub organization: String,
    /// Where the invitation is mailed to.
    pub email: String,
    /// The role that comes with it, in the whole organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// It is good for so many days.
    #[serde(default = "week")]
    pub days: u32,
    /// The project's reference; the default project when absent. The board's own is `zero`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}
fn week() -> u32 {
    7
}
const DAYS_MAX: u32 = 90;
const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct InvitationRow {
    pub id: String,
    pub organization: String,
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `waiting`, `accepted`, `revoked` or `expired`.
    pub state: String,
    pub invited_by: String,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

impl InvitationRow {
    fn of(row: &Row, organization: &str, role: Option<String>, now: Timestamp) -> Self {
        let expires_at = row.time("expires_at").unwrap_or_default();
        let state = match row.words("state") {
            "waiting" if expires_at <= now => "expired",
            other => other,
        };
        Self {
            id: row.words("id").to_owned(),
            organization: organization.to_owned(),
            email: row.words("email").to_owned(),
            role,
            state: state.to_owned(),
            invited_by: row.words("invited_by").to_owned(),
            expires_at,
            created_at: row.time("created_at").unwrap_or_default(),
        }
    }
}

declare! {
    Invite: InviteInput => InvitationRow, "org:invite", Admin, "auth.orgs.write",
    "Invites somebody into an organization, by mail", positional ["organization", "email"],
    undo Some("org:uninvite"), preview false,
    about "The mail has a link that works once. Who comes with it becomes a member, and gets the \
        role that was named. Invited into project `zero` they run the board: the link opens the \
        admin screen. Without a mail server the mail is in the mailbox: `mobo mail:list`.";
    vec![Example::refused(
        "Into one that is not there",
        json!({ "organization": "nobody", "email": "ada@example.com" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn invite(
    office: Arc<Office>,
    input: InviteInput,
    call: Call,
) -> Result<InvitationRow, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let id = id_of(&organization)?;
    let email = crate::gotrue::address(&input.email)
        .ok_or_else(|| Fault::new(codes::BAD_INPUT, "this is no address of a mailbox"))?;
    if input.days == 0 || input.days > DAYS_MAX {
        let message = format!("an invitation is good for 1 to {DAYS_MAX} days");
        return Err(Fault::new(codes::BAD_INPUT, message));
    }
    let role = match &input.role {
        Some(role) => {
            let role = home.role(id, role).await?;
            office.may_give(&home, &role, &call).await?;
            Some(role)
        }
        None => None,
    };
    let role_id = role.as_ref().map(id_of).transpose()?;
    let until = Timestamp(home.now().millis() + i64::from(input.days) * DAY_MS);
    let made = home.invite(id, &email, role_id, &call.actor.id, until).await?;
    let settings = &office.gotrue.settings;
    let (site, at) = match office.is_zero(&home) {
        // The screen is on the board's own origin.
        true => (settings.external_url.trim_end_matches('/'), "/#invite="),
        false => (settings.site_url.trim_end_matches('/'), "/#invite="),
    };
    let mut data = Map::new();
    data.insert("organization".into(), organization.words("name").into());
    let words = Words {
        confirmation_url: format!("{site}{at}{}", made.token),
        token: String::new(),
        token_hash: String::new(),
        site_url: organization.words("name").to_owned(),
        email: email.clone(),
        data,
        ..Words::default()
    };
    let message = Message {
        channel: Channel::Mail,
        to: &email,
        kind: Kind::Invite,
        words: &words,
        good_until: until,
        question: None,
    };
    let project = office.project(input.project.as_deref())?;
    office.gotrue.send(&project, &home, message).await?;
    office.rights_changed(input.project.as_deref(), id, None, "invited");
    let which = vec![Filter::eq("id", &made.id.to_string())];
    let row = home.one("invitations", which).await?.unwrap_or_default();
    let role = role.map(|role| role.words("name").to_owned());
    Ok(InvitationRow::of(&row, organization.words("slug"), role, home.now()))
}

input! { ListInput in organization;
    /// So many at most, the newest first.
    #[serde(default = "hundred")]
    pub limit: u32,
}
fn hundred() -> u32 {
    100
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct InvitationList {
    pub invitations: Vec<InvitationRow>,
}

declare! {
    List: ListInput => InvitationList, "org:invitations", Read, "auth.orgs.read",
    "Lists who was invited into an organization", positional ["organization"], undo None,
    preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<InvitationList, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let organization = home.organization(&input.organization).await?;
    let limit = u64::from(input.limit.min(1_000));
    let query = page(vec![of(id_of(&organization)?)], newest_first("created_at"), limit, 0);
    let rows = home.run(home.read("invitations", query)).await?;
    let ids = crate::rights::ids_of(&rows, "role_id");
    let roles = match ids.is_empty() {
        true => vec![],
        false => home.find_base("roles", vec![crate::home::any_of("id", ids)]).await?,
    };
    let (slug, now) = (organization.words("slug"), home.now());
    let invitations = rows.iter().map(|row| {
        let role = roles.iter().find(|role| Some(role.words("id")) == row.text("role_id"));
        InvitationRow::of(row, slug, role.map(|role| role.words("name").to_owned()), now)
    });
    Ok(InvitationList { invitations: invitations.collect() })
}

input! { RevokeInput in organization;
    /// The invitation's id, or the address it went to.
    pub invitation: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Revoked {
    pub revoked: usize,
}

declare! {
    Revoke: RevokeInput => Revoked, "org:uninvite", Admin, "auth.orgs.write",
    "Takes an invitation back that was not accepted yet",
    positional ["organization", "invitation"], undo Some("org:invite"), preview false, about "";
    vec![Example::refused(
        "Of one that is not there",
        json!({ "organization": "nobody", "invitation": "ada@example.com" }),
        codes::NO_SUCH_NAME.id,
    )]
}

async fn revoke(office: Arc<Office>, input: RevokeInput, _: Call) -> Result<Revoked, Fault> {
    let (home, id) = office.organization(&input).await?;
    let meant = match uuid::Uuid::parse_str(&input.invitation) {
        Ok(one) => Filter::eq("id", &one.to_string()),
        Err(_) => Filter::eq("email", &input.invitation.to_lowercase()),
    };
    let waiting = vec![of(id), meant, Filter::eq("state", "waiting")];
    let change = json!({ "state": "revoked", "updated_at": home.now() });
    let done = home.run(home.update("invitations", waiting, change)?).await?;
    if done.is_empty() {
        return Err(missing("invitation that waits for", &input.invitation)
            .hint("`mobo org:invitations` lists them"));
    }
    Ok(Revoked { revoked: done.len() })
}

input! { AcceptInput in project;
    /// What follows `#invite=` in the mail.
    pub token: Secret<String>,
    /// Who accepts it: a user's id, address or name.
    pub user: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Joined {
    /// The id of the organization.
    pub organization: String,
    pub user: String,
}

declare! {
    Accept: AcceptInput => Joined, "org:accept", Admin, "auth.orgs.write",
    "Makes a user a member by an invitation that was mailed to them",
    positional ["user"], undo Some("org:member:remove"), preview false,
    about "For the server of an app: it knows who has come with the link. The user's address has \
        to be the one that was invited. Those who run the board accept at the admin screen.";
    vec![Example::refused(
        "With nothing that was mailed",
        json!({ "user": "ada@example.com", "token": "nonsense" }),
        codes::BAD_TOKEN.id,
    )]
}

async fn accept(office: Arc<Office>, input: AcceptInput, _: Call) -> Result<Joined, Fault> {
    let home = office.home(input.project.as_deref()).await?;
    let invitation = home.invitation_to_take(&hash_of(input.token.expose())).await?;
    let row = base_user(&home, &input.user).await?;
    let user = id_of(&row)?;
    if row.text("email").map(str::to_lowercase).as_deref() != invitation.text("email") {
        return Err(Fault::new(codes::DENIED, "the invitation went to another address"));
    }
    home.all(home.taking(&invitation, user).await?).await?;
    let organization = invitation.id("organization_id").unwrap_or_default();
    office.rights_changed(input.project.as_deref(), organization, Some(user), "joined");
    Ok(Joined { organization: organization.to_string(), user: user.to_string() })
}
