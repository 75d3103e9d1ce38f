//! Codes and links, made and sent: each kind to its own address, never more often than allowed.

use super::Gotrue;
use super::ask::Ask;
use super::hooks::Hook;
use super::outbox::{NotSent, after};
use super::redirect::encoded;
use super::refusal::Refusal;
use super::shape;
use crate::home::Home;
use crate::people::codes::{Code, Purpose};
use crate::people::flows::Challenge;
use crate::people::{Method, User};
use crate::post::{Channel, Kind, Message, Words};
use mag_contract::{Class, Fault, Timestamp};
use serde_json::json;
use std::time::Duration;

/// What is sent, and what a link to it says.
#[derive(Clone, Copy)]
pub(super) struct Letter {
    pub(super) kind: Kind,
    pub(super) purpose: Purpose,
    /// The column with the time of the last one.
    pub(super) sent_at: &'static str,
    /// The type in the link.
    pub(super) link: &'static str,
    pub(super) method: Method,
}

pub(super) const CONFIRMATION: Letter = Letter {
    kind: Kind::Confirmation,
    purpose: Purpose::Confirmation,
    sent_at: "confirmation_sent_at",
    link: "signup",
    method: Method::EmailSignup,
};
pub(super) const INVITE: Letter = Letter {
    kind: Kind::Invite,
    purpose: Purpose::Confirmation,
    sent_at: "confirmation_sent_at",
    link: "invite",
    method: Method::Invite,
};
pub(super) const RECOVERY: Letter = Letter {
    kind: Kind::Recovery,
    purpose: Purpose::Recovery,
    sent_at: "recovery_sent_at",
    link: "recovery",
    method: Method::Recovery,
};
pub(super) const MAGIC_LINK: Letter = Letter {
    kind: Kind::MagicLink,
    purpose: Purpose::Recovery,
    sent_at: "recovery_sent_at",
    link: "magiclink",
    method: Method::MagicLink,
};

impl Gotrue {
    pub(super) fn action_link(&self, ask: &Ask, hash: &str, link: &str, back: &str) -> String {
        let base = self.settings.external_url.trim_end_matches('/');
        // In the order in which those who look into such links expect it.
        let (hash, link, back) = (encoded(hash), encoded(link), encoded(back));
        let query = format!("token={hash}&type={link}&redirect_to={back}");
        format!("{base}{}/auth/v1/verify?{query}", ask.prefix)
    }

    /// A mail with a link and a code to the user's own address.
    pub(super) async fn mail(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        letter: Letter,
        challenge: Option<&Challenge>,
    ) -> Result<(), Refusal> {
        self.waits(user.row.time(letter.sent_at), ask.now)?;
        if let Some(challenge) = challenge {
            let more = json!({});
            home.begin_flow(Some(user.id), "email", letter.method, Some(challenge), more).await?;
        }
        let length = self.settings.otp_length;
        let code = Code::new(&self.vault, user.email(), length, challenge.is_some())?;
        home.keep_code(user.id, letter.purpose, user.email(), &code.hash).await?;
        home.set(user.id, json!({ letter.sent_at: home.now() })).await?;
        let back = self.returns_to(ask);
        let words = self.words(ask, user, &code, letter.link, &back);
        self.posted(ask, home, user, Channel::Mail, user.email(), letter.kind, &words).await
    }

    pub(super) fn words(
        &self,
        ask: &Ask,
        user: &User,
        code: &Code,
        link: &str,
        back: &str,
    ) -> Words {
        Words {
            confirmation_url: self.action_link(ask, &code.hash, link, back),
            token: code.digits.clone(),
            token_hash: code.hash.clone(),
            site_url: self.settings.site_url.clone(),
            email: user.email().to_owned(),
            new_email: user.row.words("email_change").to_owned(),
            redirect_to: back.to_owned(),
            languages: languages(ask, user),
            data: user.row.object("raw_user_meta_data"),
        }
    }

    /// To the new address, and to the old one where both have to agree.
    pub(super) async fn mail_change(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        new_email: &str,
        challenge: Option<&Challenge>,
    ) -> Result<(), Refusal> {
        self.waits(user.row.time("email_change_sent_at"), ask.now)?;
        if let Some(challenge) = challenge {
            let method = Method::EmailChange;
            home.begin_flow(Some(user.id), "email", method, Some(challenge), json!({})).await?;
        }
        let (length, pkce) = (self.settings.otp_length, challenge.is_some());
        home.drop_codes(user.id, &[Purpose::EmailChangeNew, Purpose::EmailChangeCurrent]).await?;
        let change = json!({
            "email_change": new_email, "email_change_sent_at": home.now(),
            "email_change_confirm_status": 0,
        });
        home.set(user.id, change).await?;
        let user = self.again(home, user).await?;
        let back = self.returns_to(ask);
        let mut letters = vec![(Purpose::EmailChangeNew, new_email.to_owned())];
        if self.settings.secure_email_change_enabled && !user.email().is_empty() {
            letters.push((Purpose::EmailChangeCurrent, user.email().to_owned()));
        }
        for (purpose, address) in letters {
            let code = Code::new(&self.vault, &address, length, pkce)?;
            home.keep_code(user.id, purpose, &address, &code.hash).await?;
            let words = self.words(ask, &user, &code, "email_change", &back);
            self.posted(ask, home, &user, Channel::Mail, &address, Kind::EmailChange, &words)
                .await?;
        }
        Ok(())
    }

