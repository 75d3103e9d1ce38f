//! `/oauth/token` and `/oauth/revoke`: a code, a refresh token or a secret becomes an access token,
//! for the app that it was made for. A code or a refresh token that comes twice ends what came of it.

use super::Trouble;
use super::store::{BY_CODE, BY_CREDENTIALS, CODE_LASTS, Client};
use crate::gotrue::Gotrue;
use crate::gotrue::answer::Answer;
use crate::gotrue::ask::Ask;
use crate::gotrue::issue::Say;
use crate::gotrue::limits::Path;
use crate::gotrue::refusal::Refusal;
use crate::home::{Home, Row};
use crate::keys::hash_of;
use crate::people::User;
use crate::people::sessions::Session;
use crate::people::users::By;
use ::ring::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_contract::secret::same;
use mag_contract::{Fault, codes};
use mag_oauth::{AuthMethod, Kind, Problem, authorize, pkce, scope};
use mag_ports::identity::LoggedIn;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// What an app sent, as one list; a name that comes twice can be read in two ways.
struct Sent(Vec<(String, String)>);

impl Sent {
    fn of(ask: &Ask) -> Result<Self, Problem> {
        let mut pairs = ask.form.clone();
        if pairs.is_empty() {
            let text =
                |(name, value): (&String, &Json)| Some((name.clone(), value.as_str()?.to_owned()));
            pairs.extend(ask.fields.iter().filter_map(text));
        }
        for (at, (name, _)) in pairs.iter().enumerate() {
            if name != "resource" && pairs[..at].iter().any(|(known, _)| known == name) {
                return Err(Problem::request("a parameter is there twice"));
            }
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| Problem::request(format!("`{name}` is missing")))
    }
}

/// A session that an app holds, when its next token is made.
struct Held<'a> {
    user: &'a User,
    session: &'a Session,
    scopes: Vec<String>,
    resources: Vec<String>,
    nonce: Option<String>,
    authenticated_at: Option<i64>,
}

const USED: &str = "the code was used already, or never given";

impl Gotrue {
    pub(super) async fn oauth_token(&self, ask: &Ask) -> Result<Answer, Trouble> {
        if !self.limits.admits(Path::Refresh, ask.ip, ask.now) {
            return Err(Refusal::limited().into());
        }
        let sent = Sent::of(ask)?;
        let home = ask.home(self).await?;
        let grant = sent.need("grant_type")?;
        if !["authorization_code", "refresh_token", "client_credentials"].contains(&grant) {
            let message =
                "`grant_type` is `authorization_code`, `refresh_token` or `client_credentials`";
            return Err(Problem::new(Kind::UnsupportedGrantType, message).into());
        }
        let client = self.client_of(ask, &home, &sent).await?;
        if !client.metadata.may(grant) {
            let message = format!("this app has no grant `{grant}`");
            return Err(Problem::new(Kind::UnauthorizedClient, message).into());
        }
        match grant {
            "authorization_code" => Box::pin(self.by_app_code(ask, &home, &client, &sent)).await,
            "refresh_token" => Box::pin(self.by_app_token(ask, &home, &client, &sent)).await,
            _ => Box::pin(self.by_app_itself(ask, &home, &client, &sent)).await,
        }
    }

    /// The app that asks, when it has shown that it is itself.
    async fn client_of(&self, ask: &Ask, home: &Home, sent: &Sent) -> Result<Client, Trouble> {
        let wrong =
            || Problem::new(Kind::InvalidClient, "the app is not known, or did not show it");
        let (id, secret) = match (&ask.basic, sent.get("client_id"), sent.get("client_secret")) {
            (Some(_), _, Some(_)) => {
                return Err(Problem::request("the secret is there twice").into());
            }
            (Some((id, _)), Some(named), None) if id != named => {
                return Err(Problem::request("two apps are named").into());
            }
            (Some((id, secret)), _, None) => (id.as_str(), Some(secret.expose().as_str())),
            (None, Some(id), secret) => (id, secret),
            (None, None, _) => return Err(wrong().into()),
        };
        let id = Uuid::parse_str(id).map_err(|_| wrong())?;
        let client = home.client(id).await?.ok_or_else(wrong)?;
        let fits = match (client.metadata.auth_method, &client.secret_hash, secret) {
            (AuthMethod::None, _, None) => true,
            (AuthMethod::None, _, Some(secret)) => secret.is_empty(),
            (AuthMethod::Basic | AuthMethod::Post, Some(hash), Some(secret)) => {
                same(hash_of(secret).as_bytes(), hash.as_bytes())
            }
            (AuthMethod::Basic | AuthMethod::Post, _, _) => false,
        };
        if fits { Ok(client) } else { Err(wrong().into()) }
    }

