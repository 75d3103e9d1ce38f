//! The door `/auth/v1`, in GoTrue's dialect: its addresses, shapes and words.
//! Never: a decision about rows, a mail that says whether somebody has an account here.

mod admin;
mod answer;
mod ask;
mod audit;
mod external;
mod factors;
mod grants;
mod hooks;
mod impersonate;
mod issue;
mod limits;
mod links;
pub(crate) mod oauth;
mod oidc;
mod open;
mod outbox;
mod passkeys;
mod redirect;
mod refusal;
mod send;
mod shape;
mod signup;
mod user;
mod verify;
mod webauthn;
mod within;

pub(crate) use admin::duration_ms;
pub(crate) use hooks::Hooks;
pub(crate) use limits::Limits;
pub(crate) use oidc::Providers;
pub(crate) use outbox::SendAgain;

use crate::agents::Agents;
use crate::identify::Identify;
use crate::keys::Rings;
use crate::passwords::Passwords;
use crate::people::Homes;
use crate::post::Post;
use crate::settings::Settings;
use crate::vault::Vault;
use crate::watch::Watch;
use answer::Answer;
use ask::Ask;
use audit::Outcome;
use futures::future::BoxFuture;
use http::Method;
use mag_contract::door::{HttpDoor, Request, Response};
use mag_contract::exchange::TraceId;
use mag_contract::job::Queue;
use mag_contract::operation::Desk;
use mag_contract::{Bus, Clock, Jack};
use mag_ports::StoreSocket;
use refusal::Refusal;
use std::sync::Arc;

pub(crate) use within::Merged;

/// Everything that the handlers share.
#[derive(Clone)]
pub(crate) struct Gotrue {
    pub(crate) store: Jack<StoreSocket>,
    pub(crate) identify: Arc<Identify>,
    pub(crate) rings: Arc<Rings>,
    pub(crate) homes: Arc<Homes>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) agents: Arc<Agents>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) passwords: Passwords,
    pub(crate) post: Arc<Post>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) providers: Arc<Providers>,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) settings: Arc<Settings>,
    /// The settings of projects that have some of their own.
    pub(crate) merged: Arc<Merged>,
    /// Its jobs look after messages until they are sent.
    pub(crate) queue: Arc<dyn Queue>,
    /// For the audit log.
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
}

pub(crate) struct Door(pub(crate) Arc<Gotrue>);

impl HttpDoor for Door {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let gotrue = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let newer = refusal::is_newer(&parts.headers);
            let answered = async {
                let mut ask = Ask::of(&gotrue, &parts)?;
                ask.read(&parts, body).await?;
                let gotrue = gotrue.within(&parts, &ask);
                let answered = gotrue.route(&ask).await;
                let (trace, outcome) = (TraceId::of(&parts.extensions), Outcome::of(&answered));
                gotrue.write_down(&ask, trace, outcome).await;
                answered
            };
            match answered.await {
                Ok(answer) => answer.render(),
                Err(refusal) => refusal.render(newer),
            }
        })
    }
}

/// An address in lower case, when it is one.
pub(crate) fn address(given: &str) -> Option<String> {
    signup::valid_email(given).ok()
}

/// Digits of an international number, when it is one.
pub(crate) fn number(given: &str) -> Option<String> {
    signup::valid_phone(given).ok()
}

impl Gotrue {
    pub(crate) fn wanted_strength(&self) -> crate::passwords::Strength {
        self.strength()
    }

    async fn route(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
        let (get, post, put) = (&Method::GET, &Method::POST, &Method::PUT);
        let (delete, m) = (&Method::DELETE, &ask.method);
        // A handler's future is large; only one of them is ever there.
        match path[..] {
            ["health"] if m == get => Ok(open::health()),
            ["settings"] if m == get => Ok(self.public_settings()),
            [".well-known", "jwks.json"] if m == get => self.jwks(ask).await,
            [".well-known", "openid-configuration", ..] if m == get => self.discovery(ask).await,
            [".well-known", "oauth-authorization-server", ..] if m == get => {
                self.oauth_metadata(ask).await
            }
            [".well-known", "oauth-protected-resource", ref rest @ ..] if m == get => {
                self.oauth_resource(ask, rest)
            }
            ["signup"] if m == post => Box::pin(self.signup(ask)).await,
            ["token"] if m == post => Box::pin(self.token(ask)).await,
            ["recover"] if m == post => Box::pin(self.recover(ask)).await,
            ["magiclink"] if m == post => Box::pin(self.magic_link(ask)).await,
            ["otp"] if m == post => Box::pin(self.otp(ask)).await,
            ["resend"] if m == post => Box::pin(self.resend(ask)).await,
            ["verify"] if m == post => Box::pin(self.verify(ask)).await,
            ["verify"] if m == get => Box::pin(self.verify_link(ask)).await,
            ["logout"] if m == post => Box::pin(self.logout(ask)).await,
            ["reauthenticate"] if m == get => Box::pin(self.reauthenticate(ask)).await,
            ["user"] if m == get => Box::pin(self.user_get(ask)).await,
            ["user"] if m == put => Box::pin(self.user_put(ask)).await,
            ["user", "oauth", "grants"] if m == get => Box::pin(self.oauth_grants(ask)).await,
            ["user", "oauth", "grants"] if m == delete => Box::pin(self.oauth_ungrant(ask)).await,
            ["user", "identities", "authorize"] if m == get => Box::pin(self.link(ask)).await,
            ["user", "identities", id] if m == delete => Box::pin(self.unlink(ask, id)).await,
            ["factors"] if m == post => Box::pin(self.enroll(ask)).await,
            ["factors", id] if m == delete => Box::pin(self.unenroll(ask, id)).await,
            ["factors", id, "challenge"] if m == post => Box::pin(self.challenge(ask, id)).await,
            ["factors", id, "verify"] if m == post => Box::pin(self.verify_factor(ask, id)).await,
            ["authorize"] if m == get => Box::pin(self.authorize(ask)).await,
            ["callback"] if m == get || m == post => Box::pin(self.callback(ask)).await,
            ["passkeys", ref rest @ ..] => Box::pin(self.passkeys(ask, rest)).await,
            ["oauth", ref rest @ ..] => Box::pin(self.oauth(ask, rest)).await,
            ["invite"] if m == post => Box::pin(self.invite(ask)).await,
            ["admin", ref rest @ ..] => Box::pin(self.admin(ask, rest)).await,
            ["sso", ..] => Err(Refusal::new(404, "saml_provider_disabled", "SAML 2.0 is disabled")),
            [
                "health" | "settings" | "signup" | "token" | "recover" | "magiclink" | "otp"
                | "resend" | "verify" | "logout" | "reauthenticate" | "user" | "factors"
                | "authorize" | "callback" | "invite",
                ..,
            ] => Err(Refusal::new(405, "unknown", "405: Method Not Allowed")),
            _ => Err(Refusal::new(404, "unknown", "404: Not Found")),
        }
    }
}
