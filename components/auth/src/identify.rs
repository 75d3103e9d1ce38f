//! Who asks: a key, a token, or nobody in particular. What every door calls for every request.

use crate::agents::Agents;
use crate::keys::{ApiKey, KeyHash, KeyKind, Rings, is_opaque};
use crate::latest::Latest;
use crate::people::Homes;
use crate::tokens::claims::{self, Times};
use crate::tokens::jwk::BadKey;
use crate::tokens::jws::Jws;
use crate::tokens::problem::NONE_SUITABLE;
use crate::tokens::{JsPath, KeySet, Problem};
use crate::watch::Watch;
use ::ring::digest::{SHA256, digest};
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use mag_contract::{Actor, ActorKind, Bus, Class, Clock, Fault, Permissions, Timestamp, codes};
use mag_guard::Session;
use mag_ports::identity::{PermissionDenied, TokenExpired};
use mag_ports::settings::{ProjectSettings, TokenSettings};
use mag_ports::{Authn, Credentials, Denied, Identity, Project};
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct Identify {
    rings: Arc<Rings>,
    homes: Arc<Homes>,
    watch: Arc<Watch>,
    agents: Arc<Agents>,
    clock: Clock,
    bus: Bus,
    desks: ArcSwap<HashMap<Uuid, Arc<Desk>>>,
}

/// What is kept for one project, until its settings change.
struct Desk {
    settings: Arc<ProjectSettings>,
    /// Keys of others, as the settings name them; none when they name none.
    foreign: Result<Option<KeySet>, BadKey>,
    role: Option<JsPath>,
    verified: Cache<[u8; 32], Arc<Verified>>,
    nobody: Latest,
}

/// What was found out about a token, and does not change while its keys stay.
struct Verified {
    generation: u64,
    times: Times,
    claims: Arc<str>,
    actor: Actor,
    /// The role that the token itself names.
    role: Option<Arc<str>>,
    session: Option<Uuid>,
    user: Option<Uuid>,
    /// The key that the token is, when it is one.
    key: Option<Arc<ApiKey>>,
    map: Map<String, Json>,
    latest: Latest,
}

/// Who was recognised by one credential.
enum Shown {
    Key(Arc<ApiKey>),
    Token(Arc<Verified>),
}

impl Authn for Identify {
    fn identify<'a>(
        &'a self,
        project: &'a Project,
        shown: Credentials,
    ) -> BoxFuture<'a, Result<Identity, Denied>> {
        Box::pin(async {
            let answer = self.recognise(project, shown).await;
            if let Err(denied) = &answer {
                self.tell(project, denied);
            }
            answer
        })
    }
}

impl Identify {
    pub(crate) fn new(
        rings: Arc<Rings>,
        homes: Arc<Homes>,
        watch: Arc<Watch>,
        agents: Arc<Agents>,
        bus: Bus,
    ) -> Self {
        let clock = bus.clock().clone();
        Self { rings, homes, watch, agents, clock, bus, desks: ArcSwap::default() }
    }

    /// Whoever listens hears of tokens that ended and of those who were stopped.
    fn tell(&self, project: &Project, denied: &Denied) {
        let project = project.reference.to_string();
        match denied {
            Denied::BadClaims { message } if *message == Problem::Expired.to_string() => {
                self.bus.publish(TokenExpired { project });
            }
            Denied::Stopped { message } => self.bus.publish(PermissionDenied {
                project,
                actor: "unknown".into(),
                wanted: "identify".into(),
                why: message.clone(),
            }),
            Denied::Fault(fault) if fault.class() == Class::Denied => {
                self.bus.publish(PermissionDenied {
                    project,
                    actor: "an agent".into(),
                    wanted: "identify".into(),
                    why: fault.message().to_owned(),
                });
            }
            Denied::NoVerifier
            | Denied::AnonymousOff
            | Denied::BadToken { .. }
            | Denied::BadClaims { .. }
            | Denied::BadKey
            | Denied::Fault(_) => {}
        }
    }

    /// The same for doors of this part.
    pub(crate) async fn who(
        &self,
        project: &Project,
        shown: Credentials,
    ) -> Result<Identity, Denied> {
        self.recognise(project, shown).await
    }

    /// The claims of a token that this project has signed for a user; nothing for a key, or for a
    /// token of somebody else. Whether its session goes on is for the caller to look up.
    pub(crate) async fn claims(
        &self,
        project: &Project,
        text: &str,
    ) -> Result<Option<Map<String, Json>>, Denied> {
        if is_opaque(text) {
            return Ok(None);
        }
        let desk = self.desk(project);
        let verified = self.token(project, &desk, text, self.clock.now()).await?;
        Ok(verified.user.is_some().then(|| verified.map.clone()))
    }

