//! Apps, what they asked for, what people allowed, and the sessions that came of it, as rows.
//! Never: a secret, a code or a token that is not hashed.

use crate::home::{Home, Row, newest_first, page};
use crate::keys::{hash_of, letters};
use crate::people::sessions::{Origin, Session};
use mag_contract::{Fault, Timestamp, codes};
use mag_oauth::{AuthMethod, Metadata};
use mag_query::call::{Comparison, Filter};
use serde_json::{Value as Json, json};
use std::time::Duration;
use uuid::Uuid;

/// An app that is registered.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: Uuid,
    pub(crate) metadata: Metadata,
    pub(crate) secret_hash: Option<String>,
    /// It has registered itself.
    pub(crate) dynamic: bool,
    /// The service account that it is, for `client_credentials`.
    pub(crate) user: Option<Uuid>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// How somebody is in an app's name, and how it is written among the methods of a session.
pub(crate) const BY_CODE: &str = "oauth_provider/authorization_code";
pub(crate) const BY_CREDENTIALS: &str = "oauth_provider/client_credentials";

/// How long somebody may look at the page.
pub(crate) const ASKED_LASTS: Duration = Duration::from_secs(600);
/// An app fetches its token at once.
pub(crate) const CODE_LASTS: Duration = Duration::from_secs(120);
/// What was asked is forgotten after so long; a code that comes twice within it is known as one.
const ASKED_KEPT: Duration = Duration::from_secs(86_400);
/// Letters of a code, a secret, a token: 256 bits.
const CHANCE: usize = 43;

impl Client {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.id("id")?,
            metadata: Metadata {
                name: row.words("name").to_owned(),
                uri: row.text("uri").map(str::to_owned),
                logo_uri: row.text("logo_uri").map(str::to_owned),
                redirect_uris: row.texts("redirect_uris"),
                grant_types: row.texts("grant_types"),
                scope: row.text("scope").map(str::to_owned),
                auth_method: AuthMethod::named(row.words("auth_method"))?,
            },
            secret_hash: row.text("secret_hash").map(str::to_owned),
            dynamic: row.text("registration_type") == Some("dynamic"),
            user: row.id("user_id"),
            created_at: row.time("created_at").unwrap_or_default(),
            updated_at: row.time("updated_at").unwrap_or_default(),
        })
    }

    /// As clients of the dialect and of RFC 7591 read it.
    pub(crate) fn told(&self) -> Json {
        let seconds = self.created_at.millis().div_euclid(1000);
        let mut told = json!({
            "client_id": self.id,
            "client_name": self.metadata.name,
            "client_type": self.metadata.auth_method.client_type(),
            "token_endpoint_auth_method": self.metadata.auth_method.name(),
            "registration_type": if self.dynamic { "dynamic" } else { "manual" },
            "redirect_uris": self.metadata.redirect_uris,
            "grant_types": self.metadata.grant_types,
            "response_types": if self.metadata.may("authorization_code") { json!(["code"]) } else { json!([]) },
            "client_id_issued_at": seconds,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        });
        for (name, value) in [
            ("client_uri", &self.metadata.uri),
            ("logo_uri", &self.metadata.logo_uri),
            ("scope", &self.metadata.scope),
        ] {
            if let Some(value) = value {
                told[name] = value.as_str().into();
            }
        }
        told
    }

    /// With its secret, the only time that it is shown.
    pub(crate) fn told_with(&self, secret: Option<&str>) -> Json {
        let mut told = self.told();
        if let Some(secret) = secret {
            told["client_secret"] = secret.into();
            told["client_secret_expires_at"] = 0.into();
        }
        told
    }
}

pub(crate) fn new_secret() -> Result<String, Fault> {
    letters(CHANCE)
}

fn columns(metadata: &Metadata) -> Json {
    json!({
        "name": metadata.name, "uri": metadata.uri, "logo_uri": metadata.logo_uri,
        "auth_method": metadata.auth_method.name(), "redirect_uris": metadata.redirect_uris,
        "grant_types": metadata.grant_types, "scope": metadata.scope,
    })
}

