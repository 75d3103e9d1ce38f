//! Security keys and passkeys: what is asked, what is kept of them, and as second factors. What an
//! answer has to say is in `mag_passkey`.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::refusal::Refusal;
use super::user::Caller;
use crate::home::{Home, Row};
use crate::people::User;
use crate::vault::{fill, hex, unhex};
use mag_contract::{Fault, codes};
use mag_passkey::options::{Domain, Known, Owner, creation, request};
use mag_passkey::{Asserted, Expected, Problem, PublicKey, Registered, asserted, registered};
use mag_ports::identity::FactorTried;
use mag_query::call::{Comparison, Filter};
use serde_json::{Value as Json, json};
use std::time::Duration;
use uuid::Uuid;

/// How long somebody may look for their key.
pub(super) const ASKED_LASTS: Duration = Duration::from_secs(300);
/// Keys of one user.
pub(super) const KEYS_MAX: usize = 20;

/// For what a key was asked: an answer to one is none to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    NewFactor,
    Factor,
    NewPasskey,
    SignIn,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::NewFactor => "mfa_create",
            Self::Factor => "mfa_request",
            Self::NewPasskey => "passkey_create",
            Self::SignIn => "passkey_request",
        }
    }
    /// A key that signs in without any other name has to check who is there.
    fn alone(self) -> bool {
        matches!(self, Self::NewPasskey | Self::SignIn)
    }
}

/// The domain that keys belong to, and the pages that may ask for them.
pub(super) struct House {
    rp_id: String,
    name: String,
    origins: Vec<String>,
}

pub(super) fn unfit(problem: &Problem) -> Refusal {
    Refusal::new(422, "mfa_verification_failed", format!("WebAuthn verification failed: {problem}"))
}

impl Gotrue {
    pub(super) fn house(&self) -> House {
        let told = &self.settings.webauthn;
        let site = self.settings.site_url.as_str();
        let (scheme, rest) = site.split_once("://").unwrap_or(("https", site));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let rp_id = told.rp_id.clone().unwrap_or_else(|| host.to_ascii_lowercase());
        let name = told.rp_display_name.clone().unwrap_or_else(|| rp_id.clone());
        let origins = if told.rp_origins.is_empty() {
            vec![format!("{scheme}://{authority}").to_ascii_lowercase()]
        } else {
            told.rp_origins.iter().map(|o| o.trim_end_matches('/').to_owned()).collect()
        };
        House { rp_id, name, origins }
    }

    /// A page may say for which domain it asks; it cannot say another one than ours.
    pub(super) fn same_house(&self, ask: &Ask, house: &House) -> Result<(), Refusal> {
        let told = ask.object("webauthn")?.unwrap_or_default();
        if let Some(rp_id) = told.get("rpId").and_then(Json::as_str)
            && rp_id != house.rp_id
        {
            let message = format!("rpId is not `{}`: `auth.webauthn.rp_id` sets it", house.rp_id);
            return Err(Refusal::bad(message));
        }
        let origins = told.get("rpOrigins").and_then(Json::as_array);
        for origin in origins.into_iter().flatten() {
            if !house.origins.iter().any(|known| origin.as_str() == Some(known)) {
                let message = "rpOrigins has a page that may not ask for keys: \
                               `auth.webauthn.rp_origins` names those that may";
                return Err(Refusal::bad(message));
            }
        }
        Ok(())
    }

    /// Asks for a key: the id of the question, and what the browser is told.
    pub(super) async fn asks_key(
        &self,
        ask: &Ask,
        home: &Home,
        house: &House,
        purpose: Purpose,
        user: Option<&User>,
        factor: Option<&Row>,
    ) -> Result<(Uuid, Json), Refusal> {
        let mut challenge = [0; 32];
        fill(&mut challenge)?;
        let id = Uuid::new_v4();
        let row = json!({
            "id": id, "instance_id": home.instance, "user_id": user.map(|user| user.id),
            "factor_id": factor.and_then(|row| row.text("id")), "purpose": purpose.name(),
            "challenge": hex(&challenge), "rp_id": house.rp_id, "created_at": ask.now,
        });
        let old = ask.now.minus(ASKED_LASTS);
        let old = Filter::compare("created_at", Comparison::Lt, &old.to_string());
        let calls = vec![
            home.delete("webauthn_challenges", vec![old]),
            home.insert("webauthn_challenges", row)?,
        ];
        home.all(calls).await?;
        let known = match (purpose, user) {
            (Purpose::SignIn, _) | (_, None) => vec![],
            (Purpose::Factor, Some(_)) => home.keys_of_factor(factor).await?,
            (Purpose::NewFactor | Purpose::NewPasskey, Some(user)) => home.keys_of(user.id).await?,
        };
        let known: Vec<Known> = known.iter().map(shown).collect();
        let told = match (purpose, user) {
            (Purpose::NewFactor | Purpose::NewPasskey, Some(user)) => {
                let names = [user.email(), user.phone()];
                let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or("user");
                let data = user.row.object("raw_user_meta_data");
                let display = data.get("name").and_then(Json::as_str).unwrap_or(name);
                let owner = Owner { handle: user.id.as_bytes(), name, display_name: display };
                let domain = Domain { rp_id: &house.rp_id, name: &house.name };
                creation(&domain, &owner, &challenge, &known, purpose.alone())
            }
            _ => request(&house.rp_id, &challenge, &known, purpose.alone()),
        };
        Ok((id, told))
    }

