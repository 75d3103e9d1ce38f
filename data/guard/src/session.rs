//! Who asks: a role, the claims of the token that says so, and the time at which it is asked.

use mag_contract::{Actor, Fault, Timestamp};
use mag_model::json::{self, Json};
use mag_model::{Type, Value, literal, time};
use mag_query::Slot;
use mag_query::expr::{Asker, Expr};
use std::sync::Arc;
use std::time::Duration;

/// What an asker is bound to beside its role: an agent to its tools and its budgets. Asked before
/// an engine works on a call, and told after. It is the one place where calls of agents meet,
/// whatever door they came by.
pub trait Leash: Send + Sync {
    /// `tables` names them, for whoever needs the names.
    fn admit(&self, writes: bool, tables: &dyn Fn() -> Vec<String>) -> Result<(), Fault>;
    fn spent(&self, rows: u64, took: Duration);
}

#[derive(Clone)]
pub struct Session {
    pub actor: Actor,
    /// `anon`, `authenticated`, `service_role`, or one of the project's own.
    pub role: Arc<str>,
    /// The claims as a JSON object, as the token had them.
    pub claims: Arc<str>,
    /// What `now()` is in a policy.
    pub at: Timestamp,
    /// Nothing for people and services.
    pub leash: Option<Arc<dyn Leash>>,
}

/// Who asks, and as what; the leash follows from that.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.actor == other.actor
            && self.role == other.role
            && self.claims == other.claims
            && self.at == other.at
    }
}

/// Claims are about people: no log shows them.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} as {}, {})", self.actor.id, self.role, self.at)
    }
}

impl Session {
    pub fn new(
        actor: Actor,
        role: impl Into<Arc<str>>,
        claims: impl Into<Arc<str>>,
        at: Timestamp,
    ) -> Self {
        Self { actor, role: role.into(), claims: claims.into(), at, leash: None }
    }
    #[must_use]
    pub fn on(mut self, leash: Arc<dyn Leash>) -> Self {
        self.leash = Some(leash);
        self
    }
    /// The board's own work, which no policy holds back.
    pub fn system(at: Timestamp) -> Self {
        Self::new(Actor::system(), "service_role", r#"{"role":"service_role"}"#, at)
    }

    /// What stands in a plan for what a policy asks of the asker.
    pub fn value(&self, asker: Asker) -> Expr {
        Expr::slotted(self.known(asker), asker.ty(), Slot::Asker(asker))
    }

    /// A claim that is missing or no value of its type is NULL: it opens nothing.
    pub fn known(&self, asker: Asker) -> Value {
        let claims = || json::parse(&self.claims).ok();
        let claim = |name: &str| match claims()? {
            Json::Object(members) => {
                members.into_iter().rev().find(|(known, _)| known == name).map(|(_, json)| json)
            }
            _ => None,
        };
        let text = |name: &str| match claim(name) {
            Some(Json::String(text)) => Some(text),
            _ => None,
        };
        let micros = (self.at.millis() - UNIX_TO_2000_MS).saturating_mul(1000);
        let value = match asker {
            Asker::Id => text("sub").and_then(|id| literal::parse(&id, &Type::Uuid).ok()),
            Asker::Role => Some(Value::text(text("role").as_deref().unwrap_or(&self.role))),
            Asker::Email => text("email").map(Value::text),
            Asker::Claims => json::normal(&self.claims).ok().map(Value::json),
            Asker::Time => Some(Value::TimestampTz(micros)),
            Asker::Date => i32::try_from(micros.div_euclid(time::DAY)).ok().map(Value::Date),
        };
        value.unwrap_or(Value::Null)
    }
}

/// 2000-01-01 in milliseconds since 1970.
const UNIX_TO_2000_MS: i64 = time::EPOCH_DAYS * 86_400_000;