    async fn by_app_code(
        &self,
        ask: &Ask,
        home: &Home,
        client: &Client,
        sent: &Sent,
    ) -> Result<Answer, Trouble> {
        let code = sent.need("code")?;
        let verifier = sent.need("code_verifier")?;
        let row = home.asked_by_code(code).await?.ok_or_else(|| Problem::grant(USED))?;
        let (Some(id), Some(user), Some(session)) =
            (row.id("id"), row.id("user_id"), row.id("session_id"))
        else {
            return Err(Problem::grant(USED).into());
        };
        // Whatever comes of it, a code is tried once.
        if !home.step(id, "approved", json!({ "status": "used" })).await? {
            tracing::warn!(client = %client.id, "a code of an app came twice: what came of it ends");
            home.step(id, "used", json!({ "status": "revoked" })).await?;
            self.end_for_apps(ask, home, user, &[session], "reuse").await?;
            return Err(Problem::grant(USED).into());
        }
        if row.id("client_id") != Some(client.id) {
            return Err(Problem::grant("the code was given to another app").into());
        }
        if ask.now.since(row.time("code_issued_at").unwrap_or_default()) > CODE_LASTS {
            return Err(Problem::grant("the code is too old").into());
        }
        let to = row.words("redirect_uri");
        let returns = match sent.get("redirect_uri") {
            Some(shown) => shown == to,
            None => !row.flag("redirect_shown"),
        };
        if !returns {
            return Err(Problem::grant("`redirect_uri` is not that of the request").into());
        }
        if !pkce::fits(row.words("code_challenge"), verifier) {
            return Err(Problem::grant("`code_verifier` does not fit the challenge").into());
        }
        let resources = self.asked_resources(sent, &row.texts("resources"))?;
        let person = self.still_welcome(ask, home, user).await?;
        let scope = row.words("scope");
        let aal = row.text("aal").unwrap_or("aal1");
        let begun = home
            .begin_for_app(
                session,
                person.id,
                client.id,
                BY_CODE,
                aal,
                scope,
                &row.texts("resources"),
                &ask.origin,
            )
            .await?;
        // Somebody came with the same code in this moment.
        let after = home.asked_by_id(id).await?;
        if after.is_none_or(|after| after.text("status") != Some("used")) {
            self.end_for_apps(ask, home, user, &[session], "reuse").await?;
            return Err(Problem::grant(USED).into());
        }
        self.bus.publish(LoggedIn {
            project: ask.project.reference.to_string(),
            user: person.id.to_string(),
            method: BY_CODE.into(),
            session: session.to_string(),
            from: ask.origin.ip.clone(),
        });
        let held = Held {
            user: &person,
            session: &begun,
            scopes: scope::read(scope)?,
            resources,
            nonce: row.text("nonce").map(str::to_owned),
            authenticated_at: row.time("authenticated_at").map(|at| at.millis().div_euclid(1000)),
        };
        self.app_answer(ask, home, client, held, client.metadata.may("refresh_token")).await
    }

    async fn by_app_token(
        &self,
        ask: &Ask,
        home: &Home,
        client: &Client,
        sent: &Sent,
    ) -> Result<Answer, Trouble> {
        let unknown = || Problem::grant("the refresh token is not known, or was ended");
        let row = home.app_token_row(sent.need("refresh_token")?).await?.ok_or_else(unknown)?;
        let id = row.id("session_id").ok_or_else(unknown)?;
        let held = home.held(id).await?.ok_or_else(unknown)?;
        // Of another app it is not even spent.
        if held.id("client_id") != Some(client.id) {
            return Err(unknown().into());
        }
        let user = held.id("user_id").ok_or_else(unknown)?;
        if !home.spend_app_token(&row).await? {
            tracing::warn!(client = %client.id, "a refresh token of an app came twice: its session ends");
            self.end_for_apps(ask, home, user, &[id], "reuse").await?;
            return Err(unknown().into());
        }
        let session = home.session(id).await?.ok_or_else(unknown)?;
        self.goes_on(&session, ask).map_err(|refusal| Problem::grant(refusal.message))?;
        let person = self.still_welcome(ask, home, user).await?;
        let granted = scope::read(held.words("scope"))?;
        let scopes = match sent.get("scope") {
            None => granted,
            Some(asked) => scope::within(&scope::read(asked)?, &granted).ok_or_else(|| {
                Problem::new(Kind::InvalidScope, "the person has not allowed as much")
            })?,
        };
        let resources = self.asked_resources(sent, &held.texts("resources"))?;
        home.touch(id, &ask.origin).await?;
        let session = home.told(&session).await?;
        let held = Held {
            user: &person,
            session: &session,
            scopes,
            resources,
            nonce: None,
            authenticated_at: None,
        };
        self.app_answer(ask, home, client, held, true).await
    }

