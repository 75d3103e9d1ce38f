//! `/verify`: a code that was sent comes back, typed in or by its link, and works once.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::limits::Path;
use super::redirect::{with_fragment, with_query};
use super::refusal::Refusal;
use super::signup::{valid_email, valid_phone};
use crate::home::{Home, Row};
use crate::people::codes::{PKCE, Purpose, hash};
use crate::people::users::{By, merged};
use crate::people::{Method, User};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

const SINGLE: &str =
    "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// What a code that came back opens.
enum Opened {
    User(User),
    /// One of two addresses has agreed; the other one is waited for.
    Half,
}

impl Gotrue {
    pub(super) async fn verify(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let kind = ask.text("type")?;
        let kind = kind.ok_or_else(|| Refusal::bad("Verify requires a verification type"))?;
        let home = ask.home(self).await?;
        let code = match (ask.text("token")?, ask.text("token_hash")?) {
            (Some(_), Some(_)) | (None, None) => {
                return Err(Refusal::bad("Verify requires either a token or a token hash"));
            }
            (None, Some(token_hash)) => {
                if ask.text("email")?.is_some() || ask.text("phone")?.is_some() {
                    let message = "Only the token_hash and type should be provided";
                    return Err(Refusal::bad(message));
                }
                self.code_of_link(ask, &home, kind, token_hash).await?
            }
            (Some(token), None) => self.code_typed_in(ask, &home, kind, token).await?,
        };
        match self.open(ask, &home, kind, code).await? {
            Opened::Half => Ok(Answer::Told(json!({ "msg": SINGLE, "code": "200" }))),
            Opened::User(user) => {
                Ok(Answer::Told(self.sign_in(ask, &home, &user, Method::Otp).await?))
            }
        }
    }

    /// The link in a mail: whatever comes of it, people end on a page of the app.
    pub(super) async fn verify_link(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let kind = ask.parameter("type").unwrap_or_default();
        if kind.is_empty() {
            return Err(Refusal::bad("Verify requires a verification type"));
        }
        let token = ask.parameter("token").or_else(|| ask.parameter("token_hash"));
        let token = token.ok_or_else(|| Refusal::bad("Verify requires a token or a token hash"))?;
        let back = self.returns_to(ask);
        let pkce = token.starts_with(PKCE);
        let opened = async {
            let home = ask.home(self).await?;
            let code = self.code_of_link(ask, &home, kind, token).await?;
            match self.open(ask, &home, kind, code).await? {
                Opened::Half if pkce => {
                    let to = with_query(&back, &[("message", SINGLE)]);
                    Ok(with_fragment(&to, &[("message", SINGLE), ("sb", "")]))
                }
                Opened::Half => Ok(with_fragment(&back, &[("message", SINGLE), ("sb", "")])),
                Opened::User(user) if pkce => {
                    self.leave_with_code(ask, &home, &user, kind, &back).await
                }
                Opened::User(user) => {
                    let told = self.sign_in(ask, &home, &user, Method::Otp).await?;
                    Ok(session_in_fragment(&back, &told, kind))
                }
            }
        };
        match opened.await {
            Ok(to) => Ok(Answer::Away(to)),
            Err(refusal) => Ok(Answer::Away(error_in_address(&back, &refusal, pkce))),
        }
    }

    async fn leave_with_code(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        kind: &str,
        back: &str,
    ) -> Result<String, Refusal> {
        let lost = || {
            let message = "No associated flow state found. No valid flow state found for user.";
            Refusal::new(400, "flow_state_not_found", message)
        };
        let method = Method::of_type(kind).ok_or_else(lost)?;
        let flow = home.flow_of(user.id, method).await?.ok_or_else(lost)?;
        let issued = json!({ "auth_code_issued_at": ask.now, "updated_at": ask.now });
        home.change_flow(flow.words("id"), issued).await?;
        Ok(with_query(back, &[("code", flow.words("auth_code"))]))
    }

    /// The code that a link carries as its hash.
    async fn code_of_link(
        &self,
        ask: &Ask,
        home: &Home,
        kind: &str,
        token_hash: &str,
    ) -> Result<Row, Refusal> {
        let purposes = purposes(kind)
            .filter(|_| !matches!(kind, "sms" | "phone_change"))
            .ok_or_else(|| Refusal::bad("Invalid email verification type"))?;
        let gone = || {
            let message = "Email link is invalid or has expired";
            Refusal::new(403, "otp_expired", message)
        };
        let code = home.code(token_hash, purposes).await?.ok_or_else(gone)?;
        if self.is_old(ask, &code, kind) {
            return Err(gone());
        }
        Ok(code)
    }

    /// The code that somebody typed in, for the address that it was sent to.
    async fn code_typed_in(
        &self,
        ask: &Ask,
        home: &Home,
        kind: &str,
        token: &str,
    ) -> Result<Row, Refusal> {
        let gone = || Refusal::new(403, "otp_expired", "Token has expired or is invalid");
        let unsupported = || Refusal::bad("Unsupported verification type");
        let purposes = purposes(kind).ok_or_else(unsupported)?;
        let by_text = matches!(kind, "sms" | "phone_change");
        let address = match (ask.text("email")?, ask.text("phone")?) {
            (Some(email), None) if !by_text => valid_email(email)?,
            (None, Some(phone)) if by_text => valid_phone(phone)?,
            _ => {
                let message = "Only an email address or phone number should be provided on verify";
                return Err(Refusal::bad(message));
            }
        };
        let found = match kind {
            "sms" => home.user(By::Phone(&address)).await?,
            "phone_change" => home.user(By::PhoneChange(&address)).await?,
            "email_change" => match home.user(By::EmailChange(&address)).await? {
                Some(user) => Some(user),
                None => home.user(By::Email(&address)).await?,
            },
            _ => home.user(By::Email(&address)).await?,
        };
        let user = found.ok_or_else(gone)?;
        let wanted = hash(&self.vault, &address, token);
        let code = home.code(&wanted, purposes).await?;
        match code.filter(|code| code.id("user_id") == Some(user.id)) {
            Some(code) if !self.is_old(ask, &code, kind) => Ok(code),
            Some(_) => Err(gone()),
            None => {
                home.guessed_wrong(user.id).await?;
                Err(gone())
            }
        }
    }