    /// A code as a text message.
    pub(super) async fn text(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        phone: &str,
        purpose: Purpose,
    ) -> Result<(), Refusal> {
        let sent_at = match purpose {
            Purpose::PhoneChange => "phone_change_sent_at",
            Purpose::Reauthentication => "reauthentication_sent_at",
            Purpose::Confirmation
            | Purpose::Recovery
            | Purpose::EmailChangeNew
            | Purpose::EmailChangeCurrent => "confirmation_sent_at",
        };
        self.waits(user.row.time(sent_at), ask.now)?;
        let code = Code::new(&self.vault, phone, self.settings.otp_length, false)?;
        home.keep_code(user.id, purpose, phone, &code.hash).await?;
        home.set(user.id, json!({ sent_at: home.now() })).await?;
        let words = self.words(ask, user, &code, "sms", "");
        self.posted(ask, home, user, Channel::Text, phone, Kind::Sms, &words).await
    }

    pub(super) async fn mail_reauthentication(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
    ) -> Result<(), Refusal> {
        self.waits(user.row.time("reauthentication_sent_at"), ask.now)?;
        let code = Code::new(&self.vault, user.email(), self.settings.otp_length, false)?;
        home.keep_code(user.id, Purpose::Reauthentication, user.email(), &code.hash).await?;
        home.set(user.id, json!({ "reauthentication_sent_at": home.now() })).await?;
        let words = self.words(ask, user, &code, "reauthentication", "");
        self.posted(ask, home, user, Channel::Mail, user.email(), Kind::Reauthentication, &words)
            .await
    }

    #[allow(clippy::too_many_arguments, reason = "to whom, by which way, and what")]
    async fn posted(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        channel: Channel,
        to: &str,
        kind: Kind,
        words: &Words,
    ) -> Result<(), Refusal> {
        let hook = match channel {
            Channel::Mail => Hook::SendEmail,
            Channel::Text => Hook::SendSms,
        };
        let (question, good_for) = match channel {
            Channel::Mail => (
                json!({
                    "user": shape::user(user),
                    "email_data": {
                        "token": words.token, "token_hash": words.token_hash,
                        "redirect_to": words.redirect_to, "email_action_type": kind.action(),
                        "site_url": self.settings.site_url, "token_new": "", "token_hash_new": "",
                        "to": to,
                    },
                }),
                self.settings.mailer_otp_exp,
            ),
            Channel::Text => (
                json!({ "user": shape::user(user), "sms": { "otp": words.token, "phone": to } }),
                self.settings.sms_otp_exp,
            ),
        };
        let message = Message {
            channel,
            to,
            kind,
            words,
            good_until: after(home.now(), Duration::from_secs(good_for.into())),
            question: Some(question).filter(|_| self.hooks.has(hook)),
        };
        self.send(&ask.project, home, message).await.map_err(|not| match not {
            NotSent::Refused(refusal) => refusal,
            NotSent::Fault(fault) if fault.class() == Class::TooMuch => {
                Refusal::new(429, "over_email_send_rate_limit", "email rate limit exceeded")
            }
            not => {
                tracing::error!("a mail could not be sent: {}", Fault::from(not).chain());
                let message = format!("Error sending {} email", kind.name().replace('_', " "));
                Refusal::new(500, "unexpected_failure", message)
            }
        })
    }

    /// One person is not written to more often than this, whoever asks.
    fn waits(&self, sent_at: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
        let Some(sent_at) = sent_at else { return Ok(()) };
        let (pause, since) = (u64::from(self.settings.max_frequency), now.since(sent_at).as_secs());
        if since >= pause {
            return Ok(());
        }
        let left = pause - since;
        let message =
            format!("For security purposes, you can only request this after {left} seconds.");
        Err(Refusal::new(429, "over_email_send_rate_limit", message))
    }
}

/// What somebody reads, the best first: what they have said, then what their browser asks for.
fn languages(ask: &Ask, user: &User) -> Vec<String> {
    const NAMED_MAX: usize = 8;
    let data = user.row.object("raw_user_meta_data");
    let mut said = ["language", "lang", "locale"].iter();
    let said = said.find_map(|name| data.get(*name).and_then(serde_json::Value::as_str));
    let asked = ask.languages.as_deref().unwrap_or_default().split(',');
    let asked = asked.filter_map(|one| one.split(';').next());
    let name = |text: &str| text.trim().replace('_', "-").to_ascii_lowercase();
    said.into_iter().chain(asked).map(name).filter(|n| !n.is_empty()).take(NAMED_MAX).collect()
}