    /// A service that acts for itself.
    async fn by_app_itself(
        &self,
        ask: &Ask,
        home: &Home,
        client: &Client,
        sent: &Sent,
    ) -> Result<Answer, Trouble> {
        let account = client.user.ok_or_else(|| {
            Problem::new(Kind::UnauthorizedClient, "this app is no service account")
        })?;
        if sent.get("scope").is_some() {
            let message = "a service has no scopes: policies say what it may do";
            return Err(Problem::new(Kind::InvalidScope, message).into());
        }
        let resources = authorize::resources(&sent.0)?;
        let person = self.still_welcome(ask, home, account).await?;
        // One session for all its tokens: when it ends, they all do.
        let held = home.held_by(client.id, Some(account)).await?;
        let session = match held.first().and_then(|row| row.id("session_id")) {
            Some(id) => home.session(id).await?,
            None => None,
        };
        let session = match session {
            Some(row) => home.told(&row).await?,
            None => {
                let id = Uuid::new_v4();
                home.begin_for_app(
                    id,
                    account,
                    client.id,
                    BY_CREDENTIALS,
                    "aal1",
                    "",
                    &[],
                    &ask.origin,
                )
                .await?
            }
        };
        let held = Held {
            user: &person,
            session: &session,
            scopes: vec![],
            resources,
            nonce: None,
            authenticated_at: None,
        };
        self.app_answer(ask, home, client, held, false).await
    }

    async fn still_welcome(&self, ask: &Ask, home: &Home, user: Uuid) -> Result<User, Trouble> {
        let gone = || Problem::grant("the user is not there any more");
        let user = home.user(By::Id(user)).await?.ok_or_else(gone)?;
        if user.is_banned(ask.now) || user.row.time("deleted_at").is_some() {
            return Err(Problem::grant("the user is kept out").into());
        }
        Ok(user)
    }

    /// For fewer places than were allowed, when an app says so (RFC 8707).
    fn asked_resources(&self, sent: &Sent, allowed: &[String]) -> Result<Vec<String>, Problem> {
        let asked = authorize::resources(&sent.0)?;
        if asked.is_empty() {
            return Ok(allowed.to_vec());
        }
        if asked.iter().all(|uri| allowed.contains(uri)) {
            return Ok(asked);
        }
        Err(Problem::new(Kind::InvalidTarget, "the person has not allowed this `resource`"))
    }

