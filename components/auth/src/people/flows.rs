//! Sign-ins that leave and come back: through a mail, or through another site. What is kept of
//! them binds the one who began to the one who ends (PKCE).

use crate::home::{Home, Row};
use crate::people::Method;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_contract::{Fault, secret::same};
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// How long one may be away.
pub(crate) const AWAY_MAX: std::time::Duration = std::time::Duration::from_secs(300);

/// What the one who begins shows, to be recognised at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) text: String,
    /// `s256` or `plain`
    pub(crate) method: String,
}

impl Challenge {
    /// Whether this is what the challenge was made of.
    pub(crate) fn fits(row: &Row, verifier: &str) -> bool {
        let wanted = row.words("code_challenge");
        match row.words("code_challenge_method") {
            "s256" => {
                use ::ring::digest::{SHA256, digest};
                let hash = digest(&SHA256, verifier.as_bytes());
                same(BASE64_URL_SAFE_NO_PAD.encode(hash).as_bytes(), wanted.as_bytes())
            }
            "plain" => same(verifier.as_bytes(), wanted.as_bytes()),
            _ => false,
        }
    }
}

impl Home {
    pub(crate) async fn begin_flow(
        &self,
        user: Option<Uuid>,
        provider: &str,
        method: Method,
        challenge: Option<&Challenge>,
        more: Json,
    ) -> Result<Uuid, Fault> {
        let (now, id) = (self.now(), Uuid::new_v4());
        let mut row = json!({
            "id": id, "instance_id": self.instance, "user_id": user, "provider_type": provider,
            "authentication_method": method.name(), "auth_code": Uuid::new_v4(),
            "code_challenge": challenge.map(|c| &c.text),
            "code_challenge_method": challenge.map(|c| &c.method),
            "created_at": now, "updated_at": now,
        });
        if let (Some(row), Json::Object(more)) = (row.as_object_mut(), more) {
            row.extend(more);
        }
        self.run(self.insert("flow_state", row)?).await?;
        Ok(id)
    }

    /// The last one that this user began by a mail of this kind.
    pub(crate) async fn flow_of(&self, user: Uuid, method: Method) -> Result<Option<Row>, Fault> {
        let filter = vec![
            Filter::eq("user_id", &user.to_string()),
            Filter::eq("authentication_method", method.name()),
        ];
        let query = crate::home::page(filter, crate::home::newest_first("created_at"), 1, 0);
        Ok(self.run(self.read("flow_state", query)).await?.pop())
    }

    pub(crate) async fn flow(&self, id: Uuid) -> Result<Option<Row>, Fault> {
        self.one("flow_state", vec![Filter::eq("id", &id.to_string()), self.here()]).await
    }

    pub(crate) async fn flow_by_code(&self, code: &str) -> Result<Option<Row>, Fault> {
        self.one("flow_state", vec![Filter::eq("auth_code", code), self.here()]).await
    }

    pub(crate) async fn change_flow(&self, id: &str, columns: Json) -> Result<(), Fault> {
        self.run(self.update("flow_state", vec![Filter::eq("id", id)], columns)?).await.map(|_| ())
    }

    /// Takes it away; one of two gets it.
    pub(crate) async fn end_flow(&self, id: &str) -> Result<bool, Fault> {
        Ok(!self.run(self.delete("flow_state", vec![Filter::eq("id", id)])).await?.is_empty())
    }
}