    fn is_old(&self, ask: &Ask, code: &Row, kind: &str) -> bool {
        let lasts = match kind {
            "sms" | "phone_change" => self.settings.sms_otp_exp,
            _ => self.settings.mailer_otp_exp,
        };
        let sent = code.time("created_at").unwrap_or_default();
        ask.now.since(sent).as_secs() > u64::from(lasts)
    }

    /// Takes the code, and does what it was sent for.
    async fn open(&self, ask: &Ask, home: &Home, kind: &str, code: Row) -> Result<Opened, Refusal> {
        let gone = || Refusal::new(403, "otp_expired", "Token has expired or is invalid");
        let id: Uuid = code.id("user_id").ok_or_else(gone)?;
        let user = home.user(By::Id(id)).await?.ok_or_else(gone)?;
        if user.is_banned(ask.now) {
            return Err(Refusal::new(403, "user_banned", "User is banned"));
        }
        // Of two who come with it at the same time, one is let in.
        if !home.take_code(&code).await? {
            return Err(gone());
        }
        let purpose = Purpose::named(code.words("token_type")).ok_or_else(gone)?;
        match purpose {
            Purpose::Confirmation if kind == "sms" => {
                let phone = user.phone().to_owned();
                self.take_phone(home, &user, &phone).await?;
            }
            Purpose::Confirmation | Purpose::Recovery => self.confirm(home, &user).await?,
            Purpose::PhoneChange => {
                let phone = user.row.words("phone_change").to_owned();
                self.take_phone(home, &user, &phone).await?;
            }
            Purpose::EmailChangeNew | Purpose::EmailChangeCurrent => {
                let both = self.settings.secure_email_change_enabled && !user.email().is_empty();
                let first = user.row.number("email_change_confirm_status").unwrap_or(0) == 0;
                if both && first {
                    home.set(user.id, json!({ "email_change_confirm_status": 1 })).await?;
                    return Ok(Opened::Half);
                }
                let email = user.row.words("email_change").to_owned();
                self.take_email(home, &user, &email).await?;
            }
            Purpose::Reauthentication => return Err(gone()),
        }
        self.tell_providers(home, user.id).await?;
        Ok(Opened::User(self.again(home, &user).await?))
    }

    /// The user has shown that the address is theirs.
    pub(super) async fn confirm(&self, home: &Home, user: &User) -> Result<(), Refusal> {
        if user.is_confirmed() {
            return Ok(());
        }
        let mut verified = Map::new();
        verified.insert("email_verified".into(), Json::Bool(true));
        let metadata = merged(user.row.object("raw_user_meta_data"), &verified);
        let change = json!({
            "email_confirmed_at": home.now(), "raw_user_meta_data": metadata,
        });
        let mut calls = vec![home.change(user.id, change)?];
        for identity in &user.identities {
            if identity.text("email").is_some_and(|email| email == user.email()) {
                calls.push(home.change_identity(identity, verified.clone())?);
            }
        }
        home.all(calls).await?;
        Ok(())
    }
}

/// Which codes a type of verification may mean.
fn purposes(kind: &str) -> Option<&'static [Purpose]> {
    Some(match kind {
        "signup" | "invite" | "sms" => &[Purpose::Confirmation],
        "recovery" | "magiclink" => &[Purpose::Recovery],
        "email" => &[Purpose::Confirmation, Purpose::Recovery],
        "email_change" => &[Purpose::EmailChangeNew, Purpose::EmailChangeCurrent],
        "phone_change" => &[Purpose::PhoneChange],
        _ => return None,
    })
}

/// The session as clients of browsers expect it: behind the `#`, where no server sees it.
pub(super) fn session_in_fragment(back: &str, told: &Json, kind: &str) -> String {
    let text = |name: &str| match &told[name] {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names = ["access_token", "token_type", "expires_in", "expires_at", "refresh_token"];
    let values: Vec<(&str, String)> = names.into_iter().map(|name| (name, text(name))).collect();
    let mut pairs: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for name in ["provider_token", "provider_refresh_token"] {
        if let Some(token) = told[name].as_str() {
            pairs.push((name, token));
        }
    }
    pairs.push(("sb", ""));
    if !kind.is_empty() {
        pairs.push(("type", kind));
    }
    with_fragment(back, &pairs)
}

pub(super) fn error_in_address(back: &str, refusal: &Refusal, pkce: bool) -> String {
    let pairs = [
        ("error", refusal.oauth_error()),
        ("error_code", refusal.code),
        ("error_description", refusal.message.as_str()),
    ];
    let to = if pkce { with_query(back, &pairs) } else { back.to_owned() };
    let mut behind = pairs.to_vec();
    behind.push(("sb", ""));
    with_fragment(&to, &behind)
}
