//! Users of a project, as an operator sees them: people, agents, services, the system itself.

use super::keys::Wish;
use super::{Office, input, operations};
use crate::gotrue::duration_ms;
use crate::home::{Home, Row, any_of, like, newest_first, page};
use crate::keys::KeyKind;
use crate::passwords::weakness;
use crate::people::User;
use crate::people::users::{By, NewUser, own_identity};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, Timestamp, codes};
use mag_ports::Project;
use mag_ports::identity::{LoggedOut, UserChanged};
use mag_query::Call as DataCall;
use mag_query::call::{Comparison, Filter, Query};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Show => show;
    Ban => ban;
    Delete => delete;
    Unenroll => unenroll;
}

/// A user in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserRow {
    pub id: String,
    /// `human`, `ai_agent`, `service_account` or `system`.
    pub kind: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `active`, `invited` or `suspended`; `banned` while a ban lasts.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub created_at: Timestamp,
}

impl UserRow {
    fn of(base: &Row, banned: bool) -> Self {
        Self {
            id: base.words("id").to_owned(),
            kind: base.words("user_type").to_owned(),
            name: base.words("display_name").to_owned(),
            email: base.text("email").map(str::to_owned),
            status: if banned { "banned" } else { base.words("status") }.to_owned(),
            owner: base.text("owner_id").map(str::to_owned),
            created_at: base.time("created_at").unwrap_or_default(),
        }
    }
}

pub(super) struct Create;

input! { CreateInput in project;
    /// The address of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it is called; a service account needs a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `human` or `service_account`; an agent is made by `agent:create`.
    #[serde(default = "human")]
    pub kind: String,
    /// The password of a person; without one they choose it by a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret<String>>,
    /// The role that its requests have; `authenticated` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}
fn human() -> String {
    "human".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Created {
    pub id: String,
    pub kind: String,
    pub name: String,
    /// The key of a service account: it is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = Created;
    const NAME: &'static str = "user:create";
    const SUMMARY: &'static str = "Makes a user: a person, or an account for a service";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["email"];
    const UNDO: Option<&'static str> = Some("user:delete");
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A person",
                json!({ "email": "ada@example.com", "name": "Ada" }),
                json!({ "kind": "human", "name": "Ada" }),
            ),
            Example::new(
                "A service, with its key",
                json!({ "name": "invoices", "kind": "service_account" }),
                json!({ "kind": "service_account" }),
            ),
            Example::refused("Nobody in particular", json!({}), codes::BAD_INPUT.id),
        ]
    }
}

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<Created, Fault> {
    let (project, home) = office.users(&input).await?;
    let mut new = NewUser::human();
    if let Some(role) = &input.role {
        new.role.clone_from(role);
    }
    new.name.clone_from(&input.name);
    match input.kind.as_str() {
        "human" => person(&office, &home, &mut new, &input).await?,
        "service_account" => {
            new.user_type = "service_account";
            if input.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
                return Err(Fault::new(codes::BAD_INPUT, "a service account needs a name"));
            }
        }
        other => {
            let message = format!("`{other}` is no kind of user that is made so");
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("it is `human` or `service_account`; `mobo agent:create` makes an agent"));
        }
    }
    let (kind, role) = (new.user_type, new.role.clone());
    let user = home.make(new).await.map_err(|fault| exists(fault, input.email.as_deref()))?;
    changed(&office, &project, user.id, "created");
    let name = input.name.clone().unwrap_or_else(|| user.email().to_owned());
    let key = if kind == "service_account" {
        let wish = Wish {
            name: &name,
            kind: KeyKind::Service,
            role: &role,
            scopes: vec![],
            expires_at: None,
            user: Some(user.id),
            replaces: None,
        };
        Some(wish.grant(&office, &project, &call.actor.id).await?.key)
    } else {
        None
    };
    Ok(Created { id: user.id.to_string(), kind: kind.to_owned(), name, key })
}

