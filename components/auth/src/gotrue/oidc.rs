//! Providers of sign-ins: what a preset knows, what discovery finds, who somebody is by their word.
//! A token counts when a key of the provider has signed it, for us, now, in answer to our question.

use super::redirect::form;
use crate::settings::Provider as Told;
use crate::tokens::claims::{self, Times};
use crate::tokens::jws::Jws;
use crate::tokens::{KeySet, Problem};
use crate::web::{Web, Wish};
use mag_contract::{Fault, Timestamp, codes};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) struct Providers {
    told: BTreeMap<String, Told>,
    web: Web,
    found: Mutex<HashMap<String, (Instant, Arc<Endpoints>)>>,
}

/// Where a provider answers.
pub(crate) struct Endpoints {
    issuer: Option<String>,
    pub(crate) authorize: String,
    token: String,
    userinfo: Option<String>,
    keys: Option<KeySet>,
}

/// What a provider says of somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) data: Map<String, Json>,
    pub(crate) access_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
}

struct Preset {
    name: &'static str,
    issuer: Option<&'static str>,
    /// Where there is no discovery: authorize, token, user.
    fixed: Option<[&'static str; 3]>,
    scopes: &'static str,
}

const PRESETS: [Preset; 11] = [
    oidc("google", Some("https://accounts.google.com"), "openid email profile"),
    oidc("gitlab", Some("https://gitlab.com"), "openid email profile"),
    oidc("azure", Some("https://login.microsoftonline.com/common/v2.0"), "openid email profile"),
    oidc(
        "microsoft",
        Some("https://login.microsoftonline.com/common/v2.0"),
        "openid email profile",
    ),
    oidc("apple", Some("https://appleid.apple.com"), "openid email name"),
    oidc("keycloak", None, "openid email profile"),
    oidc("linkedin_oidc", Some("https://www.linkedin.com/oauth"), "openid email profile"),
    oidc("slack_oidc", Some("https://slack.com"), "openid email profile"),
    oidc("twitch", Some("https://id.twitch.tv/oauth2"), "openid user:read:email"),
    Preset {
        name: "github",
        issuer: None,
        fixed: Some([
            "https://github.com/login/oauth/authorize",
            "https://github.com/login/oauth/access_token",
            "https://api.github.com/user",
        ]),
        scopes: "user:email",
    },
    Preset {
        name: "discord",
        issuer: None,
        fixed: Some([
            "https://discord.com/oauth2/authorize",
            "https://discord.com/api/oauth2/token",
            "https://discord.com/api/users/@me",
        ]),
        scopes: "email identify",
    },
];

const fn oidc(name: &'static str, issuer: Option<&'static str>, scopes: &'static str) -> Preset {
    Preset { name, issuer, fixed: None, scopes }
}

/// Providers change their keys now and then; a token of a new key makes us look earlier.
const FOUND_LASTS: Duration = Duration::from_secs(3_600);
/// But never more often than this, whatever tokens are shown.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

fn silent(name: &str, why: &str) -> Fault {
    Fault::new(codes::ENGINE_GONE, format!("provider `{name}` cannot be reached")).details(why)
}

impl Providers {
    pub(crate) fn new(told: &BTreeMap<String, Told>) -> Result<Self, Fault> {
        for (name, provider) in told {
            let preset = PRESETS.iter().find(|preset| preset.name == name);
            let known = preset.is_some_and(|p| p.issuer.is_some() || p.fixed.is_some());
            if !known && provider.url.is_none() {
                let message = format!("`auth.external.{name}` names no `url`");
                return Err(Fault::new(codes::BAD_SETTING, message)
                    .hint("the url is the issuer, such as https://id.example.com/realms/main"));
            }
            if provider.client_id.is_empty() {
                let message = format!("`auth.external.{name}` names no `client_id`");
                return Err(Fault::new(codes::BAD_SETTING, message));
            }
        }
        Ok(Self { told: told.clone(), web: Web::default(), found: Mutex::default() })
    }

    pub(crate) fn told(&self, name: &str) -> Option<&Told> {
        self.told.get(name)
    }

    pub(crate) fn scopes(&self, name: &str, more: Option<&str>) -> String {
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        let base = preset.map_or("openid email profile", |preset| preset.scopes);
        let own = self.told.get(name).map(|told| told.scopes.join(" ")).unwrap_or_default();
        let mut scopes: Vec<&str> = vec![];
        for scope in [base, &own, more.unwrap_or_default()].iter().flat_map(|s| s.split([' ', ',']))
        {
            if !scope.is_empty() && !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes.join(" ")
    }

    pub(crate) async fn endpoints(&self, name: &str) -> Result<Arc<Endpoints>, Fault> {
        self.found_within(name, FOUND_LASTS).await
    }

    async fn found_within(&self, name: &str, lasts: Duration) -> Result<Arc<Endpoints>, Fault> {
        {
            let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, endpoints)) = found.get(name).filter(|(at, _)| at.elapsed() < lasts) {
                return Ok(endpoints.clone());
            }
        }
        let endpoints = Arc::new(self.discover(name).await?);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(name.to_owned(), (Instant::now(), endpoints.clone()));
        Ok(endpoints)
    }

