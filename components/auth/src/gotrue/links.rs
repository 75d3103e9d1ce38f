//! Sign-ins without a password, and what asks for one to be made: `/otp`, `/magiclink`,
//! `/recover`, `/resend`, `/invite`, `/admin/generate_link`.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::limits::Path;
use super::refusal::{Refusal, nothing};
use super::send::{CONFIRMATION, INVITE, Letter, MAGIC_LINK, RECOVERY};
use super::shape;
use super::signup::{Name, challenge, valid_email, valid_phone};
use super::user::EMAIL_EXISTS;
use crate::home::Home;
use crate::keys::letters;
use crate::people::User;
use crate::people::codes::{Code, Purpose};
use crate::people::users::{By, NewUser, merged, own_identity};
use mag_contract::Secret;
use serde_json::json;

impl Gotrue {
    fn may_send(&self, ask: &Ask) -> Result<(), Refusal> {
        if self.limits.admits(Path::Send, ask.ip, ask.now) {
            Ok(())
        } else {
            Err(Refusal::limited())
        }
    }

    pub(super) async fn otp(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.may_send(ask)?;
        let name = match self.name(ask, "otp") {
            Err(refusal) if refusal.code == "phone_provider_disabled" => {
                return Err(Refusal::new(400, refusal.code, "Unsupported phone provider"));
            }
            other => other?,
        };
        let home = ask.home(self).await?;
        if ask.flag("create_user")? == Some(false) && home.user(name.by()).await?.is_none() {
            let message = "Signups not allowed for otp";
            return Err(Refusal::new(422, "otp_disabled", message));
        }
        match &name {
            Name::Email(_) => self.send_magic_link(ask, &home, &name).await,
            Name::Phone(phone) => {
                let found = home.user(name.by()).await?;
                match found.filter(User::is_phone_confirmed) {
                    Some(user) => {
                        self.text(ask, &home, &user, phone, Purpose::Confirmation).await?;
                    }
                    None => self.bring_in(ask, &home, &name).await?,
                }
                Ok(Answer::Told(nothing()))
            }
        }
    }

    pub(super) async fn magic_link(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.may_send(ask)?;
        let email = ask.text("email")?.ok_or_else(|| {
            let message = "Password recovery requires an email";
            Refusal::new(422, "validation_failed", message)
        })?;
        let name = Name::Email(valid_email(email)?);
        let home = ask.home(self).await?;
        self.send_magic_link(ask, &home, &name).await
    }

    async fn send_magic_link(
        &self,
        ask: &Ask,
        home: &Home,
        name: &Name,
    ) -> Result<Answer, Refusal> {
        if !self.settings.email_enabled || !self.settings.magic_link_enabled {
            let message = "Login with magic link is disabled";
            return Err(Refusal::new(422, "email_provider_disabled", message));
        }
        let challenge = challenge(ask)?;
        let found = home.user(name.by()).await?;
        match found.filter(User::is_confirmed) {
            Some(user) => self.mail(ask, home, &user, MAGIC_LINK, challenge.as_ref()).await?,
            None => self.bring_in(ask, home, name).await?,
        }
        Ok(Answer::Told(nothing()))
    }

    /// Somebody who comes for the first time: the mail that confirms the address signs in as well.
    async fn bring_in(&self, ask: &Ask, home: &Home, name: &Name) -> Result<(), Refusal> {
        if self.settings.disable_signup && home.user(name.by()).await?.is_none() {
            let message = "Signups not allowed for this instance";
            return Err(Refusal::new(422, "signup_disabled", message));
        }
        let data = ask.object("data")?.unwrap_or_default();
        let challenge = challenge(ask)?;
        let (user, _) = self.enter(ask, home, name, None, &data, challenge.as_ref()).await?;
        // Confirmed at once: then a way in has to be sent all the same.
        match name {
            Name::Email(_) if user.is_confirmed() => {
                self.mail(ask, home, &user, MAGIC_LINK, challenge.as_ref()).await
            }
            Name::Phone(phone) if user.is_phone_confirmed() => {
                self.text(ask, home, &user, phone, Purpose::Confirmation).await
            }
            Name::Email(_) | Name::Phone(_) => Ok(()),
        }
    }

