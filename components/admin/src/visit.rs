//! `/admin/v1/session`: how a person at a browser comes in and leaves. By a link that `mobo` made, by
//! an invitation, or with a password and, where one is enrolled, a code.
//! Never: a session for a page of another origin (the gate refuses those), a token that a script
//! of the page can read.

mod own;

use crate::caller::Turned;
use crate::sessions::{Came, Handed, Session, Sessions, word_of};
use crate::tries::Tries;
use http::header::{COOKIE, HOST, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderValue, Method};
use mag_contract::door::{Peer, Response};
use mag_contract::exchange::{Encrypted, TraceId};
use mag_contract::operation::{Act, Desk};
use mag_contract::{Actor, ActorKind, Class, Fault, Jack, Permissions, Secret, codes};
use mag_ports::{Invited, Newcomer, SignIn, SignedIn, StaffSocket};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const NAME: &str = "mobo_session";
/// The header with the word that a page says when it changes something.
const WORD: &str = "x-magflock-word";
/// Whoever is told that a person was tried too often waits about so long.
const PERSON_WAITS: Duration = Duration::from_secs(60);

pub(crate) struct Visits {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) staff: Jack<StaffSocket>,
    pub(crate) tries: Tries,
    /// For the audit log.
    pub(crate) desk: Arc<dyn Desk>,
}

/// What somebody shows at the door.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shown {
    link: Option<Secret<String>>,
    invite: Option<Secret<String>>,
    name: Option<String>,
    email: Option<String>,
    password: Option<Secret<String>>,
    code: Option<Secret<String>>,
}

impl Visits {
    /// The actor of a request's cookie. Whoever changes something says the session's word as well.
    pub(crate) async fn actor(&self, parts: &Parts) -> Result<Option<Actor>, Fault> {
        match self.session(parts).await? {
            Some(session) => self.now(&session).await.map(Some),
            None => Ok(None),
        }
    }

    /// The session of a request's cookie, once its word was said where it has to be.
    async fn session(&self, parts: &Parts) -> Result<Option<Session>, Fault> {
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
        Ok(Some(session))
    }

    /// Who it is by now: a person may have been shut out since.
    async fn now(&self, session: &Session) -> Result<Actor, Fault> {
        match session.by_link {
            true => Ok(session.actor.clone()),
            false => self.staff.get()?.actor(&session.actor.id).await,
        }
    }

    pub(crate) async fn answer(
        &self,
        parts: &Parts,
        rest: &[&str],
        body: Json,
    ) -> Result<Reply, Turned> {
        match (rest, &parts.method) {
            ([], &Method::GET | &Method::HEAD) => Ok(self.tell(parts).await?),
            ([], &Method::POST) => self.come_in(parts, body).await,
            ([], &Method::DELETE) => {
                if let Some(token) = cookie(parts) {
                    if let Some(session) = self.sessions.find(token).await? {
                        let on = Some(session.id);
                        self.record(parts, session.actor, "auth:logout", on, None).await?;
                    }
                    self.sessions.end(token).await?;
                }
                Ok(Reply { told: json!({ "signed_in": false }), cookie: Some(no_cookie()) })
            }
            ([], _) => Err(wrong_method("GET, POST or DELETE").into()),
            _ => self.own(parts, rest, body).await,
        }
    }

    async fn tell(&self, parts: &Parts) -> Result<Reply, Fault> {
        let staff = self.staff.get().ok();
        let first = match &staff {
            Some(staff) => staff.is_empty().await?,
            None => false,
        };
        let people = staff.is_some();
        let nobody = |ended: Option<&str>| {
            let mut told = json!({ "signed_in": false, "people": people, "first": first });
            if let Some(why) = ended {
                told["ended"] = why.into();
            }
            told
        };
        let Some(token) = cookie(parts) else {
            return Ok(Reply { told: nobody(None), cookie: None });
        };
        let Some(session) = self.sessions.find(token).await? else {
            return Ok(Reply { told: nobody(None), cookie: None });
        };
        let actor = match self.now(&session).await {
            Ok(actor) => actor,
            // Shut out since: the session is over, and the screen can say why.
            Err(fault) if fault.class() == Class::Denied => {
                self.sessions.end(token).await?;
                return Ok(Reply {
                    told: nobody(Some(fault.message())),
                    cookie: Some(no_cookie()),
                });
            }
            Err(fault) => return Err(fault),
        };
        let mut told = json!({
            "signed_in": true, "people": people, "first": first, "who": actor,
            "by_link": session.by_link, "word": word_of(token), "since": session.since,
            "until": Sessions::until(&session),
        });
        if let (false, Some(staff)) = (session.by_link, &staff) {
            let account = staff.account(&session.actor.id).await?;
            told["account"] =
                json!({ "email": account.email, "name": account.name, "totp": account.totp });
        }
        Ok(Reply { told, cookie: None })
    }

    async fn come_in(&self, parts: &Parts, body: Json) -> Result<Reply, Turned> {
        let shown: Shown = match body {
            Json::Null => Shown::default(),
            body => serde_json::from_value(body).map_err(|e| not_so().details(e.to_string()))?,
        };
        let from = from(parts);
        self.admitted(from)?;
        let on = shown.email.as_ref().map(|email| email.chars().take(200).collect::<String>());
        let come = self.who(shown, from).await;
        if let Err(fault) = &come
            && matches!(fault.class(), Class::Unknown | Class::Denied | Class::TooMuch)
        {
            self.record(parts, stranger(), "auth:login", on, Some(fault.code().id)).await?;
        }
        let Some((actor, by)) = self.counted(from, come)? else {
            return Ok(Reply {
                told: json!({ "signed_in": false, "needs": "code" }),
                cookie: None,
            });
        };
        // Whatever the browser brought along is worth nothing now.
        if let Some(before) = cookie(parts) {
            self.sessions.end(before).await?;
        }
        self.welcome(parts, actor, by, json!({ "signed_in": true })).await
    }