    async fn discover(&self, name: &str) -> Result<Endpoints, Fault> {
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        let url = self.told.get(name).and_then(|told| told.url.as_deref());
        if let (Some([authorize, token, user]), None) = (preset.and_then(|p| p.fixed), url) {
            return Ok(Endpoints {
                issuer: None,
                authorize: authorize.to_owned(),
                token: token.to_owned(),
                userinfo: Some(user.to_owned()),
                keys: None,
            });
        }
        let issuer = url.or(preset.and_then(|p| p.issuer));
        let issuer = issuer.ok_or_else(|| silent(name, "it names no issuer"))?;
        let issuer = issuer.trim_end_matches('/');
        let document =
            self.json(name, &format!("{issuer}/.well-known/openid-configuration"), None).await?;
        let text = |field: &str| document.get(field).and_then(Json::as_str).map(str::to_owned);
        let told = text("issuer").unwrap_or_default();
        // Microsoft's common issuer stands for those of all tenants.
        let common = told.contains("{tenantid}");
        if !common && told.trim_end_matches('/') != issuer {
            return Err(silent(name, "its document is of another issuer"));
        }
        let missing = |field: &str| silent(name, &format!("its document has no `{field}`"));
        let keys = match text("jwks_uri") {
            Some(address) => {
                let set = Json::Object(self.json(name, &address, None).await?);
                Some(KeySet::of_jwks(&set).map_err(|e| silent(name, &e.to_string()))?)
            }
            None => None,
        };
        Ok(Endpoints {
            issuer: Some(told),
            authorize: text("authorization_endpoint")
                .ok_or_else(|| missing("authorization_endpoint"))?,
            token: text("token_endpoint").ok_or_else(|| missing("token_endpoint"))?,
            userinfo: text("userinfo_endpoint"),
            keys,
        })
    }

