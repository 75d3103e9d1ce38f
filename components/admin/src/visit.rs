//! `/admin/v1/session`: how a person at a browser comes in and leaves. By a link that `mobo` made, or
//! with a password and, where one is set, a code.
//! Never: a session for a page of another origin (the gate refuses those), a token that a script
//! of the page can read.

use crate::sessions::{Handed, Session, Sessions, word_of};
use crate::tries::Tries;
use http::header::{COOKIE, HOST, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderValue, Method};
use mag_contract::door::{Peer, Response};
use mag_contract::exchange::Encrypted;
use mag_contract::{Actor, Fault, Jack, Secret, codes};
use mag_ports::{Newcomer, SignIn, SignedIn, StaffSocket};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::net::IpAddr;
use std::sync::Arc;

const NAME: &str = "mobo_session";
/// The header with the word that a page says when it changes something.
const WORD: &str = "x-magflock-word";

pub(crate) struct Visits {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) staff: Jack<StaffSocket>,
    pub(crate) tries: Tries,
}

/// What somebody shows at the door.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    link: Option<Secret<String>>,
    name: Option<String>,
    email: Option<String>,
    password: Option<Secret<String>>,
    code: Option<Secret<String>>,
}

impl Visits {
    /// The actor of a request's cookie. Whoever changes something says the session's word as well.
    pub(crate) async fn actor(&self, parts: &Parts) -> Result<Option<Actor>, Fault> {
        let Some(token) = cookie(parts) else { return Ok(None) };
        let Some(session) = self.sessions.find(token).await? else { return Ok(None) };
        if !parts.method.is_safe() {
            let said = parts.headers.get(WORD).map(HeaderValue::as_bytes).unwrap_or_default();
            if !mag_contract::secret::same(said, word_of(token).as_bytes()) {
                return Err(Fault::new(
                    codes::NO_CALLER,
                    "the call does not say the session's word",
                )
                .hint(format!("send `{WORD}` with the word that GET /admin/v1/session tells")));
            }
        }
        self.now(session).await.map(Some)
    }

    /// Who it is by now: a person may have been shut out since.
    async fn now(&self, session: Session) -> Result<Actor, Fault> {
        match session.by_link {
            true => Ok(session.actor),
            false => self.staff.get()?.actor(&session.actor.id).await,
        }
    }

    pub(crate) async fn answer(&self, parts: &Parts, body: Json) -> Result<Reply, Fault> {
        match parts.method {
            Method::GET | Method::HEAD => self.tell(parts).await,
            Method::POST => self.come_in(parts, body).await,
            Method::DELETE => {
                if let Some(token) = cookie(parts) {
                    self.sessions.end(token).await?;
                }
                let gone = format!("{NAME}=; Path=/admin; Max-Age=0; HttpOnly; SameSite=Strict");
                Ok(Reply { told: json!({ "signed_in": false }), cookie: Some(gone) })
            }
            _ => Err(Fault::new(codes::BAD_METHOD, "a session is read, begun or ended here")
                .hint("GET, POST or DELETE")),
        }
    }

    async fn tell(&self, parts: &Parts) -> Result<Reply, Fault> {
        let staff = self.staff.get().ok();
        let first = match &staff {
            Some(staff) => staff.is_empty().await?,
            None => false,
        };
        let found = match cookie(parts) {
            Some(token) => self.sessions.find(token).await?.map(|session| (token, session)),
            None => None,
        };
        let told = match found {
            None => json!({ "signed_in": false, "people": staff.is_some(), "first": first }),
            Some((token, session)) => {
                let by_link = session.by_link;
                let actor = self.now(session).await?;
                json!({
                    "signed_in": true, "people": staff.is_some(), "first": first,
                    "who": actor, "by_link": by_link, "word": word_of(token),
                })
            }
        };
        Ok(Reply { told, cookie: None })
    }