    /// A new session: the cookie, and `told` with its word and who it is.
    async fn welcome(
        &self,
        parts: &Parts,
        actor: Actor,
        by: &'static str,
        mut told: Json,
    ) -> Result<Reply, Turned> {
        let browser = parts.headers.get(USER_AGENT).and_then(|v| v.to_str().ok());
        let came = Came { by, from: from(parts).map(|ip| ip.to_string()) };
        let begun = self.sessions.begin(actor, browser.unwrap_or("unknown"), came).await?;
        let Handed { token, word, session } = begun;
        let on = Some(session.id.clone());
        self.record(parts, session.actor.clone(), "auth:login", on, None).await?;
        tracing::info!(who = session.actor.id, session = session.id, "somebody signed in");
        let secure = if is_encrypted(parts) { "; Secure" } else { "" };
        let cookie = format!("{NAME}={token}; Path=/admin; HttpOnly; SameSite=Strict{secure}");
        told["who"] = json!(session.actor);
        told["by_link"] = session.by_link.into();
        told["word"] = word.into();
        Ok(Reply { told, cookie: Some(cookie) })
    }

    /// A line of the audit log: it is on the disk before anybody is answered.
    async fn record(
        &self,
        parts: &Parts,
        actor: Actor,
        what: &'static str,
        on: Option<String>,
        code: Option<&'static str>,
    ) -> Result<(), Fault> {
        let (from, trace_id) = (from(parts), TraceId::of(&parts.extensions));
        let details = json!({ "project": "zero" });
        let act = Act { actor, door: "screen", what, on, from, details, code, trace_id };
        self.desk.record(act).await
    }

    fn admitted(&self, from: Option<IpAddr>) -> Result<(), Turned> {
        let Some(wait) = from.and_then(|from| self.tries.waits(from)) else { return Ok(()) };
        let message = "too many wrong tries from this address";
        let fault = Fault::new(codes::TOO_MANY_TRIES, message)
            .hint(format!("wait {} s", wait.as_secs() + 1));
        Err(Turned(fault, Some(wait + Duration::from_secs(1))))
    }

    /// A wrong try is counted for its address.
    fn counted<T>(&self, from: Option<IpAddr>, come: Result<T, Fault>) -> Result<T, Turned> {
        come.map_err(|fault| {
            if let (true, Some(from)) = (fault.code() == codes::BAD_TOKEN, from) {
                let _ = self.tries.wrong(from);
            }
            let waits = (fault.code() == codes::TOO_MANY_TRIES).then_some(PERSON_WAITS);
            Turned(fault, waits)
        })
    }

    /// Nobody yet when a code is missing; otherwise who it is, and by which way.
    async fn who(
        &self,
        shown: Shown,
        from: Option<IpAddr>,
    ) -> Result<Option<(Actor, &'static str)>, Fault> {
        let Shown { link, invite, name, email, password, code } = shown;
        match (link, invite, email, password) {
            (Some(link), None, None, None) => {
                let opens = async |actor| Ok(Some((actor, "link")));
                self.sessions.use_link(link.expose(), opens).await
            }
            // The first person is made by whoever has a link.
            (Some(link), None, Some(email), Some(password)) => {
                let staff = self.staff.get()?;
                if !staff.is_empty().await? {
                    return Err(Fault::new(codes::STATE_CONFLICT, "there are people already")
                        .hint("sign in, or ask one of them for an invitation"));
                }
                let newcomer = Newcomer { name: name.unwrap_or_default(), email, password };
                let opens = async |_| Ok(Some((staff.create_first(newcomer).await?, "password")));
                self.sessions.use_link(link.expose(), opens).await
            }
            (None, Some(token), None, Some(password)) => {
                let invited = Invited { token, name: name.unwrap_or_default(), password };
                Ok(Some((self.staff.get()?.accept(invited).await?, "invite")))
            }
            (None, None, Some(email), Some(password)) => {
                let (staff, by) =
                    (self.staff.get()?, if code.is_some() { "totp" } else { "password" });
                match staff.sign_in(SignIn { email, password, code, from }).await? {
                    SignedIn::In(actor) => Ok(Some((actor, by))),
                    SignedIn::NeedsCode => Ok(None),
                }
            }
            _ => Err(not_so()),
        }
    }
}

/// Whoever could not show who they are.
fn stranger() -> Actor {
    Actor {
        kind: ActorKind::Human,
        id: "anonymous".into(),
        name: "nobody in particular".into(),
        on_behalf_of: None,
        permissions: Permissions::default(),
    }
}

fn not_so() -> Fault {
    Fault::new(codes::BAD_INPUT, "this is not how one signs in")
        .hint("send `link`, or `email` and `password`, with `code` where one is enrolled")
}

fn wrong_method(allowed: &str) -> Fault {
    Fault::new(codes::BAD_METHOD, "the address does not answer this method").hint(allowed)
}

fn no_cookie() -> String {
    format!("{NAME}=; Path=/admin; Max-Age=0; HttpOnly; SameSite=Strict")
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