fn of_client(client: Uuid) -> Vec<Filter> {
    vec![Filter::eq("client_id", &client.to_string())]
}

fn by_id(id: Uuid) -> Vec<Filter> {
    vec![Filter::eq("id", &id.to_string())]
}

impl Home {
    pub(crate) async fn client(&self, id: Uuid) -> Result<Option<Client>, Fault> {
        let filter = vec![Filter::eq("id", &id.to_string()), self.here()];
        Ok(self.one("oauth_clients", filter).await?.as_ref().and_then(Client::of))
    }

    pub(crate) async fn clients_named(&self, name: &str) -> Result<Vec<Client>, Fault> {
        let rows = self.find("oauth_clients", vec![self.here(), Filter::eq("name", name)]).await?;
        Ok(rows.iter().filter_map(Client::of).collect())
    }

    /// A page of apps, the newest first, and how many there are.
    pub(crate) async fn clients(
        &self,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<Client>, u64), Fault> {
        let query = page(vec![self.here()], newest_first("created_at"), limit, offset);
        let (rows, total) = self.counted(self.read("oauth_clients", query)).await?;
        Ok((rows.iter().filter_map(Client::of).collect(), total))
    }

    /// The app, and its secret when it has one.
    pub(crate) async fn make_client(
        &self,
        metadata: &Metadata,
        dynamic: bool,
        user: Option<Uuid>,
    ) -> Result<(Client, Option<String>), Fault> {
        let secret = match metadata.auth_method {
            AuthMethod::None => None,
            AuthMethod::Basic | AuthMethod::Post => Some(new_secret()?),
        };
        let (id, now) = (Uuid::new_v4(), self.now());
        let mut row = columns(metadata);
        row["id"] = json!(id);
        row["instance_id"] = json!(self.instance);
        row["secret_hash"] = json!(secret.as_deref().map(hash_of));
        row["registration_type"] = if dynamic { "dynamic" } else { "manual" }.into();
        row["user_id"] = json!(user);
        row["created_at"] = json!(now);
        row["updated_at"] = json!(now);
        self.run(self.insert("oauth_clients", row)?).await?;
        let made = self.client(id).await?;
        let made =
            made.ok_or_else(|| Fault::new(codes::BUG, "an app was made and is not there"))?;
        Ok((made, secret))
    }

    pub(crate) async fn change_client(&self, id: Uuid, metadata: &Metadata) -> Result<(), Fault> {
        let mut change = columns(metadata);
        change["updated_at"] = json!(self.now());
        self.run(self.update("oauth_clients", by_id(id), change)?).await.map(|_| ())
    }

    pub(crate) async fn change_secret(&self, id: Uuid, secret: &str) -> Result<(), Fault> {
        let change = json!({ "secret_hash": hash_of(secret), "updated_at": self.now() });
        self.run(self.update("oauth_clients", by_id(id), change)?).await.map(|_| ())
    }

    /// The app with all that hangs on it, but for its sessions, which are ended before.
    pub(crate) async fn drop_client(&self, id: Uuid) -> Result<(), Fault> {
        let calls = vec![
            self.delete("oauth_sessions", of_client(id)),
            self.delete("oauth_authorizations", of_client(id)),
            self.delete("oauth_consents", of_client(id)),
            self.delete("oauth_clients", by_id(id)),
        ];
        self.all(calls).await.map(|_| ())
    }

