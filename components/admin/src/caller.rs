//! Who is asking: the owner on the local socket, whoever holds the admin token on the network, and
//! people at a browser by their session.

use crate::token::{PLACE, Token};
use crate::tries::Tries;
use crate::visit::Visits;
use http::header::AUTHORIZATION;
use http::request::Parts;
use mag_contract::door::Peer;
use mag_contract::{Actor, ActorKind, Fault, Permissions, Secret, codes};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Callers {
    token: Arc<Token>,
    tries: Tries,
    pub(crate) visits: Visits,
}

#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    /// The door's name in the audit log.
    pub(crate) door: &'static str,
}

/// Not let in, and how long to wait where waiting helps.
pub(crate) struct Turned(pub(crate) Fault, pub(crate) Option<Duration>);

impl Callers {
    pub(crate) fn new(token: Arc<Token>, tries: Tries, visits: Visits) -> Self {
        Self { token, tries, visits }
    }

    pub(crate) async fn of(&self, request: &Parts) -> Result<Caller, Turned> {
        match request.extensions.get::<Peer>() {
            Some(Peer::Local { user }) => {
                Ok(Caller { actor: Actor::owner(user.as_str()), door: "local" })
            }
            Some(Peer::Network(from)) if bearer(request).is_some() => {
                self.by_token(request, *from).await
            }
            Some(Peer::Network(_)) => match self.visits.actor(request).await? {
                Some(actor) => Ok(Caller { actor, door: "screen" }),
                None => Err(Turned(nobody(), None)),
            },
            None => Err(Turned(nobody(), None)),
        }
    }

    async fn by_token(&self, request: &Parts, from: SocketAddr) -> Result<Caller, Turned> {
        let given = bearer(request).ok_or_else(|| Turned(nobody(), None))?;
        if self.token.is(given).map_err(|fault| Turned(fault, None))? {
            return Ok(Caller { actor: holder(), door: "http" });
        }
        // Keys of agents, services and servers: whoever knows those says who it is.
        if let Ok(staff) = self.visits.staff.get() {
            match staff.holder(&Secret::new(given.to_owned()), "http").await {
                Ok(actor) => return Ok(Caller { actor, door: "http" }),
                // It is no key at all: counted below.
                Err(fault) if fault.code() == codes::BAD_TOKEN => {}
                Err(fault) => return Err(Turned(fault, None)),
            }
        }
        Err(match self.tries.wrong(from.ip()) {
            None => {
                let fault = Fault::new(codes::BAD_TOKEN, "this is not the admin token")
                    .hint(format!("the current one is in {PLACE}"));
                Turned(fault, None)
            }
            Some(wait) => {
                let fault = Fault::new(codes::TOO_MANY_TRIES, "too many wrong tokens")
                    .hint(format!("take the token from {PLACE}"));
                Turned(fault, Some(wait))
            }
        })
    }
}

fn bearer(request: &Parts) -> Option<&str> {
    let value = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn nobody() -> Fault {
    Fault::new(codes::NO_CALLER, "the request does not say who is asking")
        .hint(format!("send `Authorization: Bearer` with the token from {PLACE}"))
}

fn holder() -> Actor {
    Actor {
        kind: ActorKind::ServiceAccount,
        id: "token:admin".into(),
        name: "the admin token".into(),
        on_behalf_of: None,
        permissions: Permissions::all(),
    }
}
