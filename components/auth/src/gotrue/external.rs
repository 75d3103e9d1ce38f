//! Sign-ins through other sites: the way there, the way back, and what becomes of whoever returns.

use super::Gotrue;
use super::answer::Answer;
use super::ask::Ask;
use super::limits::Path;
use super::oidc::{Person, person_of};
use super::redirect::{form, with_query};
use super::refusal::{Refusal, nothing};
use super::signup::challenge_of;
use super::verify::{error_in_address, session_in_fragment};
use crate::home::{Home, Row};
use crate::keys::letters;
use crate::people::flows::AWAY_MAX;
use crate::people::users::{By, NewUser, merged};
use crate::people::{Method, User};
use crate::vault::hex;
use ::ring::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_contract::codes;
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// What apps may say to a provider beside what we say.
const PASSED_ON: [&str; 8] = [
    "prompt",
    "access_type",
    "login_hint",
    "hd",
    "domain_hint",
    "display",
    "ui_locales",
    "include_granted_scopes",
];

const VERIFIER: &str = "provider verifier";
const TOKEN: &str = "provider token";

impl Gotrue {
    pub(super) async fn authorize(&self, ask: &Ask) -> Result<Answer, Refusal> {
        if !self.limits.admits(Path::SignIn, ask.ip, ask.now) {
            return Err(Refusal::limited());
        }
        Ok(Answer::Away(self.way_out(ask, None).await?))
    }

    /// For somebody who is signed in: another way for the same user.
    pub(super) async fn link(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.linking_is_on()?;
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let to = self.way_out(ask, Some(caller.user.id)).await?;
        if ask.parameter("skip_http_redirect") == Some("true") {
            return Ok(Answer::Told(json!({ "url": to })));
        }
        Ok(Answer::Away(to))
    }

    fn linking_is_on(&self) -> Result<(), Refusal> {
        if self.settings.manual_linking_enabled {
            return Ok(());
        }
        Err(Refusal::new(404, "manual_linking_disabled", "Manual linking is disabled"))
    }

    async fn way_out(&self, ask: &Ask, target: Option<Uuid>) -> Result<String, Refusal> {
        let name = ask.parameter("provider").unwrap_or_default();
        let told = self.providers.told(name).ok_or_else(|| unsupported(name))?;
        let challenge =
            challenge_of(ask.parameter("code_challenge"), ask.parameter("code_challenge_method"))?;
        let endpoints = self.providers.endpoints(name).await.map_err(unreachable_provider)?;
        let home = ask.home(self).await?;
        let (verifier, nonce) = (letters(64)?, letters(32)?);
        let more = json!({
            "redirect_to": self.returns_to(ask), "nonce": nonce, "linking_target_id": target,
            "provider_verifier": self.vault.seal(VERIFIER, verifier.as_bytes())?,
        });
        let flow = home.begin_flow(None, name, Method::Oauth, challenge.as_ref(), more).await?;
        let hashed = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let (scope, state) =
            (self.providers.scopes(name, ask.parameter("scopes")), flow.to_string());
        let callback = self.callback_address(ask);
        let mut pairs = vec![
            ("client_id", told.client_id.as_str()),
            ("redirect_uri", callback.as_str()),
            ("response_type", "code"),
            ("scope", scope.as_str()),
            ("state", state.as_str()),
            ("nonce", nonce.as_str()),
            ("code_challenge", hashed.as_str()),
            ("code_challenge_method", "S256"),
        ];
        if name == "apple" {
            pairs.push(("response_mode", "form_post"));
        }
        for passed in PASSED_ON {
            if let Some(value) = ask.parameter(passed) {
                pairs.push((passed, value));
            }
        }
        let mark = if endpoints.authorize.contains('?') { '&' } else { '?' };
        Ok(format!("{}{mark}{}", endpoints.authorize, form(&pairs)))
    }

    fn callback_address(&self, ask: &Ask) -> String {
        let base = self.settings.external_url.trim_end_matches('/');
        format!("{base}{}/auth/v1/callback", ask.prefix)
    }