    /// Whether one more may register itself. Apps that nobody has used for a day make room.
    pub(crate) async fn has_room(&self, max: u64) -> Result<bool, Fault> {
        let dynamic = || Filter::eq("registration_type", "dynamic");
        let count = || async {
            let query = page(vec![self.here(), dynamic()], newest_first("created_at"), 1, 0);
            Ok::<_, Fault>(self.counted(self.read("oauth_clients", query)).await?.1)
        };
        if count().await? < max {
            return Ok(true);
        }
        const LOOKED_AT: u64 = 200;
        let old = self.now().minus(ASKED_KEPT);
        let filter = vec![
            self.here(),
            dynamic(),
            Filter::compare("created_at", Comparison::Lt, &old.to_string()),
        ];
        let query = page(filter, crate::home::ordered("created_at", false), LOOKED_AT, 0);
        for row in self.run(self.read("oauth_clients", query)).await? {
            let Some(id) = row.id("id") else { continue };
            if self.one("oauth_consents", of_client(id)).await?.is_none() {
                self.drop_client(id).await?;
            }
        }
        Ok(count().await? < max)
    }

    pub(crate) async fn ask_for(&self, mut row: Json) -> Result<Uuid, Fault> {
        let (id, now) = (Uuid::new_v4(), self.now());
        row["id"] = json!(id);
        row["status"] = "pending".into();
        row["created_at"] = json!(now);
        let old = Filter::compare("created_at", Comparison::Lt, &now.minus(ASKED_KEPT).to_string());
        let calls = vec![
            self.delete("oauth_authorizations", vec![old]),
            self.insert("oauth_authorizations", row)?,
        ];
        self.all(calls).await?;
        Ok(id)
    }

    /// What was asked and is not answered yet, with the app that asked.
    pub(crate) async fn asked(&self, id: Uuid) -> Result<Option<(Row, Client)>, Fault> {
        let Some(row) = self.one("oauth_authorizations", by_id(id)).await? else {
            return Ok(None);
        };
        let age = self.now().since(row.time("created_at").unwrap_or_default());
        if row.text("status") != Some("pending") || age > ASKED_LASTS {
            return Ok(None);
        }
        let client = self.client(row.id("client_id").unwrap_or_default()).await?;
        Ok(client.map(|client| (row, client)))
    }

    /// The answer to what was asked, once: of two the first counts.
    pub(crate) async fn answer(&self, id: Uuid, mut change: Json, to: &str) -> Result<bool, Fault> {
        change["status"] = to.into();
        self.step(id, "pending", change).await
    }

    /// From one state to the next; `false` when it was in another one.
    pub(crate) async fn step(&self, id: Uuid, from: &str, change: Json) -> Result<bool, Fault> {
        let which = vec![Filter::eq("id", &id.to_string()), Filter::eq("status", from)];
        Ok(!self.run(self.update("oauth_authorizations", which, change)?).await?.is_empty())
    }

    pub(crate) async fn asked_by_code(&self, code: &str) -> Result<Option<Row>, Fault> {
        self.one("oauth_authorizations", vec![Filter::eq("code_hash", &hash_of(code))]).await
    }

    pub(crate) async fn asked_by_id(&self, id: Uuid) -> Result<Option<Row>, Fault> {
        self.one("oauth_authorizations", by_id(id)).await
    }

    pub(crate) async fn consent(&self, user: Uuid, client: Uuid) -> Result<Option<Row>, Fault> {
        let filter = vec![
            Filter::eq("user_id", &user.to_string()),
            Filter::eq("client_id", &client.to_string()),
        ];
        self.one("oauth_consents", filter).await
    }

    pub(crate) async fn consents(&self, user: Uuid) -> Result<Vec<Row>, Fault> {
        self.find("oauth_consents", vec![Filter::eq("user_id", &user.to_string())]).await
    }

    pub(crate) async fn keep_consent(
        &self,
        user: Uuid,
        client: Uuid,
        scopes: &[String],
    ) -> Result<(), Fault> {
        let which = vec![
            Filter::eq("user_id", &user.to_string()),
            Filter::eq("client_id", &client.to_string()),
        ];
        let row = json!({
            "id": Uuid::new_v4(), "user_id": user, "client_id": client,
            "scope": scopes.join(" "), "granted_at": self.now(),
        });
        let calls = vec![self.delete("oauth_consents", which), self.insert("oauth_consents", row)?];
        self.all(calls).await.map(|_| ())
    }