    /// For whom the token is good: this house, unless it was asked for another place alone.
    fn audience(&self, resources: &[String]) -> Json {
        let here = self.settings.external_url.trim_end_matches('/');
        let own = |uri: &String| {
            uri.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut audience: Vec<&str> = vec![];
        if resources.is_empty() || resources.iter().any(own) {
            audience.push("authenticated");
        }
        audience.extend(resources.iter().map(String::as_str));
        match audience[..] {
            [only] => only.into(),
            _ => json!(audience),
        }
    }

    async fn app_answer(
        &self,
        ask: &Ask,
        home: &Home,
        client: &Client,
        held: Held<'_>,
        refreshes: bool,
    ) -> Result<Answer, Trouble> {
        let lasts = i64::from(self.settings.jwt_exp);
        let now = ask.now.millis().div_euclid(1000);
        let scope = held.scopes.join(" ");
        let mut more = Map::new();
        more.insert("client_id".into(), json!(client.id));
        more.insert("scope".into(), scope.as_str().into());
        more.insert("aud".into(), self.audience(&held.resources));
        if client.user == Some(held.user.id) {
            more.insert("user_type".into(), "service_account".into());
        }
        let say = Say {
            issuer: self.issuer(&ask.prefix),
            method: if held.scopes.is_empty() { BY_CREDENTIALS } else { BY_CODE },
            expires_at: now + lasts,
            more,
        };
        let token = self.access_token(&ask.project, held.user, held.session, say).await?;
        let mut told = json!({
            "access_token": token, "token_type": "bearer", "expires_in": lasts, "scope": scope,
        });
        if held.scopes.iter().any(|scope| scope == "openid") {
            told["id_token"] = self.id_token(ask, client, &held, &token, now + lasts).await?.into();
        }
        if refreshes {
            told["refresh_token"] = home.app_token(held.session.id).await?.into();
        }
        Ok(Answer::Told(told))
    }

    /// Who that is, for the app. It opens nothing: `token_use` says so.
    async fn id_token(
        &self,
        ask: &Ask,
        client: &Client,
        held: &Held<'_>,
        access_token: &str,
        expires_at: i64,
    ) -> Result<String, Trouble> {
        let ring = self.rings.of(ask.project.id).await?;
        let mut claims = super::grants::claims_of(held.user, &held.scopes);
        let now = ask.now.millis().div_euclid(1000);
        claims.insert("iss".into(), self.issuer(&ask.prefix).into());
        claims.insert("aud".into(), json!(client.id));
        claims.insert("exp".into(), expires_at.into());
        claims.insert("iat".into(), now.into());
        claims.insert("token_use".into(), "id".into());
        claims.insert("sid".into(), json!(held.session.id));
        if let Some(at) = held.authenticated_at {
            claims.insert("auth_time".into(), at.into());
        }
        if let Some(nonce) = &held.nonce {
            claims.insert("nonce".into(), nonce.as_str().into());
        }
        // The left half of the hash that goes with the signature's.
        let algorithm = ring.current.algorithm.name();
        let hash = match algorithm {
            "ES384" => digest(&ring::digest::SHA384, access_token.as_bytes()),
            "EdDSA" => digest(&ring::digest::SHA512, access_token.as_bytes()),
            _ => digest(&SHA256, access_token.as_bytes()),
        };
        let half = &hash.as_ref()[..hash.as_ref().len() / 2];
        claims.insert("at_hash".into(), BASE64_URL_SAFE_NO_PAD.encode(half).into());
        ring.current
            .sign(&claims)
            .map_err(|e| Fault::new(codes::BUG, "an id token cannot be signed").because(e).into())
    }

    /// RFC 7009: whatever is shown, the answer is the same.
    pub(super) async fn oauth_revoke(&self, ask: &Ask) -> Result<Answer, Trouble> {
        if !self.limits.admits(Path::Refresh, ask.ip, ask.now) {
            return Err(Refusal::limited().into());
        }
        let sent = Sent::of(ask)?;
        let home = ask.home(self).await?;
        let client = self.client_of(ask, &home, &sent).await?;
        let token = sent.need("token")?;
        let held = match home.app_token_row(token).await? {
            Some(row) => home.held(row.id("session_id").unwrap_or_default()).await?,
            None => self.held_by_access_token(ask, &home, token).await?,
        };
        if let Some(row) = held.filter(|row| row.id("client_id") == Some(client.id)) {
            let (session, user) = (row.id("session_id"), row.id("user_id").unwrap_or_default());
            let sessions: Vec<Uuid> = session.into_iter().collect();
            self.end_for_apps(ask, &home, user, &sessions, "app").await?;
        }
        Ok(Answer::Told(json!({})))
    }

    async fn held_by_access_token(
        &self,
        ask: &Ask,
        home: &Home,
        token: &str,
    ) -> Result<Option<Row>, Trouble> {
        // A token that cannot be read is none of ours: it opens nothing already.
        let Ok(Some(claims)) = self.identify.claims(&ask.project, token).await else {
            return Ok(None);
        };
        let session = claims.get("session_id").and_then(Json::as_str);
        let Some(session) = session.and_then(|id| Uuid::parse_str(id).ok()) else {
            return Ok(None);
        };
        Ok(home.held(session).await?)
    }

    pub(super) async fn end_for_apps(
        &self,
        ask: &Ask,
        home: &Home,
        user: Uuid,
        sessions: &[Uuid],
        scope: &str,
    ) -> Result<(), Refusal> {
        home.end_for_apps(sessions).await?;
        self.end_sessions(ask, home, user, sessions, scope).await
    }
}
