//! What keeps a user out, for a time or for good, and what is taken from somebody who lost it.

use super::{OneUser, base_of, changed, meant};
use crate::gotrue::duration_ms;
use crate::home::Home;
use crate::operations::{Office, input};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::Project;
use mag_ports::identity::LoggedOut;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

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

pub(super) async fn ban(office: Arc<Office>, input: BanInput, _: Call) -> Result<Banned, Fault> {
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

pub(crate) async fn end_sessions(
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

pub(super) async fn delete(
    office: Arc<Office>,
    input: OneUser,
    call: Call,
) -> Result<Deleted, Fault> {
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

pub(super) async fn unenroll(
    office: Arc<Office>,
    input: OneUser,
    _: Call,
) -> Result<Unenrolled, Fault> {
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let factors = home.unenroll(user.id).await?;
    changed(&office, &project, user.id, "changed");
    Ok(Unenrolled { id: user.id.to_string(), factors })
}
