//! Keys as rows of project zero: read whole, written one by one.

use super::ring::SigningRow;
use super::{ApiKey, KeyKind, Ring, beginning, hash_of};
use crate::home::{Home, Row, is_null};
use crate::latest::Latest;
use crate::tokens::{Algorithm, SigningKey};
use crate::vault::Vault;
use mag_contract::{Fault, Timestamp, codes};
use mag_query::call::Filter;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use uuid::Uuid;

pub(crate) struct Book {
    pub(crate) home: Home,
    pub(crate) vault: Arc<Vault>,
}

/// A key to be written, with its text.
pub(crate) struct NewKey<'a> {
    pub(crate) id: Uuid,
    pub(crate) name: &'a str,
    pub(crate) kind: KeyKind,
    pub(crate) text: &'a str,
    pub(crate) role: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) user: Option<Uuid>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) replaces: Option<Uuid>,
    pub(crate) by: &'a str,
}

impl Book {
    /// Everything of one project; its first signing key is made here.
    pub(crate) async fn ring(&self, project: Uuid) -> Result<Ring, Fault> {
        let of_project = || vec![Filter::eq("project_id", &project.to_string())];
        let mut rows = self.home.find("signing_keys", of_project()).await?;
        if !rows.iter().any(|row| row.text("status") == Some("current")) {
            let made = self.make_signing(project, Algorithm::Es256).await;
            // Another board may have made it in the same moment: then its key is the one.
            if let Err(fault) = made
                && fault.code() != codes::DUPLICATE_KEY
            {
                return Err(fault);
            }
            rows = self.home.find("signing_keys", of_project()).await?;
        }
        let keys = rows.iter().map(|row| self.signing(row)).collect::<Result<Vec<_>, _>>()?;
        let current = keys.iter().find(|(row, _)| row.status == "current").map(|(_, key)| key);
        let current = current.cloned().ok_or_else(|| {
            Fault::new(codes::NO_SECRET, "the project has no key that signs its tokens")
        })?;
        let api = self.home.find("api_keys", of_project()).await?;
        Ok(Ring::new(keys, current, api.iter().filter_map(api_key).collect()))
    }

    fn signing(&self, row: &Row) -> Result<(SigningRow, Arc<SigningKey>), Fault> {
        let damaged = || Fault::new(codes::NO_SECRET, "a signing key cannot be read");
        let kid = row.text("id").ok_or_else(damaged)?.to_owned();
        let algorithm = Algorithm::named(row.words("algorithm")).ok_or_else(damaged)?;
        let pkcs8 = self.vault.open(&about(&kid), row.words("sealed"))?;
        let key = SigningKey::of_pkcs8(kid.clone(), algorithm, &pkcs8)
            .map_err(|e| damaged().because(e))?;
        let row = SigningRow {
            kid,
            algorithm: algorithm.name(),
            status: row.words("status").to_owned(),
            created_at: row.time("created_at").unwrap_or_default(),
        };
        Ok((row, Arc::new(key)))
    }

    /// A new key that signs from now on; the one before it goes on verifying.
    pub(crate) async fn make_signing(
        &self,
        project: Uuid,
        algorithm: Algorithm,
    ) -> Result<String, Fault> {
        let refused = |e| Fault::new(codes::BAD_INPUT, format!("{e}"));
        let kid = Uuid::new_v4().to_string();
        let pkcs8 = SigningKey::generate(algorithm).map_err(refused)?;
        let key = SigningKey::of_pkcs8(kid.clone(), algorithm, &pkcs8).map_err(refused)?;
        let now = self.home.now();
        let row = json!({
            "id": kid, "project_id": project, "algorithm": algorithm.name(),
            "sealed": self.vault.seal(&about(&kid), &pkcs8)?, "public_jwk": key.public_jwk(),
            "status": "current", "created_at": now, "updated_at": now,
        });
        let previous =
            vec![Filter::eq("project_id", &project.to_string()), Filter::eq("status", "current")];
        let change = json!({ "status": "previous", "updated_at": now });
        let retire = self.home.update("signing_keys", previous, change)?;
        self.home.all(vec![retire, self.home.insert("signing_keys", row)?]).await?;
        Ok(kid)
    }

    /// Tokens that it has signed are not accepted any more. The current one is replaced first.
    pub(crate) async fn revoke_signing(&self, project: Uuid, kid: &str) -> Result<bool, Fault> {
        let which = vec![
            Filter::eq("project_id", &project.to_string()),
            Filter::eq("id", kid),
            Filter::eq("status", "previous"),
        ];
        let change = json!({ "status": "revoked", "updated_at": self.home.now() });
        let rows = self.home.run(self.home.update("signing_keys", which, change)?).await?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn add(&self, project: Uuid, key: NewKey<'_>) -> Result<(), Fault> {
        let row = json!({
            "id": key.id, "project_id": project, "name": key.name, "kind": key.kind.name(),
            "shown": beginning(key.text), "hash": hash_of(key.text), "role": key.role,
            "scopes": key.scopes, "user_id": key.user, "expires_at": key.expires_at,
            "replaces": key.replaces, "created_at": self.home.now(), "created_by": key.by,
        });
        self.home.run(self.home.insert("api_keys", row)?).await.map(|_| ())
    }

    /// From `at` on the key opens nothing. A key that is revoked already stays so.
    pub(crate) async fn revoke(
        &self,
        project: Uuid,
        id: Uuid,
        at: Timestamp,
    ) -> Result<bool, Fault> {
        let which = vec![
            Filter::eq("project_id", &project.to_string()),
            Filter::eq("id", &id.to_string()),
            Filter::Any(vec![
                is_null("revoked_at"),
                Filter::compare("revoked_at", mag_query::call::Comparison::Gt, &at.to_string()),
            ]),
        ];
        let change = json!({ "revoked_at": at });
        let rows = self.home.run(self.home.update("api_keys", which, change)?).await?;
        Ok(!rows.is_empty())
    }

    /// From `at` on it opens nothing; before, it does.
    pub(crate) async fn ends(&self, id: Uuid, at: Timestamp) -> Result<(), Fault> {
        let which = vec![Filter::eq("id", &id.to_string())];
        let change = self.home.update("api_keys", which, json!({ "expires_at": at }))?;
        self.home.run(change).await.map(|_| ())
    }

    pub(crate) async fn used(&self, id: Uuid, at: Timestamp) -> Result<(), Fault> {
        let which = vec![Filter::eq("id", &id.to_string())];
        let change = self.home.update("api_keys", which, json!({ "last_used_at": at }))?;
        self.home.run(change).await.map(|_| ())
    }
}

fn about(kid: &str) -> String {
    format!("signing key {kid}")
}

fn api_key(row: &Row) -> Option<ApiKey> {
    Some(ApiKey {
        id: row.id("id")?,
        told: row.id("id")?.to_string().into(),
        name: row.words("name").to_owned(),
        kind: KeyKind::named(row.text("kind")?)?,
        shown: row.words("shown").to_owned(),
        hash: row.text("hash")?.to_owned(),
        role: row.text("role")?.into(),
        scopes: row.texts("scopes"),
        user: row.id("user_id"),
        expires_at: row.time("expires_at"),
        revoked_at: row.time("revoked_at"),
        last_used: AtomicI64::new(row.time("last_used_at").map_or(0, Timestamp::millis)),
        created_at: row.time("created_at").unwrap_or_default(),
        created_by: row.words("created_by").to_owned(),
        replaces: row.id("replaces"),
        asker: Latest::default(),
    })
}