    pub(crate) async fn drop_consent(&self, user: Uuid, client: Uuid) -> Result<bool, Fault> {
        let which = vec![
            Filter::eq("user_id", &user.to_string()),
            Filter::eq("client_id", &client.to_string()),
        ];
        Ok(!self.run(self.delete("oauth_consents", which)).await?.is_empty())
    }

    /// A session that an app holds for somebody. It is none of those that a person began.
    #[allow(clippy::too_many_arguments, reason = "it is one row of each of three tables")]
    pub(crate) async fn begin_for_app(
        &self,
        id: Uuid,
        user: Uuid,
        client: Uuid,
        method: &str,
        aal: &str,
        scope: &str,
        resources: &[String],
        origin: &Origin,
    ) -> Result<Session, Fault> {
        let now = self.now();
        let session = json!({
            "id": id, "user_id": user, "created_at": now, "updated_at": now, "aal": aal,
            "user_agent": origin.user_agent, "ip": origin.ip, "tag": "oauth",
        });
        let amr = json!({
            "id": Uuid::new_v4(), "session_id": id, "created_at": now, "updated_at": now,
            "authentication_method": method,
        });
        let held = json!({
            "session_id": id, "client_id": client, "user_id": user, "scope": scope,
            "resources": resources, "created_at": now,
        });
        let calls = vec![
            self.insert("sessions", session)?,
            self.insert("mfa_amr_claims", amr)?,
            self.insert("oauth_sessions", held)?,
        ];
        self.all(calls).await?;
        let amr = vec![(method.to_owned(), now.millis().div_euclid(1000))];
        Ok(Session { id, aal: aal.to_owned(), amr })
    }

    pub(crate) async fn held(&self, session: Uuid) -> Result<Option<Row>, Fault> {
        self.one("oauth_sessions", vec![Filter::eq("session_id", &session.to_string())]).await
    }

    /// Sessions of an app: of everybody, or of one.
    pub(crate) async fn held_by(
        &self,
        client: Uuid,
        user: Option<Uuid>,
    ) -> Result<Vec<Row>, Fault> {
        let mut filter = of_client(client);
        filter.extend(user.map(|user| Filter::eq("user_id", &user.to_string())));
        self.find("oauth_sessions", filter).await
    }

    /// A new token for a session that an app holds.
    pub(crate) async fn app_token(&self, session: Uuid) -> Result<String, Fault> {
        let token = letters(CHANCE)?;
        let row = json!({
            "id": Uuid::new_v4(), "token_hash": hash_of(&token), "session_id": session,
            "used": false, "created_at": self.now(),
        });
        self.run(self.insert("oauth_refresh_tokens", row)?).await?;
        Ok(token)
    }

    pub(crate) async fn app_token_row(&self, token: &str) -> Result<Option<Row>, Fault> {
        self.one("oauth_refresh_tokens", vec![Filter::eq("token_hash", &hash_of(token))]).await
    }

    /// Spends it; `false` when somebody else has done so.
    pub(crate) async fn spend_app_token(&self, row: &Row) -> Result<bool, Fault> {
        let which = vec![Filter::eq("id", row.words("id")), self.is("used", false)];
        let change = json!({ "used": true });
        Ok(!self.run(self.update("oauth_refresh_tokens", which, change)?).await?.is_empty())
    }

    /// Ends sessions with what apps hold of them.
    pub(crate) async fn end_for_apps(&self, sessions: &[Uuid]) -> Result<(), Fault> {
        if sessions.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = sessions.iter().map(Uuid::to_string).collect();
        let of = || vec![crate::home::any_of("session_id", ids.clone())];
        let calls =
            vec![self.delete("oauth_refresh_tokens", of()), self.delete("oauth_sessions", of())];
        self.all(calls).await?;
        self.end(sessions).await
    }
}