    /// The question that is answered, once and in time.
    pub(super) async fn asked_key(
        &self,
        ask: &Ask,
        home: &Home,
        purpose: Purpose,
        user: Option<Uuid>,
        factor: Option<&Row>,
    ) -> Result<Row, Refusal> {
        let missing = || {
            let message = "The challenge is not known, or was answered already";
            Refusal::new(422, "webauthn_challenge_not_found", message)
        };
        let id = ask.text("challenge_id")?.and_then(|id| Uuid::parse_str(id).ok());
        let mut which = vec![
            Filter::eq("id", &id.ok_or_else(missing)?.to_string()),
            Filter::eq("purpose", purpose.name()),
            home.here(),
        ];
        which.extend(user.map(|user| Filter::eq("user_id", &user.to_string())));
        which.extend(factor.map(|row| Filter::eq("factor_id", row.words("id"))));
        let taken = home.run(home.delete("webauthn_challenges", which)).await?.pop();
        let taken = taken.ok_or_else(missing)?;
        if ask.now.since(taken.time("created_at").unwrap_or_default()) > ASKED_LASTS {
            let message = "The challenge has expired: ask for another one";
            return Err(Refusal::new(422, "webauthn_challenge_expired", message));
        }
        Ok(taken)
    }

    pub(super) fn made_key(
        &self,
        house: &House,
        question: &Row,
        purpose: Purpose,
        answer: &Json,
    ) -> Result<Registered, Refusal> {
        let challenge = unhex(question.words("challenge")).unwrap_or_default();
        let expected = Expected {
            challenge: &challenge,
            rp_id: question.words("rp_id"),
            origins: &house.origins,
            verified: purpose.alone(),
        };
        registered(answer, &expected).map_err(|problem| unfit(&problem))
    }

    pub(super) fn used_key(
        &self,
        house: &House,
        question: &Row,
        purpose: Purpose,
        answer: &Json,
        key: &Row,
    ) -> Result<Asserted, Refusal> {
        let damaged = || Fault::new(codes::BUG, "a passkey that is kept cannot be read");
        let challenge = unhex(question.words("challenge")).unwrap_or_default();
        let public = unhex(key.words("public_key")).ok_or_else(damaged)?;
        let public = PublicKey::read(&public).map_err(|e| damaged().because(e))?;
        let count = u32::try_from(key.number("sign_count").unwrap_or(0)).unwrap_or(u32::MAX);
        let expected = Expected {
            challenge: &challenge,
            rp_id: key.words("rp_id"),
            origins: &house.origins,
            verified: purpose.alone(),
        };
        asserted(answer, &public, count, &expected).map_err(|problem| {
            if problem == Problem::Copied {
                tracing::warn!(key = key.words("id"), "a passkey has counted backwards");
            }
            unfit(&problem)
        })
    }

    /// `POST /factors/{id}/challenge` of a security key.
    pub(super) async fn challenge_key(
        &self,
        ask: &Ask,
        home: &Home,
        caller: &Caller,
        factor: &Row,
    ) -> Result<Answer, Refusal> {
        let house = self.house();
        self.same_house(ask, &house)?;
        let fresh = factor.text("status") != Some("verified");
        let (purpose, kind) =
            if fresh { (Purpose::NewFactor, "create") } else { (Purpose::Factor, "request") };
        let (id, options) =
            self.asks_key(ask, home, &house, purpose, Some(&caller.user), Some(factor)).await?;
        let lasts = i64::try_from(ASKED_LASTS.as_secs()).unwrap_or(0);
        Ok(Answer::Told(json!({
            "id": id,
            "type": "webauthn",
            "expires_at": ask.now.millis().div_euclid(1000) + lasts,
            "webauthn": { "type": kind, "credential_options": { "publicKey": options } },
        })))
    }

