//! Pages of others that are asked before something happens, in the shapes of GoTrue's HTTP hooks.
//! Each question is signed (Standard Webhooks), bounded in time, and asked again when the other side
//! is busy. A page that does not answer refuses: whoever set it wanted to be asked. Only a message
//! that it shall send waits for it.

use super::refusal::Refusal;
use crate::keys::letters;
use crate::settings::HttpHook;
use crate::web::{Web, Wish};
use ::ring::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mag_contract::names::nearest;
use mag_contract::{Fault, Secret, Timestamp, codes};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hook {
    SendSms,
    SendEmail,
    BeforeUserCreated,
    CustomAccessToken,
    PasswordVerification,
    MfaVerification,
}

impl Hook {
    const ALL: [Self; 6] = [
        Self::SendSms,
        Self::SendEmail,
        Self::BeforeUserCreated,
        Self::CustomAccessToken,
        Self::PasswordVerification,
        Self::MfaVerification,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::SendSms => "send_sms",
            Self::SendEmail => "send_email",
            Self::BeforeUserCreated => "before_user_created",
            Self::CustomAccessToken => "custom_access_token",
            Self::PasswordVerification => "password_verification_attempt",
            Self::MfaVerification => "mfa_verification_attempt",
        }
    }
}

struct Told {
    uri: String,
    keys: Vec<hmac::Key>,
}

#[derive(Default)]
pub(crate) struct Hooks {
    told: HashMap<Hook, Told>,
    web: Web,
}

/// The code of a refusal that is none of the page's own: it has not answered.
pub(super) const SILENCE: &str = "hook_timeout_after_retry";
/// Somebody waits for all of it.
const WITHIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
/// Between two tries; a page that asks for more is not waited for.
const PAUSE: Duration = Duration::from_millis(500);

