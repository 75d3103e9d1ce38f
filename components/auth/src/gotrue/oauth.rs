//! `/oauth`: other apps sign people in with this house. The rules are in `mag_oauth`; here they meet
//! requests, rows and keys.
//! Never: a token for an app that nobody has allowed, or a way to a page that was not registered.

mod authorize;
mod clients;
mod consent;
mod grants;
pub(crate) mod store;
mod token;
mod visitor;

use super::Gotrue;
use super::answer::{Answer, json_response};
use super::ask::Ask;
use super::refusal::Refusal;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method};
use mag_contract::Fault;
use mag_contract::door::{Response, body};
use mag_oauth::{Kind, Problem, metadata};
use serde_json::Value as Json;

/// What went wrong at an endpoint of the standard.
pub(super) enum Trouble {
    Spec(Problem),
    House(Refusal),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Spec(problem)
    }
}
impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::House(refusal)
    }
}
impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::House(fault.into())
    }
}

impl Trouble {
    fn render(self, challenge: Option<&'static str>) -> Answer {
        let (status, problem) = match self {
            Self::Spec(problem) => (problem.kind.status(), problem),
            Self::House(refusal) => (refusal.status, spoken(refusal)),
        };
        let mut response = json_response(status, &problem.body());
        if let Some(scheme) = challenge.filter(|_| status == 401 || status == 403) {
            let told = format!("{scheme} error=\"{}\"", problem.kind.name());
            let value = if scheme == "Basic" { "Basic realm=\"oauth\"".to_owned() } else { told };
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(WWW_AUTHENTICATE, value);
            }
        }
        Answer::Whole(Box::new(response))
    }
}

/// A refusal of the house in the words of the standard.
fn spoken(refusal: Refusal) -> Problem {
    let kind = match refusal.status {
        429 | 503 => Kind::TemporarilyUnavailable,
        401 => Kind::InvalidToken,
        403 => Kind::AccessDenied,
        400..500 => Kind::InvalidRequest,
        _ => Kind::ServerError,
    };
    Problem::new(kind, refusal.message)
}

impl Gotrue {
    pub(super) async fn oauth(&self, ask: &Ask, path: &[&str]) -> Result<Answer, Refusal> {
        if !self.settings.oauth_server.enabled {
            let message = "This board signs nobody in for other apps: `auth.oauth_server` is off";
            return Err(Refusal::new(404, "oauth_server_disabled", message));
        }
        let m = &ask.method;
        let reads = m == Method::GET;
        let writes = m == Method::POST;
        match path {
            ["authorize"] if reads || writes => Box::pin(self.oauth_authorize(ask)).await,
            ["consent"] if reads => Box::pin(self.consent_page(ask)).await,
            ["consent"] if writes => Box::pin(self.consent_form(ask)).await,
            ["token"] if writes => {
                let told = Box::pin(self.oauth_token(ask)).await;
                // A client that showed itself in a header is told to do so again.
                let scheme = ask.basic.is_some().then_some("Basic");
                Ok(told.unwrap_or_else(|trouble| trouble.render(scheme)))
            }
            ["revoke"] if writes => {
                let told = Box::pin(self.oauth_revoke(ask)).await;
                let scheme = ask.basic.is_some().then_some("Basic");
                Ok(told.unwrap_or_else(|trouble| trouble.render(scheme)))
            }
            ["userinfo"] if reads || writes => {
                let told = Box::pin(self.userinfo(ask)).await;
                Ok(told.unwrap_or_else(|trouble| trouble.render(Some("Bearer"))))
            }
            ["clients", "register"] if writes => {
                let told = Box::pin(self.register_client(ask)).await;
                Ok(told.unwrap_or_else(|trouble| trouble.render(None)))
            }
            ["authorizations", id] if reads => Box::pin(self.authorization(ask, id)).await,
            ["authorizations", id, "consent"] if writes => {
                Box::pin(self.authorization_consent(ask, id)).await
            }
            ["authorize" | "consent" | "token" | "revoke" | "userinfo", ..]
            | ["clients", "register"]
            | ["authorizations", _]
            | ["authorizations", _, "consent"] => {
                Err(Refusal::new(405, "unknown", "405: Method Not Allowed"))
            }
            _ => Err(Refusal::new(404, "unknown", "404: Not Found")),
        }
    }

    /// The name of this house for one project, which begins all its addresses.
    pub(super) fn issuer(&self, prefix: &str) -> String {
        format!("{}{prefix}/auth/v1", self.settings.external_url.trim_end_matches('/'))
    }

    /// Where a browser is sent within this house: on the way it came, whatever name it used.
    fn own_path(&self, ask: &Ask, rest: &str) -> String {
        let external = self.settings.external_url.trim_end_matches('/');
        let behind = external.split_once("://").map_or(external, |(_, behind)| behind);
        let base = behind.find('/').map_or("", |at| &behind[at..]);
        format!("{base}{}/auth/v1/oauth{rest}", ask.prefix)
    }

    pub(super) async fn oauth_metadata(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.settings.oauth_server.enabled {
            return Err(Refusal::new(404, "unknown", "404: Not Found"));
        }
        let registers = self.settings.oauth_server.allow_dynamic_registration;
        let ring = self.rings.of(ask.project.id).await?;
        let algorithm = ring.current.algorithm.name();
        Ok(lasting(metadata::server(&self.issuer(&ask.prefix), registers, &[algorithm])))
    }

    /// Which server looks after a door of this board: `/.well-known/oauth-protected-resource/mcp`.
    pub(super) fn oauth_resource(&self, ask: &Ask, path: &[&str]) -> Result<Answer, Refusal> {
        if !self.settings.oauth_server.enabled {
            return Err(Refusal::new(404, "unknown", "404: Not Found"));
        }
        let external = self.settings.external_url.trim_end_matches('/');
        let mut address = external.to_owned();
        for segment in path {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !segment.chars().all(plain) {
                return Err(Refusal::new(404, "unknown", "404: Not Found"));
            }
            address.push('/');
            address.push_str(segment);
        }
        Ok(lasting(metadata::resource(&address, &self.issuer(&ask.prefix))))
    }
}

fn lasting(told: Json) -> Answer {
    let lasting = (http::header::CACHE_CONTROL, "public, max-age=600".to_owned());
    Answer::With(told, vec![lasting])
}

/// A page of ours, with what a browser may do with it.
fn page(status: u16, html: String, target: Option<&str>, cookie: Option<String>) -> Answer {
    let mut response = Response::new(body(html));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
    // The form says where it comes from, to us alone.
    headers.insert("referrer-policy", HeaderValue::from_static("same-origin"));
    if let Ok(policy) = HeaderValue::from_str(&mag_oauth::page::policy(target)) {
        headers.insert(http::header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        headers.insert(http::header::SET_COOKIE, cookie);
    }
    Answer::Whole(Box::new(response))
}

/// On to another page, with a cookie.
fn away(to: &str, cookie: Option<String>) -> Answer {
    let mut response = Answer::Away(to.to_owned()).render();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().insert(http::header::SET_COOKIE, cookie);
    }
    Answer::Whole(Box::new(response))
}

fn dead_end(problem: &Problem) -> Answer {
    page(problem.kind.status(), mag_oauth::page::dead_end(&problem.description), None, None)
}
