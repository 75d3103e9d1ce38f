//! Sessions of people at a browser: a random token in a cookie that no script can read, kept as a
//! hash in the board's store, so that a restart signs nobody out and a stolen store lets nobody in.
//! Never: a password.

use mag_contract::state::KeyValues;
use mag_contract::{Actor, Bus, Clock, Fault, Timestamp, codes};
use mag_ports::identity::{LoggedIn, LoggedOut, UserLogin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Without a request for so long a session ends: a working day and the evening.
const IDLE: Duration = Duration::from_secs(12 * 3_600);
/// And after so long in any case.
const LASTS: Duration = Duration::from_secs(7 * 24 * 3_600);
/// A link is used at once, by the person who has just asked for it.
const LINK_LASTS_MS: i64 = 15 * 60 * 1_000;
/// When somebody was last seen is written down so often at most.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// Sessions at once; when there are more, the one that was not seen for longest ends.
const SESSIONS_MAX: usize = 256;
const SESSION: &str = "session/";
const LINK: &str = "link/";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// For people, to tell one from another; it lets nobody in.
    pub(crate) id: String,
    pub(crate) actor: Actor,
    pub(crate) since: Timestamp,
    pub(crate) seen: Timestamp,
    /// What the browser calls itself.
    pub(crate) browser: String,
    /// Made by a link: it acts for who made the link. Otherwise the staff is asked who it is now.
    pub(crate) by_link: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SessionRow {
    pub id: String,
    pub who: String,
    pub since: Timestamp,
    pub seen: Timestamp,
    pub browser: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    actor: Actor,
    until: Timestamp,
}

pub(crate) struct Sessions {
    store: Arc<dyn KeyValues>,
    clock: Clock,
    bus: Bus,
    known: Mutex<HashMap<String, Session>>,
    /// Who uses a link does it alone: of two at the same time one is too late.
    opening: tokio::sync::Mutex<()>,
}

/// How somebody came in.
pub(crate) struct Came {
    /// `link`, `password`, `totp`, `invite`
    pub(crate) by: &'static str,
    pub(crate) from: Option<String>,
}

/// Those who run the board are users of its own project.
const PROJECT: &str = "zero";

/// What a browser is handed: the cookie's value, and the word it must say to change anything.
pub(crate) struct Handed {
    pub(crate) token: String,
    pub(crate) word: String,
    pub(crate) session: Session,
}

impl Sessions {
    pub(crate) fn new(store: Arc<dyn KeyValues>, bus: Bus) -> Self {
        let (clock, known) = (bus.clock().clone(), Mutex::default());
        Self { store, clock, bus, known, opening: tokio::sync::Mutex::default() }
    }

    /// What was kept before the last stop.
    pub(crate) async fn recall(&self) -> Result<(), Fault> {
        let rows = self.store.list(SESSION).await?;
        let mut known = HashMap::new();
        for (key, value) in rows {
            match serde_json::from_value::<Session>(value) {
                Ok(session) if !self.is_over(&session) => {
                    known.insert(key.trim_start_matches(SESSION).to_owned(), session);
                }
                // Of an older form, or over: whoever had it signs in again.
                _ => self.store.delete(&key).await?,
            }
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        // Links that nobody used.
        for (key, value) in self.store.list(LINK).await? {
            let link = serde_json::from_value::<Link>(value).ok();
            if link.is_none_or(|link| link.until < self.clock.now()) {
                self.store.delete(&key).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn make_link(&self, actor: Actor) -> Result<String, Fault> {
        let token = random()?;
        let until = Timestamp(self.clock.now().millis().saturating_add(LINK_LASTS_MS));
        let kept = serde_json::to_value(Link { actor, until }).map_err(unkept)?;
        self.store.put(&format!("{LINK}{}", hash(&token)), kept).await?;
        Ok(token)
    }

    /// A link opens once. Whatever was shown, the answer is the same when it does not. It is spent
    /// when `opens` has done what it was for: a slip on the way costs nobody their link.
    pub(crate) async fn use_link<T>(
        &self,
        token: &str,
        opens: impl AsyncFnOnce(Actor) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let key = format!("{LINK}{}", hash(token));
        let over = || {
            Fault::new(codes::BAD_TOKEN, "the link was used already, or is too old")
                .hint("`mobo admin:link` makes another")
        };
        let _alone = self.opening.lock().await;
        let kept = self.store.get(&key).await?.ok_or_else(over)?;
        let link = serde_json::from_value::<Link>(kept).ok();
        let Some(link) = link.filter(|link| link.until >= self.clock.now()) else {
            self.store.delete(&key).await?;
            return Err(over());
        };
        let opened = opens(link.actor).await?;
        self.store.delete(&key).await?;
        Ok(opened)
    }

    pub(crate) async fn begin(
        &self,
        actor: Actor,
        browser: &str,
        came: Came,
    ) -> Result<Handed, Fault> {
        let by_link = came.by == "link";
        let token = random()?;
        let key = hash(&token);
        let now = self.clock.now();
        let browser = browser.chars().take(200).collect();
        let id = key.chars().take(12).collect();
        let session = Session { id, actor, since: now, seen: now, browser, by_link };
        self.keep(&key, &session).await?;
        let crowded_out = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(key, session.clone());
            let oldest = known.iter().min_by_key(|(_, s)| s.seen).map(|(key, _)| key.clone());
            oldest.filter(|_| known.len() > SESSIONS_MAX).inspect(|key| {
                known.remove(key);
            })
        };
        if let Some(key) = crowded_out {
            self.store.delete(&format!("{SESSION}{key}")).await?;
        }
        let user = session.actor.id.clone();
        self.bus.publish(LoggedIn {
            project: PROJECT.into(),
            user: user.clone(),
            method: came.by.into(),
            session: session.id.clone(),
            from: came.from,
        });
        self.bus.publish(UserLogin { project: PROJECT.into(), user });
        let word = word_of(&token);
        Ok(Handed { token, word, session })
    }

    /// Whose cookie it is.
    pub(crate) async fn find(&self, token: &str) -> Result<Option<Session>, Fault> {
        let key = hash(token);
        let now = self.clock.now();
        let found = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get_mut(&key) {
                None => return Ok(None),
                Some(session) if self.is_over(session) => {
                    known.remove(&key);
                    None
                }
                Some(session) => {
                    let note = now.since(session.seen) >= NOTE_EVERY;
                    if note {
                        session.seen = now;
                    }
                    Some((session.clone(), note))
                }
            }
        };
        match found {
            None => {
                self.store.delete(&format!("{SESSION}{key}")).await?;
                Ok(None)
            }
            Some((session, note)) => {
                if note {
                    self.keep(&key, &session).await?;
                }
                Ok(Some(session))
            }
        }
    }

    pub(crate) async fn end(&self, token: &str) -> Result<(), Fault> {
        self.end_where("local", |key, _| key == hash(token)).await.map(drop)
    }

    /// Those of one person, however many browsers it has.
    pub(crate) async fn end_of(&self, person: &str) -> Result<(), Fault> {
        let ends = |_: &str, session: &Session| !session.by_link && session.actor.id == person;
        self.end_where("global", ends).await.map(drop)
    }

    /// How many have ended.
    pub(crate) async fn end_where(
        &self,
        scope: &str,
        ends: impl Fn(&str, &Session) -> bool,
    ) -> Result<u64, Fault> {
        let gone: Vec<(String, Session)> = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let keys: Vec<_> =
                known.iter().filter(|(key, s)| ends(key, s)).map(|(key, _)| key.clone()).collect();
            keys.into_iter().filter_map(|key| known.remove_entry(&key)).collect()
        };
        for (key, session) in &gone {
            self.store.delete(&format!("{SESSION}{key}")).await?;
            self.bus.publish(LoggedOut {
                project: PROJECT.into(),
                user: session.actor.id.clone(),
                scope: scope.to_owned(),
                sessions: vec![session.id.clone()],
            });
        }
        Ok(gone.len() as u64)
    }

    /// Until when it lasts, however it is used.
    pub(crate) fn until(session: &Session) -> Timestamp {
        let lasts = i64::try_from(LASTS.as_millis()).unwrap_or(i64::MAX);
        Timestamp(session.since.millis().saturating_add(lasts))
    }

    pub(crate) fn rows(&self) -> Vec<SessionRow> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = known
            .values()
            .filter(|session| !self.is_over(session))
            .map(|session| SessionRow {
                id: session.id.clone(),
                who: session.actor.name.clone(),
                since: session.since,
                seen: session.seen,
                browser: session.browser.clone(),
            })
            .collect();
        rows.sort_by(|a, b| (b.seen, &b.id).cmp(&(a.seen, &a.id)));
        rows
    }

    fn is_over(&self, session: &Session) -> bool {
        let now = self.clock.now();
        now.since(session.seen) > IDLE || now.since(session.since) > LASTS
    }

    async fn keep(&self, key: &str, session: &Session) -> Result<(), Fault> {
        let kept = serde_json::to_value(session).map_err(unkept)?;
        self.store.put(&format!("{SESSION}{key}"), kept).await
    }
}

/// What a page says with every call that changes something. Another page cannot read it, and
/// cannot work it out without the cookie.
pub(crate) fn word_of(token: &str) -> String {
    hash(&format!("word of {token}"))
}

fn unkept(error: serde_json::Error) -> Fault {
    Fault::new(codes::BUG, "a session cannot be written down").because(error)
}

fn random() -> Result<String, Fault> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))?;
    Ok(hex(&bytes))
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