    pub(super) async fn recover(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.may_send(ask)?;
        let email = ask.text("email")?;
        let email = email.ok_or_else(|| Refusal::bad("Password recovery requires an email"))?;
        let email = valid_email(email)?;
        let challenge = challenge(ask)?;
        let home = ask.home(self).await?;
        // Nobody is told whether there is somebody.
        if let Some(user) = home.user(By::Email(&email)).await? {
            self.mail(ask, &home, &user, RECOVERY, challenge.as_ref()).await?;
        }
        Ok(Answer::Told(nothing()))
    }

    pub(super) async fn resend(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.may_send(ask)?;
        let kind = ask.text("type")?.unwrap_or_default();
        let home = ask.home(self).await?;
        let challenge = challenge(ask)?;
        let (email, phone) = (ask.text("email")?, ask.text("phone")?);
        let found = match (kind, email, phone) {
            (_, Some(_), Some(_)) => {
                let message = "Only an email address or phone number should be provided.";
                return Err(Refusal::bad(message));
            }
            ("signup" | "email_change", Some(email), None) => {
                home.user(By::Email(&valid_email(email)?)).await?
            }
            ("signup" | "email_change", None, Some(_)) => {
                return Err(Refusal::bad("Type provided requires an email address"));
            }
            ("sms" | "phone_change", None, Some(phone)) => {
                home.user(By::Phone(&valid_phone(phone)?)).await?
            }
            ("sms" | "phone_change", Some(_), None) => {
                return Err(Refusal::bad("Type provided requires a phone number"));
            }
            ("signup" | "email_change" | "sms" | "phone_change", None, None) => {
                return Err(Refusal::bad("Missing email address or phone number"));
            }
            _ => {
                let message = "Missing one of these types: signup, email_change, sms, phone_change";
                return Err(Refusal::bad(message));
            }
        };
        let Some(user) = found else { return Ok(Answer::Told(nothing())) };
        match kind {
            "signup" if !user.is_confirmed() => {
                self.mail(ask, &home, &user, CONFIRMATION, challenge.as_ref()).await?;
            }
            "email_change" if !user.row.words("email_change").is_empty() => {
                let new = user.row.words("email_change").to_owned();
                self.mail_change(ask, &home, &user, &new, challenge.as_ref()).await?;
            }
            "sms" if !user.is_phone_confirmed() => {
                self.text(ask, &home, &user, user.phone(), Purpose::Confirmation).await?;
            }
            "phone_change" if !user.row.words("phone_change").is_empty() => {
                let new = user.row.words("phone_change").to_owned();
                self.text(ask, &home, &user, &new, Purpose::PhoneChange).await?;
            }
            _ => {}
        }
        Ok(Answer::Told(nothing()))
    }

    pub(super) async fn invite(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.admitted(ask, "invite").await?;
        let home = ask.home(self).await?;
        let email = valid_email(ask.text("email")?.unwrap_or_default())?;
        let user = self.invited(ask, &home, &email).await?;
        self.mail(ask, &home, &user, INVITE, None).await?;
        Ok(Answer::Told(shape::user(&self.again(&home, &user).await?)))
    }

    async fn invited(&self, ask: &Ask, home: &Home, email: &str) -> Result<User, Refusal> {
        let user = match home.user(By::Email(email)).await? {
            Some(user) if user.is_confirmed() => {
                return Err(Refusal::new(422, "email_exists", EMAIL_EXISTS));
            }
            Some(user) => user,
            None => {
                let new = self.by_admin(ask, email, None).await?;
                let user = home.make(new).await?;
                self.changed(ask, user.id, "created");
                user
            }
        };
        home.set(user.id, json!({ "invited_at": ask.now })).await?;
        Ok(user)
    }

    /// Somebody whom an administrator makes by an address.
    async fn by_admin(
        &self,
        ask: &Ask,
        email: &str,
        password: Option<&Secret<String>>,
    ) -> Result<NewUser, Refusal> {
        let mut new = NewUser::human();
        new.email = Some(email.to_owned());
        if let Some(password) = password {
            new.password_hash = Some(self.passwords.hash(password).await?);
        }
        new.app_metadata.insert("provider".into(), "email".into());
        new.app_metadata.insert("providers".into(), json!(["email"]));
        new.user_metadata = ask.object("data")?.unwrap_or_default();
        let own = own_identity(new.id, "email", email, false);
        new.identities.push(("email".to_owned(), new.id.to_string(), own));
        self.asked(ask, new).await
    }

