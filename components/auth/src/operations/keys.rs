//! Keys for apps, servers and older clients: made, listed, replaced with an overlap, revoked.

use super::{Office, input, operations};
use crate::keys::book::NewKey;
use crate::keys::{ApiKey, KeyKind, opaque};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_ports::Project;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

operations! {
    Create => create;
    List => list;
    Rotate => rotate;
    Revoke => revoke;
}

/// A key without its text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct KeyRow {
    pub id: String,
    pub name: String,
    pub kind: KeyKind,
    /// How its text begins.
    pub begins: String,
    pub role: String,
    pub scopes: Vec<String>,
    /// `active`, `replaced` (it ends soon), `expired`, `revoked`.
    pub state: String,
    pub created_at: Timestamp,
    pub created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

impl KeyRow {
    pub(crate) fn of(key: &ApiKey, now: Timestamp) -> Self {
        let used = Timestamp(key.last_used.load(Ordering::Relaxed));
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            kind: key.kind,
            begins: key.shown.clone(),
            role: key.role.to_string(),
            scopes: key.scopes.clone(),
            state: key.state(now).to_owned(),
            created_at: key.created_at,
            created_by: key.created_by.clone(),
            expires_at: key.expires_at,
            last_used_at: (used.millis() > 0).then_some(used),
            replaces: key.replaces.map(|id| id.to_string()),
        }
    }
}

/// A new key, with its text: the only time that it is shown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct KeyMade {
    pub id: String,
    pub name: String,
    pub kind: KeyKind,
    pub role: String,
    /// Keep it now: it is not shown again.
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

pub(super) struct Create;

