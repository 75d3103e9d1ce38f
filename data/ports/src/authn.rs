//! The socket that says who asks: the same for people, agents, services and the board itself, and
//! the same at every door.

use crate::project::Project;
use futures::future::BoxFuture;
use mag_contract::door::Peer;
use mag_contract::{Actor, Fault, Secret, Socket, codes};
use mag_guard::Session;
use std::sync::Arc;

pub struct AuthnSocket;

impl Socket for AuthnSocket {
    type Port = dyn Authn;
    const NAME: &'static str = "auth.authn";
}

pub trait Authn: Send + Sync {
    fn identify<'a>(
        &'a self,
        project: &'a Project,
        shown: Credentials,
    ) -> BoxFuture<'a, Result<Identity, Denied>>;
}

/// What a request showed.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// `apikey`: an opaque key, or a token with the role of a key.
    pub apikey: Option<Secret<String>>,
    /// `Authorization: Bearer`. The same text as the key counts as the key alone.
    pub bearer: Option<Secret<String>>,
    pub peer: Option<Peer>,
    /// The door that asks, by the name that the audit log knows it by: an agent may be bound to
    /// some of them.
    pub door: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Identity {
    pub session: Arc<Session>,
    /// The key that was shown, for limits and counts per key.
    pub key: Option<Arc<str>>,
}

impl Identity {
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }
}

/// Why nobody was recognised. Doors say it in their dialect's words.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Denied {
    /// A token came, and the project has nothing to verify it with.
    #[error("the project has no secret or key to verify tokens with")]
    NoVerifier,
    /// No credentials, and the project lets nobody in without.
    #[error("anonymous access is switched off")]
    AnonymousOff,
    /// It is no token, or its signature is not ours. `message` tells which, never what was shown.
    /// `details` is for dialects that have a place for it.
    #[error("{message}")]
    BadToken { message: String, details: Option<String> },
    /// The token is ours and does not hold here and now: expired, early, for another audience.
    #[error("{message}")]
    BadClaims { message: String },
    #[error("the key is not known, was revoked, or has expired")]
    BadKey,
    /// The user may not act: banned, paused, over a budget. `message` says what to do about it.
    #[error("{message}")]
    Stopped { message: String },
    #[error("{0}")]
    Fault(Fault),
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Fault(fault) => fault,
            Denied::Stopped { message } => Self::new(codes::DENIED, message),
            Denied::AnonymousOff => Self::new(codes::NO_CALLER, denied.to_string())
                .hint("send a key as `apikey`, or a token as `Authorization: Bearer`"),
            Denied::NoVerifier
            | Denied::BadToken { .. }
            | Denied::BadClaims { .. }
            | Denied::BadKey => Self::new(codes::BAD_TOKEN, denied.to_string()),
        }
    }
}