    /// Whoever comes back from a provider ends on a page of the app, whatever comes of it.
    pub(super) async fn callback(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let given = |name: &str| {
            let field = ask.fields.get(name).and_then(Json::as_str);
            ask.parameter(name).or(field).map(str::to_owned)
        };
        let home = ask.home(self).await?;
        let lost = || {
            let message = "OAuth state not found or expired";
            Refusal::new(400, "bad_oauth_state", message)
        };
        let state = given("state").and_then(|state| Uuid::parse_str(&state).ok());
        let flow = match state {
            Some(state) => home.flow(state).await?,
            None => None,
        };
        let Some(flow) = flow else {
            let to = error_in_address(&self.settings.site_url, &lost(), false);
            return Ok(Answer::Away(to));
        };
        let back = flow.text("redirect_to").unwrap_or(&self.settings.site_url).to_owned();
        let pkce = flow.text("code_challenge").is_some();
        let came = async {
            let began = flow.time("created_at").unwrap_or_default();
            if ask.now.since(began) > AWAY_MAX || !self.comes_first(&home, &flow).await? {
                return Err(lost());
            }
            if let Some(error) = given("error") {
                let why = given("error_description").unwrap_or(error);
                let why: String = why.chars().take(400).collect();
                return Err(Refusal::new(403, "bad_oauth_callback", why));
            }
            let code = given("code").ok_or_else(|| {
                Refusal::new(400, "bad_oauth_callback", "OAuth callback with missing code")
            })?;
            self.came_back(ask, &home, &flow, &code, &back).await
        };
        match came.await {
            Ok(to) => Ok(Answer::Away(to)),
            Err(refusal) => Ok(Answer::Away(error_in_address(&back, &refusal, pkce))),
        }
    }

    /// A state is good for one return.
    async fn comes_first(&self, home: &Home, flow: &Row) -> Result<bool, Refusal> {
        let which =
            vec![Filter::eq("id", flow.words("id")), Filter::eq("nonce", flow.words("nonce"))];
        let used = json!({ "nonce": "used", "updated_at": home.now() });
        let first = !home.run(home.update("flow_state", which, used)?).await?.is_empty();
        Ok(first && flow.words("nonce") != "used")
    }

    async fn came_back(
        &self,
        ask: &Ask,
        home: &Home,
        flow: &Row,
        code: &str,
        back: &str,
    ) -> Result<String, Refusal> {
        let name = flow.words("provider_type");
        let verifier = self.vault.open(VERIFIER, flow.words("provider_verifier"))?;
        let verifier = String::from_utf8_lossy(&verifier).into_owned();
        let person = self
            .providers
            .person_of_code(
                name,
                code,
                &self.callback_address(ask),
                &verifier,
                flow.words("nonce"),
                ask.now,
            )
            .await
            .map_err(unreachable_provider)?;
        let user = match flow.id("linking_target_id") {
            Some(target) => self.join(home, target, name, &person).await?,
            None => self.arrive(ask, home, name, &person).await?,
        };
        if flow.text("code_challenge").is_some() {
            let sealed = |token: &Option<String>| match token {
                Some(token) => self.vault.seal(TOKEN, token.as_bytes()).map(Some),
                None => Ok(None),
            };
            let change = json!({
                "user_id": user.id, "auth_code_issued_at": ask.now, "updated_at": ask.now,
                "provider_access_token": sealed(&person.access_token)?,
                "provider_refresh_token": sealed(&person.refresh_token)?,
            });
            home.change_flow(flow.words("id"), change).await?;
            return Ok(with_query(back, &[("code", flow.words("auth_code"))]));
        }
        home.end_flow(flow.words("id")).await?;
        let mut told = self.sign_in(ask, home, &user, Method::Oauth).await?;
        for (field, token) in [
            ("provider_token", &person.access_token),
            ("provider_refresh_token", &person.refresh_token),
        ] {
            if let Some(token) = token {
                told[field] = token.as_str().into();
            }
        }
        Ok(session_in_fragment(back, &told, ""))
    }