    async fn recognise(&self, project: &Project, shown: Credentials) -> Result<Identity, Denied> {
        let now = self.clock.now();
        let desk = self.desk(project);
        let apikey = shown.apikey.as_ref().map(|key| key.expose().as_str());
        let bearer = shown.bearer.as_ref().map(|token| token.expose().as_str());
        let bearer = bearer.filter(|bearer| apikey != Some(*bearer));
        let by_key = match apikey.filter(|key| !key.is_empty()) {
            Some(key) => Some(self.credential(project, &desk, key, (shown.door, now)).await?),
            None => None,
        };
        let by_token = match bearer {
            Some(token) => Some(self.credential(project, &desk, token, (shown.door, now)).await?),
            None => None,
        };
        let key = by_key.as_ref().and_then(Shown::key).map(|key| key.told.clone());
        let fallback = by_key.as_ref().and_then(Shown::role);
        let session = match by_token.as_ref().or(by_key.as_ref()) {
            Some(shown) => self.session(&desk, shown, fallback, now)?,
            None => desk.anonymous(now)?,
        };
        Ok(Identity { session, key })
    }

    /// One of the two texts: an opaque key or a token.
    async fn credential(
        &self,
        project: &Project,
        desk: &Desk,
        text: &str,
        (door, now): (Option<&str>, Timestamp),
    ) -> Result<Shown, Denied> {
        if is_opaque(text) {
            return self.opaque(project, text, door, now).await.map(Shown::Key);
        }
        let verified = self.token(project, desk, text, now).await?;
        if let Some(key) = &verified.key {
            usable(key, now)?;
        }
        self.watch.admits(verified.user, verified.session, now)?;
        Ok(Shown::Token(verified))
    }

