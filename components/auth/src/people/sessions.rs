//! Sessions and the refresh tokens that keep them going. A token is used once; the one that
//! follows it is made from it by a key of the vault, so that two tabs that come with the same
//! token at the same time get the same successor, and only hashes are kept.

use super::users::User;
use crate::home::{Home, Row, ordered};
use crate::keys::pick;
use crate::vault::{Vault, hex};
use mag_contract::{Fault, Timestamp};
use mag_query::Call;
use mag_query::call::{Filter, Query};
use serde_json::json;
use uuid::Uuid;

/// How somebody has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    Otp,
    Totp,
    /// A security key as the second factor.
    Webauthn,
    /// A passkey alone.
    Passkey,
    Oauth,
    IdToken,
    Anonymous,
    Recovery,
    Invite,
    MagicLink,
    EmailSignup,
    EmailChange,
    /// The session goes on; it was begun by something else.
    Refresh,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Otp => "otp",
            Self::Totp => "totp",
            Self::Webauthn => "mfa/webauthn",
            Self::Passkey => "passkey",
            Self::Oauth | Self::IdToken => "oauth",
            Self::Anonymous => "anonymous",
            Self::Recovery => "recovery",
            Self::Invite => "invite",
            Self::MagicLink => "magiclink",
            Self::EmailSignup => "email/signup",
            Self::EmailChange => "email_change",
            Self::Refresh => "token_refresh",
        }
    }
    /// As a link says it in its type.
    pub(crate) fn of_type(name: &str) -> Option<Self> {
        Some(match name {
            "recovery" => Self::Recovery,
            "invite" => Self::Invite,
            "magiclink" => Self::MagicLink,
            "signup" | "email/signup" => Self::EmailSignup,
            "email_change" => Self::EmailChange,
            "oauth" => Self::Oauth,
            _ => return None,
        })
    }
}

/// A session as it is told to its owner.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) aal: String,
    /// Method and when, the newest first.
    pub(crate) amr: Vec<(String, i64)>,
}

pub(crate) struct Begun {
    pub(crate) session: Session,
    pub(crate) refresh_token: String,
}

/// From where a request comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// What became of a refresh token that was shown.
pub(crate) enum Swap {
    /// The one to go on with.
    Next {
        session: Row,
        token: String,
    },
    /// It was used already, and too long ago: somebody has a copy.
    Stolen {
        session: Uuid,
    },
    Unknown,
    NoSession,
}

/// Letters and digits: 62 bits, looked up by its hash and limited by address.
const LENGTH: usize = 12;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Tabs that come late are followed so many tokens on.
const STEPS_MAX: usize = 32;

impl Home {
    pub(crate) async fn begin(
        &self,
        user: &User,
        method: Method,
        origin: &Origin,
    ) -> Result<Begun, Fault> {
        let (now, id) = (self.now(), Uuid::new_v4());
        let token = pick(ALPHABET, LENGTH)?;
        let session = json!({
            "id": id, "user_id": user.id, "created_at": now, "updated_at": now, "aal": "aal1",
            "user_agent": origin.user_agent, "ip": origin.ip,
        });
        let calls = vec![
            self.insert("sessions", session)?,
            self.insert("mfa_amr_claims", amr_row(id, method, now))?,
            self.insert("refresh_tokens", self.token_row(user.id, id, &token, None))?,
            self.change(user.id, json!({ "last_sign_in_at": now }))?,
        ];
        self.all(calls).await?;
        let amr = vec![(method.name().to_owned(), seconds(now))];
        Ok(Begun { session: Session { id, aal: "aal1".into(), amr }, refresh_token: token })
    }

    fn token_row(
        &self,
        user: Uuid,
        session: Uuid,
        token: &str,
        parent: Option<&str>,
    ) -> serde_json::Value {
        let now = self.now();
        json!({
            "id": Uuid::new_v4(), "instance_id": self.instance, "token": hash(token),
            "user_id": user, "session_id": session, "parent": parent.map(hash),
            "revoked": false, "created_at": now, "updated_at": now,
        })
    }

    /// Another token for a session that goes on, such as after a second factor.
    pub(crate) async fn next_token(&self, session: Uuid, user: Uuid) -> Result<String, Fault> {
        let active = self.active_token(session).await?;
        let token = pick(ALPHABET, LENGTH)?;
        let mut calls = vec![];
        if let Some(active) = &active {
            calls.push(self.spend(active.words("token"))?);
        }
        let mut row = self.token_row(user, session, &token, None);
        row["parent"] = json!(active.as_ref().and_then(|row| row.text("token")));
        calls.push(self.insert("refresh_tokens", row)?);
        self.all(calls).await?;
        Ok(token)
    }

