//! What everybody may know: that it is well, what is switched on, which keys verify tokens.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::hooks::Hook;
use super::refusal::Refusal;
use serde_json::{Value as Json, json};

pub(super) fn health() -> Answer {
    Answer::Told(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": "GoTrue",
        "description": "MagAuth speaks GoTrue's dialect",
    }))
}

/// Providers that clients ask for by name, also when they are not set up.
const NAMED: [&str; 24] = [
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "snapchat",
    "figma",
    "fly",
    "github",
    "gitlab",
    "google",
    "keycloak",
    "kakao",
    "linkedin",
    "linkedin_oidc",
    "notion",
    "spotify",
    "slack",
    "slack_oidc",
    "workos",
    "twitch",
    "twitter",
    "zoom",
    "microsoft",
];

impl Gotrue {
    pub(super) fn public_settings(&self) -> Answer {
        let settings = &self.settings;
        let mut external = json!({ "anonymous_users": settings.anonymous_enabled });
        for name in NAMED {
            external[name] = settings.external.contains_key(name).into();
        }
        for name in settings.external.keys() {
            external[name.as_str()] = true.into();
        }
        external["email"] = settings.email_enabled.into();
        external["phone"] = settings.phone_enabled.into();
        Answer::Told(json!({
            "external": external,
            "disable_signup": settings.disable_signup,
            "mailer_autoconfirm": settings.mailer_autoconfirm,
            "phone_autoconfirm": settings.sms_autoconfirm,
            "sms_provider":
                if self.hooks.has(Hook::SendSms) { "hook" } else { "mailbox" },
            "saml_enabled": false,
            "saml_private_key_next_configured": false,
            "passkeys_enabled": settings.passkeys_enabled,
        }))
    }

    pub(super) async fn jwks(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let ring = self.rings.of(ask.project.id).await?;
        let lasting = (http::header::CACHE_CONTROL, "public, max-age=600".to_owned());
        Ok(Answer::With(ring.jwks.clone(), vec![lasting]))
    }

    /// What a verifier of our tokens needs to know, and an app that signs people in with them.
    pub(super) async fn discovery(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if self.settings.oauth_server.enabled {
            return self.oauth_metadata(ask).await;
        }
        let base = self.issuer(&ask.prefix);
        let told: Json = json!({
            "issuer": base,
            "jwks_uri": format!("{base}/.well-known/jwks.json"),
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "ES384", "EdDSA"],
            "code_challenge_methods_supported": ["S256", "plain"],
        });
        Ok(Answer::Told(told))
    }
}