async fn person(
    office: &Office,
    home: &Home,
    new: &mut NewUser,
    input: &CreateInput,
) -> Result<(), Fault> {
    let given = input.email.as_deref().ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, "a person needs an address")
            .hint("`mobo user:create ada@example.com`")
    })?;
    let email = crate::gotrue::address(given)
        .ok_or_else(|| Fault::new(codes::BAD_INPUT, "this is no address of a mailbox"))?;
    if home.user(By::Email(&email)).await?.is_some() {
        return Err(taken(&email));
    }
    if let Some(password) = &input.password {
        if let Some(weak) = weakness(password.expose(), &office.gotrue.wanted_strength()) {
            return Err(Fault::new(codes::BAD_INPUT, weak.message));
        }
        new.password_hash = Some(office.gotrue.passwords.hash(password).await?);
    }
    new.email_confirmed_at = Some(home.now());
    new.app_metadata.insert("provider".into(), "email".into());
    new.app_metadata.insert("providers".into(), json!(["email"]));
    if let Some(name) = &input.name {
        new.user_metadata.insert("name".into(), name.as_str().into());
    }
    let own = own_identity(new.id, "email", &email, true);
    new.identities.push(("email".to_owned(), new.id.to_string(), own));
    new.email = Some(email);
    Ok(())
}

fn exists(fault: Fault, email: Option<&str>) -> Fault {
    if fault.code() != codes::DUPLICATE_KEY {
        return fault;
    }
    taken(email.unwrap_or("of this name"))
}

fn taken(name: &str) -> Fault {
    Fault::new(codes::EXISTS, format!("there is a user `{name}` already"))
        .hint("`mobo user:list` shows them")
}

fn changed(office: &Office, project: &Project, user: Uuid, what: &str) {
    office.gotrue.bus.publish(UserChanged {
        project: project.reference.to_string(),
        user: user.to_string(),
        what: what.to_owned(),
    });
}

pub(super) struct List;

input! { ListInput in project, by the page;
    /// Only users of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only those whose name or address has this in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserList {
    pub users: Vec<UserRow>,
    /// How many there are without a limit.
    pub total: u64,
}

impl Operation for List {
    type Input = ListInput;
    type Output = UserList;
    const NAME: &'static str = "user:list";
    const SUMMARY: &'static str = "Lists the users of a project, of all four kinds";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.users.read";
    const ALIASES: &'static [&'static str] = &["users"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All of them", json!({}), json!({})),
            Example::new(
                "The agents",
                json!({ "kind": "ai_agent" }),
                json!({ "users": [], "total": 0 }),
            ),
        ]
    }
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<UserList, Fault> {
    let (_, home) = office.users(&input).await?;
    let mut filter = vec![];
    if let Some(kind) = &input.kind {
        filter.push(Filter::eq("user_type", kind));
    }
    if let Some(text) = &input.search {
        let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{text}%");
        filter
            .push(Filter::Any(vec![like("display_name", pattern.clone()), like("email", pattern)]));
    }
    let limit = u64::from(input.limit.min(1_000));
    let query = page(filter, newest_first("created_at"), limit, u64::from(input.offset));
    let (rows, total) = home.counted(base_read(&home, query)).await?;
    let banned = banned(&home, rows.iter().map(|row| row.words("id").to_owned()).collect()).await?;
    let user = |row: &Row| UserRow::of(row, banned.contains(row.words("id")));
    Ok(UserList { users: rows.iter().map(user).collect(), total })
}

/// Those of them who are kept out now: a ban ends by itself, so nothing in the base can say it.
async fn banned(home: &Home, users: Vec<String>) -> Result<HashSet<String>, Fault> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let now = home.now().to_string();
    let still = Filter::compare("banned_until", Comparison::Gt, &now);
    let found = home.find("users", vec![any_of("id", users), still]).await?;
    Ok(found.iter().map(|row| row.words("id").to_owned()).collect())
}

