//! Tokens for those who have shown who they are: the access token is signed, the refresh token
//! kept as a hash, and everybody who listens is told.

use super::Gotrue;
use super::ask::Ask;
use super::hooks::Hook;
use super::refusal::Refusal;
use super::shape;
use crate::home::Home;
use crate::people::sessions::{Begun, Session};
use crate::people::users::By;
use crate::people::{Method, User};
use mag_contract::{Fault, codes};
use mag_ports::Project;
use mag_ports::identity::{BeforeTokenIssued, LoggedIn, UserLogin};
use serde_json::{Map, Value as Json, json};

/// What is for the house to say, and for no handler.
const RESERVED: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "role",
    "aal",
    "session_id",
    "is_anonymous",
    "jti",
    "user_type",
    "act",
    "client_id",
    "scope",
    "token_use",
];

/// What a token says beside who somebody is.
pub(super) struct Say {
    pub(super) issuer: String,
    /// How the session was begun, or goes on.
    pub(super) method: &'static str,
    pub(super) expires_at: i64,
    /// In the place of what is usual.
    pub(super) more: Map<String, Json>,
}

impl Gotrue {
    /// A new session, with everything that a client keeps of it.
    pub(super) async fn sign_in(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        method: Method,
    ) -> Result<Json, Refusal> {
        if user.is_banned(ask.now) {
            return Err(Refusal::new(400, "user_banned", "User is banned"));
        }
        let Begun { session, refresh_token } = home.begin(user, method, &ask.origin).await?;
        let user = self.again(home, user).await?;
        let told = self.told(ask, &user, &session, method, refresh_token).await?;
        self.bus.publish(LoggedIn {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
            method: method.name().into(),
            session: session.id.to_string(),
            from: ask.origin.ip.clone(),
        });
        self.bus.publish(UserLogin {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
        });
        Ok(told)
    }

    /// The user as the database has it now: triggers may have changed it.
    pub(super) async fn again(&self, home: &Home, user: &User) -> Result<User, Refusal> {
        let found = home.user(By::Id(user.id)).await?;
        found.ok_or_else(|| Refusal::new(404, "user_not_found", "User not found"))
    }

    /// Access token and refresh token of a session.
    pub(super) async fn told(
        &self,
        ask: &Ask,
        user: &User,
        session: &Session,
        method: Method,
        refresh_token: String,
    ) -> Result<Json, Refusal> {
        let lasts = i64::from(self.settings.jwt_exp);
        let expires_at = ask.now.millis().div_euclid(1000) + lasts;
        let issuer = self.issuer(&ask.prefix);
        let say = Say { issuer, method: method.name(), expires_at, more: Map::new() };
        let token = self.access_token(&ask.project, user, session, say).await?;
        Ok(json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": lasts,
            "expires_at": expires_at,
            "refresh_token": refresh_token,
            "user": shape::user(user),
        }))
    }

    pub(super) async fn access_token(
        &self,
        project: &Project,
        user: &User,
        session: &Session,
        say: Say,
    ) -> Result<String, Refusal> {
        let row = &user.row;
        let amr: Vec<Json> = session
            .amr
            .iter()
            .map(|(method, at)| json!({ "method": method, "timestamp": at }))
            .collect();
        let claims = json!({
            "iss": say.issuer,
            "sub": user.id,
            "aud": row.words("aud"),
            "exp": say.expires_at,
            "iat": self.clock.now().millis().div_euclid(1000),
            "email": user.email(),
            "phone": user.phone(),
            "app_metadata": row.object("raw_app_meta_data"),
            "user_metadata": row.object("raw_user_meta_data"),
            "role": user.role(),
            "aal": session.aal,
            "amr": amr,
            "session_id": session.id,
            "is_anonymous": user.is_anonymous(),
        });
        let Json::Object(mut claims) = claims else {
            return Err(Fault::new(codes::BUG, "claims are an object").into());
        };
        claims.extend(say.more);
        let method = say.method;
        let wish = BeforeTokenIssued {
            project: project.reference.to_string(),
            user: user.id.to_string(),
            method: method.into(),
            claims: claims.clone(),
        };
        let mut claims = with_custom(claims, self.bus.ask(wish).await?.claims);
        if self.hooks.has(Hook::CustomAccessToken) {
            let question = json!({
                "user_id": user.id, "claims": claims, "authentication_method": method,
            });
            let now = self.clock.now();
            let answer = self.hooks.ask(Hook::CustomAccessToken, &question, now).await?;
            let told = answer.and_then(|mut answer| answer.get_mut("claims").map(Json::take));
            let Some(Json::Object(told)) = told else {
                let message = "Hook custom_access_token answered without claims";
                return Err(Refusal::new(500, "hook_payload_rejected", message));
            };
            claims = with_custom(claims, told);
        }
        let ring = self.rings.of(project.id).await?;
        ring.current.sign(&claims).map_err(|e| {
            Fault::new(codes::BUG, "an access token cannot be signed").because(e).into()
        })
    }
}

fn with_custom(ours: Map<String, Json>, theirs: Map<String, Json>) -> Map<String, Json> {
    let mut claims = theirs;
    for name in RESERVED {
        match ours.get(name) {
            Some(value) => {
                claims.insert(name.to_owned(), value.clone());
            }
            None => {
                claims.remove(name);
            }
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_adds_claims_and_cannot_change_who_it_is() {
        let map = |json: Json| match json {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        let ours = map(json!({"sub": "a", "role": "authenticated", "email": "a@b"}));
        let theirs = map(json!({"sub": "root", "role": "service_role", "jti": "x", "plan": "pro"}));
        let claims = with_custom(ours, theirs);
        assert_eq!(
            Json::Object(claims),
            json!({"sub": "a", "role": "authenticated", "plan": "pro"})
        );
    }
}
