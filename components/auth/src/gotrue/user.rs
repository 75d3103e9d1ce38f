//! Somebody who is signed in, about themselves.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::limits::Path;
use super::refusal::{Refusal, nothing};
use super::shape;
use super::signup::{challenge, valid_email, valid_phone};
use crate::home::{Home, Row};
use crate::people::User;
use crate::people::codes::{Purpose, hash};
use crate::people::users::{By, merged, own_identity};
use mag_contract::secret::same;
use mag_ports::identity::LoggedOut;
use serde_json::{Value as Json, json};
use std::time::Duration;
use uuid::Uuid;

/// Who a request is signed by.
pub(super) struct Caller {
    pub(super) user: User,
    pub(super) session: Option<Row>,
}

impl Caller {
    pub(super) fn is_aal2(&self) -> bool {
        self.session.as_ref().and_then(|row| row.text("aal")) == Some("aal2")
    }
    pub(super) fn session_id(&self) -> Option<Uuid> {
        self.session.as_ref().and_then(|row| row.id("id"))
    }
}

const DAY: Duration = Duration::from_secs(86_400);

impl Gotrue {
    /// Whoever signed the request, as the database knows them now. An app that acts for them may
    /// not change how they sign in, or what they have allowed.
    pub(super) async fn caller(&self, ask: &Ask, home: &Home) -> Result<Caller, Refusal> {
        let (caller, by_app) = self.caller_or_app(ask, home).await?;
        if by_app {
            let message = "An app that acts for a user may not do this";
            return Err(Refusal::new(403, "insufficient_scope", message));
        }
        Ok(caller)
    }

    /// The same, and whether an app acts for them.
    async fn caller_or_app(&self, ask: &Ask, home: &Home) -> Result<(Caller, bool), Refusal> {
        let bad = |message: &str| Refusal::new(403, "bad_jwt", message);
        let token = ask.bearer()?;
        let claims = self.identify.claims(&ask.project, token).await?;
        let Some(claims) = claims else { return Err(bad("invalid claim: missing sub claim")) };
        let sub = claims.get("sub").and_then(Json::as_str).filter(|sub| !sub.is_empty());
        let sub = sub.ok_or_else(|| bad("invalid claim: missing sub claim"))?;
        let id = Uuid::parse_str(sub)
            .map_err(|_| Refusal::new(400, "bad_jwt", "invalid claim: sub claim must be a UUID"))?;
        let user = home.user(By::Id(id)).await?.ok_or_else(|| {
            let message = "User from sub claim in JWT does not exist";
            Refusal::new(403, "user_not_found", message)
        })?;
        if user.is_banned(ask.now) {
            return Err(Refusal::new(403, "user_banned", "User is banned"));
        }
        let session = match claims.get("session_id").and_then(Json::as_str) {
            None => None,
            Some(id) => {
                let id = Uuid::parse_str(id)
                    .map_err(|_| bad("invalid claim: session_id claim must be a UUID"))?;
                let found = home.session(id).await?;
                let of_user = found.filter(|row| row.id("user_id") == Some(user.id));
                Some(of_user.ok_or_else(|| {
                    let message = "Session from session_id claim in JWT does not exist";
                    Refusal::new(403, "session_not_found", message)
                })?)
            }
        };
        // Whoever acts as the user sees what they see, and leaves; the account stays as it is.
        let leaves = ask.path.first().is_some_and(|first| first == "logout");
        if claims.contains_key("act") && ask.method != http::Method::GET && !leaves {
            let message = "Somebody acts as this user: the account is not changed so";
            return Err(Refusal::new(403, "insufficient_scope", message));
        }
        let by_app = claims.contains_key("client_id");
        Ok((Caller { user, session }, by_app))
    }

    pub(super) async fn user_get(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let (caller, _) = self.caller_or_app(ask, &home).await?;
        Ok(Answer::Told(shape::user(&caller.user)))
    }