    async fn come_in(&self, parts: &Parts, body: Json) -> Result<Reply, Fault> {
        let shown: Shown = serde_json::from_value(body).map_err(|e| {
            Fault::new(codes::BAD_INPUT, "this is not how one signs in")
                .details(e.to_string())
                .hint("send `link`, or `email` and `password`, with `code` where one is set")
        })?;
        let from = from(parts);
        if let Some(wait) = from.and_then(|from| self.tries.waits(from)) {
            return Err(Fault::new(
                codes::TOO_MANY_TRIES,
                "too many wrong tries from this address",
            )
            .hint(format!("wait {} s", wait.as_secs() + 1)));
        }
        let come = self.who(shown, from).await;
        if let (Err(fault), Some(from)) = (&come, from)
            && fault.code() == codes::BAD_TOKEN
        {
            let _ = self.tries.wrong(from);
        }
        let Some((actor, by_link)) = come? else {
            return Ok(Reply {
                told: json!({ "signed_in": false, "needs": "code" }),
                cookie: None,
            });
        };
        let browser = parts.headers.get(USER_AGENT).and_then(|v| v.to_str().ok());
        let begun = self.sessions.begin(actor, browser.unwrap_or("unknown"), by_link).await?;
        let Handed { token, word, session } = begun;
        tracing::info!(who = session.actor.id, session = session.id, "somebody signed in");
        let secure = if is_encrypted(parts) { "; Secure" } else { "" };
        let cookie = format!("{NAME}={token}; Path=/admin; HttpOnly; SameSite=Strict{secure}");
        let told = json!({
            "signed_in": true, "who": session.actor, "by_link": by_link, "word": word,
        });
        Ok(Reply { told, cookie: Some(cookie) })
    }

    /// Nobody yet when a code is missing; whether it was by a link.
    async fn who(
        &self,
        shown: Shown,
        from: Option<IpAddr>,
    ) -> Result<Option<(Actor, bool)>, Fault> {
        let Shown { link, name, email, password, code } = shown;
        match (link, email, password) {
            (Some(link), None, None) => {
                let opens = async |actor| Ok(Some((actor, true)));
                self.sessions.use_link(link.expose(), opens).await
            }
            // The first person is made by whoever has a link.
            (Some(link), Some(email), Some(password)) => {
                let staff = self.staff.get()?;
                if !staff.is_empty().await? {
                    return Err(Fault::new(codes::STATE_CONFLICT, "there are people already")
                        .hint("sign in, or ask one of them for an invitation"));
                }
                let newcomer = Newcomer { name: name.unwrap_or_default(), email, password };
                let opens = async |_| Ok(Some((staff.create_first(newcomer).await?, false)));
                self.sessions.use_link(link.expose(), opens).await
            }
            (None, Some(email), Some(password)) => {
                let staff = self.staff.get()?;
                match staff.sign_in(SignIn { email, password, code, from }).await? {
                    SignedIn::In(actor) => Ok(Some((actor, false))),
                    SignedIn::NeedsCode => Ok(None),
                }
            }
            _ => Err(Fault::new(codes::BAD_INPUT, "this is not how one signs in")
                .hint("send `link`, or `email` and `password`, with `code` where one is set")),
        }
    }
}

/// An answer, and what the browser shall keep.
pub(crate) struct Reply {
    told: Json,
    cookie: Option<String>,
}

impl Reply {
    pub(crate) fn render(self, told: impl Fn(&Json) -> Response) -> Result<Response, Fault> {
        let mut response = told(&self.told);
        if let Some(cookie) = self.cookie {
            let cookie = HeaderValue::from_str(&cookie)
                .map_err(|e| Fault::new(codes::BUG, "a cookie cannot be written").because(e))?;
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

fn cookie(parts: &Parts) -> Option<&str> {
    let lines = parts.headers.get_all(COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then_some(value))
}

fn from(parts: &Parts) -> Option<IpAddr> {
    match parts.extensions.get::<Peer>() {
        Some(Peer::Network(from)) => Some(from.ip()),
        _ => None,
    }
}

/// A browser keeps a cookie marked `Secure` from a page in the clear, except on this machine.
fn is_encrypted(parts: &Parts) -> bool {
    if parts.extensions.get::<Encrypted>().is_some() {
        return true;
    }
    let forwarded = parts.headers.get("x-forwarded-proto").is_some_and(|p| p == "https");
    let host = parts.headers.get(HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    forwarded && !host.starts_with("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_marked_for_encrypted_connections_alone() {
        let asked = |headers: &[(&str, &str)]| {
            let mut request = http::Request::get("/admin/v1/session");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(()).unwrap().into_parts().0
        };
        assert!(!is_encrypted(&asked(&[("host", "db.example")])));
        assert!(is_encrypted(&asked(&[("host", "db.example"), ("x-forwarded-proto", "https")])));
        let mut own = asked(&[("host", "localhost:8443")]);
        own.extensions.insert(Encrypted);
        assert!(is_encrypted(&own));
    }
}
