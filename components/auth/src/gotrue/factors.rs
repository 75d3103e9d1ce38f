//! Second factors: enrolled, challenged, verified, taken away. A verified one raises the session.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::hooks::{Hook, rejected};
use super::limits::Path;
use super::redirect::encoded;
use super::refusal::Refusal;
use super::user::Caller;
use crate::home::{Home, Row};
use crate::people::{Method, User};
use crate::totp::{self, picture, sealed_as};
use mag_ports::identity::FactorTried;
use mag_query::call::Filter;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How long a challenge waits for its code.
const CHALLENGE_LASTS: Duration = Duration::from_secs(300);
/// A factor that was never verified is forgotten when another one is enrolled after so long.
const UNVERIFIED_LASTS: Duration = Duration::from_secs(300);

impl Gotrue {
    pub(super) async fn enroll(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller_by_name(ask, &home).await?;
        match ask.text("factor_type")? {
            Some("totp") if self.settings.mfa_totp_enabled => {}
            Some("totp") => {
                let message = "MFA enroll is disabled for TOTP";
                return Err(Refusal::new(422, "mfa_totp_enroll_not_enabled", message));
            }
            Some("phone") => {
                let message = "MFA enroll is disabled for Phone";
                return Err(Refusal::new(422, "mfa_phone_enroll_not_enabled", message));
            }
            Some("webauthn") if self.settings.mfa_webauthn_enabled => {
                return self.enroll_key(ask, &home, &caller).await;
            }
            Some("webauthn") => {
                let message = "MFA enroll is disabled for WebAuthn";
                return Err(Refusal::new(422, "mfa_webauthn_enroll_not_enabled", message));
            }
            _ => {
                let message = "factor_type needs to be totp, phone, or webauthn";
                return Err(Refusal::bad(message));
            }
        }
        let name = ask.text("friendly_name")?.unwrap_or_default();
        self.may_enroll(ask, &home, &caller, name).await?;
        let (id, secret, now) = (Uuid::new_v4().to_string(), totp::new_secret()?, ask.now);
        let row = json!({
            "id": id, "user_id": caller.user.id, "friendly_name": name, "factor_type": "totp",
            "status": "unverified", "secret": self.vault.seal(&sealed_as(&id), &secret)?,
            "last_step": 0, "created_at": now, "updated_at": now,
        });
        home.run(home.insert("mfa_factors", row)?).await?;
        let shown = totp::base32(&secret);
        let site = &self.settings.site_url;
        let host = site.split_once("://").map_or(site.as_str(), |(_, rest)| rest);
        let issuer = match ask.text("issuer")? {
            Some(issuer) => issuer,
            None => host.split('/').next().unwrap_or(host),
        };
        let account = [caller.user.email(), caller.user.phone()];
        let account = account.into_iter().find(|name| !name.is_empty()).unwrap_or("user");
        // Authenticator apps want `%20`, not `+`.
        let plain = |text: &str| encoded(text).replace('+', "%20");
        let (issuer, account) = (plain(issuer), plain(account));
        let uri = format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits=6&issuer={issuer}&period=30&secret={shown}"
        );
        Ok(Answer::Told(json!({
            "id": id,
            "type": "totp",
            "friendly_name": name,
            "totp": { "qr_code": picture(&uri)?, "secret": shown, "uri": uri },
        })))
    }

    /// A security key is asked for itself when it is challenged the first time.
    async fn enroll_key(&self, ask: &Ask, home: &Home, caller: &Caller) -> Result<Answer, Refusal> {
        let name = ask.text("friendly_name")?.unwrap_or_default();
        self.may_enroll(ask, home, caller, name).await?;
        let (id, now) = (Uuid::new_v4(), ask.now);
        let row = json!({
            "id": id, "user_id": caller.user.id, "friendly_name": name,
            "factor_type": "webauthn", "status": "unverified", "last_step": 0,
            "created_at": now, "updated_at": now,
        });
        home.run(home.insert("mfa_factors", row)?).await?;
        Ok(Answer::Told(json!({ "id": id, "type": "webauthn", "friendly_name": name })))
    }

    async fn caller_by_name(&self, ask: &Ask, home: &Home) -> Result<Caller, Refusal> {
        let caller = self.caller(ask, home).await?;
        if caller.user.is_anonymous() {
            let message = "Anonymous user not allowed to perform these actions";
            return Err(Refusal::new(403, "no_authorization", message));
        }
        Ok(caller)
    }

    async fn may_enroll(
        &self,
        ask: &Ask,
        home: &Home,
        caller: &Caller,
        name: &str,
    ) -> Result<(), Refusal> {
        let mut left = vec![];
        for factor in &caller.user.factors {
            let made = factor.time("created_at").unwrap_or_default();
            let verified = factor.text("status") == Some("verified");
            if !verified && ask.now.since(made) > UNVERIFIED_LASTS {
                let which = vec![Filter::eq("id", factor.words("id"))];
                home.run(home.delete("mfa_factors", which)).await?;
            } else {
                left.push(factor);
            }
        }
        if !name.is_empty() && left.iter().any(|factor| factor.text("friendly_name") == Some(name))
        {
            let message =
                format!("A factor with the friendly name {name:?} for this user already exists");
            return Err(Refusal::new(422, "mfa_factor_name_conflict", message));
        }
        if left.len() >= usize::try_from(self.settings.mfa_max_factors).unwrap_or(usize::MAX) {
            let message = "Maximum number of verified factors reached, unenroll to continue";
            return Err(Refusal::new(422, "too_many_enrolled_mfa_factors", message));
        }
        if caller.user.has_verified_factor() && !caller.is_aal2() {
            let message = "AAL2 required to enroll a new factor";
            return Err(Refusal::new(403, "insufficient_aal", message));
        }
        Ok(())
    }

    pub(super) async fn challenge(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller_by_name(ask, &home).await?;
        let factor = owned(&caller, id)?;
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        if factor.text("factor_type") == Some("webauthn") {
            return self.challenge_key(ask, &home, &caller, factor).await;
        }
        let challenge = Uuid::new_v4();
        let row = json!({
            "id": challenge, "factor_id": factor.words("id"), "created_at": ask.now,
            "ip_address": ask.origin.ip,
        });
        home.run(home.insert("mfa_challenges", row)?).await?;
        let lasts = i64::try_from(CHALLENGE_LASTS.as_secs()).unwrap_or(0);
        Ok(Answer::Told(json!({
            "id": challenge,
            "type": factor.words("factor_type"),
            "expires_at": ask.now.millis().div_euclid(1000) + lasts,
        })))
    }

    pub(super) async fn verify_factor(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller_by_name(ask, &home).await?;
        let factor = owned(&caller, id)?;
        if !self.limits.admits(Path::Verify, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let session = caller.session_id().ok_or_else(|| {
            let message = "A valid session is required to verify a factor";
            Refusal::new(403, "session_not_found", message)
        })?;
        let method = if factor.text("factor_type") == Some("webauthn") {
            self.fits_key(ask, &home, &caller, factor).await?;
            Method::Webauthn
        } else {
            let code = ask.text("code")?;
            let code = code.ok_or_else(|| Refusal::bad("Code needs to be non-empty"))?;
            let challenge = self.challenged(ask, &home, factor).await?;
            self.fits_totp(ask, &home, &caller.user, factor, code).await?;
            let by_id = vec![Filter::eq("id", challenge.words("id"))];
            home.run(home.delete("mfa_challenges", by_id)).await?;
            Method::Totp
        };
        home.raise(session, factor.words("id"), method).await?;
        self.end_lower(ask, &home, &caller).await?;
        let unverified = vec![
            Filter::eq("user_id", &caller.user.id.to_string()),
            Filter::eq("status", "unverified"),
        ];
        home.run(home.delete("mfa_factors", unverified)).await?;
        let token = home.next_token(session, caller.user.id).await?;
        let row = home
            .session(session)
            .await?
            .ok_or_else(|| Refusal::new(403, "session_not_found", "The session was ended"))?;
        let session = home.told(&row).await?;
        let user = self.again(&home, &caller.user).await?;
        let told = self.told(ask, &user, &session, method, token).await?;
        Ok(Answer::Told(told))
    }

    /// Whether this is the code of the factor now; each is taken once.
    pub(super) async fn fits_totp(
        &self,
        ask: &Ask,
        home: &Home,
        user: &User,
        factor: &Row,
        code: &str,
    ) -> Result<(), Refusal> {
        let secret = self.vault.open(&sealed_as(factor.words("id")), factor.words("secret"))?;
        let last = factor.number("last_step").unwrap_or(0);
        let step = totp::step_of(&secret, code, ask.now, last);
        let tried = FactorTried {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
            factor: factor.words("id").to_owned(),
            fits: step.is_some(),
        };
        let tried = self
            .bus
            .ask(tried)
            .await
            .map_err(|fault| Refusal::new(403, "mfa_verification_rejected", fault.message()))?;
        self.factor_hook(ask, user, factor, tried.fits).await?;
        let wrong = || Refusal::new(422, "mfa_verification_failed", "Invalid TOTP code entered");
        let step = step.filter(|_| tried.fits).ok_or_else(wrong)?;
        // The step is written where it was the one before: a code that comes twice at the same
        // time is taken once.
        let which =
            vec![Filter::eq("id", factor.words("id")), Filter::eq("last_step", &last.to_string())];
        let change = json!({ "status": "verified", "last_step": step, "updated_at": ask.now });
        if home.run(home.update("mfa_factors", which, change)?).await?.is_empty() {
            return Err(wrong());
        }
        Ok(())
    }

    /// Whoever guards the door may refuse a try, whether it fits or not.
    pub(super) async fn factor_hook(
        &self,
        ask: &Ask,
        user: &User,
        factor: &Row,
        fits: bool,
    ) -> Result<(), Refusal> {
        if !self.hooks.has(Hook::MfaVerification) {
            return Ok(());
        }
        let question = json!({
            "factor_id": factor.words("id"), "factor_type": factor.words("factor_type"),
            "user_id": user.id, "valid": fits,
        });
        let answer = self.hooks.ask(Hook::MfaVerification, &question, ask.now).await?;
        match rejected(answer.as_ref()) {
            Some(message) => Err(Refusal::new(403, "mfa_verification_rejected", message)),
            None => Ok(()),
        }
    }

    async fn challenged(&self, ask: &Ask, home: &Home, factor: &Row) -> Result<Row, Refusal> {
        let missing = || {
            let message = "MFA factor with the provided challenge ID not found";
            Refusal::new(422, "mfa_factor_not_found", message)
        };
        let id = ask.text("challenge_id")?.and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(missing)?;
        let filter =
            vec![Filter::eq("id", &id.to_string()), Filter::eq("factor_id", factor.words("id"))];
        let challenge = home.one("mfa_challenges", filter).await?.ok_or_else(missing)?;
        if challenge.text("ip_address") != ask.origin.ip.as_deref() {
            let message = "Challenge and verify IP addresses mismatch.";
            return Err(Refusal::new(422, "mfa_ip_address_mismatch", message));
        }
        if ask.now.since(challenge.time("created_at").unwrap_or_default()) > CHALLENGE_LASTS {
            let message = format!(
                "MFA challenge {id} has expired, verify against another challenge or create a new \
                 challenge."
            );
            return Err(Refusal::new(422, "mfa_challenge_expired", message));
        }
        Ok(challenge)
    }

    /// Sessions that were begun without the factor end, as soon as there is one.
    async fn end_lower(&self, ask: &Ask, home: &Home, caller: &Caller) -> Result<(), Refusal> {
        let own = caller.session_id();
        let lower: Vec<Uuid> = home
            .sessions_of(caller.user.id)
            .await?
            .iter()
            .filter(|row| row.text("aal") != Some("aal2"))
            .filter_map(|row| row.id("id"))
            .filter(|id| Some(*id) != own)
            .collect();
        self.end_sessions(ask, home, caller.user.id, &lower, "mfa").await
    }

    pub(super) async fn unenroll(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.caller_by_name(ask, &home).await?;
        let factor = owned(&caller, id)?;
        if factor.text("status") == Some("verified") && !caller.is_aal2() {
            let message = "AAL2 required to unenroll verified factor";
            return Err(Refusal::new(422, "insufficient_aal", message));
        }
        self.drop_factor(&home, factor).await?;
        Ok(Answer::Told(json!({ "id": factor.words("id") })))
    }

    /// Takes it away; sessions that rested on it are lower again.
    pub(super) async fn drop_factor(&self, home: &Home, factor: &Row) -> Result<(), Refusal> {
        let id = factor.words("id");
        let lower = json!({ "aal": "aal1", "factor_id": null, "updated_at": home.now() });
        let calls = vec![
            home.delete("mfa_challenges", vec![Filter::eq("factor_id", id)]),
            home.delete("webauthn_credentials", vec![Filter::eq("factor_id", id)]),
            home.update("sessions", vec![Filter::eq("factor_id", id)], lower)?,
            home.delete("mfa_factors", vec![Filter::eq("id", id)]),
        ];
        home.all(calls).await?;
        Ok(())
    }
}

fn owned<'a>(caller: &'a Caller, id: &str) -> Result<&'a Row, Refusal> {
    let id = Uuid::parse_str(id)
        .map_err(|_| Refusal::new(404, "validation_failed", "factor_id must be an UUID"))?;
    let found = caller.user.factors.iter().find(|factor| factor.id("id") == Some(id));
    found.ok_or_else(|| Refusal::new(404, "mfa_factor_not_found", "Factor not found"))
}