    pub(super) async fn user_put(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let user = &caller.user;
        let email = ask.text("email")?.map(valid_email).transpose()?;
        let phone = ask.text("phone")?.map(valid_phone).transpose()?;
        let password = ask.secret("password")?;
        let (data, app_data) = (ask.object("data")?, ask.object("app_metadata")?);
        let challenge = challenge(ask)?;
        if app_data.is_some() {
            let message = "Updating app_metadata requires admin privileges";
            return Err(Refusal::new(403, "not_admin", message));
        }
        let email = email.filter(|email| email != user.email());
        let phone = phone.filter(|phone| phone != user.phone());
        let touches = password.is_some() || email.is_some() || phone.is_some();
        if touches && user.has_verified_factor() && !caller.is_aal2() {
            let message =
                "AAL2 session is required to update email or password when MFA is enabled.";
            return Err(Refusal::new(401, "insufficient_aal", message));
        }
        if touches && user.row.flag("is_sso_user") {
            let message = "Updating email, phone, password of a SSO account only possible via SSO";
            return Err(Refusal::new(422, "user_sso_managed", message));
        }
        if user.is_anonymous() && password.is_some() && email.is_none() && phone.is_none() {
            let message = "Updating password of an anonymous user without an email or phone is not \
                           allowed";
            return Err(Refusal::new(422, "validation_failed", message));
        }
        if email.is_some() && !self.limits.admits(Path::Send, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        if let Some(email) = &email
            && home.user(By::Email(email)).await?.is_some()
        {
            return Err(Refusal::new(422, "email_exists", EMAIL_EXISTS));
        }
        if let Some(phone) = &phone
            && home.user(By::Phone(phone)).await?.is_some()
        {
            return Err(Refusal::new(422, "phone_exists", PHONE_EXISTS));
        }
        if let Some(password) = &password {
            self.strong(password)?;
            self.is_really(ask, &home, &caller).await?;
            if user.password_hash().is_some()
                && self.passwords.verify(password, user.password_hash()).await?
            {
                let message = "New password should be different from the old password.";
                return Err(Refusal::new(422, "same_password", message));
            }
            let hash = self.passwords.hash(password).await?;
            home.set(user.id, json!({ "encrypted_password": hash })).await?;
            // Whoever knew the old one is out; this session goes on.
            let others = self.others(&home, &caller).await?;
            self.end_sessions(ask, &home, user.id, &others, "password").await?;
        }
        if let Some(data) = data {
            let merged = merged(user.row.object("raw_user_meta_data"), &data);
            home.set(user.id, json!({ "raw_user_meta_data": merged })).await?;
        }
        if let Some(email) = &email {
            if user.is_anonymous() && self.settings.mailer_autoconfirm {
                self.take_email(&home, user, email).await?;
            } else {
                self.mail_change(ask, &home, user, email, challenge.as_ref()).await?;
            }
        }
        if let Some(phone) = &phone {
            if self.settings.sms_autoconfirm {
                self.take_phone(&home, user, phone).await?;
            } else {
                home.set(user.id, json!({ "phone_change": phone })).await?;
                self.text(ask, &home, user, phone, Purpose::PhoneChange).await?;
            }
        }
        self.changed(ask, user.id, "changed");
        Ok(Answer::Told(shape::user(&self.again(&home, user).await?)))
    }

    /// Where it is asked for: a code, when the sign-in is older than a day.
    async fn is_really(&self, ask: &Ask, home: &Home, caller: &Caller) -> Result<(), Refusal> {
        let began = caller.session.as_ref().and_then(|row| row.time("created_at"));
        let fresh = began.is_some_and(|at| ask.now.since(at) < DAY);
        if !self.settings.password_reauthentication || fresh {
            return Ok(());
        }
        let Some(nonce) = ask.text("nonce")? else {
            let message = "Password update requires reauthentication";
            return Err(Refusal::new(400, "reauthentication_needed", message));
        };
        let user = &caller.user;
        let address = if user.email().is_empty() { user.phone() } else { user.email() };
        let wrong = || {
            let message = "Nonce has expired or is invalid";
            Refusal::new(422, "reauthentication_not_valid", message)
        };
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let wanted = hash(&self.vault, address, nonce);
        let code = home.code(&wanted, &[Purpose::Reauthentication]).await?;
        let code = code.filter(|code| {
            code.id("user_id") == Some(user.id)
                && same(code.words("token_hash").as_bytes(), wanted.as_bytes())
        });
        let Some(code) = code else {
            home.guessed_wrong(user.id).await?;
            return Err(wrong());
        };
        let sent = code.time("created_at").unwrap_or_default();
        let is_old = ask.now.since(sent).as_secs() > u64::from(self.settings.mailer_otp_exp);
        if !home.take_code(&code).await? || is_old {
            return Err(wrong());
        }
        Ok(())
    }

    /// The new address is the user's from now on.
    pub(super) async fn take_email(
        &self,
        home: &Home,
        user: &User,
        email: &str,
    ) -> Result<(), Refusal> {
        let mut calls = vec![home.change(
            user.id,
            json!({
                "email": email, "email_change": "", "email_change_confirm_status": 0,
                "email_confirmed_at": home.now(), "is_anonymous": false,
            }),
        )?];
        if home.instance.is_nil() {
            let by_id = vec![mag_query::call::Filter::eq("id", &user.id.to_string())];
            let base = json!({ "email": email, "updated_at": home.now() });
            calls.push(home.update_base("users", by_id, base)?);
        }
        let more = own_identity(user.id, "email", email, true);
        calls.push(match user.identity("email") {
            Some(identity) => home.change_identity(identity, more)?,
            None => home.identity_call(user.id, "email", &user.id.to_string(), more)?,
        });
        home.all(calls).await.map_err(|fault| {
            if fault.code() == mag_contract::codes::DUPLICATE_KEY {
                return Refusal::new(422, "email_exists", EMAIL_EXISTS);
            }
            fault.into()
        })?;
        self.tell_providers(home, user.id).await
    }

    pub(super) async fn take_phone(
        &self,
        home: &Home,
        user: &User,
        phone: &str,
    ) -> Result<(), Refusal> {
        let mut calls = vec![home.change(
            user.id,
            json!({
                "phone": phone, "phone_change": "", "phone_confirmed_at": home.now(),
                "is_anonymous": false,
            }),
        )?];
        let more = own_identity(user.id, "phone", phone, true);
        calls.push(match user.identity("phone") {
            Some(identity) => home.change_identity(identity, more)?,
            None => home.identity_call(user.id, "phone", &user.id.to_string(), more)?,
        });
        home.all(calls).await.map_err(|fault| {
            if fault.code() == mag_contract::codes::DUPLICATE_KEY {
                return Refusal::new(422, "phone_exists", PHONE_EXISTS);
            }
            fault.into()
        })?;
        self.tell_providers(home, user.id).await
    }

    /// The metadata names the ways in which somebody signs in.
    pub(super) async fn tell_providers(&self, home: &Home, user: Uuid) -> Result<(), Refusal> {
        let Some(user) = home.user(By::Id(user)).await? else { return Ok(()) };
        let mut providers: Vec<&str> = vec![];
        for identity in &user.identities {
            let provider = identity.words("provider");
            if !providers.contains(&provider) {
                providers.push(provider);
            }
        }
        let mut metadata = user.row.object("raw_app_meta_data");
        if let Some(first) = providers.first() {
            metadata.entry("provider".to_owned()).or_insert_with(|| (*first).into());
        }
        metadata.insert("providers".into(), json!(providers));
        Ok(home.set(user.id, json!({ "raw_app_meta_data": metadata })).await?)
    }

    async fn others(&self, home: &Home, caller: &Caller) -> Result<Vec<Uuid>, Refusal> {
        let own = caller.session_id();
        let sessions = home.sessions_of(caller.user.id).await?;
        Ok(sessions.iter().filter_map(|row| row.id("id")).filter(|id| Some(*id) != own).collect())
    }

    pub(super) async fn end_sessions(
        &self,
        ask: &Ask,
        home: &Home,
        user: Uuid,
        sessions: &[Uuid],
        scope: &str,
    ) -> Result<(), Refusal> {
        home.end(sessions).await?;
        for session in sessions {
            self.watch.end(*session, ask.now);
        }
        if !sessions.is_empty() {
            self.bus.publish(LoggedOut {
                project: ask.project.reference.to_string(),
                user: user.to_string(),
                scope: scope.to_owned(),
                sessions: sessions.iter().map(Uuid::to_string).collect(),
            });
        }
        Ok(())
    }

    pub(super) async fn logout(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let own: Vec<Uuid> = caller.session_id().into_iter().collect();
        let (sessions, scope) = match ask.parameter("scope") {
            Some("local") => (own, "local"),
            Some("others") => (self.others(&home, &caller).await?, "others"),
            None | Some("global") => {
                let all = home.sessions_of(caller.user.id).await?;
                (all.iter().filter_map(|row| row.id("id")).collect(), "global")
            }
            Some(other) => {
                let shown: String = other.chars().take(40).collect();
                return Err(Refusal::bad(format!("Unsupported logout scope {shown:?}")));
            }
        };
        self.end_sessions(ask, &home, caller.user.id, &sessions, scope).await?;
        Ok(Answer::Nothing)
    }

    pub(super) async fn reauthenticate(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let user = &caller.user;
        if !self.limits.admits(Path::Send, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        if user.email().is_empty() && user.phone().is_empty() {
            let message = "Reauthentication requires the user to have an email or a phone number";
            return Err(Refusal::bad(message));
        }
        if user.email().is_empty() {
            if !user.is_phone_confirmed() {
                let message = "Please verify your phone first.";
                return Err(Refusal::new(422, "phone_not_confirmed", message));
            }
            self.text(ask, &home, user, user.phone(), Purpose::Reauthentication).await?;
        } else {
            if !user.is_confirmed() {
                let message = "Please verify your email first.";
                return Err(Refusal::new(422, "email_not_confirmed", message));
            }
            self.mail_reauthentication(ask, &home, user).await?;
        }
        Ok(Answer::Told(nothing()))
    }
}

pub(super) const EMAIL_EXISTS: &str = "A user with this email address has already been registered";
pub(super) const PHONE_EXISTS: &str = "A user with this phone number has already been registered";