    async fn active_token(&self, session: Uuid) -> Result<Option<Row>, Fault> {
        let filter =
            vec![Filter::eq("session_id", &session.to_string()), self.is("revoked", false)];
        let query = Query {
            filter,
            order: vec![ordered("created_at", true)],
            limit: Some(1),
            ..Query::all()
        };
        Ok(self.run(self.read("refresh_tokens", query)).await?.pop())
    }

    fn spend(&self, hash: &str) -> Result<Call, Fault> {
        let which = vec![Filter::eq("token", hash), self.is("revoked", false)];
        let change = json!({ "revoked": true, "updated_at": self.now() });
        self.update("refresh_tokens", which, change)
    }

    pub(crate) async fn refresh_row(&self, token: &str) -> Result<Option<Row>, Fault> {
        self.one("refresh_tokens", vec![Filter::eq("token", &hash(token))]).await
    }

    /// Swaps a token for its successor. Whoever comes with the same one gets the same.
    pub(crate) async fn swap(
        &self,
        vault: &Vault,
        token: &str,
        reuse_seconds: u32,
    ) -> Result<Swap, Fault> {
        let Some(row) = self.refresh_row(token).await? else { return Ok(Swap::Unknown) };
        let (Some(session_id), Some(user)) = (row.id("session_id"), row.id("user_id")) else {
            return Ok(Swap::NoSession);
        };
        let by_id = vec![Filter::eq("id", &session_id.to_string())];
        let Some(session) = self.one("sessions", by_id).await? else {
            return Ok(Swap::NoSession);
        };
        let next = successor(vault, token);
        if !row.flag("revoked") {
            let follow = self.token_row(user, session_id, &next, Some(token));
            let calls = vec![self.spend(&hash(token))?, self.insert("refresh_tokens", follow)?];
            match self.all(calls).await {
                Ok(_) => return Ok(Swap::Next { session, token: next }),
                // The other tab was faster: its token is the same as ours.
                Err(fault) if fault.code() == mag_contract::codes::DUPLICATE_KEY => {
                    return Ok(Swap::Next { session, token: next });
                }
                Err(fault) => return Err(fault),
            }
        }
        let active = self.active_token(session_id).await?;
        let parent = active.as_ref().and_then(|active| active.text("parent"));
        let was_not_saved = parent == Some(hash(token).as_str());
        let used_at = row.time("updated_at").unwrap_or_default();
        let recently = self.now().since(used_at).as_secs() <= u64::from(reuse_seconds);
        if (was_not_saved || recently)
            && let Some(active) = active
        {
            let wanted = active.words("token");
            let mut candidate = next;
            for _ in 0..STEPS_MAX {
                if hash(&candidate) == wanted {
                    return Ok(Swap::Next { session, token: candidate });
                }
                candidate = successor(vault, &candidate);
            }
        }
        Ok(Swap::Stolen { session: session_id })
    }

    /// All tokens of a session are spent: whoever has one has to sign in again.
    pub(crate) async fn spend_family(&self, session: Uuid) -> Result<(), Fault> {
        let of_session = vec![Filter::eq("session_id", &session.to_string())];
        let change = json!({ "revoked": true, "updated_at": self.now() });
        let mut calls = vec![self.update("refresh_tokens", of_session, change)?];
        calls.extend(self.ending(session)?);
        self.all(calls).await.map(|_| ())
    }

    /// That a session has ended outlives the process: its access token may be good for a while.
    pub(super) fn ending(&self, session: Uuid) -> Result<[Call; 2], Fault> {
        let row = json!({ "session_id": session, "ended_at": self.now() });
        let which = vec![Filter::eq("session_id", &session.to_string())];
        Ok([self.delete("ended_sessions", which), self.insert("ended_sessions", row)?])
    }

    /// Those that have ended lately. What no token can outlive any more is forgotten.
    pub(crate) async fn ended(&self, remembered: std::time::Duration) -> Result<Vec<Row>, Fault> {
        let oldest = self.now().minus(remembered).to_string();
        let before = mag_query::call::Comparison::Lt;
        let old = vec![Filter::compare("ended_at", before, &oldest)];
        self.run(self.delete("ended_sessions", old)).await?;
        self.find("ended_sessions", vec![]).await
    }