    async fn opaque(
        &self,
        project: &Project,
        text: &str,
        door: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<ApiKey>, Denied> {
        let ring = self.rings.of(project.id).await.map_err(Denied::Fault)?;
        let key = ring.opaque(KeyHash::of(text)).ok_or(Denied::BadKey)?;
        usable(key, now)?;
        self.watch.admits(key.user, None, now)?;
        if let (KeyKind::Agent, Some(agent)) = (key.kind, key.user) {
            if self.agents.bounds(agent).is_none() {
                let known = self.agents.know(&self.homes, project, agent).await;
                known.map_err(Denied::Fault)?.ok_or(Denied::BadKey)?;
            }
            self.agents.admits(agent, door).map_err(Denied::Fault)?;
            self.agents.counts(agent).map_err(Denied::Fault)?;
            self.agents.wake.notify_one();
        }
        Ok(key.clone())
    }

    async fn token(
        &self,
        project: &Project,
        desk: &Desk,
        text: &str,
        now: Timestamp,
    ) -> Result<Arc<Verified>, Denied> {
        let keeps = desk.settings.tokens.jwt_cache_max_entries > 0;
        let generation = self.rings.generation();
        let mut hash = [0; 32];
        if keeps {
            hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
            if let Some(known) = desk.verified.get(&hash) {
                if known.generation == generation {
                    if let Err(problem) = known.times.hold(now) {
                        desk.verified.remove(&hash);
                        return Err(denied(problem));
                    }
                    return Ok(known);
                }
                desk.verified.remove(&hash);
            }
        }
        let verified = Arc::new(self.verify(project, desk, text, now).await?);
        if keeps {
            desk.verified.insert(hash, verified.clone());
        }
        Ok(verified)
    }

    async fn verify(
        &self,
        project: &Project,
        desk: &Desk,
        text: &str,
        now: Timestamp,
    ) -> Result<Verified, Denied> {
        // Whoever has nothing to verify with says so first, whatever the token is.
        let foreign = match &desk.foreign {
            Ok(foreign) => foreign.as_ref(),
            Err(bad) => return Err(Denied::Fault(bad_setting(bad))),
        };
        let jws = Jws::read(text).map_err(denied)?;
        // A token that names its key is of somebody who has one; it is only not ours.
        let names_key = jws.kid.is_some();
        let lacking = |problem| match (foreign, &problem) {
            (None, Problem::NoKey(NONE_SUITABLE)) if !names_key => Denied::NoVerifier,
            _ => denied(problem),
        };
        let ring = match jws.kid {
            Some(_) => self.rings.of(project.id).await.map(Some),
            None => Ok(None),
        };
        let own = match &ring {
            Ok(Some(ring)) => ring.has_signed(&jws),
            Ok(None) | Err(_) => Err(Problem::NoKey(NONE_SUITABLE)),
        };
        let is_ours = own.is_ok();
        if let Err(own) = own {
            let by_others = match foreign {
                Some(keys) => keys.signer(&jws).map(|_| ()),
                None => Err(own),
            };
            if let Err(problem) = by_others {
                // A key of ours may have signed it, and we could not look.
                return Err(ring.err().map_or_else(|| lacking(problem), Denied::Fault));
            }
        }
        let map = jws.claims().map_err(denied)?;
        let times = Times::of(&map).map_err(denied)?;
        times.hold(now).map_err(denied)?;
        let audience = desk.settings.tokens.jwt_aud.as_deref().filter(|_| !is_ours);
        claims::audience(&map, audience).map_err(denied)?;
        if is_ours {
            claims::opens_doors(&map).map_err(denied)?;
        }
        let key = match (is_ours, &ring, map.get("jti").and_then(Json::as_str)) {
            (true, Ok(Some(ring)), Some(id)) => {
                let id = Uuid::parse_str(id).map_err(|_| Denied::BadKey)?;
                Some(ring.key(id).ok_or(Denied::BadKey)?.clone())
            }
            _ => None,
        };
        let role = desk.role.as_ref().and_then(|path| path.role(&map));
        let id = |name: &str| map.get(name).and_then(Json::as_str).and_then(|id| id.parse().ok());
        let generation = self.rings.generation();
        Ok(Verified {
            generation,
            times,
            actor: actor(&map, role.as_deref(), is_ours, key.as_deref()),
            claims: written(&map, role.as_deref()),
            role: role.map(Into::into),
            session: id("session_id").filter(|_| is_ours),
            user: id("sub").filter(|_| is_ours),
            key,
            map,
            latest: Latest::default(),
        })
    }

    fn session(
        &self,
        desk: &Desk,
        shown: &Shown,
        fallback: Option<Arc<str>>,
        now: Timestamp,
    ) -> Result<Arc<Session>, Denied> {
        match shown {
            Shown::Key(key) => {
                key.used(now);
                Ok(self.session_of_key(key, now))
            }
            Shown::Token(token) => {
                if let Some(key) = &token.key {
                    key.used(now);
                }
                if let Some(role) = &token.role {
                    let (actor, claims) = (&token.actor, &token.claims);
                    let made = || Session::new(actor.clone(), role.clone(), claims.clone(), now);
                    return Ok(token.latest.at(now, made));
                }
                let anon = || desk.settings.rest.anon_role.as_deref().map(Arc::from);
                let role: Arc<str> = fallback.or_else(anon).ok_or(Denied::AnonymousOff)?;
                let claims = written(&token.map, Some(&role));
                Ok(Arc::new(Session::new(token.actor.clone(), role, claims, now)))
            }
        }
    }

    fn session_of_key(&self, key: &ApiKey, now: Timestamp) -> Arc<Session> {
        // Whom a user belongs to may change; a key of nobody is always the same asker.
        match key.user {
            None => key.asker.at(now, || self.asker(key, now)),
            Some(_) => Arc::new(self.asker(key, now)),
        }
    }

    fn asker(&self, key: &ApiKey, now: Timestamp) -> Session {
        let kind = match key.kind {
            KeyKind::Agent => ActorKind::AiAgent,
            KeyKind::Publishable | KeyKind::Secret | KeyKind::Jwt | KeyKind::Service => {
                ActorKind::ServiceAccount
            }
        };
        let mut claims = Map::new();
        claims.insert("role".into(), Json::from(&*key.role));
        if let Some(user) = key.user {
            claims.insert("sub".into(), user.to_string().into());
            claims.insert("user_type".into(), key.kind_of_user().into());
            if let Some(owner) = self.agents.owner(user) {
                claims.insert("owner_id".into(), owner.to_string().into());
            }
        }
        let actor = Actor {
            kind,
            id: key.user.map_or_else(|| format!("key:{}", key.id), |user| user.to_string()),
            name: key.name.clone(),
            on_behalf_of: key
                .user
                .and_then(|user| self.agents.owner(user))
                .map(|id| id.to_string()),
            permissions: Permissions::of(key.scopes.clone()),
        };
        let session = Session::new(actor, key.role.clone(), Json::Object(claims).to_string(), now);
        match (key.kind, key.user) {
            (KeyKind::Agent, Some(agent)) => session.on(self.agents.leash(agent)),
            _ => session,
        }
    }

    /// Settings are compared by their place in memory: a change makes new ones.
    fn desk(&self, project: &Project) -> Arc<Desk> {
        let held = self.desks.load();
        if let Some(desk) = held.get(&project.id)
            && Arc::ptr_eq(&desk.settings, &project.settings)
        {
            return desk.clone();
        }
        let desk = Arc::new(Desk::new(project.settings.clone()));
        let mut desks = HashMap::clone(&held);
        desks.insert(project.id, desk.clone());
        self.desks.store(Arc::new(desks));
        desk
    }
}

/// More tokens than this are not kept, whatever the settings say: a gigabyte is not for that.
const VERIFIED_MAX: usize = 1_000_000;

impl Desk {
    fn new(settings: Arc<ProjectSettings>) -> Self {
        let TokenSettings { jwt_secret, jwt_secret_is_base64, .. } = &settings.tokens;
        let secret = jwt_secret.as_deref().filter(|secret| !secret.is_empty());
        let foreign = secret.map(|secret| KeySet::of_secret(secret, *jwt_secret_is_base64));
        let entries = usize::try_from(settings.tokens.jwt_cache_max_entries).unwrap_or(0);
        Self {
            foreign: foreign.transpose(),
            role: JsPath::parse(&settings.tokens.jwt_role_claim_key).ok(),
            verified: Cache::new(entries.clamp(1, VERIFIED_MAX)),
            nobody: Latest::default(),
            settings,
        }
    }

