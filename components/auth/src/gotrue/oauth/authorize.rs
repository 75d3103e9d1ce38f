//! `/oauth/authorize`: an app sends somebody here. What does not hold about the app or its address
//! ends on a page of ours; everything else is told to the app.

use super::store::Client;
use super::visitor::Signed;
use super::{away, dead_end};
use crate::gotrue::Gotrue;
use crate::gotrue::answer::Answer;
use crate::gotrue::ask::Ask;
use crate::gotrue::limits::Path;
use crate::gotrue::redirect::with_query;
use crate::gotrue::refusal::Refusal;
use crate::home::{Home, Row};
use crate::keys::{hash_of, letters};
use crate::people::User;
use mag_oauth::authorize::{Asking, Prompt};
use mag_oauth::{Kind, Problem, Wish, redirect, scope};
use serde_json::json;
use uuid::Uuid;

impl Prompted for Prompt {
    fn name(self) -> &'static str {
        match self {
            Prompt::AsNeeded => "as_needed",
            Prompt::None => "none",
            Prompt::Login => "login",
            Prompt::Consent => "consent",
        }
    }
}

/// How it is kept while somebody decides.
trait Prompted {
    fn name(self) -> &'static str;
}

impl Gotrue {
    pub(super) async fn oauth_authorize(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let pairs = if ask.form.is_empty() { &ask.query } else { &ask.form };
        let home = ask.home(self).await?;
        let asking = match Asking::of(pairs) {
            Ok(asking) => asking,
            Err(problem) => return Ok(dead_end(&problem)),
        };
        let unknown = Problem::new(Kind::InvalidRequest, "This app is not known here.");
        let Ok(id) = Uuid::parse_str(&asking.client_id) else { return Ok(dead_end(&unknown)) };
        let Some(client) = home.client(id).await? else { return Ok(dead_end(&unknown)) };
        let to = match asking.returns_to(&client.metadata) {
            Ok(to) => to,
            Err(problem) => return Ok(dead_end(&problem)),
        };
        let state = asking.state.as_deref();
        let wish = match Wish::of(pairs, &client.metadata) {
            Ok(wish) => wish,
            Err(problem) => return Ok(Answer::Away(self.told_to(ask, &to, state, &problem))),
        };
        let row = json!({
            "client_id": client.id, "redirect_uri": to, "scope": wish.scopes.join(" "),
            "redirect_shown": asking.redirect_uri.is_some(), "state": state, "nonce": wish.nonce,
            "resources": wish.resources, "code_challenge": wish.challenge,
            "prompt": wish.prompt.name(),
        });
        let id = home.ask_for(row).await?;
        if wish.prompt == Prompt::None {
            return self.silently(ask, &home, id, &client, &wish, &to, state).await;
        }
        if let Some(page) = &self.settings.oauth_server.consent_url {
            let id = id.to_string();
            return Ok(Answer::Away(with_query(page, &[("authorization_id", id.as_str())])));
        }
        let to = self.own_path(ask, &format!("/consent?authorization_id={id}"));
        Ok(away(&to, None))
    }

    /// Nothing may be shown: it was allowed before, or it is refused.
    #[allow(clippy::too_many_arguments, reason = "all of it is the request")]
    async fn silently(
        &self,
        ask: &Ask,
        home: &Home,
        id: Uuid,
        client: &Client,
        wish: &Wish,
        to: &str,
        state: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let visitor = self.visitor(ask, home).await?;
        let refused = |kind, why: &str| {
            let problem = Problem::new(kind, why);
            Ok(Answer::Away(self.told_to(ask, to, state, &problem)))
        };
        let Some(signed) = visitor.signed.filter(|signed| !signed.owes_a_factor()) else {
            return refused(Kind::LoginRequired, "nobody is signed in");
        };
        let Some((row, _)) = home.asked(id).await? else {
            return refused(Kind::ServerError, "the request is gone");
        };
        if !self.was_allowed(home, &signed.user, client, &wish.scopes, &row).await? {
            return refused(Kind::ConsentRequired, "the person has not allowed this");
        }
        Ok(Answer::Away(self.approve(ask, home, &row, client, &signed).await?))
    }

    /// Whether somebody has allowed as much before, to an app that nobody can pretend to be.
    pub(super) async fn was_allowed(
        &self,
        home: &Home,
        user: &User,
        client: &Client,
        scopes: &[String],
        row: &Row,
    ) -> Result<bool, Refusal> {
        if !redirect::is_of_a_site(row.words("redirect_uri")) || !row.texts("resources").is_empty()
        {
            return Ok(false);
        }
        let Some(consent) = home.consent(user.id, client.id).await? else { return Ok(false) };
        let held = scope::read(consent.words("scope")).unwrap_or_default();
        Ok(scope::within(scopes, &held).is_some())
    }

    /// Somebody has agreed: the app's address, with a code that only the app can use.
    pub(super) async fn approve(
        &self,
        ask: &Ask,
        home: &Home,
        row: &Row,
        client: &Client,
        signed: &Signed,
    ) -> Result<String, Refusal> {
        let gone = || Refusal::new(404, "oauth_authorization_not_found", GONE);
        let id = row.id("id").ok_or_else(gone)?;
        let code = letters(43)?;
        let change = json!({
            "user_id": signed.user.id, "code_hash": hash_of(&code), "code_issued_at": ask.now,
            // Known before it begins, so that a code that comes twice can end it in any case.
            "session_id": Uuid::new_v4(), "aal": signed.aal(), "authenticated_at": signed.at,
        });
        if !home.answer(id, change, "approved").await? {
            return Err(gone());
        }
        let scopes = scope::read(row.words("scope")).unwrap_or_default();
        home.keep_consent(signed.user.id, client.id, &scopes).await?;
        let issuer = self.issuer(&ask.prefix);
        let mut pairs = vec![("code", code.as_str())];
        if let Some(state) = row.text("state") {
            pairs.push(("state", state));
        }
        pairs.push(("iss", &issuer));
        Ok(redirect::with(row.words("redirect_uri"), &pairs))
    }

    /// Somebody does not agree.
    pub(super) async fn refuse(
        &self,
        ask: &Ask,
        home: &Home,
        row: &Row,
    ) -> Result<String, Refusal> {
        let gone = || Refusal::new(404, "oauth_authorization_not_found", GONE);
        let id = row.id("id").ok_or_else(gone)?;
        if !home.answer(id, json!({}), "denied").await? {
            return Err(gone());
        }
        let problem = Problem::new(Kind::AccessDenied, "The person refused");
        Ok(self.told_to(ask, row.words("redirect_uri"), row.text("state"), &problem))
    }

    fn told_to(&self, ask: &Ask, to: &str, state: Option<&str>, problem: &Problem) -> String {
        let issuer = self.issuer(&ask.prefix);
        let mut pairs =
            vec![("error", problem.kind.name()), ("error_description", &problem.description)];
        if let Some(state) = state {
            pairs.push(("state", state));
        }
        pairs.push(("iss", &issuer));
        redirect::with(to, &pairs)
    }
}

pub(super) const GONE: &str = "The request is answered already, or too old";