    /// A session in which somebody else acts: it has no token that would keep it going.
    pub(crate) async fn begin_acting(
        &self,
        user: &User,
        id: Uuid,
        tag: &str,
        until: Timestamp,
    ) -> Result<(), Fault> {
        let now = self.now();
        let session = json!({
            "id": id, "user_id": user.id, "created_at": now, "updated_at": now, "aal": "aal1",
            "tag": tag, "not_after": until,
        });
        self.run(self.insert("sessions", session)?).await.map(|_| ())
    }

    pub(crate) async fn session(&self, id: Uuid) -> Result<Option<Row>, Fault> {
        self.one("sessions", vec![Filter::eq("id", &id.to_string())]).await
    }

    pub(crate) async fn sessions_of(&self, user: Uuid) -> Result<Vec<Row>, Fault> {
        self.find("sessions", vec![Filter::eq("user_id", &user.to_string())]).await
    }

    /// What its claims say of a session.
    pub(crate) async fn told(&self, row: &Row) -> Result<Session, Fault> {
        let id = row.id("id").unwrap_or_default();
        let of_session = vec![Filter::eq("session_id", &id.to_string())];
        let claims = self.find("mfa_amr_claims", of_session).await?;
        let mut amr: Vec<(String, i64)> = claims
            .iter()
            .map(|claim| {
                let at = claim.time("updated_at").unwrap_or_default();
                (claim.words("authentication_method").to_owned(), seconds(at))
            })
            .collect();
        amr.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let aal = row.text("aal").unwrap_or("aal1").to_owned();
        Ok(Session { id, aal, amr })
    }

    pub(crate) async fn touch(&self, session: Uuid, origin: &Origin) -> Result<(), Fault> {
        let now = self.now();
        let by_id = vec![Filter::eq("id", &session.to_string())];
        let change = json!({
            "refreshed_at": now, "updated_at": now, "user_agent": origin.user_agent,
            "ip": origin.ip,
        });
        self.run(self.update("sessions", by_id, change)?).await.map(|_| ())
    }

    /// Ends sessions with all that hangs on them.
    pub(crate) async fn end(&self, sessions: &[Uuid]) -> Result<(), Fault> {
        if sessions.is_empty() {
            return Ok(());
        }
        let ids = || sessions.iter().map(Uuid::to_string).collect::<Vec<_>>();
        let of = |column: &str| vec![crate::home::any_of(column, ids())];
        let mut calls = vec![
            self.delete("refresh_tokens", of("session_id")),
            self.delete("mfa_amr_claims", of("session_id")),
            self.delete("sessions", of("id")),
        ];
        for session in sessions {
            calls.extend(self.ending(*session)?);
        }
        self.all(calls).await.map(|_| ())
    }

    /// The session has been shown a second factor.
    pub(crate) async fn raise(
        &self,
        session: Uuid,
        factor: &str,
        method: Method,
    ) -> Result<(), Fault> {
        let now = self.now();
        let by_id = vec![Filter::eq("id", &session.to_string())];
        let change = json!({ "aal": "aal2", "factor_id": factor, "updated_at": now });
        let of_method = vec![
            Filter::eq("session_id", &session.to_string()),
            Filter::eq("authentication_method", method.name()),
        ];
        let calls = vec![
            self.update("sessions", by_id, change)?,
            self.delete("mfa_amr_claims", of_method),
            self.insert("mfa_amr_claims", amr_row(session, method, now))?,
        ];
        self.all(calls).await.map(|_| ())
    }
}

fn amr_row(session: Uuid, method: Method, now: Timestamp) -> serde_json::Value {
    json!({
        "id": Uuid::new_v4(), "session_id": session, "created_at": now, "updated_at": now,
        "authentication_method": method.name(),
    })
}

fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

fn hash(token: &str) -> String {
    use ::ring::digest::{SHA256, digest};
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

fn successor(vault: &Vault, token: &str) -> String {
    let tag = vault.tag("refresh token", token.as_bytes());
    // Of 256 letters the first 252 are seven whole alphabets.
    let fair = tag.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < 252);
    let mut text: String = fair.take(LENGTH).map(|n| char::from(ALPHABET[n % 36])).collect();
    while text.len() < LENGTH {
        text.push('0');
    }
    text
}
