//! Sessions of a project's users, seen and ended; and acting as somebody else, which is a session
//! too: with a reason, for a while, and visible to everybody who looks.

use super::users::{end_sessions, meant};
use super::{Office, declare, identifier, input, operations};
use crate::people::sessions::Session;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::identity::Impersonated;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

operations! {
    List => list;
    End => end;
    Impersonate => impersonate;
}

input! { ListInput in project;
    /// The user's id, address or name.
    pub user: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SessionRow {
    pub id: String,
    pub since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// `aal2` after a second factor.
    pub level: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// Who really acts, when it is not the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SessionList {
    pub sessions: Vec<SessionRow>,
}

fn nobody() -> serde_json::Value {
    json!({ "user": "nobody@example.com" })
}

declare! {
    List: ListInput => SessionList, "user:sessions", Read, "auth.users.read",
    "Lists the sessions of a user, those included in which somebody else acts",
    positional ["user"], undo None, preview false, about "";
    vec![Example::refused("Somebody who is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<SessionList, Fault> {
    let (_, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let rows = home.sessions_of(user.id).await?;
    let now = home.now();
    let mut sessions: Vec<SessionRow> = rows
        .iter()
        .filter(|row| row.time("not_after").is_none_or(|until| until > now))
        .map(|row| SessionRow {
            id: row.words("id").to_owned(),
            since: row.time("created_at").unwrap_or_default(),
            refreshed_at: row.time("refreshed_at"),
            level: row.text("aal").unwrap_or("aal1").to_owned(),
            from: row.text("ip").map(str::to_owned),
            browser: row.text("user_agent").map(str::to_owned),
            acts: row.text("tag").and_then(|tag| tag.strip_prefix(TAG)).map(str::to_owned),
            until: row.time("not_after"),
        })
        .collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((session.since, session.id.clone())));
    Ok(SessionList { sessions })
}

input! { EndInput in project;
    /// The user's id, address or name.
    pub user: String,
    /// One of its sessions, as `user:sessions` lists it; all of them when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Ended {
    pub ended: usize,
}

declare! {
    End: EndInput => Ended, "user:signout", Admin, "auth.users.write",
    "Ends a session of a user, or all of them, at every door at once",
    positional ["user", "session"], undo None, preview false, about "";
    vec![Example::refused("Somebody who is not there", nobody(), codes::NO_SUCH_NAME.id)]
}

async fn end(office: Arc<Office>, input: EndInput, _: Call) -> Result<Ended, Fault> {
    let (project, home) = office.users(&input).await?;
    let user = meant(&home, &input.user).await?;
    let wanted = match &input.session {
        Some(given) => Some(identifier(given, "a session")?),
        None => None,
    };
    let rows = home.sessions_of(user.id).await?;
    let mine = rows.iter().filter_map(|row| row.id("id"));
    let sessions: Vec<Uuid> = mine.filter(|id| wanted.is_none_or(|wanted| wanted == *id)).collect();
    let ended = end_sessions(&office, &project, &home, user.id, &sessions).await?;
    Ok(Ended { ended })
}

input! { ImpersonateInput in project;
    /// As whom: a user's id, address or name.
    pub user: String,
    /// Why, for those who read the audit log.
    pub why: String,
    /// For so many minutes, an hour at most.
    #[serde(default = "quarter")]
    pub minutes: u32,
}
fn quarter() -> u32 {
    15
}
const MINUTES_MAX: u32 = 60;
/// How the session of somebody who acts as somebody else begins its tag.
const TAG: &str = "acted by ";

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Acting {
    pub user: String,
    pub session: String,
    /// A token of this user, which says who really acts. Nothing refreshes it.
    pub access_token: String,
    pub expires_at: Timestamp,
}

declare! {
    Impersonate: ImpersonateInput => Acting, "user:impersonate", Admin, "auth.users.impersonate",
    "Acts as a user for a while, to see what they see", positional ["user", "why"],
    undo Some("user:signout"), preview false,
    about "The token has the claim `act` with who really acts, policies see the user, and the audit \
        log has both. The session stands in `user:sessions`, and `user:signout` ends it. The account \
        itself cannot be changed with it: no password, no address, no factor. Those who run the \
        board are impersonated by nobody.";
    vec![Example::refused(
        "Somebody who is not there",
        json!({ "user": "nobody@example.com", "why": "a look" }),
        codes::NO_SUCH_NAME.id,
    )]
}

const MINUTE_MS: i64 = 60_000;

async fn impersonate(
    office: Arc<Office>,
    input: ImpersonateInput,
    call: Call,
) -> Result<Acting, Fault> {
    let (project, home) = office.users(&input).await?;
    if &*project.reference == super::ZERO {
        return Err(Fault::new(codes::DENIED, "nobody acts as somebody who runs the board"));
    }
    let why = input.why.trim();
    if why.is_empty() || input.minutes == 0 || input.minutes > MINUTES_MAX {
        return Err(Fault::new(codes::BAD_INPUT, "it takes a reason, and an hour at most"));
    }
    let user = meant(&home, &input.user).await?;
    let now = home.now();
    if user.is_banned(now) {
        return Err(Fault::new(codes::STATE_CONFLICT, "the user is banned"));
    }
    let until = Timestamp(now.millis() + i64::from(input.minutes) * MINUTE_MS);
    let (id, actor) = (Uuid::new_v4(), &call.actor);
    let tag = format!("{TAG}{}", actor.id);
    home.begin_acting(&user, id, &tag, until).await?;
    let session = Session {
        id,
        aal: "aal1".into(),
        amr: vec![("impersonation".into(), now.millis().div_euclid(1_000))],
    };
    let act = json!({ "sub": actor.id, "name": actor.name });
    let seconds = until.millis().div_euclid(1_000);
    let access_token = office.gotrue.token_as(&project, &user, &session, act, seconds).await?;
    office.gotrue.bus.publish(Impersonated {
        project: project.reference.to_string(),
        actor: actor.id.clone(),
        user: user.id.to_string(),
        session: id.to_string(),
        why: why.to_owned(),
        until: until.millis(),
    });
    Ok(Acting {
        user: user.id.to_string(),
        session: id.to_string(),
        access_token,
        expires_at: until,
    })
}
