//! `/token`: a password, a refresh token, a code or an id token becomes a session.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::hooks::{Hook, rejected};
use super::limits::Path;
use super::refusal::Refusal;
use super::signup::valid_phone;
use crate::home::Home;
use crate::passwords::{is_current, weakness};
use crate::people::flows::{AWAY_MAX, Challenge};
use crate::people::sessions::Swap;
use crate::people::users::By;
use crate::people::{Method, User};
use mag_ports::identity::{LoggedOut, PasswordTried};
use serde_json::json;
use std::time::Duration;

const WRONG: &str = "Invalid login credentials";

impl Gotrue {
    pub(super) async fn token(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let grant = ask.parameter("grant_type").map(str::to_owned);
        let grant = match grant {
            Some(grant) => Some(grant),
            None => ask.text("grant_type")?.map(str::to_owned),
        };
        let (path, grant) = match grant.as_deref() {
            Some("password") => (Path::SignIn, Grant::Password),
            Some("refresh_token") => (Path::Refresh, Grant::Refresh),
            Some("pkce") => (Path::SignIn, Grant::Pkce),
            Some("id_token") => (Path::SignIn, Grant::IdToken),
            Some("web3") => {
                let message = "Web3 provider is disabled";
                return Err(Refusal::new(422, "web3_provider_disabled", message));
            }
            _ => return Err(Refusal::new(400, "invalid_credentials", "unsupported_grant_type")),
        };
        if !self.limits.admits(path, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        match grant {
            Grant::Password => Box::pin(self.by_password(ask)).await,
            Grant::Refresh => Box::pin(self.by_refresh_token(ask)).await,
            Grant::Pkce => Box::pin(self.by_code(ask)).await,
            Grant::IdToken => Box::pin(self.by_id_token(ask)).await,
        }
    }

    async fn by_password(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let user = self.known_by_password(ask, &home).await?;
        let mut told = self.sign_in(ask, &home, &user, Method::Password).await?;
        let password = ask.secret("password")?.unwrap_or_default();
        if let Some(weak) = weakness(password.expose(), &self.strength()) {
            told["weak_password"] = json!(weak);
        }
        Ok(Answer::Told(told))
    }

    /// Whoever has shown name and password, and may come in.
    pub(super) async fn known_by_password(&self, ask: &Ask, home: &Home) -> Result<User, Refusal> {
        let (email, phone) = (ask.text("email")?, ask.text("phone")?);
        let wrong = || Refusal::new(400, "invalid_credentials", WRONG);
        let found = match (email, phone) {
            (Some(_), Some(_)) => {
                let message = "Only an email address or phone number should be provided on login.";
                return Err(Refusal::bad(message));
            }
            (None, None) => return Err(Refusal::bad("missing email or phone")),
            (Some(_), None) if !self.settings.email_enabled => {
                let message = "Email logins are disabled";
                return Err(Refusal::new(422, "email_provider_disabled", message));
            }
            (None, Some(_)) if !self.settings.phone_enabled => {
                let message = "Phone logins are disabled";
                return Err(Refusal::new(422, "phone_provider_disabled", message));
            }
            (Some(email), None) => home.user(By::Email(email.trim())).await?,
            (None, Some(phone)) => match valid_phone(phone) {
                Ok(phone) => home.user(By::Phone(&phone)).await?,
                Err(_) => None,
            },
        };
        let password = ask.secret("password")?.unwrap_or_default();
        let hash = found.as_ref().and_then(User::password_hash);
        // Whoever is not there is checked as well: the time tells nothing.
        let mut fits = self.passwords.verify(&password, hash).await?;
        let Some(user) = found else { return Err(wrong()) };
        let tried = PasswordTried {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
            fits,
        };
        match self.bus.ask(tried).await {
            Ok(tried) => fits &= tried.fits,
            Err(fault) => {
                return Err(Refusal::new(400, "invalid_credentials", fault.message()));
            }
        }
        if self.hooks.has(Hook::PasswordVerification) {
            let question = json!({ "user_id": user.id, "valid": fits });
            let answer = self.hooks.ask(Hook::PasswordVerification, &question, ask.now).await?;
            if let Some(message) = rejected(answer.as_ref()) {
                return Err(Refusal::new(403, "hook_payload_rejected", message));
            }
        }
        if !fits {
            return Err(wrong());
        }
        if user.is_banned(ask.now) {
            return Err(Refusal::new(400, "user_banned", "User is banned"));
        }
        if email.is_some() && !user.is_confirmed() {
            return Err(Refusal::new(400, "email_not_confirmed", "Email not confirmed"));
        }
        if phone.is_some() && !user.is_phone_confirmed() {
            return Err(Refusal::new(400, "phone_not_confirmed", "Phone not confirmed"));
        }
        if user.password_hash().is_some_and(|hash| !is_current(hash)) {
            let better = self.passwords.hash(&password).await?;
            home.set(user.id, json!({ "encrypted_password": better })).await?;
        }
        Ok(user)
    }

    async fn by_refresh_token(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let Some(token) = ask.text("refresh_token")? else {
            return Err(Refusal::bad("Refresh token is not valid"));
        };
        let home = ask.home(self).await?;
        let reuse = self.settings.refresh_token_reuse_interval;
        let unknown = || {
            let message = "Invalid Refresh Token: Refresh Token Not Found";
            Refusal::new(400, "refresh_token_not_found", message)
        };
        // Before anything is spent: may this user and session go on at all?
        let row = home.refresh_row(token).await?.ok_or_else(unknown)?;
        let user = match row.id("user_id") {
            Some(id) => home.user(By::Id(id)).await?,
            None => None,
        };
        let user = user.ok_or_else(unknown)?;
        if user.is_banned(ask.now) {
            return Err(Refusal::new(400, "user_banned", "Invalid Refresh Token: User Banned"));
        }
        if let Some(session) = row.id("session_id")
            && let Some(session) = home.session(session).await?
        {
            self.goes_on(&session, ask)?;
        }
        match home.swap(&self.vault, token, reuse).await? {
            Swap::Unknown => Err(unknown()),
            Swap::NoSession => {
                let message = "Invalid Refresh Token: No Valid Session Found";
                Err(Refusal::new(400, "session_not_found", message))
            }
            Swap::Stolen { session } => {
                home.spend_family(session).await?;
                self.watch.end(session, ask.now);
                self.bus.publish(LoggedOut {
                    project: ask.project.reference.to_string(),
                    user: user.id.to_string(),
                    scope: "reuse".into(),
                    sessions: vec![session.to_string()],
                });
                let message = "Invalid Refresh Token: Already Used";
                Err(Refusal::new(400, "refresh_token_already_used", message))
            }
            Swap::Next { session, token } => {
                if let Some(id) = session.id("id") {
                    home.touch(id, &ask.origin).await?;
                }
                let session = home.told(&session).await?;
                let told = self.told(ask, &user, &session, Method::Refresh, token).await?;
                Ok(Answer::Told(told))
            }
        }
    }

    /// A session has an end, when the settings give it one.
    pub(super) fn goes_on(&self, session: &crate::home::Row, ask: &Ask) -> Result<(), Refusal> {
        let hours = |n: u32| Duration::from_secs(u64::from(n) * 3_600);
        let began = session.time("created_at").unwrap_or_default();
        let used = session.time("refreshed_at").unwrap_or(began);
        let timebox = hours(self.settings.sessions_timebox_hours);
        let inactivity = hours(self.settings.sessions_inactivity_hours);
        if !timebox.is_zero() && ask.now.since(began) > timebox {
            let message = "Invalid Refresh Token: Session Expired";
            return Err(Refusal::new(400, "session_expired", message));
        }
        if !inactivity.is_zero() && ask.now.since(used) > inactivity {
            let message = "Invalid Refresh Token: Session Expired (Inactivity)";
            return Err(Refusal::new(400, "session_expired", message));
        }
        Ok(())
    }

    async fn by_code(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let (Some(code), Some(verifier)) = (ask.text("auth_code")?, ask.text("code_verifier")?)
        else {
            let message = "invalid request: both auth code and code verifier should be non-empty";
            return Err(Refusal::bad(message));
        };
        let home = ask.home(self).await?;
        let missing = || {
            let message = "invalid flow state, no valid flow state found";
            Refusal::new(404, "flow_state_not_found", message)
        };
        let flow = home.flow_by_code(code).await?.ok_or_else(missing)?;
        let user = flow.id("user_id").ok_or_else(missing)?;
        let issued = flow.time("auth_code_issued_at").ok_or_else(missing)?;
        // Whatever comes of it, a code is tried once.
        if !home.end_flow(flow.words("id")).await? {
            return Err(missing());
        }
        if ask.now.since(issued) > AWAY_MAX {
            let message = "invalid flow state, flow state has expired";
            return Err(Refusal::new(422, "flow_state_expired", message));
        }
        if !Challenge::fits(&flow, verifier) {
            let message = "code challenge does not match previously saved code verifier";
            return Err(Refusal::new(400, "bad_code_verifier", message));
        }
        let user = home.user(By::Id(user)).await?.ok_or_else(missing)?;
        let method = Method::of_type(flow.words("authentication_method")).unwrap_or(Method::Otp);
        let mut told = self.sign_in(ask, &home, &user, method).await?;
        for (column, name) in [
            ("provider_access_token", "provider_token"),
            ("provider_refresh_token", "provider_refresh_token"),
        ] {
            if let Some(sealed) = flow.text(column).filter(|text| !text.is_empty()) {
                let plain = self.vault.open("provider token", sealed)?;
                told[name] = String::from_utf8_lossy(&plain).into_owned().into();
            }
        }
        Ok(Answer::Told(told))
    }
}

enum Grant {
    Password,
    Refresh,
    Pkce,
    IdToken,
}
