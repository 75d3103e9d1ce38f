//! `/passkeys`: made by somebody who is signed in, and then enough to sign in by themselves.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::limits::Path;
use super::refusal::Refusal;
use super::user::Caller;
use super::webauthn::{ASKED_LASTS, KEYS_MAX, Purpose, unfit};
use crate::home::{Home, Row, is_null, ordered, page};
use crate::people::Method;
use crate::people::users::By;
use http::Method as Verb;
use mag_passkey::Problem;
use mag_passkey::ceremony::{id_of, owner_of};
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const NAME_MAX: usize = 120;

impl Gotrue {
    pub(super) async fn passkeys(&self, ask: &Ask, path: &[&str]) -> Result<Answer, Refusal> {
        if !self.settings.passkeys_enabled {
            let message = "Passkeys are disabled";
            return Err(Refusal::new(422, "passkey_disabled", message));
        }
        let m = &ask.method;
        match path {
            [] if m == Verb::GET => {
                let home = ask.home(self).await?;
                let caller = self.caller(ask, &home).await?;
                listed(&home, caller.user.id).await
            }
            ["registration", "options"] if m == Verb::POST => self.passkey_begin(ask).await,
            ["registration", "verify"] if m == Verb::POST => self.passkey_made(ask).await,
            ["authentication", "options"] if m == Verb::POST => self.passkey_ask(ask).await,
            ["authentication", "verify"] if m == Verb::POST => self.passkey_sign_in(ask).await,
            [id] if m == Verb::PATCH => self.passkey_rename(ask, id).await,
            [id] if m == Verb::DELETE => {
                let home = ask.home(self).await?;
                let caller = self.passkey_owner(ask, &home).await?;
                drop_passkey(&home, caller.user.id, id).await
            }
            [] | ["registration" | "authentication", "options" | "verify"] | [_] => {
                Err(Refusal::new(405, "unknown", "405: Method Not Allowed"))
            }
            _ => Err(Refusal::new(404, "unknown", "404: Not Found")),
        }
    }

    /// Whoever may change how they sign in.
    async fn passkey_owner(&self, ask: &Ask, home: &Home) -> Result<Caller, Refusal> {
        let caller = self.caller(ask, home).await?;
        if caller.user.is_anonymous() {
            let message = "Anonymous user not allowed to perform these actions";
            return Err(Refusal::new(403, "no_authorization", message));
        }
        if caller.user.has_verified_factor() && !caller.is_aal2() {
            let message = "AAL2 session is required to change passkeys when MFA is enabled";
            return Err(Refusal::new(403, "insufficient_aal", message));
        }
        Ok(caller)
    }

    async fn passkey_begin(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.passkey_owner(ask, &home).await?;
        if home.keys_of(caller.user.id).await?.len() >= KEYS_MAX {
            let message = format!("A user has {KEYS_MAX} passkeys at most");
            return Err(Refusal::new(422, "too_many_passkeys", message));
        }
        let (house, purpose) = (self.house(), Purpose::NewPasskey);
        let (id, options) =
            self.asks_key(ask, &home, &house, purpose, Some(&caller.user), None).await?;
        Ok(asked(ask, id, options))
    }

    async fn passkey_made(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.passkey_owner(ask, &home).await?;
        let (house, purpose, user) = (self.house(), Purpose::NewPasskey, caller.user.id);
        let question = self.asked_key(ask, &home, purpose, Some(user), None).await?;
        let made = self.made_key(&house, &question, purpose, credential(ask)?)?;
        let name = named(ask)?.unwrap_or_else(|| "Passkey".to_owned());
        let id = home.keep_key(user, None, &made, Some(&name), house.rp_id()).await?;
        self.changed(ask, user, "changed");
        let told = json!({ "id": id, "friendly_name": name, "created_at": ask.now });
        Ok(Answer::Told(told))
    }

    /// For somebody whom nobody knows yet.
    async fn passkey_ask(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::SignIn, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let home = ask.home(self).await?;
        let house = self.house();
        let (id, options) = self.asks_key(ask, &home, &house, Purpose::SignIn, None, None).await?;
        Ok(asked(ask, id, options))
    }

