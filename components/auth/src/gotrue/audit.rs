//! The audit lines of the door `/auth/v1`: each request that changes something, and each try to
//! show who one is, whether it went well or not. Looking leaves no line.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::refusal::Refusal;
use crate::keys::{KeyHash, is_opaque};
use http::Method;
use mag_contract::operation::Act;
use mag_contract::{Actor, ActorKind, Permissions};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// How a request went, as far as the log wants to know.
pub(super) struct Outcome {
    /// Who came in by it.
    came: Option<String>,
    on: Option<String>,
    refused: Option<(&'static str, u16)>,
}

impl Outcome {
    pub(super) fn of(answered: &Result<Answer, Refusal>) -> Self {
        let told = match answered {
            Ok(Answer::Told(json) | Answer::With(json, _)) => Some(json),
            Ok(Answer::Nothing | Answer::Away(_) | Answer::Whole(_)) | Err(_) => None,
        };
        let id = |of: &Json| of.get("id").and_then(Json::as_str).map(str::to_owned);
        Self {
            came: told
                .filter(|told| told.get("access_token").is_some())
                .and_then(|told| id(&told["user"])),
            on: told.and_then(|told| id(told.get("user").unwrap_or(told))),
            refused: answered.as_ref().err().map(|refusal| (refusal.code, refusal.status)),
        }
    }
}

impl Gotrue {
    /// The line is on the disk when this resolves.
    pub(super) async fn write_down(&self, ask: &Ask, trace_id: Option<Arc<str>>, outcome: Outcome) {
        let Some(what) = event(ask) else { return };
        let known = match &outcome.came {
            Some(id) => Some(human(id)),
            None => self.caller_of(ask).await,
        };
        // Whoever shows nothing that we know, and is refused, is nobody: a flood of them has no
        // lines beyond what the limits of guessing let through.
        let actor = match (known, outcome.refused) {
            (Some(actor), _) => actor,
            (None, Some((_, 401))) => return,
            (None, _) => nobody(),
        };
        let mut details = json!({
            "project": &*ask.project.reference, "path": ask.path.join("/"),
            "method": ask.method.as_str(),
        });
        if let Some(grant) = ask.parameter("grant_type") {
            details["grant_type"] = grant.chars().take(40).collect::<String>().into();
        }
        let act = Act {
            actor,
            door: "auth",
            what,
            on: outcome.on,
            from: ask.ip,
            details,
            code: outcome.refused.map(|(code, _)| code),
            trace_id,
        };
        if let Err(fault) = self.desk.record(act).await {
            tracing::error!("an audit line could not be written: {}", fault.chain());
        }
    }

    /// Whose token or key the request showed.
    async fn caller_of(&self, ask: &Ask) -> Option<Actor> {
        let shown = ask.shown.bearer.as_ref().or(ask.shown.apikey.as_ref())?.expose();
        if is_opaque(shown) {
            let ring = self.rings.of(ask.project.id).await.ok()?;
            let key = ring.opaque(KeyHash::of(shown))?;
            return Some(Actor {
                kind: ActorKind::ServiceAccount,
                id: format!("key:{}", key.id),
                name: key.name.clone(),
                on_behalf_of: None,
                permissions: Permissions::default(),
            });
        }
        let claims = self.identify.claims(&ask.project, shown).await.ok()??;
        let sub = claims.get("sub").and_then(Json::as_str)?;
        let acts = claims.get("act").and_then(|act| act.get("sub")).and_then(Json::as_str);
        Some(match acts {
            Some(acts) => Actor { on_behalf_of: Some(sub.to_owned()), ..human(acts) },
            None => human(sub),
        })
    }
}

fn human(id: &str) -> Actor {
    Actor {
        kind: ActorKind::Human,
        id: id.to_owned(),
        name: id.to_owned(),
        on_behalf_of: None,
        permissions: Permissions::default(),
    }
}

fn nobody() -> Actor {
    Actor { name: "nobody in particular".into(), ..human("anonymous") }
}

/// What a request is called in the log; nothing for those that only look.
fn event(ask: &Ask) -> Option<&'static str> {
    let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    let looks = ask.method == Method::GET || ask.method == Method::HEAD;
    Some(match path.first().copied()? {
        "verify" => "auth:verify",
        "callback" => "auth:callback",
        _ if looks || ask.method == Method::OPTIONS => return None,
        "token" => "auth:login",
        "signup" => "auth:signup",
        "logout" => "auth:logout",
        "recover" => "auth:recover",
        "magiclink" | "otp" => "auth:otp",
        "resend" => "auth:resend",
        "invite" => "auth:invite",
        "user" => "auth:user",
        "factors" => "auth:factor",
        "passkeys" => "auth:passkey",
        "oauth" => "auth:oauth",
        "admin" => "auth:admin",
        _ => return None,
    })
}