input! { CreateInput in project;
    /// What the key is for, so that others know it in a year.
    pub name: String,
    /// `publishable` for apps, `secret` for servers, `jwt` for clients that want a token.
    #[serde(default = "publishable")]
    pub kind: KeyKind,
    /// The role it opens; otherwise `service_role` for secret keys, `anon` for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What of its role it may do: `data.read`, `data.*`, `auth.admin`, `storage.*`; everything of
    /// its project when none is named for a key of `service_role`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// It ends after so many days; tokens end after ten years when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}
fn publishable() -> KeyKind {
    KeyKind::Publishable
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = KeyMade;
    const NAME: &'static str = "key:create";
    const SUMMARY: &'static str = "Makes a key for an app or a server, and shows it once";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.keys.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const UNDO: Option<&'static str> = Some("key:revoke");
    const ABOUT: &'static str = "A publishable key may be in an app that anybody can read; what it \
        reaches is what policies give to `anon`. A secret key passes every policy: it belongs on \
        servers. What is kept is a hash, so a lost key is replaced and not found again.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A key for a web app",
                json!({ "name": "web app" }),
                json!({ "kind": "publishable", "role": "anon" }),
            ),
            Example::new(
                "A token for a client that wants one",
                json!({ "name": "old phone app", "kind": "jwt", "role": "anon" }),
                json!({ "kind": "jwt", "role": "anon" }),
            ),
            Example::refused(
                "A key of an agent is made with the agent",
                json!({ "name": "scout", "kind": "agent" }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

/// A name longer than this is a text.
const NAME_MAX: usize = 200;
/// Older clients expect tokens that do not end in their lifetime.
const JWT_DAYS: u32 = 3_650;
const DAY_MS: i64 = 86_400_000;

async fn create(office: Arc<Office>, input: CreateInput, call: Call) -> Result<KeyMade, Fault> {
    if matches!(input.kind, KeyKind::Agent | KeyKind::Service) {
        return Err(Fault::new(
            codes::BAD_INPUT,
            "a key of an agent or a service belongs to a user",
        )
        .hint("`mobo agent:create` and `mobo user:create` make one with the user"));
    }
    let project = office.project(input.project.as_deref())?;
    let role = input.role.as_deref().unwrap_or(input.kind.role());
    within_ones_own(&project.reference, &input.scopes, role, &call)?;
    let days = input.days.or((input.kind == KeyKind::Jwt).then_some(JWT_DAYS));
    let made = Wish {
        name: &input.name,
        kind: input.kind,
        role,
        scopes: scopes(&input.scopes, role),
        expires_at: days.map(|d| Timestamp(office.clock.now().millis() + i64::from(d) * DAY_MS)),
        user: None,
        replaces: None,
    };
    made.grant(&office, &project, &call.actor.id).await
}

/// Nobody makes a key that opens more operations than they may call themselves.
pub(super) fn within_ones_own(
    project: &str,
    wanted: &[String],
    role: &str,
    call: &Call,
) -> Result<(), Fault> {
    // What comes by itself in an app's project stays within it; the board's own gives nothing so.
    let by_itself = if project == super::ZERO { scopes(&[], role) } else { vec![] };
    let wanted = if wanted.is_empty() { &by_itself } else { wanted };
    let held = &call.actor.permissions;
    match wanted.iter().find(|scope| !held.hold_in(project, scope)) {
        None => Ok(()),
        Some(scope) => {
            let message = format!("{} does not hold `{scope}`", call.actor.name);
            Err(Fault::new(codes::DENIED, message)
                .hint("name scopes that you hold yourself, as `--scopes`"))
        }
    }
}

/// A key of the server's own role may do everything of its project unless somebody narrows it.
fn scopes(given: &[String], role: &str) -> Vec<String> {
    if given.is_empty() && role == "service_role" {
        return vec!["data.*".into(), "auth.*".into(), "storage.*".into(), "realtime.*".into()];
    }
    given.to_vec()
}

/// A key as it shall be.
pub(crate) struct Wish<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: KeyKind,
    pub(crate) role: &'a str,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) user: Option<Uuid>,
    pub(crate) replaces: Option<Uuid>,
}

impl Wish<'_> {
    pub(crate) async fn grant(
        self,
        office: &Office,
        project: &Project,
        by: &str,
    ) -> Result<KeyMade, Fault> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(Fault::new(codes::BAD_INPUT, "a key needs a name of 200 letters at most"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if self.role.is_empty() || self.role.len() > 63 || !self.role.chars().all(plain) {
            return Err(Fault::new(codes::BAD_INPUT, "this is not the name of a role")
                .hint("roles are named like `anon`, `service_role` or `app_reader`"));
        }
        let id = Uuid::new_v4();
        let text = match self.kind {
            KeyKind::Jwt => self.token(office, project, id).await?,
            kind => opaque(kind)?,
        };
        let new = NewKey {
            id,
            name,
            kind: self.kind,
            text: &text,
            role: self.role,
            scopes: &self.scopes,
            user: self.user,
            expires_at: self.expires_at,
            replaces: self.replaces,
            by,
        };
        office.rings.book().await?.add(project.id, new).await?;
        office.rings.renew(project.id).await?;
        Ok(KeyMade {
            id: id.to_string(),
            name: name.to_owned(),
            kind: self.kind,
            role: self.role.to_owned(),
            key: text,
            expires_at: self.expires_at,
        })
    }

    async fn token(&self, office: &Office, project: &Project, id: Uuid) -> Result<String, Fault> {
        let ring = office.rings.of(project.id).await?;
        let seconds = |at: Timestamp| at.millis().div_euclid(1000);
        let mut claims = Map::new();
        claims.insert("iss".into(), "magflock".into());
        claims.insert("ref".into(), Json::from(&*project.reference));
        claims.insert("role".into(), self.role.into());
        claims.insert("jti".into(), id.to_string().into());
        claims.insert("iat".into(), seconds(office.clock.now()).into());
        if let Some(at) = self.expires_at {
            claims.insert("exp".into(), seconds(at).into());
        }
        let unsigned = |e| Fault::new(codes::BUG, "a token cannot be signed").because(e);
        ring.current.sign(&claims).map_err(unsigned)
    }
}

pub(super) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// The project's reference; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Those that open nothing any more as well.
    #[serde(default)]
    pub all: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct KeyList {
    pub keys: Vec<KeyRow>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = KeyList;
    const NAME: &'static str = "key:list";
    const SUMMARY: &'static str = "Lists the keys of a project, the newest first";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.keys.read";
    const ALIASES: &'static [&'static str] = &["keys"];
    fn examples() -> Vec<Example> {
        vec![Example::new("Those that open something", json!({}), json!({}))]
    }
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<KeyList, Fault> {
    let project = office.project(input.project.as_deref())?;
    let (ring, now) = (office.rings.of(project.id).await?, office.clock.now());
    let keys = ring.keys().into_iter().filter(|key| input.all || key.holds(now));
    Ok(KeyList { keys: keys.map(|key| KeyRow::of(&key, now)).collect() })
}

pub(super) struct Rotate;

input! { RotateInput in project;
    /// The key's id or name, as `mobo key:list` shows them.
    pub key: String,
    /// How long both keys open the door, so that apps can be changed without a gap.
    #[serde(default = "day")]
    pub overlap_hours: u32,
}
fn day() -> u32 {
    24
}

fn nobody() -> Json {
    json!({ "key": "00000000-0000-0000-0000-000000000000" })
}

impl Operation for Rotate {
    type Input = RotateInput;
    type Output = KeyMade;
    const NAME: &'static str = "key:rotate";
    const SUMMARY: &'static str = "Replaces a key by a new one; the old one goes on for a while";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.keys.write";
    const POSITIONAL: &'static [&'static str] = &["key"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("A key that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

async fn rotate(office: Arc<Office>, input: RotateInput, call: Call) -> Result<KeyMade, Fault> {
    let project = office.project(input.project.as_deref())?;
    let (old, now) = (key(&office, &project, &input.key).await?, office.clock.now());
    if !old.holds(now) || old.revoked_at.is_some() {
        return Err(Fault::new(codes::STATE_CONFLICT, "the key is replaced or revoked already")
            .hint("`mobo key:create` makes a new one"));
    }
    let lasted = old.expires_at.map(|at| at.millis() - old.created_at.millis());
    let wish = Wish {
        name: &old.name,
        kind: old.kind,
        role: &old.role,
        scopes: old.scopes.clone(),
        expires_at: lasted.map(|lasted| Timestamp(now.millis() + lasted)),
        user: old.user,
        replaces: Some(old.id),
    };
    let made = wish.grant(&office, &project, &call.actor.id).await?;
    let ends = Timestamp(now.millis() + i64::from(input.overlap_hours) * 3_600_000);
    office.rings.book().await?.revoke(project.id, old.id, ends).await?;
    office.rings.renew(project.id).await?;
    Ok(made)
}

pub(super) struct Revoke;

input! { RevokeInput in project;
    /// The key's id or name, as `mobo key:list` shows them.
    pub key: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Revoked {
    pub id: String,
    pub name: String,
    /// Whether it was still open before.
    pub was_active: bool,
}

impl Operation for Revoke {
    type Input = RevokeInput;
    type Output = Revoked;
    const NAME: &'static str = "key:revoke";
    const SUMMARY: &'static str = "Ends a key at once";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.keys.write";
    const POSITIONAL: &'static [&'static str] = &["key"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("A key that is not there", nobody(), codes::NO_SUCH_NAME.id)]
    }
}

async fn revoke(office: Arc<Office>, input: RevokeInput, _: Call) -> Result<Revoked, Fault> {
    let project = office.project(input.project.as_deref())?;
    let (key, now) = (key(&office, &project, &input.key).await?, office.clock.now());
    let was_active = key.holds(now);
    office.rings.book().await?.revoke(project.id, key.id, now).await?;
    office.rings.renew(project.id).await?;
    Ok(Revoked { id: key.id.to_string(), name: key.name.clone(), was_active })
}

/// The key that was meant, by its id or by a name that only one has.
async fn key(office: &Office, project: &Project, given: &str) -> Result<Arc<ApiKey>, Fault> {
    let (ring, now) = (office.rings.of(project.id).await?, office.clock.now());
    let shown: String = given.chars().take(80).collect();
    let missing = || {
        let message = format!("project `{}` has no key `{shown}`", project.reference);
        Fault::new(codes::NO_SUCH_NAME, message).hint("`mobo key:list --all` shows all keys")
    };
    if let Ok(id) = Uuid::parse_str(given) {
        return ring.key(id).cloned().ok_or_else(missing);
    }
    let mut named = ring.keys().into_iter().filter(|key| key.name == given && key.holds(now));
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(missing()),
        (Some(_), Some(_)) => Err(Fault::new(codes::BAD_INPUT, "several keys have this name")
            .hint("name it by its id, as `mobo key:list` shows it")),
    }
}