    async fn passkey_sign_in(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::SignIn, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        let home = ask.home(self).await?;
        let house = self.house();
        let question = self.asked_key(ask, &home, Purpose::SignIn, None, None).await?;
        let answer = credential(ask)?;
        // A key that nobody knows is one that does not verify.
        let id = id_of(answer).ok_or_else(unknown)?;
        let key = home.key_by_credential(&id).await?.ok_or_else(unknown)?;
        // A second factor is none of the first.
        if key.text("factor_id").is_some() {
            return Err(unknown());
        }
        let used = self.used_key(&house, &question, Purpose::SignIn, answer, &key)?;
        let owner = key.id("user_id").ok_or_else(unknown)?;
        if owner_of(answer).is_some_and(|handle| handle != owner.as_bytes()) {
            return Err(unfit(&Problem::OtherKind));
        }
        let user = home.user(By::Id(owner)).await?.ok_or_else(unknown)?;
        home.used_key(&key, &used).await?;
        Ok(Answer::Told(self.sign_in(ask, &home, &user, Method::Passkey).await?))
    }

    async fn passkey_rename(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        let home = ask.home(self).await?;
        let caller = self.passkey_owner(ask, &home).await?;
        let name = named(ask)?.ok_or_else(|| Refusal::bad("friendly_name is missing"))?;
        let which = own(caller.user.id, id)?;
        let change = json!({ "friendly_name": name });
        let row = home.run(home.update("webauthn_credentials", which, change)?).await?.pop();
        Ok(Answer::Told(told(&row.ok_or_else(missing)?)))
    }

    /// `/admin/users/{id}/passkeys`
    pub(super) async fn admin_passkeys(
        &self,
        ask: &Ask,
        home: &Home,
        user: Uuid,
        path: &[&str],
    ) -> Result<Answer, Refusal> {
        match path {
            [] if ask.method == Verb::GET => listed(home, user).await,
            [id] if ask.method == Verb::DELETE => drop_passkey(home, user, id).await,
            _ => Err(Refusal::new(404, "unknown", "404: Not Found")),
        }
    }
}

fn asked(ask: &Ask, id: Uuid, options: Json) -> Answer {
    let lasts = i64::try_from(ASKED_LASTS.as_secs()).unwrap_or(0);
    let expires_at = ask.now.millis().div_euclid(1000) + lasts;
    Answer::Told(json!({ "challenge_id": id, "options": options, "expires_at": expires_at }))
}

fn credential(ask: &Ask) -> Result<&Json, Refusal> {
    ask.fields.get("credential").ok_or_else(|| Refusal::bad("credential is missing"))
}

fn named(ask: &Ask) -> Result<Option<String>, Refusal> {
    let name = ask.text("friendly_name")?.map(str::trim).filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.chars().count() > NAME_MAX) {
        return Err(Refusal::bad(format!("friendly_name is longer than {NAME_MAX} characters")));
    }
    Ok(name.map(str::to_owned))
}

fn unknown() -> Refusal {
    Refusal::new(400, "webauthn_verification_failed", "Credential verification failed")
}

fn missing() -> Refusal {
    Refusal::new(404, "webauthn_credential_not_found", "Passkey not found")
}

fn own(user: Uuid, id: &str) -> Result<Vec<Filter>, Refusal> {
    let id = Uuid::parse_str(id).map_err(|_| missing())?;
    Ok(vec![
        Filter::eq("id", &id.to_string()),
        Filter::eq("user_id", &user.to_string()),
        is_null("factor_id"),
    ])
}

fn told(row: &Row) -> Json {
    let mut told = json!({ "id": row.words("id"), "created_at": row.time("created_at") });
    if let Some(name) = row.text("friendly_name") {
        told["friendly_name"] = name.into();
    }
    if let Some(at) = row.time("last_used_at") {
        told["last_used_at"] = json!(at);
    }
    told
}

async fn listed(home: &Home, user: Uuid) -> Result<Answer, Refusal> {
    let filter = vec![Filter::eq("user_id", &user.to_string()), is_null("factor_id")];
    let limit = u64::try_from(KEYS_MAX).unwrap_or(u64::MAX);
    let query = page(filter, ordered("created_at", false), limit, 0);
    let rows = home.run(home.read("webauthn_credentials", query)).await?;
    Ok(Answer::Told(rows.iter().map(told).collect()))
}

async fn drop_passkey(home: &Home, user: Uuid, id: &str) -> Result<Answer, Refusal> {
    let which = own(user, id)?;
    if home.run(home.delete("webauthn_credentials", which)).await?.is_empty() {
        return Err(missing());
    }
    Ok(Answer::Nothing)
}
