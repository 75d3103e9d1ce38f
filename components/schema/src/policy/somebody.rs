//! Who somebody would be: a role and the claims of a token, without the token.

use mag_contract::operation::Call;
use mag_contract::{Clock, Fault, codes};
use mag_guard::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Somebody {
    /// The role; `authenticated` with a user, `anon` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// The user's id, as `auth.uid()` gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// Further claims of the token, as a JSON object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) claims: Option<Map<String, Json>>,
}

impl Somebody {
    pub(crate) fn role(&self) -> &str {
        match (&self.role, &self.user) {
            (Some(role), _) => role,
            (None, Some(_)) => "authenticated",
            (None, None) => "anon",
        }
    }

    pub(crate) fn session(&self, call: &Call, clock: &Clock) -> Result<Arc<Session>, Fault> {
        let mut claims = self.claims.clone().unwrap_or_default();
        claims.entry("role").or_insert_with(|| json!(self.role()));
        if let Some(user) = &self.user {
            if uuid_like(user).is_none() {
                let message = format!("`{user}` is no id of a user: they are UUIDs");
                return Err(Fault::new(codes::BAD_INPUT, message));
            }
            claims.insert("sub".into(), json!(user));
        }
        let claims = Json::Object(claims).to_string();
        Ok(Arc::new(Session::new(call.actor.clone(), self.role(), claims, clock.now())))
    }
}

/// An id that is none would be nobody, and the answer would be right and of no use.
fn uuid_like(text: &str) -> Option<()> {
    mag_model::literal::parse(text, &mag_model::Type::Uuid).ok().map(drop)
}