    pub(super) async fn generate_link(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let email = valid_email(ask.text("email")?.unwrap_or_default())?;
        let kind = ask.text("type")?.unwrap_or_default();
        let found = home.user(By::Email(&email)).await?;
        let missing = || Refusal::new(404, "user_not_found", "User with this email not found");
        let letter = match kind {
            "magiclink" if found.is_none() => CONFIRMATION,
            "magiclink" => MAGIC_LINK,
            "recovery" => RECOVERY,
            "signup" => CONFIRMATION,
            "invite" => INVITE,
            "email_change_current" | "email_change_new" => {
                let user = found.ok_or_else(missing)?;
                return self.change_link(ask, &home, &user, kind).await;
            }
            other => {
                let shown: String = other.chars().take(40).collect();
                let message = format!("Invalid email action link type requested: {shown}");
                return Err(Refusal::bad(message));
            }
        };
        let user = match (letter.link, found) {
            ("recovery", None) => return Err(missing()),
            ("invite", _) => self.invited(ask, &home, &email).await?,
            ("signup", Some(user)) => {
                if user.is_confirmed() {
                    return Err(Refusal::new(422, "email_exists", EMAIL_EXISTS));
                }
                let data = ask.object("data")?.unwrap_or_default();
                let merged = merged(user.row.object("raw_user_meta_data"), &data);
                home.set(user.id, json!({ "raw_user_meta_data": merged })).await?;
                user
            }
            ("signup", None) => {
                let password = match (kind, ask.secret("password")?) {
                    ("signup", Some(password)) => {
                        self.strong(&password)?;
                        password
                    }
                    ("signup", None) => {
                        return Err(Refusal::bad("Signup requires a valid password"));
                    }
                    _ => Secret::new(letters(48)?),
                };
                let new = self.by_admin(ask, &email, Some(&password)).await?;
                let user = home.make(new).await?;
                self.changed(ask, user.id, "created");
                user
            }
            (_, Some(user)) => user,
            (_, None) => return Err(missing()),
        };
        let code = Code::new(&self.vault, &email, self.settings.otp_length, false)?;
        home.keep_code(user.id, letter.purpose, &email, &code.hash).await?;
        home.set(user.id, json!({ letter.sent_at: ask.now })).await?;
        let user = self.again(&home, &user).await?;
        Ok(self.link_told(ask, &user, &code, &letter))
    }

    async fn change_link(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        kind: &str,
    ) -> Result<Answer, Refusal> {
        if kind == "email_change_current" && !self.settings.secure_email_change_enabled {
            let message = "Enable secure email change to generate link for current email";
            return Err(Refusal::bad(message));
        }
        let new = valid_email(ask.text("new_email")?.unwrap_or_default())?;
        if home.user(By::Email(&new)).await?.is_some() {
            return Err(Refusal::new(422, "email_exists", EMAIL_EXISTS));
        }
        let (purpose, address) = if kind == "email_change_current" {
            (Purpose::EmailChangeCurrent, user.email().to_owned())
        } else {
            (Purpose::EmailChangeNew, new.clone())
        };
        let change = json!({
            "email_change": new, "email_change_sent_at": ask.now, "email_change_confirm_status": 0,
        });
        home.set(user.id, change).await?;
        let code = Code::new(&self.vault, &address, self.settings.otp_length, false)?;
        home.keep_code(user.id, purpose, &address, &code.hash).await?;
        let user = self.again(home, user).await?;
        let letter = Letter { link: "email_change", ..CONFIRMATION };
        let mut told = self.link_told(ask, &user, &code, &letter);
        if let Answer::Told(told) = &mut told {
            told["verification_type"] = kind.into();
        }
        Ok(told)
    }

    fn link_told(&self, ask: &Ask, user: &User, code: &Code, letter: &Letter) -> Answer {
        let back = self.returns_to(ask);
        let mut told = shape::user(user);
        told["action_link"] = self.action_link(ask, &code.hash, letter.link, &back).into();
        told["email_otp"] = code.digits.as_str().into();
        told["hashed_token"] = code.hash.as_str().into();
        told["verification_type"] = letter.link.into();
        told["redirect_to"] = back.into();
        Answer::Told(told)
    }
}
