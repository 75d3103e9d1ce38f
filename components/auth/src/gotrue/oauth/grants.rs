//! What apps learn of somebody, and what somebody has allowed to apps.

use super::Trouble;
use super::consent::shown_client;
use crate::gotrue::Gotrue;
use crate::gotrue::answer::Answer;
use crate::gotrue::ask::Ask;
use crate::gotrue::refusal::Refusal;
use crate::people::User;
use crate::people::users::By;
use mag_oauth::{Kind, Problem, scope};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// The claims of OpenID Connect, as far as they were allowed.
pub(super) fn claims_of(user: &User, scopes: &[String]) -> Map<String, Json> {
    let has = |scope: &str| scopes.iter().any(|known| known == scope);
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(user.id));
    if has("email") && !user.email().is_empty() {
        claims.insert("email".into(), user.email().into());
        claims.insert("email_verified".into(), user.is_confirmed().into());
    }
    if has("phone") && !user.phone().is_empty() {
        claims.insert("phone_number".into(), format!("+{}", user.phone()).into());
        claims.insert("phone_number_verified".into(), user.is_phone_confirmed().into());
    }
    if has("profile") {
        let data = user.row.object("raw_user_meta_data");
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| data.get(*name).and_then(Json::as_str));
            found.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        for (claim, value) in [
            ("name", text(&["full_name", "name", "display_name"])),
            ("picture", text(&["avatar_url", "picture"])),
            ("preferred_username", text(&["user_name", "preferred_username"])),
        ] {
            if let Some(value) = value {
                claims.insert(claim.into(), value.into());
            }
        }
        if let Some(at) = user.row.time("updated_at") {
            claims.insert("updated_at".into(), at.millis().div_euclid(1000).into());
        }
    }
    claims
}

impl Gotrue {
    pub(super) async fn userinfo(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let bad = |why: &str| Problem::new(Kind::InvalidToken, why);
        let shown = ask.shown.bearer.as_ref().map(|token| token.expose().as_str());
        let token = shown.ok_or_else(|| bad("an access token is missing"))?;
        let home = ask.home(self).await?;
        let claims = self.identify.claims(&ask.project, token).await;
        let claims = claims
            .map_err(|denied| match denied {
                mag_ports::Denied::Fault(fault) => Trouble::from(fault),
                _ => bad("the access token does not hold").into(),
            })?
            .ok_or_else(|| bad("the access token is of no user"))?;
        let id = |name: &str| {
            claims.get(name).and_then(Json::as_str).and_then(|id| Uuid::parse_str(id).ok())
        };
        let (Some(user), Some(session)) = (id("sub"), id("session_id")) else {
            return Err(bad("the access token is of no session").into());
        };
        let held = home.held(session).await?.filter(|row| row.id("user_id") == Some(user));
        let held = held.ok_or_else(|| bad("the session was ended, or is of no app"))?;
        let granted = claims.get("scope").and_then(Json::as_str).unwrap_or(held.words("scope"));
        let scopes = scope::read(granted)?;
        if !scopes.iter().any(|scope| scope == "openid") {
            let message = "the scope `openid` was not allowed";
            return Err(Problem::new(Kind::InsufficientScope, message).into());
        }
        let user = home.user(By::Id(user)).await?.filter(|user| !user.is_banned(ask.now));
        let user = user.ok_or_else(|| bad("the user is not there any more"))?;
        Ok(Answer::Told(Json::Object(claims_of(&user, &scopes))))
    }

    /// `GET /user/oauth/grants`
    pub(in crate::gotrue) async fn oauth_grants(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let mut grants = vec![];
        for consent in home.consents(caller.user.id).await? {
            let client = consent.id("client_id").unwrap_or_default();
            let Some(client) = home.client(client).await? else { continue };
            grants.push(json!({
                "client": shown_client(&client),
                "scopes": scope::read(consent.words("scope")).unwrap_or_default(),
                "granted_at": consent.time("granted_at"),
            }));
        }
        Ok(Answer::Told(Json::Array(grants)))
    }

    /// `DELETE /user/oauth/grants?client_id=…`: the app is out, with all that it holds.
    pub(in crate::gotrue) async fn oauth_ungrant(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let client = ask.parameter("client_id").and_then(|id| Uuid::parse_str(id).ok());
        let client = client.ok_or_else(|| Refusal::bad("client_id must be an UUID"))?;
        let held = home.held_by(client, Some(caller.user.id)).await?;
        let sessions: Vec<Uuid> = held.iter().filter_map(|row| row.id("session_id")).collect();
        if !home.drop_consent(caller.user.id, client).await? && sessions.is_empty() {
            return Err(Refusal::new(404, "oauth_consent_not_found", "OAuth grant not found"));
        }
        self.end_for_apps(ask, &home, caller.user.id, &sessions, "app").await?;
        Ok(Answer::Nothing)
    }
}