    fn anonymous(&self, now: Timestamp) -> Result<Arc<Session>, Denied> {
        let role = self.settings.rest.anon_role.as_deref().ok_or(Denied::AnonymousOff)?;
        Ok(self.nobody.at(now, || nobody(role, now)))
    }
}

impl Shown {
    fn key(&self) -> Option<&Arc<ApiKey>> {
        match self {
            Self::Key(key) => Some(key),
            Self::Token(token) => token.key.as_ref(),
        }
    }
    fn role(&self) -> Option<Arc<str>> {
        match self {
            Self::Key(key) => Some(key.role.clone()),
            Self::Token(token) => token.role.clone(),
        }
    }
}

impl ApiKey {
    fn kind_of_user(&self) -> &'static str {
        match self.kind {
            KeyKind::Agent => "ai_agent",
            KeyKind::Publishable | KeyKind::Secret | KeyKind::Jwt | KeyKind::Service => {
                "service_account"
            }
        }
    }
}

fn usable(key: &ApiKey, now: Timestamp) -> Result<(), Denied> {
    if key.holds(now) { Ok(()) } else { Err(Denied::BadKey) }
}

fn nobody(role: &str, now: Timestamp) -> Session {
    let actor = Actor {
        kind: ActorKind::Human,
        id: "anonymous".into(),
        name: "nobody in particular".into(),
        on_behalf_of: None,
        permissions: Permissions::default(),
    };
    Session::new(actor, role, written(&Map::new(), Some(role)), now)
}

/// The claims as doors hand them on: with the role that was found in them.
fn written(claims: &Map<String, Json>, role: Option<&str>) -> Arc<str> {
    let mut claims = claims.clone();
    if let Some(role) = role {
        claims.insert("role".into(), role.into());
    }
    Arc::from(Json::Object(claims).to_string())
}

/// What a token of another issuer says of a kind is not believed: only ours names agents.
fn actor(
    claims: &Map<String, Json>,
    role: Option<&str>,
    is_ours: bool,
    key: Option<&ApiKey>,
) -> Actor {
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    let kind = match (key, is_ours.then(|| text("user_type")).flatten()) {
        (Some(_), _) | (None, Some("service_account")) => ActorKind::ServiceAccount,
        (None, Some("ai_agent")) => ActorKind::AiAgent,
        (None, Some("system")) => ActorKind::System,
        (None, _) => ActorKind::Human,
    };
    let id = match (key, text("sub")) {
        (Some(key), _) => format!("key:{}", key.id),
        (None, Some(sub)) => sub.to_owned(),
        (None, None) => format!("role:{}", role.unwrap_or("none")),
    };
    let name = key.map(|key| key.name.as_str()).or(text("email")).unwrap_or(&id).to_owned();
    // Somebody acts as the user: they are the one who acts, on behalf of the user.
    let act = claims.get("act").filter(|_| is_ours && key.is_none());
    let of_act = |field: &str| act.and_then(|act| act.get(field)).and_then(Json::as_str);
    if let Some(acts) = of_act("sub") {
        return Actor {
            kind: ActorKind::Human,
            name: of_act("name").unwrap_or(acts).to_owned(),
            on_behalf_of: Some(id),
            permissions: Permissions::default(),
            id: acts.to_owned(),
        };
    }
    Actor {
        kind,
        name,
        on_behalf_of: None,
        permissions: key.map_or_else(Permissions::default, |k| Permissions::of(k.scopes.clone())),
        id,
    }
}

fn denied(problem: Problem) -> Denied {
    let (message, details) = (problem.to_string(), problem.details().map(str::to_owned));
    if problem.is_about_claims() {
        Denied::BadClaims { message }
    } else {
        Denied::BadToken { message, details }
    }
}

fn bad_setting(bad: &BadKey) -> Fault {
    Fault::new(codes::BAD_SETTING, format!("`jwt_secret` of the project cannot be used: {bad}"))
        .hint("it is a secret of 32 characters at least, a JSON Web Key, or a set of them")
}