    async fn json(
        &self,
        name: &str,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<Map<String, Json>, Fault> {
        let wish = Wish { url, form: None, bearer, json: None, headers: &[] };
        let (status, body) = self.web.ask(wish).await.map_err(|why| silent(name, &why))?;
        if status != 200 {
            return Err(silent(name, &format!("it answered {status}")));
        }
        serde_json::from_slice(&body).map_err(|e| silent(name, &e.to_string()))
    }

    /// Who came back with this code.
    pub(crate) async fn person_of_code(
        &self,
        name: &str,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Person, Fault> {
        let endpoints = self.endpoints(name).await?;
        let told = self.told.get(name).ok_or_else(|| silent(name, "it is not set up"))?;
        let secret = told.secret.as_ref().map(|s| s.expose().as_str()).unwrap_or_default();
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("client_id", told.client_id.as_str()),
            ("code_verifier", verifier),
        ];
        if !secret.is_empty() {
            pairs.push(("client_secret", secret));
        }
        let form = Some(form(&pairs));
        let wish = Wish { url: &endpoints.token, form, bearer: None, json: None, headers: &[] };
        let (status, body) = self.web.ask(wish).await.map_err(|why| silent(name, &why))?;
        let answer: Map<String, Json> = serde_json::from_slice(&body)
            .map_err(|_| silent(name, &format!("it answered {status} and no JSON")))?;
        let text = |field: &str| answer.get(field).and_then(Json::as_str).map(str::to_owned);
        if status != 200 || answer.contains_key("error") {
            let why = text("error_description").or_else(|| text("error"));
            return Err(Fault::new(codes::BAD_TOKEN, "Unable to exchange external code")
                .details(why.unwrap_or_else(|| format!("it answered {status}"))));
        }
        let access = text("access_token");
        let mut person = match (text("id_token"), &endpoints.keys) {
            (Some(token), Some(_)) => {
                let claims = self.verified(name, &token, now).await?;
                if claims.get("nonce").and_then(Json::as_str) != Some(nonce) {
                    return Err(Fault::new(codes::BAD_TOKEN, "the token answers another question"));
                }
                person_of(name, claims)
            }
            _ => Person::default(),
        };
        if (person.subject.is_empty() || person.email.is_none())
            && let (Some(address), Some(access)) = (&endpoints.userinfo, &access)
        {
            let told = self.json(name, address, Some(access)).await?;
            let more = person_of(name, told);
            if person.subject.is_empty() || person.subject == more.subject {
                person = more;
            }
        }
        if name == "github" && person.email.is_none() {
            self.github_email(&mut person, access.as_deref()).await?;
        }
        if person.subject.is_empty() {
            return Err(silent(name, "it does not say who that is"));
        }
        person.access_token = access;
        person.refresh_token = text("refresh_token");
        Ok(person)
    }

    /// GitHub tells addresses at a place of their own.
    async fn github_email(&self, person: &mut Person, access: Option<&str>) -> Result<(), Fault> {
        let url = "https://api.github.com/user/emails";
        let wish = Wish { url, form: None, bearer: access, json: None, headers: &[] };
        let (_, body) = self.web.ask(wish).await.map_err(|why| silent("github", &why))?;
        let list: Vec<Map<String, Json>> = serde_json::from_slice(&body).unwrap_or_default();
        let is = |entry: &Map<String, Json>, what: &str| entry.get(what) == Some(&Json::Bool(true));
        if let Some(first) = list.iter().find(|e| is(e, "primary") && is(e, "verified")) {
            person.email = first.get("email").and_then(Json::as_str).map(str::to_lowercase);
            person.email_verified = person.email.is_some();
        }
        Ok(())
    }

    /// The claims of an id token that the provider has signed for us.
    pub(crate) async fn verified(
        &self,
        name: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Map<String, Json>, Fault> {
        let bad = |why: &str| Fault::new(codes::BAD_TOKEN, "Bad ID token").details(why);
        let jws = Jws::read(token).map_err(|problem| bad(&problem.to_string()))?;
        let mut endpoints = self.endpoints(name).await?;
        let signed = |endpoints: &Endpoints| match &endpoints.keys {
            Some(keys) => keys.signer(&jws).map(|_| ()),
            None => Err(Problem::NoKey("the provider publishes no keys")),
        };
        if signed(&endpoints).is_err() {
            endpoints = self.found_within(name, LOOK_AGAIN).await?;
        }
        signed(&endpoints).map_err(|problem| bad(&problem.to_string()))?;
        // A shared secret never signs for a provider: everybody who has it could.
        if jws.algorithm.name().starts_with("HS") {
            return Err(bad("the token is signed by a shared secret"));
        }
        let claims = jws.claims().map_err(|problem| bad(&problem.to_string()))?;
        let times = Times::of(&claims).and_then(|times| times.hold(now).map(|()| times));
        let times = times.map_err(|problem| bad(&problem.to_string()))?;
        if times.expires.is_none() {
            return Err(bad("the token has no end"));
        }
        let issuer = claims.get("iss").and_then(Json::as_str).unwrap_or_default();
        let wanted = endpoints.issuer.as_deref().unwrap_or_default();
        let tenant = claims.get("tid").and_then(Json::as_str).unwrap_or("?");
        if issuer != wanted && issuer != wanted.replace("{tenantid}", tenant) {
            return Err(bad("the token is of another issuer"));
        }
        let told = self.told.get(name).ok_or_else(|| bad("the provider is not set up"))?;
        let clients = std::iter::once(&told.client_id).chain(&told.accepted_client_ids);
        let named = claims.get("aud").is_some_and(|aud| !aud.is_null());
        let for_us = clients.into_iter().any(|c| claims::audience(&claims, Some(c)).is_ok());
        if !named || !for_us {
            return Err(bad("the token is for somebody else"));
        }
        Ok(claims)
    }
}

/// Who somebody is by what a provider tells.
pub(crate) fn person_of(provider: &str, told: Map<String, Json>) -> Person {
    let text = |name: &str| match told.get(name) {
        Some(Json::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let subject = text("sub").or_else(|| text("id")).unwrap_or_default();
    let email = text("email").map(|email| email.to_lowercase());
    let verified = match told.get("email_verified").or_else(|| told.get("verified")) {
        Some(Json::Bool(truth)) => *truth,
        // Apple writes it as a text.
        Some(Json::String(text)) => text == "true",
        _ => false,
    };
    let mut data = Map::new();
    let name = text("name").or_else(|| text("global_name")).or_else(|| text("login"));
    let picture = text("picture").or_else(|| text("avatar_url"));
    for (key, value) in [
        ("iss", text("iss")),
        ("sub", Some(subject.clone())),
        ("provider_id", Some(subject.clone())),
        ("email", email.clone()),
        ("full_name", name.clone()),
        ("name", name),
        ("avatar_url", picture.clone()),
        ("picture", picture),
        ("user_name", text("login").or_else(|| text("preferred_username"))),
        ("given_name", text("given_name")),
        ("family_name", text("family_name")),
        ("locale", text("locale")),
    ] {
        if let Some(value) = value {
            data.insert(key.to_owned(), value.into());
        }
    }
    let verified = verified && email.is_some();
    data.insert("email_verified".into(), verified.into());
    data.insert("phone_verified".into(), false.into());
    let _ = provider;
    Person {
        subject,
        email,
        email_verified: verified,
        data,
        access_token: None,
        refresh_token: None,
    }
}
