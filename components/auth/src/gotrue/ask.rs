//! A request as the handlers read it: which project, from where, with which fields.

use super::Gotrue;
use super::redirect::decoded;
use super::refusal::Refusal;
use crate::home::Home;
use crate::people::sessions::Origin;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method};
use mag_contract::door::{Body, Peer};
use mag_contract::exchange::{Addressed, Encrypted, read_body};
use mag_contract::{Secret, Timestamp};
use mag_ports::{Credentials, Project, ProjectRef};
use serde_json::{Map, Value as Json};
use std::net::IpAddr;
use std::sync::Arc;

/// Where this door is on the board's origin.
const BASE: &str = "/auth/v1";
/// Nothing that is sent here is longer.
const BODY_BYTES_MAX: u64 = 1024 * 1024;

pub(crate) struct Ask {
    pub(crate) method: Method,
    /// Below `/auth/v1`.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) fields: Map<String, Json>,
    /// The same when it was a form, with what came twice.
    pub(crate) form: Vec<(String, String)>,
    /// Name and secret of an app that shows itself in a header.
    pub(crate) basic: Option<(String, Secret<String>)>,
    cookies: Vec<String>,
    /// Where the browser says that the page was: `same-origin`, `cross-site`, …
    pub(crate) fetch_site: Option<String>,
    /// The languages that the browser asks for, the best first.
    pub(crate) languages: Option<String>,
    /// The connection is the gate's own and encrypted.
    pub(crate) encrypted: bool,
    pub(crate) shown: Credentials,
    pub(crate) project: Arc<Project>,
    /// `/p/shop` when the request named its project so.
    pub(crate) prefix: String,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) origin: Origin,
    pub(crate) referer: Option<String>,
    pub(crate) now: Timestamp,
}

impl Ask {
    pub(crate) fn of(gotrue: &Gotrue, parts: &Parts) -> Result<Self, Refusal> {
        let asked = mag_oauth::metadata::asked_project(parts.uri.path());
        let named = Addressed::of(&parts.extensions).or(asked);
        let host = text(&parts.headers, HOST.as_str()).or_else(|| parts.uri.host().map(Into::into));
        let host = host.unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        let which = match named {
            Some(reference) => ProjectRef::Reference(reference),
            None => ProjectRef::Host(host),
        };
        let project = gotrue.store.get().map_err(mag_contract::Fault::from)?.project(which)?;
        let path = parts.uri.path();
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let path: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| decoded(segment, false))
            .collect();
        let query = pairs(parts.uri.query().unwrap_or_default());
        let peer = parts.extensions.get::<Peer>().cloned();
        let ip = match &peer {
            Some(Peer::Network(at)) => Some(at.ip().to_canonical()),
            Some(Peer::Local { .. }) | None => None,
        };
        let apikey = text(&parts.headers, "apikey").or_else(|| {
            query.iter().find(|(name, _)| name == "apikey").map(|(_, key)| key.clone())
        });
        let shown = Credentials {
            apikey: apikey.map(Secret::new),
            bearer: bearer(&parts.headers).map(Secret::new),
            peer,
            door: Some("auth"),
        };
        let agent = text(&parts.headers, USER_AGENT.as_str());
        let origin = Origin {
            ip: ip.map(|ip| ip.to_string()),
            user_agent: agent.map(|agent| agent.chars().take(400).collect()),
        };
        Ok(Self {
            method: parts.method.clone(),
            path,
            query,
            fields: Map::new(),
            form: vec![],
            basic: basic(&parts.headers),
            cookies: cookies(&parts.headers),
            fetch_site: text(&parts.headers, "sec-fetch-site"),
            languages: text(&parts.headers, "accept-language"),
            encrypted: parts.extensions.get::<Encrypted>().is_some(),
            shown,
            project,
            prefix: named.map(|reference| format!("/p/{reference}")).unwrap_or_default(),
            ip,
            origin,
            referer: text(&parts.headers, REFERER.as_str()),
            now: gotrue.clock.now(),
        })
    }

    pub(crate) async fn read(&mut self, parts: &Parts, body: Body) -> Result<(), Refusal> {
        if !matches!(self.method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE) {
            return Ok(());
        }
        let bytes = read_body(body, BODY_BYTES_MAX).await.map_err(|fault| {
            if fault.code() == mag_contract::codes::BODY_TOO_LARGE {
                return Refusal::new(413, "request_entity_too_large", "Request body too large");
            }
            Refusal::new(400, "bad_json", "Could not read request body")
        })?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let kind = text(&parts.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let unreadable = |why: &str| {
            let message = format!("Could not parse request body as JSON: {why}");
            Refusal::new(400, "bad_json", message)
        };
        if kind.starts_with("application/x-www-form-urlencoded") {
            let form = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is no text"))?;
            self.form = pairs(form);
            let fields = self.form.iter().map(|(n, v)| (n.clone(), Json::String(v.clone())));
            self.fields.extend(fields);
            return Ok(());
        }
        self.fields = serde_json::from_slice(&bytes).map_err(|e| unreadable(&e.to_string()))?;
        Ok(())
    }

    pub(crate) async fn home(&self, gotrue: &Gotrue) -> Result<Home, Refusal> {
        Ok(gotrue.homes.of(&self.project).await?)
    }

    /// A cookie that is there once: with two of one name nobody knows whose is whose.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let value = |cookie: &'_ String| cookie.split_once('=').is_some_and(|(n, _)| n == name);
        let mut found = self.cookies.iter().filter(|cookie| value(cookie));
        let first = found.next()?;
        if found.next().is_some() {
            return None;
        }
        first.split_once('=').map(|(_, value)| value)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A field that is a text; absent, `null` and empty are the same.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(wrong(name, "a string")),
        }
    }
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Bool(truth)) => Ok(Some(*truth)),
            Some(_) => Err(wrong(name, "a boolean")),
        }
    }
    pub(crate) fn object(&self, name: &str) -> Result<Option<Map<String, Json>>, Refusal> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(members)) => Ok(Some(members.clone())),
            Some(_) => Err(wrong(name, "an object")),
        }
    }
    pub(crate) fn secret(&self, name: &str) -> Result<Option<Secret<String>>, Refusal> {
        Ok(self.text(name)?.map(|text| Secret::new(text.to_owned())))
    }

    pub(crate) fn bearer(&self) -> Result<&str, Refusal> {
        let shown = self.shown.bearer.as_ref().map(|token| token.expose().as_str());
        shown.filter(|token| !token.is_empty()).ok_or_else(|| {
            let message = "This endpoint requires a valid Bearer token";
            Refusal::new(401, "no_authorization", message)
        })
    }
}

fn wrong(name: &str, kind: &str) -> Refusal {
    let message = format!("Could not parse request body as JSON: `{name}` is not {kind}");
    Refusal::new(400, "bad_json", message)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// RFC 6749 has both halves encoded as a form has them.
fn basic(headers: &HeaderMap) -> Option<(String, Secret<String>)> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(BASE64_STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    Some((decoded(id, true), Secret::new(decoded(secret, true))))
}

/// More cookies than a browser keeps for one site are nobody's.
const COOKIES_MAX: usize = 180;

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookies = lines.flat_map(|line| line.split(';')).map(str::trim);
    cookies.filter(|cookie| !cookie.is_empty()).take(COOKIES_MAX).map(str::to_owned).collect()
}

/// More pairs than this are nobody's question.
const PAIRS_MAX: usize = 64;

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .take(PAIRS_MAX)
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        })
        .collect()
}
