//! Where somebody signs in and agrees: on our own page, or on a page of the operator's app, which
//! asks `/oauth/authorizations`.

use super::authorize::GONE;
use super::store::Client;
use super::visitor::{Signed, Visitor};
use super::{away, dead_end, page};
use crate::gotrue::Gotrue;
use crate::gotrue::answer::Answer;
use crate::gotrue::ask::Ask;
use crate::gotrue::limits::Path;
use crate::gotrue::refusal::Refusal;
use crate::home::{Home, Row};
use crate::people::Method;
use crate::people::sessions::Begun;
use mag_oauth::page::{Consent, Form};
use mag_oauth::{Kind, Problem, redirect, scope};
use mag_ports::identity::LoggedIn;
use serde_json::json;
use uuid::Uuid;

/// What is asked of whom, as every step of the page needs it.
struct Table {
    id: Uuid,
    row: Row,
    client: Client,
    visitor: Visitor,
}

fn gone() -> Answer {
    dead_end(&Problem::new(Kind::InvalidRequest, format!("{GONE}.")))
}

impl Gotrue {
    async fn table(
        &self,
        ask: &Ask,
        home: &Home,
        id: Option<&str>,
    ) -> Result<Option<Table>, Refusal> {
        let Some(id) = id.and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(None) };
        let Some((row, client)) = home.asked(id).await? else { return Ok(None) };
        let visitor = self.visitor(ask, home).await?;
        Ok(Some(Table { id, row, client, visitor }))
    }

    pub(super) async fn consent_page(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let Some(table) = self.table(ask, &home, ask.parameter("authorization_id")).await? else {
            return Ok(gone());
        };
        if let Some(signed) = self.may_decide(&table)
            && table.row.text("prompt") == Some("as_needed")
            && self
                .was_allowed(&home, &signed.user, &table.client, &scopes(&table.row), &table.row)
                .await?
        {
            let to = self.approve(ask, &home, &table.row, &table.client, signed).await?;
            return Ok(away(&to, None));
        }
        Ok(self.shown(ask, &table, 200, None))
    }

    /// Whoever has signed in as far as is needed.
    fn may_decide<'a>(&self, table: &'a Table) -> Option<&'a Signed> {
        let began = table.row.time("created_at").unwrap_or_default();
        let anew = table.row.text("prompt") == Some("login");
        let signed = table.visitor.signed.as_ref();
        let is_fresh = |signed: &Signed| !anew || signed.at >= began;
        signed.filter(|signed| is_fresh(signed) && !signed.owes_a_factor())
    }

    fn shown(&self, ask: &Ask, table: &Table, status: u16, wrong: Option<&str>) -> Answer {
        let (id, csrf) = (table.id.to_string(), self.csrf(&table.visitor, table.id));
        let action = self.own_path(ask, "/consent");
        let form = Form { action: &action, authorization: &id, csrf: &csrf, wrong };
        let app = table.client.metadata.name.as_str();
        let began = table.row.time("created_at").unwrap_or_default();
        let anew = table.row.text("prompt") == Some("login");
        let html = match &table.visitor.signed {
            Some(signed) if anew && signed.at < began => mag_oauth::page::sign_in(app, form),
            Some(signed) if signed.owes_a_factor() => mag_oauth::page::second_factor(app, form),
            Some(signed) => {
                let scopes = scopes(&table.row);
                let says: Vec<&str> = scopes.iter().filter_map(|s| scope::said(s)).collect();
                let to = redirect::said(table.row.words("redirect_uri"));
                let account = [signed.user.email(), signed.user.phone()];
                let account = account.into_iter().find(|name| !name.is_empty());
                let consent = Consent {
                    app,
                    app_uri: table.client.metadata.uri.as_deref(),
                    to: &to,
                    registered_itself: table.client.dynamic,
                    account: account.unwrap_or("somebody without a name"),
                    says: &says,
                    resources: &table.row.texts("resources"),
                };
                mag_oauth::page::consent(consent, form)
            }
            None => mag_oauth::page::sign_in(app, form),
        };
        let target = redirect::source(table.row.words("redirect_uri"));
        let cookie = self.new_cookie(ask, &table.visitor);
        page(status, html, target.as_deref(), cookie)
    }

    pub(super) async fn consent_form(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let field = |name: &str| ask.fields.get(name).and_then(serde_json::Value::as_str);
        let Some(table) = self.table(ask, &home, field("authorization_id")).await? else {
            return Ok(gone());
        };
        if !self.is_our_form(ask, &table.visitor, table.id) {
            let message = "This form does not come from our page in this browser. Cookies have to \
                           be allowed.";
            return Ok(dead_end(&Problem::new(Kind::AccessDenied, message)));
        }
        let here = self.own_path(ask, &format!("/consent?authorization_id={}", table.id));
        match field("action") {
            Some("deny") => Ok(away(&self.refuse(ask, &home, &table.row).await?, None)),
            Some("leave") => {
                if let Some(signed) = &table.visitor.signed {
                    let sessions = [signed.session_id()];
                    self.end_sessions(ask, &home, signed.user.id, &sessions, "local").await?;
                }
                Ok(away(&here, Some(self.no_cookie(ask))))
            }
            Some("sign_in") => match self.signs_in(ask, &home).await {
                Ok(cookie) => Ok(away(&here, Some(cookie))),
                Err(refusal) => Ok(self.again_with(ask, &table, refusal)),
            },
            Some("code") => match self.shows_code(ask, &home, &table).await {
                Ok(()) => Ok(away(&here, None)),
                Err(refusal) => Ok(self.again_with(ask, &table, refusal)),
            },
            Some("approve") => match self.may_decide(&table) {
                Some(signed) => {
                    let to = self.approve(ask, &home, &table.row, &table.client, signed).await?;
                    Ok(away(&to, None))
                }
                None => Ok(away(&here, None)),
            },
            _ => Ok(dead_end(&Problem::request("The form says nothing."))),
        }
    }

    fn again_with(&self, ask: &Ask, table: &Table, refusal: Refusal) -> Answer {
        self.shown(ask, table, refusal.status, Some(&refusal.message))
    }

    /// With a password; the cookie of whoever has come in.
    async fn signs_in(&self, ask: &Ask, home: &Home) -> Result<String, Refusal> {
        if !self.limits.admits(Path::SignIn, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let user = self.known_by_password(ask, home).await?;
        let Begun { session, .. } = home.begin(&user, Method::Password, &ask.origin).await?;
        self.bus.publish(LoggedIn {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
            method: Method::Password.name().into(),
            session: session.id.to_string(),
            from: ask.origin.ip.clone(),
        });
        Ok(self.signed_cookie(ask, user.id, session.id)?)
    }

    /// With the code of an authenticator app.
    async fn shows_code(&self, ask: &Ask, home: &Home, table: &Table) -> Result<(), Refusal> {
        let wrong = || Refusal::new(422, "mfa_verification_failed", "The code does not fit");
        let signed = table.visitor.signed.as_ref().ok_or_else(wrong)?;
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let code = ask.text("code")?.ok_or_else(wrong)?.trim();
        let own = |row: &&Row| {
            row.text("status") == Some("verified") && row.text("factor_type") == Some("totp")
        };
        for factor in signed.user.factors.iter().filter(own) {
            if self.fits_totp(ask, home, &signed.user, factor, code).await.is_ok() {
                home.raise(signed.session_id(), factor.words("id"), Method::Totp).await?;
                return Ok(());
            }
        }
        Err(wrong())
    }

    /// What a page of the operator's app needs to ask; or the way on, when it is allowed already.
    pub(super) async fn authorization(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let (row, client, signed) = self.at_the_apps_page(ask, &home, id).await?;
        let seen = row.id("user_id");
        if seen.is_none() {
            // The first who looks at it is the one who decides.
            let change = json!({ "user_id": signed.user.id });
            home.step(row.id("id").unwrap_or_default(), "pending", change).await?;
        }
        let as_needed = row.text("prompt") == Some("as_needed");
        if as_needed
            && !signed.owes_a_factor()
            && self.was_allowed(&home, &signed.user, &client, &scopes(&row), &row).await?
        {
            let to = self.approve(ask, &home, &row, &client, &signed).await?;
            return Ok(Answer::Told(json!({ "redirect_url": to })));
        }
        Ok(Answer::Told(json!({
            "authorization_id": id,
            "redirect_uri": redirect::base(row.words("redirect_uri")),
            "client": shown_client(&client),
            "user": { "id": signed.user.id, "email": signed.user.email() },
            "scope": row.words("scope"),
            "resources": row.texts("resources"),
        })))
    }

    pub(super) async fn authorization_consent(
        &self,
        ask: &Ask,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let (row, client, signed) = self.at_the_apps_page(ask, &home, id).await?;
        let to = match ask.text("action")? {
            Some("approve") if signed.owes_a_factor() => {
                let message = "AAL2 required to allow an app when MFA is enabled";
                return Err(Refusal::new(403, "insufficient_aal", message));
            }
            Some("approve") => self.approve(ask, &home, &row, &client, &signed).await?,
            Some("deny") => self.refuse(ask, &home, &row).await?,
            _ => return Err(Refusal::bad("action must be `approve` or `deny`")),
        };
        Ok(Answer::Told(json!({ "redirect_url": to })))
    }

    async fn at_the_apps_page(
        &self,
        ask: &Ask,
        home: &Home,
        id: &str,
    ) -> Result<(Row, Client, Signed), Refusal> {
        let missing = || Refusal::new(404, "oauth_authorization_not_found", GONE);
        let caller = self.caller(ask, home).await?;
        if caller.user.is_anonymous() {
            let message = "Anonymous user not allowed to perform these actions";
            return Err(Refusal::new(403, "no_authorization", message));
        }
        let id = Uuid::parse_str(id).map_err(|_| missing())?;
        let (row, client) = home.asked(id).await?.ok_or_else(missing)?;
        if row.id("user_id").is_some_and(|user| user != caller.user.id) {
            return Err(missing());
        }
        let session = caller.session.ok_or_else(|| {
            let message = "A valid session is required to allow an app";
            Refusal::new(403, "session_not_found", message)
        })?;
        let at = session.time("created_at").unwrap_or_default();
        Ok((row, client, Signed { user: caller.user, session, at }))
    }
}

pub(super) fn shown_client(client: &Client) -> serde_json::Value {
    json!({
        "id": client.id,
        "name": client.metadata.name,
        "uri": client.metadata.uri.clone().unwrap_or_default(),
        "logo_uri": client.metadata.logo_uri.clone().unwrap_or_default(),
    })
}

fn scopes(row: &Row) -> Vec<String> {
    scope::read(row.words("scope")).unwrap_or_default()
}
