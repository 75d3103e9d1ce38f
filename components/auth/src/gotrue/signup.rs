//! New users: by address or number with a password, or without any name at all. Nobody learns from
//! the answer, or from its time, whether an address has an account here.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::hooks::{Hook, about};
use super::limits::Path;
use super::refusal::Refusal;
use super::send::CONFIRMATION;
use super::shape;
use crate::home::Home;
use crate::passwords::{Strength, weakness};
use crate::people::codes::Purpose;
use crate::people::flows::Challenge;
use crate::people::users::{By, NewUser, own_identity};
use crate::people::{Method, User};
use mag_contract::{Secret, codes};
use mag_ports::identity::{BeforeUserCreated, UserChanged};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Somebody who wants to come in, by one of two names.
pub(super) enum Name {
    Email(String),
    Phone(String),
}

impl Name {
    pub(super) fn provider(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        }
    }
    pub(super) fn by(&self) -> By<'_> {
        match self {
            Self::Email(email) => By::Email(email),
            Self::Phone(phone) => By::Phone(phone),
        }
    }
}

impl Gotrue {
    pub(super) async fn signup(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let (email, phone) = (ask.text("email")?, ask.text("phone")?);
        if self.settings.disable_signup {
            let message = "Signups not allowed for this instance";
            return Err(Refusal::new(422, "signup_disabled", message));
        }
        if email.is_none() && phone.is_none() {
            return Box::pin(self.signup_without_name(ask)).await;
        }
        if !self.limits.admits(Path::SignUp, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let password = ask.secret("password")?;
        let password = password.ok_or_else(|| Refusal::bad("Signup requires a valid password"))?;
        let challenge = challenge(ask)?;
        let name = self.name(ask, "signup")?;
        if challenge.is_some() && matches!(name, Name::Phone(_)) {
            return Err(Refusal::bad("PKCE not supported for phone signups"));
        }
        self.strong(&password)?;
        let data = ask.object("data")?.unwrap_or_default();
        let home = ask.home(self).await?;
        let (user, is_known) =
            self.enter(ask, &home, &name, Some(&password), &data, challenge.as_ref()).await?;
        if is_known {
            if self.confirms_at_once(&name) {
                let message = "User already registered";
                return Err(Refusal::new(422, "user_already_exists", message));
            }
            return Ok(Answer::Told(stranger(ask, &name, data)));
        }
        let confirmed = match &name {
            Name::Email(_) => user.is_confirmed(),
            Name::Phone(_) => user.is_phone_confirmed(),
        };
        if confirmed {
            return Ok(Answer::Told(self.sign_in(ask, &home, &user, Method::Password).await?));
        }
        Ok(Answer::Told(shape::user(&user)))
    }

    fn confirms_at_once(&self, name: &Name) -> bool {
        match name {
            Name::Email(_) => self.settings.mailer_autoconfirm,
            Name::Phone(_) => self.settings.sms_autoconfirm,
        }
    }

    /// The user with this name, made when there is none, and asked to confirm; whether it was
    /// there and confirmed before.
    pub(super) async fn enter(
        &self,
        ask: &Ask,
        home: &Home,
        name: &Name,
        password: Option<&Secret<String>>,
        data: &Map<String, Json>,
        challenge: Option<&Challenge>,
    ) -> Result<(User, bool), Refusal> {
        // Also for somebody who is known: the answer shall take as long.
        let hash = match password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let at_once = self.confirms_at_once(name);
        let user = match home.user(name.by()).await? {
            Some(user) => {
                let confirmed = match name {
                    Name::Email(_) => user.is_confirmed(),
                    Name::Phone(_) => user.is_phone_confirmed(),
                };
                if confirmed {
                    return Ok((user, true));
                }
                user
            }
            None => {
                let new = self.newcomer(ask, name, hash, data, at_once).await?;
                match home.make(new).await {
                    Ok(user) => {
                        self.changed(ask, user.id, "created");
                        user
                    }
                    // Somebody else came with the same name in this moment.
                    Err(fault) if fault.code() == codes::DUPLICATE_KEY => {
                        let found = home.user(name.by()).await?;
                        found.ok_or_else(|| Refusal::from(fault))?
                    }
                    Err(fault) => return Err(fault.into()),
                }
            }
        };
        match name {
            Name::Email(_) if !user.is_confirmed() => {
                self.mail(ask, home, &user, CONFIRMATION, challenge).await?;
            }
            Name::Phone(phone) if !user.is_phone_confirmed() => {
                self.text(ask, home, &user, phone, Purpose::Confirmation).await?;
            }
            Name::Email(_) | Name::Phone(_) => {}
        }
        let user = self.again(home, &user).await?;
        Ok((user, false))
    }

    async fn newcomer(
        &self,
        ask: &Ask,
        name: &Name,
        password_hash: Option<String>,
        data: &Map<String, Json>,
        at_once: bool,
    ) -> Result<NewUser, Refusal> {
        let provider = name.provider();
        let mut new = NewUser::human();
        let now = at_once.then_some(ask.now);
        let (key, value) = match name {
            Name::Email(email) => {
                new.email = Some(email.clone());
                new.email_confirmed_at = now;
                ("email", email)
            }
            Name::Phone(phone) => {
                new.phone = Some(phone.clone());
                new.phone_confirmed_at = now;
                ("phone", phone)
            }
        };
        new.password_hash = password_hash;
        new.app_metadata.insert("provider".into(), provider.into());
        new.app_metadata.insert("providers".into(), json!([provider]));
        new.user_metadata = data.clone();
        let own = own_identity(new.id, key, value, at_once);
        for (name, value) in &own {
            new.user_metadata.entry(name.clone()).or_insert_with(|| value.clone());
        }
        new.identities.push((provider.to_owned(), new.id.to_string(), own));
        self.asked(ask, new).await
    }

    /// Whoever guards the door may change what is kept of a newcomer, or refuse.
    pub(super) async fn asked(&self, ask: &Ask, mut new: NewUser) -> Result<NewUser, Refusal> {
        if self.hooks.has(Hook::BeforeUserCreated) {
            let question = json!({
                "metadata": about("before-user-created", ask.origin.ip.as_deref(), ask.now),
                "user": {
                    "id": new.id, "aud": new.aud, "role": new.role, "email": new.email,
                    "phone": new.phone, "app_metadata": new.app_metadata,
                    "user_metadata": new.user_metadata, "is_anonymous": new.is_anonymous,
                    "created_at": ask.now, "updated_at": ask.now, "identities": [],
                },
            });
            self.hooks.ask(Hook::BeforeUserCreated, &question, ask.now).await?;
        }
        let wish = BeforeUserCreated {
            project: ask.project.reference.to_string(),
            email: new.email.clone(),
            phone: new.phone.clone(),
            user_metadata: new.user_metadata,
            app_metadata: new.app_metadata,
        };
        let wish = self
            .bus
            .ask(wish)
            .await
            .map_err(|fault| Refusal::new(403, "signup_disabled", fault.message()))?;
        new.user_metadata = wish.user_metadata;
        new.app_metadata = wish.app_metadata;
        Ok(new)
    }

    pub(super) fn changed(&self, ask: &Ask, user: Uuid, what: &str) {
        self.bus.publish(UserChanged {
            project: ask.project.reference.to_string(),
            user: user.to_string(),
            what: what.to_owned(),
        });
    }

    async fn signup_without_name(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.settings.anonymous_enabled {
            let message = "Anonymous sign-ins are disabled";
            return Err(Refusal::new(422, "anonymous_provider_disabled", message));
        }
        if !self.limits.admits(Path::Anonymous, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let home = ask.home(self).await?;
        let mut new = NewUser::human();
        new.is_anonymous = true;
        new.user_metadata = ask.object("data")?.unwrap_or_default();
        let new = self.asked(ask, new).await?;
        let user = home.make(new).await?;
        self.changed(ask, user.id, "created");
        Ok(Answer::Told(self.sign_in(ask, &home, &user, Method::Anonymous).await?))
    }

    /// Which of the two names was given; never both.
    pub(super) fn name(&self, ask: &Ask, what: &str) -> Result<Name, Refusal> {
        match (ask.text("email")?, ask.text("phone")?) {
            (Some(_), Some(_)) => {
                let end = if what == "signup" { " on signup." } else { "" };
                let message =
                    format!("Only an email address or phone number should be provided{end}");
                Err(Refusal::bad(message))
            }
            (Some(email), None) => {
                if !self.settings.email_enabled {
                    let message = "Email signups are disabled";
                    return Err(Refusal::new(400, "email_provider_disabled", message));
                }
                Ok(Name::Email(valid_email(email)?))
            }
            (None, Some(phone)) => {
                if !self.settings.phone_enabled {
                    let message = "Phone signups are disabled";
                    return Err(Refusal::new(400, "phone_provider_disabled", message));
                }
                Ok(Name::Phone(valid_phone(phone)?))
            }
            (None, None) => Err(Refusal::bad("One of email or phone must be set")),
        }
    }

    pub(super) fn strong(&self, password: &Secret<String>) -> Result<(), Refusal> {
        let text = password.expose();
        if text.len() > PASSWORD_BYTES_MAX {
            let message = format!("Password cannot be longer than {PASSWORD_BYTES_MAX} characters");
            return Err(Refusal::bad(message));
        }
        match weakness(text, &self.strength()) {
            None => Ok(()),
            Some(weak) => Err(Refusal {
                reasons: Some(weak.reasons),
                ..Refusal::new(422, "weak_password", weak.message)
            }),
        }
    }

    pub(super) fn strength(&self) -> Strength {
        Strength {
            length_min: usize::try_from(self.settings.password_min_length).unwrap_or(usize::MAX),
            required: self.settings.password_required_characters.clone(),
            refuse_common: self.settings.password_refuse_common,
        }
    }
}

/// As users of the dialect know it; a hash that is imported saw no more of it either.
const PASSWORD_BYTES_MAX: usize = 72;

/// What somebody is told who registers an address that is registered: the same as everybody.
fn stranger(ask: &Ask, name: &Name, data: Map<String, Json>) -> Json {
    let (email, phone) = match name {
        Name::Email(email) => (email.as_str(), ""),
        Name::Phone(phone) => ("", phone.as_str()),
    };
    let provider = name.provider();
    json!({
        "id": Uuid::new_v4(),
        "aud": "authenticated",
        "role": "",
        "email": email,
        "phone": phone,
        "confirmation_sent_at": ask.now,
        "app_metadata": { "provider": provider, "providers": [provider] },
        "user_metadata": data,
        "identities": [],
        "created_at": ask.now,
        "updated_at": ask.now,
        "is_anonymous": false,
    })
}

/// Lower case, and of the form of an address.
pub(super) fn valid_email(given: &str) -> Result<String, Refusal> {
    const LENGTH_MAX: usize = 255;
    let email = given.trim().to_lowercase();
    if email.is_empty() {
        return Err(Refusal::bad("An email address is required"));
    }
    if email.len() > LENGTH_MAX {
        return Err(Refusal::bad("An email address is too long"));
    }
    let invalid = || Refusal::bad("Unable to validate email address: invalid format");
    let (local, domain) = email.rsplit_once('@').ok_or_else(invalid)?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"@".contains(c);
    let good_local = !local.is_empty()
        && local.len() <= 64
        && !local.contains(odd)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if good_local && domain.split('.').all(label) { Ok(email) } else { Err(invalid()) }
}

/// Digits of an international number, without the plus.
pub(super) fn valid_phone(given: &str) -> Result<String, Refusal> {
    let digits: String = given.chars().filter(|c| !matches!(c, '+' | ' ')).collect();
    let good = (2..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    if good {
        Ok(digits)
    } else {
        Err(Refusal::bad("Invalid phone number format (E.164 required)"))
    }
}

/// What a client shows when it wants to end by a code.
pub(super) fn challenge(ask: &Ask) -> Result<Option<Challenge>, Refusal> {
    let pair = (ask.text("code_challenge")?, ask.text("code_challenge_method")?);
    challenge_of(pair.0, pair.1)
}

pub(super) fn challenge_of(
    text: Option<&str>,
    method: Option<&str>,
) -> Result<Option<Challenge>, Refusal> {
    match (text, method) {
        (None, None) => Ok(None),
        (Some(text), Some(method)) => {
            if !(43..=128).contains(&text.len()) {
                let message = "code challenge has to be between 43 and 128 characters";
                return Err(Refusal::bad(message));
            }
            if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
                let message = "code challenge can only contain alphanumeric characters, hyphens, \
                               periods, underscores and tildes";
                return Err(Refusal::bad(message));
            }
            let method = method.to_ascii_lowercase();
            if method != "s256" && method != "plain" {
                return Err(Refusal::bad("Invalid code challenge method"));
            }
            Ok(Some(Challenge { text: text.to_owned(), method }))
        }
        _ => Err(Refusal::bad("PKCE flow requires code_challenge_method and code_challenge")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_or_it_is_refused() {
        for good in ["a@b.test", "A.b+c@X-y.example", "o'hara@x", "ü@ö.de"] {
            assert!(valid_email(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b c",
            "a@-b",
            "a@b..c",
            "<a@b>",
            "a@b>",
            "a,b@c",
            "a@b\nBcc: c",
            ".a@b",
            "a..b@c",
            "\"a\"@b",
            "a@b@c",
        ] {
            assert!(valid_email(bad).is_err(), "{bad}");
        }
        assert_eq!(valid_email(" Ada@Example.TEST ").unwrap(), "ada@example.test");
    }

    #[test]
    fn a_number_is_international() {
        assert_eq!(valid_phone("+49 170 1234567").unwrap(), "491701234567");
        for bad in ["", "0170", "+", "abc", "1", "+491701234567890123"] {
            assert!(valid_phone(bad).is_err(), "{bad}");
        }
    }
}