fn base_read(home: &Home, query: Query) -> DataCall {
    let (schema, table) = home.source.database().base().place("users");
    DataCall::read(schema, table, query)
}

pub(super) struct Show;

input! { OneUser in project;
    /// The user's id, address or name.
    pub user: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UserShown {
    pub user: UserRow,
    pub role: String,
    pub confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sign_in_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banned_until: Option<Timestamp>,
    /// The ways in which it signs in.
    pub providers: Vec<String>,
    /// Verified second factors.
    pub factors: usize,
    pub sessions: usize,
}

impl Operation for Show {
    type Input = OneUser;
    type Output = UserShown;
    const NAME: &'static str = "user:show";
    const SUMMARY: &'static str = "Shows a user, its ways to sign in and its sessions";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.users.read";
    const POSITIONAL: &'static [&'static str] = &["user"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com" });
        vec![Example::refused("Somebody who is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

/// The user that was meant, by id, by address, or by a name that only one has.
pub(super) async fn meant(home: &Home, given: &str) -> Result<User, Fault> {
    let found = match Uuid::parse_str(given) {
        Ok(id) => home.user(By::Id(id)).await?,
        Err(_) if given.contains('@') => home.user(By::Email(given)).await?,
        Err(_) => {
            let named = home.find_base("users", vec![Filter::eq("display_name", given)]).await?;
            match named.as_slice() {
                [one] => home.user(By::Id(one.id("id").unwrap_or_default())).await?,
                [] => None,
                _ => {
                    return Err(Fault::new(codes::BAD_INPUT, "several users have this name")
                        .hint("name the user by its id, as `mobo user:list` shows it"));
                }
            }
        }
    };
    found.ok_or_else(|| {
        let shown: String = given.chars().take(80).collect();
        Fault::new(codes::NO_SUCH_NAME, format!("there is no user `{shown}`"))
            .hint("`mobo user:list` shows them")
    })
}

pub(crate) async fn base_of(home: &Home, user: Uuid) -> Result<Row, Fault> {
    let rows = home.find_base("users", vec![Filter::eq("id", &user.to_string())]).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

async fn show(office: Arc<Office>, input: OneUser, _: Call) -> Result<UserShown, Fault> {
    let (_, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let base = base_of(&home, user.id).await?;
    let verified = user.factors.iter().filter(|row| row.text("status") == Some("verified"));
    Ok(UserShown {
        user: UserRow::of(&base, user.is_banned(home.now())),
        role: user.role().to_owned(),
        confirmed: user.is_confirmed() || user.is_phone_confirmed(),
        last_sign_in_at: user.row.time("last_sign_in_at"),
        banned_until: user.row.time("banned_until").filter(|until| *until > home.now()),
        providers: user.identities.iter().map(|row| row.words("provider").to_owned()).collect(),
        factors: verified.count(),
        sessions: home.sessions_of(user.id).await?.len(),
    })
}

pub(super) struct Ban;

input! { BanInput in project;
    /// The user's id, address or name.
    pub user: String,
    /// How long: `24h`, `30d`; `none` lifts the ban.
    #[serde(default = "century")]
    pub lasts: String,
}
fn century() -> String {
    "36500d".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Banned {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub ended_sessions: usize,
}

impl Operation for Ban {
    type Input = BanInput;
    type Output = Banned;
    const NAME: &'static str = "user:ban";
    const SUMMARY: &'static str = "Keeps a user out for a time, and ends its sessions";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["user", "lasts"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com" });
        vec![Example::refused("Somebody who is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

async fn ban(office: Arc<Office>, input: BanInput, _: Call) -> Result<Banned, Fault> {
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let now = home.now();
    let until = match input.lasts.as_str() {
        "none" => None,
        text => {
            let millis = duration_ms(text).ok_or_else(|| {
                Fault::new(codes::BAD_INPUT, format!("`{text}` is no length of time"))
                    .hint("it is like `24h` or `30d`; `none` lifts the ban")
            })?;
            Some(Timestamp(now.millis().saturating_add(millis)))
        }
    };
    home.set(user.id, json!({ "banned_until": until })).await?;
    office.gotrue.watch.ban(user.id, until);
    let ended = if until.is_some() { end_all(&office, &project, &home, user.id).await? } else { 0 };
    changed(&office, &project, user.id, "banned");
    Ok(Banned { id: user.id.to_string(), until, ended_sessions: ended })
}

async fn end_all(
    office: &Office,
    project: &Project,
    home: &Home,
    user: Uuid,
) -> Result<usize, Fault> {
    let rows = home.sessions_of(user).await?;
    let sessions: Vec<Uuid> = rows.iter().filter_map(|row| row.id("id")).collect();
    end_sessions(office, project, home, user, &sessions).await
}

pub(super) async fn end_sessions(
    office: &Office,
    project: &Project,
    home: &Home,
    user: Uuid,
    sessions: &[Uuid],
) -> Result<usize, Fault> {
    home.end(sessions).await?;
    for session in sessions {
        office.gotrue.watch.end(*session, home.now());
    }
    if !sessions.is_empty() {
        office.gotrue.bus.publish(LoggedOut {
            project: project.reference.to_string(),
            user: user.to_string(),
            scope: "admin".into(),
            sessions: sessions.iter().map(Uuid::to_string).collect(),
        });
    }
    Ok(sessions.len())
}

pub(super) struct Delete;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    pub id: String,
    pub name: String,
    pub ended_sessions: usize,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

impl Operation for Delete {
    type Input = OneUser;
    type Output = Deleted;
    const NAME: &'static str = "user:delete";
    const SUMMARY: &'static str = "Deletes a user with all its ways to sign in";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["user"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com" });
        vec![Example::refused("Without consent", nobody, codes::NEEDS_CONSENT.id)]
    }
}

async fn delete(office: Arc<Office>, input: OneUser, call: Call) -> Result<Deleted, Fault> {
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let name = base_of(&home, user.id).await?.words("display_name").to_owned();
    let id = user.id.to_string();
    if call.preview {
        let ended_sessions = home.sessions_of(user.id).await?.len();
        return Ok(Deleted { id, name, ended_sessions, done: false });
    }
    let ended_sessions = end_all(&office, &project, &home, user.id).await?;
    revoke_keys(&office, &project, user.id).await?;
    home.erase(user.id).await?;
    office.gotrue.watch.ban(user.id, Some(Timestamp(i64::MAX)));
    office.gotrue.agents.forget(user.id);
    changed(&office, &project, user.id, "deleted");
    Ok(Deleted { id, name, ended_sessions, done: true })
}

/// Keys of somebody who is gone open nothing.
async fn revoke_keys(office: &Office, project: &Project, user: Uuid) -> Result<(), Fault> {
    let (ring, now) = (office.rings.of(project.id).await?, office.clock.now());
    let keys: Vec<_> = ring.keys().into_iter().filter(|key| key.user == Some(user)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let book = office.rings.book().await?;
    for key in keys {
        book.revoke(project.id, key.id, now).await?;
    }
    office.rings.renew(project.id).await.map(|_| ())
}

pub(super) struct Unenroll;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Unenrolled {
    pub id: String,
    /// How many second factors were taken away.
    pub factors: usize,
}

impl Operation for Unenroll {
    type Input = OneUser;
    type Output = Unenrolled;
    const NAME: &'static str = "user:unenroll";
    const SUMMARY: &'static str =
        "Takes a user's second factors away, for somebody who lost theirs";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["user"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "user": "nobody@example.com" });
        vec![Example::refused("Somebody who is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

async fn unenroll(office: Arc<Office>, input: OneUser, _: Call) -> Result<Unenrolled, Fault> {
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let factors = home.unenroll(user.id).await?;
    changed(&office, &project, user.id, "changed");
    Ok(Unenrolled { id: user.id.to_string(), factors })
}
