//! Who asks: a role, and the claims of the token that says so.

use mag_contract::Actor;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub actor: Actor,
    /// `anon`, `authenticated`, `service_role`, or one of the project's own.
    pub role: Arc<str>,
    /// The claims as a JSON object, as the token had them.
    pub claims: Arc<str>,
}

impl Session {
    pub fn new(actor: Actor, role: impl Into<Arc<str>>, claims: impl Into<Arc<str>>) -> Self {
        Self { actor, role: role.into(), claims: claims.into() }
    }
    /// The board's own work, which no policy holds back.
    pub fn system() -> Self {
        Self::new(Actor::system(), "service_role", r#"{"role":"service_role"}"#)
    }
}