    /// Whether the factor's key has answered; a new one is kept.
    pub(super) async fn fits_key(
        &self,
        ask: &Ask,
        home: &Home,
        caller: &Caller,
        factor: &Row,
    ) -> Result<(), Refusal> {
        if !self.settings.mfa_webauthn_enabled {
            let message = "MFA verification is disabled for WebAuthn";
            return Err(Refusal::new(422, "mfa_webauthn_verify_not_enabled", message));
        }
        let told = ask.object("webauthn")?.unwrap_or_default();
        let answer = told.get("credential_response");
        let answer = answer.ok_or_else(|| Refusal::bad("credential_response is missing"))?;
        let house = self.house();
        self.same_house(ask, &house)?;
        let user = &caller.user;
        let fresh = factor.text("status") != Some("verified");
        let purpose = if fresh { Purpose::NewFactor } else { Purpose::Factor };
        let question = self.asked_key(ask, home, purpose, Some(user.id), Some(factor)).await?;
        let fits = if fresh {
            self.made_key(&house, &question, purpose, answer).map(Fits::Made)
        } else {
            self.answered_by(&house, home, &question, purpose, answer, factor).await
        };
        let tried = FactorTried {
            project: ask.project.reference.to_string(),
            user: user.id.to_string(),
            factor: factor.words("id").to_owned(),
            fits: fits.is_ok(),
        };
        let tried = self
            .bus
            .ask(tried)
            .await
            .map_err(|fault| Refusal::new(403, "mfa_verification_rejected", fault.message()))?;
        self.factor_hook(ask, user, factor, tried.fits).await?;
        let fits = fits?;
        if !tried.fits {
            return Err(Refusal::new(422, "mfa_verification_failed", "The key was refused"));
        }
        match fits {
            Fits::Made(made) => {
                let name = factor.text("friendly_name");
                home.keep_key(user.id, Some(factor.words("id")), &made, name, &house.rp_id).await?;
                let which = vec![Filter::eq("id", factor.words("id"))];
                let change = json!({ "status": "verified", "updated_at": ask.now });
                home.run(home.update("mfa_factors", which, change)?).await?;
            }
            Fits::Used(key, used) => home.used_key(&key, &used).await?,
        }
        Ok(())
    }

    async fn answered_by(
        &self,
        house: &House,
        home: &Home,
        question: &Row,
        purpose: Purpose,
        answer: &Json,
        factor: &Row,
    ) -> Result<Fits, Refusal> {
        let id = mag_passkey::ceremony::id_of(answer).unwrap_or_default();
        let keys = home.keys_of_factor(Some(factor)).await?;
        let key = keys.into_iter().find(|row| row.text("credential_id") == Some(&id));
        let key = key.ok_or_else(|| unfit(&Problem::OtherKind))?;
        let used = self.used_key(house, question, purpose, answer, &key)?;
        Ok(Fits::Used(key, used))
    }
}

enum Fits {
    Made(Registered),
    Used(Row, Asserted),
}

fn shown(row: &Row) -> Known {
    Known { id: row.words("credential_id").to_owned(), transports: row.texts("transports") }
}

impl Home {
    pub(super) async fn keys_of(&self, user: Uuid) -> Result<Vec<Row>, Fault> {
        self.find("webauthn_credentials", vec![Filter::eq("user_id", &user.to_string())]).await
    }

    async fn keys_of_factor(&self, factor: Option<&Row>) -> Result<Vec<Row>, Fault> {
        let Some(factor) = factor else { return Ok(vec![]) };
        self.find("webauthn_credentials", vec![Filter::eq("factor_id", factor.words("id"))]).await
    }

    pub(super) async fn key_by_credential(&self, id: &str) -> Result<Option<Row>, Fault> {
        let which = vec![Filter::eq("credential_id", id), self.here()];
        self.one("webauthn_credentials", which).await
    }

    pub(super) async fn keep_key(
        &self,
        user: Uuid,
        factor: Option<&str>,
        made: &Registered,
        name: Option<&str>,
        rp_id: &str,
    ) -> Result<Uuid, Refusal> {
        let id = Uuid::new_v4();
        let row = json!({
            "id": id, "instance_id": self.instance, "user_id": user, "factor_id": factor,
            "credential_id": made.id, "public_key": hex(&made.key), "sign_count": made.count,
            "aaguid": Uuid::from_bytes(made.aaguid), "transports": made.transports,
            "backed_up": made.backed_up, "friendly_name": name, "rp_id": rp_id,
            "created_at": self.now(),
        });
        self.run(self.insert("webauthn_credentials", row)?).await.map_err(|fault| {
            if fault.code() == codes::DUPLICATE_KEY {
                let message = "This key is registered already";
                return Refusal::new(422, "webauthn_credential_exists", message);
            }
            fault.into()
        })?;
        Ok(id)
    }

    /// It has signed; of two answers with the same count one counts.
    pub(super) async fn used_key(&self, key: &Row, used: &Asserted) -> Result<(), Refusal> {
        let last = key.number("sign_count").unwrap_or(0);
        let which =
            vec![Filter::eq("id", key.words("id")), Filter::eq("sign_count", &last.to_string())];
        let change = json!({
            "sign_count": used.count, "backed_up": used.backed_up, "last_used_at": self.now(),
        });
        if self.run(self.update("webauthn_credentials", which, change)?).await?.is_empty() {
            return Err(unfit(&Problem::Copied));
        }
        Ok(())
    }
}

impl House {
    pub(super) fn rp_id(&self) -> &str {
        &self.rp_id
    }
}
