//! Who is at the pages of ours: a browser with a cookie that no script can read. The cookie is sealed
//! and names a session, so that a session that is ended is ended here as well. It is another one
//! after each sign-in: what somebody put into the browser before is worth nothing then.

use crate::gotrue::Gotrue;
use crate::gotrue::ask::Ask;
use crate::gotrue::refusal::Refusal;
use crate::home::{Home, Row};
use crate::keys::letters;
use crate::people::User;
use crate::people::users::By;
use crate::vault::hex;
use mag_contract::secret::same;
use mag_contract::{Fault, Timestamp};
use serde_json::{Value as Json, json};
use std::time::Duration;
use uuid::Uuid;

const NAME: &str = "mf_oauth";
/// Somebody who comes from another app within it need not sign in again.
const LASTS: Duration = Duration::from_secs(3_600);

pub(super) struct Visitor {
    /// What is in the cookie, or shall be.
    cookie: String,
    /// The browser has it already.
    kept: bool,
    pub(super) signed: Option<Signed>,
}

/// Somebody who has signed in here.
pub(super) struct Signed {
    pub(super) user: User,
    pub(super) session: Row,
    /// When.
    pub(super) at: Timestamp,
}

impl Signed {
    pub(super) fn session_id(&self) -> Uuid {
        self.session.id("id").unwrap_or_default()
    }
    pub(super) fn aal(&self) -> &str {
        self.session.text("aal").unwrap_or("aal1")
    }
    /// A second factor is there, and was not shown.
    pub(super) fn owes_a_factor(&self) -> bool {
        self.user.has_verified_factor() && self.aal() != "aal2"
    }
}

fn about(ask: &Ask) -> String {
    format!("oauth visitor of {}", ask.project.id)
}

impl Gotrue {
    pub(super) async fn visitor(&self, ask: &Ask, home: &Home) -> Result<Visitor, Refusal> {
        let Some(cookie) = ask.cookie(NAME) else { return stranger() };
        if let Some(rest) = cookie.strip_prefix("p.") {
            let plain = rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
            return if plain {
                Ok(Visitor { cookie: cookie.to_owned(), kept: true, signed: None })
            } else {
                stranger()
            };
        }
        let opened = cookie.strip_prefix("s.").and_then(|s| self.vault.open(&about(ask), s).ok());
        let told: Option<Json> = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(told) = told else { return stranger() };
        let id = |name: &str| told[name].as_str().and_then(|id| Uuid::parse_str(id).ok());
        let (Some(user), Some(session)) = (id("user"), id("session")) else { return stranger() };
        let at = Timestamp(told["at"].as_i64().unwrap_or(0));
        if ask.now.since(at) > LASTS {
            return stranger();
        }
        let session = home.session(session).await?.filter(|row| row.id("user_id") == Some(user));
        let user = home.user(By::Id(user)).await?.filter(|user| !user.is_banned(ask.now));
        let (Some(session), Some(user)) = (session, user) else { return stranger() };
        let signed = Some(Signed { user, session, at });
        Ok(Visitor { cookie: cookie.to_owned(), kept: true, signed })
    }

    /// The cookie of somebody who has just signed in.
    pub(super) fn signed_cookie(
        &self,
        ask: &Ask,
        user: Uuid,
        session: Uuid,
    ) -> Result<String, Fault> {
        let told = json!({ "user": user, "session": session, "at": ask.now.millis() });
        let sealed = self.vault.seal(&about(ask), told.to_string().as_bytes())?;
        Ok(self.cookie(ask, &format!("s.{sealed}")))
    }

    fn cookie(&self, ask: &Ask, value: &str) -> String {
        let secure = ask.encrypted || self.settings.external_url.starts_with("https://");
        let secure = if secure { "; Secure" } else { "" };
        let (path, lasts) = (self.own_path(ask, ""), LASTS.as_secs());
        format!("{NAME}={value}; Path={path}; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}")
    }

    /// For the answer, when the browser has none yet.
    pub(super) fn new_cookie(&self, ask: &Ask, visitor: &Visitor) -> Option<String> {
        (!visitor.kept).then(|| self.cookie(ask, &visitor.cookie))
    }

    pub(super) fn no_cookie(&self, ask: &Ask) -> String {
        format!("{NAME}=; Path={}; Max-Age=0; HttpOnly; SameSite=Lax", self.own_path(ask, ""))
    }

    /// A word that only a page of ours can put into a form, for this browser and this request.
    pub(super) fn csrf(&self, visitor: &Visitor, authorization: Uuid) -> String {
        let text = format!("{}\u{0}{authorization}", visitor.cookie);
        hex(&self.vault.tag("oauth form", text.as_bytes()))
    }

    /// Whether a form comes from our page in this browser.
    pub(super) fn is_our_form(&self, ask: &Ask, visitor: &Visitor, authorization: Uuid) -> bool {
        // Browsers tell where a form was; what is not a browser has no cookie of somebody else.
        if ask.fetch_site.as_deref().is_some_and(|site| site != "same-origin") {
            return false;
        }
        let shown = ask.fields.get("csrf").and_then(Json::as_str).unwrap_or_default();
        visitor.kept && same(shown.as_bytes(), self.csrf(visitor, authorization).as_bytes())
    }
}

fn stranger() -> Result<Visitor, Refusal> {
    Ok(Visitor { cookie: format!("p.{}", letters(43)?), kept: false, signed: None })
}