    /// The user behind somebody whom a provider vouches for: known by this way, by a verified
    /// address, or new.
    async fn arrive(
        &self,
        ask: &Ask,
        home: &Home,
        provider: &str,
        person: &Person,
    ) -> Result<User, Refusal> {
        if let Some(identity) = self.known(home, provider, &person.subject).await? {
            let id = identity.id("user_id").unwrap_or_default();
            home.run(home.change_identity(&identity, person.data.clone())?).await?;
            let user = home.user(By::Id(id)).await?;
            return user.ok_or_else(|| Refusal::new(404, "user_not_found", "User not found"));
        }
        let optional = self.providers.told(provider).is_some_and(|told| told.email_optional);
        if person.email.is_none() && !optional {
            let message = "Error getting user email from external provider";
            return Err(Refusal::new(422, "email_address_not_provided", message));
        }
        if let Some(email) = &person.email
            && let Some(user) = home.user(By::Email(email)).await?
        {
            if !person.email_verified {
                let message = "Email is not verified at the provider";
                return Err(Refusal::new(422, "provider_email_needs_verification", message));
            }
            if !user.is_confirmed() {
                // Whoever registered the address first has never shown that it is theirs.
                self.clear_unconfirmed(ask, home, &user).await?;
            }
            return self.join(home, user.id, provider, person).await;
        }
        if self.settings.disable_signup {
            let message = "Signups not allowed for this instance";
            return Err(Refusal::new(422, "signup_disabled", message));
        }
        let mut new = NewUser::human();
        new.email.clone_from(&person.email);
        new.email_confirmed_at = person.email_verified.then_some(ask.now);
        new.app_metadata.insert("provider".into(), provider.into());
        new.app_metadata.insert("providers".into(), json!([provider]));
        new.user_metadata = person.data.clone();
        new.identities.push((provider.to_owned(), person.subject.clone(), person.data.clone()));
        let new = self.asked(ask, new).await?;
        let id = new.id;
        match home.make(new).await {
            Ok(user) => {
                self.changed(ask, id, "created");
                Ok(user)
            }
            Err(fault) if fault.code() == codes::DUPLICATE_KEY => {
                let message = "Somebody came with the same name in this moment: try again";
                Err(Refusal::new(409, "conflict", message))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn known(
        &self,
        home: &Home,
        provider: &str,
        subject: &str,
    ) -> Result<Option<Row>, Refusal> {
        let filter =
            vec![Filter::eq("provider", provider), Filter::eq("provider_id", subject), home.here()];
        Ok(home.one("identities", filter).await?)
    }

    async fn clear_unconfirmed(&self, ask: &Ask, home: &Home, user: &User) -> Result<(), Refusal> {
        let sessions: Vec<Uuid> =
            home.sessions_of(user.id).await?.iter().filter_map(|row| row.id("id")).collect();
        self.end_sessions(ask, home, user.id, &sessions, "unconfirmed").await?;
        let of_user = || vec![Filter::eq("user_id", &user.id.to_string())];
        let change = json!({
            "encrypted_password": null, "raw_user_meta_data": {}, "raw_app_meta_data": {},
        });
        let calls = vec![
            home.delete("identities", of_user()),
            home.delete("mfa_factors", of_user()),
            home.delete("one_time_tokens", of_user()),
            home.change(user.id, change)?,
        ];
        home.all(calls).await?;
        Ok(())
    }

    /// Another way in for a user who is there.
    async fn join(
        &self,
        home: &Home,
        target: Uuid,
        provider: &str,
        person: &Person,
    ) -> Result<User, Refusal> {
        let taken = |message: &str| Refusal::new(422, "identity_already_exists", message);
        if let Some(identity) = self.known(home, provider, &person.subject).await? {
            return Err(taken(if identity.id("user_id") == Some(target) {
                "Identity is already linked"
            } else {
                "Identity is already linked to another user"
            }));
        }
        let user = home.user(By::Id(target)).await?;
        let user = user.ok_or_else(|| Refusal::new(404, "user_not_found", "User not found"))?;
        let metadata = merged(user.row.object("raw_user_meta_data"), &person.data);
        let mut change = json!({ "raw_user_meta_data": metadata });
        let same = person.email.as_deref() == Some(user.email());
        if person.email_verified && same && !user.is_confirmed() {
            change["email_confirmed_at"] = json!(home.now());
        }
        if user.is_anonymous() {
            change["is_anonymous"] = false.into();
            if person.email_verified {
                change["email"] = json!(person.email);
                change["email_confirmed_at"] = json!(home.now());
            }
        }
        let calls = vec![
            home.identity_call(target, provider, &person.subject, person.data.clone())?,
            home.change(target, change)?,
        ];
        home.all(calls).await.map_err(|fault| {
            if fault.code() == codes::DUPLICATE_KEY {
                return taken("Identity is already linked to another user");
            }
            fault.into()
        })?;
        self.tell_providers(home, target).await?;
        self.again(home, &user).await
    }

    pub(super) async fn unlink(&self, ask: &Ask, id: &str) -> Result<Answer, Refusal> {
        self.linking_is_on()?;
        let id = Uuid::parse_str(id)
            .map_err(|_| Refusal::new(404, "validation_failed", "identity_id must be an UUID"))?;
        let home = ask.home(self).await?;
        let caller = self.caller(ask, &home).await?;
        let user = &caller.user;
        if user.identities.len() <= 1 {
            let message = "User must have at least 1 identity after unlinking";
            return Err(Refusal::new(422, "single_identity_not_deletable", message));
        }
        let identity = user.identities.iter().find(|row| row.id("id") == Some(id));
        let identity = identity
            .ok_or_else(|| Refusal::new(422, "identity_not_found", "Identity doesn't exist"))?;
        let which = vec![Filter::eq("id", identity.words("id"))];
        home.run(home.delete("identities", which)).await?;
        self.tell_providers(&home, user.id).await?;
        self.changed(ask, user.id, "changed");
        Ok(Answer::Told(nothing()))
    }

    /// An app on a phone has the provider's word already.
    pub(super) async fn by_id_token(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let name = ask.text("provider")?.unwrap_or_default();
        let token = ask.text("id_token")?;
        let token =
            token.ok_or_else(|| Refusal::new(400, "validation_failed", "id_token required"))?;
        if self.providers.told(name).is_none() {
            return Err(unsupported(name));
        }
        let claims =
            self.providers.verified(name, token, ask.now).await.map_err(unreachable_provider)?;
        let told = claims.get("nonce").and_then(Json::as_str).filter(|nonce| !nonce.is_empty());
        match (ask.text("nonce")?, told) {
            (None, None) => {}
            (Some(nonce), Some(told)) => {
                let hashed = hex(digest(&SHA256, nonce.as_bytes()).as_ref());
                if hashed != told {
                    return Err(Refusal::new(400, "validation_failed", "Nonces mismatch"));
                }
            }
            _ => {
                let message = "Passed nonce and nonce in id_token should either both exist or not.";
                return Err(Refusal::new(400, "validation_failed", message));
            }
        }
        let mut person = person_of(name, claims);
        if person.subject.is_empty() {
            return Err(Refusal::new(400, "validation_failed", "Missing sub claim in id_token"));
        }
        person.access_token = ask.text("access_token")?.map(str::to_owned);
        let home = ask.home(self).await?;
        let user = self.arrive(ask, &home, name, &person).await?;
        Ok(Answer::Told(self.sign_in(ask, &home, &user, Method::IdToken).await?))
    }
}

fn unsupported(name: &str) -> Refusal {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    let message =
        format!("Unsupported provider: Provider {shown} could not be found or is not enabled");
    Refusal::new(400, "validation_failed", message)
}

fn unreachable_provider(fault: mag_contract::Fault) -> Refusal {
    if fault.code() == codes::BAD_TOKEN {
        let why = fault.details_text().map(|why| format!(": {why}")).unwrap_or_default();
        return Refusal::new(400, "bad_oauth_callback", format!("{}{why}", fault.message()));
    }
    tracing::warn!(
        "a provider of sign-ins does not answer: {} {}",
        fault.chain(),
        fault.details_text().unwrap_or_default()
    );
    Refusal::new(500, "unexpected_failure", "Error getting user profile from external provider")
}