impl Hooks {
    pub(crate) fn new(settings: &BTreeMap<String, HttpHook>) -> Result<Self, Fault> {
        let mut told = HashMap::new();
        for (name, hook) in settings {
            let kind = Hook::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
                let fault = Fault::new(codes::BAD_SETTING, format!("no hook is called `{name}`"));
                match nearest(name, Hook::ALL.map(Hook::name)) {
                    Some(near) => fault.hint(format!("did you mean `auth.hooks.{near}`?")),
                    None => fault,
                }
            })?;
            let keys = hook.secrets.as_ref().map(keys).transpose()?.unwrap_or_default();
            if keys.is_empty() {
                let message = format!("`auth.hooks.{name}` has no `secrets`");
                return Err(Fault::new(codes::BAD_SETTING, message)
                    .hint("they look like `v1,whsec_…`, and the page verifies questions by them"));
            }
            told.insert(kind, Told { uri: hook.uri.clone(), keys });
        }
        Ok(Self { told, web: Web::default() })
    }

    pub(crate) fn has(&self, hook: Hook) -> bool {
        self.told.contains_key(&hook)
    }

    /// What the page answers; nothing when nobody is to be asked.
    pub(crate) async fn ask(
        &self,
        hook: Hook,
        question: &Json,
        now: Timestamp,
    ) -> Result<Option<Json>, Refusal> {
        self.ask_as(&letters(24)?, hook, question, now).await
    }

    /// As a question that may come again, by whose name the page knows it then.
    pub(crate) async fn ask_as(
        &self,
        name: &str,
        hook: Hook,
        question: &Json,
        now: Timestamp,
    ) -> Result<Option<Json>, Refusal> {
        let Some(told) = self.told.get(&hook) else { return Ok(None) };
        let silent = |why: &str| {
            tracing::error!(hook = hook.name(), "the hook `{}` failed: {why}", hook.name());
            let message = format!("Hook {} did not answer", hook.name());
            Refusal::new(500, SILENCE, message)
        };
        let asked = tokio::time::timeout(WITHIN, self.ask_again(name, told, question, now)).await;
        let (status, body) = asked
            .map_err(|_| silent(&format!("no answer within {WITHIN:?}")))?
            .map_err(|why| silent(&why))?;
        let answer: Json = serde_json::from_slice(&body).unwrap_or(Json::Null);
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let told = error.get("http_code").and_then(Json::as_u64);
            let code = told.and_then(|code| u16::try_from(code).ok());
            let code = code.filter(|code| (400..600).contains(code)).unwrap_or(500);
            let message = error.get("message").and_then(Json::as_str).unwrap_or_default();
            let message: String = message.chars().take(400).collect();
            return Err(Refusal::new(code, "hook_payload_rejected", message));
        }
        match status {
            200 | 202 | 204 => Ok(Some(answer)),
            // It has been reached, and would say the same of another try.
            no @ 400..500 if ![408, 429].contains(&no) => {
                let name = hook.name();
                tracing::error!(hook = name, "the hook `{name}` failed: it answered {no}");
                let message = format!("Unexpected status code returned from hook {name}: {no}");
                Err(Refusal::new(500, "unexpected_failure", message))
            }
            other => Err(silent(&format!("it answered {other}"))),
        }
    }

    async fn ask_again(
        &self,
        name: &str,
        told: &Told,
        question: &Json,
        now: Timestamp,
    ) -> Result<(u16, bytes::Bytes), String> {
        let body = question.to_string();
        let id = format!("msg_{name}");
        let at = now.millis().div_euclid(1000).to_string();
        let message = format!("{id}.{at}.{body}");
        let sign = |key| BASE64_STANDARD.encode(hmac::sign(key, message.as_bytes()));
        let signatures: Vec<String> =
            told.keys.iter().map(|key| format!("v1,{}", sign(key))).collect();
        let headers = [
            ("webhook-id", id.clone()),
            ("webhook-timestamp", at),
            ("webhook-signature", signatures.join(" ")),
        ];
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let wish = Wish {
                url: &told.uri,
                form: None,
                bearer: None,
                json: Some(&body),
                headers: &headers,
            };
            match self.web.ask(wish).await {
                Ok((status, _)) if status == 429 || status == 503 => {
                    last = format!("it answered {status}");
                }
                Ok(answer) => return Ok(answer),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
}

/// `v1,whsec_…`, several of them with `|` between while one replaces another.
fn keys(secrets: &Secret<String>) -> Result<Vec<hmac::Key>, Fault> {
    let bad = || {
        Fault::new(codes::BAD_SETTING, "a secret of a hook cannot be used")
            .hint("it is `v1,whsec_` and 24 to 64 bytes in base64")
    };
    let one = |secret: &str| {
        let coded =
            secret.trim().trim_start_matches("v1,").strip_prefix("whsec_").ok_or_else(bad)?;
        let bytes = BASE64_STANDARD.decode(coded).map_err(|_| bad())?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(bad());
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    };
    secrets.expose().split('|').map(one).collect()
}

/// A decision about a try: `reject` says no, whatever the try was.
pub(super) fn rejected(answer: Option<&Json>) -> Option<String> {
    let answer = answer?;
    (answer.get("decision").and_then(Json::as_str) == Some("reject")).then(|| {
        let message = answer.get("message").and_then(Json::as_str).unwrap_or_default();
        message.chars().take(400).collect()
    })
}

/// What every question about a newcomer begins with.
pub(super) fn about(name: &str, ip: Option<&str>, now: Timestamp) -> Json {
    json!({ "uuid": uuid::Uuid::new_v4(), "time": now, "name": name, "ip_address": ip })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_known_by_name_and_has_a_secret() {
        let told = |name: &str, secret: Option<&str>| {
            let secrets = secret.map(|secret| Secret::new(secret.to_owned()));
            let hook = HttpHook { uri: "http://127.0.0.1:1/".into(), secrets };
            Hooks::new(&BTreeMap::from([(name.to_owned(), hook)]))
        };
        let good = format!("v1,whsec_{}", BASE64_STANDARD.encode([7; 32]));
        assert!(told("send_sms", Some(&good)).unwrap().has(Hook::SendSms));
        assert!(told("send_sms", Some(&format!("{good}|{good}"))).is_ok());
        let fault = told("send_text", Some(&good)).err().unwrap();
        assert!(fault.message().contains("send_text"));
        for bad in [None, Some(""), Some("secret"), Some("v1,whsec_AAAA"), Some("v1,whsec_!")] {
            assert!(told("send_sms", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_a_rejection_rejects() {
        let check = |answer: Json| rejected(Some(&answer));
        assert_eq!(check(json!({"decision": "reject", "message": "no"})), Some("no".into()));
        assert_eq!(check(json!({"decision": "continue"})), None);
        assert_eq!(check(json!(null)), None);
        assert_eq!(rejected(None), None);
    }
}
