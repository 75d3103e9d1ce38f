//! What an app asks for in the address of its page: read in two steps. First who asks and where it
//! wants people back; only when both hold may anything else be told to that address.

use crate::client::Metadata;
use crate::problem::{Kind, Problem};
use crate::{pkce, redirect, scope};

/// Longer values are nobody's: some apps keep a page of their own in `state`.
const VALUE_MAX: usize = 4_096;
const RESOURCES_MAX: usize = 8;

/// Who asks, before anything else is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    pub client_id: String,
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
}

/// A request that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub scopes: Vec<String>,
    pub challenge: String,
    pub nonce: Option<String>,
    /// For whom the token shall be good, beside this house.
    pub resources: Vec<String>,
    pub prompt: Prompt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    #[default]
    AsNeeded,
    /// Nothing is shown: it is granted already, or refused.
    None,
    /// The person signs in anew.
    Login,
    /// The person is asked again.
    Consent,
}

/// The one value of a name; a name that comes twice can be read in two ways.
fn one<'a>(pairs: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Problem> {
    let mut found = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value);
    let first = found.next();
    if found.next().is_some() {
        return Err(Problem::request(format!("`{name}` is there twice")));
    }
    match first {
        Some(value) if value.len() > VALUE_MAX => {
            Err(Problem::request(format!("`{name}` is too long")))
        }
        other => Ok(other.filter(|value| !value.is_empty())),
    }
}

impl Asking {
    pub fn of(pairs: &[(String, String)]) -> Result<Self, Problem> {
        let client_id = one(pairs, "client_id")?;
        Ok(Self {
            client_id: client_id.ok_or_else(|| Problem::request("`client_id` is missing"))?.into(),
            redirect_uri: one(pairs, "redirect_uri")?.map(str::to_owned),
            state: one(pairs, "state")?.map(str::to_owned),
        })
    }

    /// Where people are sent back to: what the app shows and has registered, or its only address.
    pub fn returns_to(&self, client: &Metadata) -> Result<String, Problem> {
        match (&self.redirect_uri, client.redirect_uris.as_slice()) {
            (Some(shown), known) if known.iter().any(|uri| redirect::fits(uri, shown)) => {
                Ok(shown.clone())
            }
            (Some(_), _) => {
                Err(Problem::request("`redirect_uri` is none that this app has registered"))
            }
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(Problem::request("`redirect_uri` is missing")),
        }
    }
}

impl Wish {
    pub fn of(pairs: &[(String, String)], client: &Metadata) -> Result<Self, Problem> {
        match one(pairs, "response_type")? {
            Some("code") => {}
            Some(_) => {
                let message = "`response_type` must be `code`";
                return Err(Problem::new(Kind::UnsupportedResponseType, message));
            }
            None => return Err(Problem::request("`response_type` is missing")),
        }
        if !client.may("authorization_code") {
            let message = "this app signs nobody in: it has no grant `authorization_code`";
            return Err(Problem::new(Kind::UnauthorizedClient, message));
        }
        if pairs.iter().any(|(name, _)| name == "request" || name == "request_uri") {
            let message = "requests are read from the address alone";
            return Err(Problem::new(Kind::RequestNotSupported, message));
        }
        if one(pairs, "response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(Problem::request("`response_mode` must be `query`"));
        }
        let challenge =
            pkce::challenge(one(pairs, "code_challenge")?, one(pairs, "code_challenge_method")?)?;
        let asked = match (one(pairs, "scope")?, &client.scope) {
            (Some(asked), _) => asked.to_owned(),
            (None, Some(registered)) => registered.clone(),
            (None, None) => scope::DEFAULT.to_owned(),
        };
        let scopes = scope::read(&asked)?;
        if let Some(registered) = &client.scope {
            let registered = scope::read(registered)?;
            if scope::within(&scopes, &registered).is_none() {
                let message = format!("this app may ask for: {}", registered.join(" "));
                return Err(Problem::new(Kind::InvalidScope, message));
            }
        }
        Ok(Self {
            scopes,
            challenge,
            nonce: one(pairs, "nonce")?.map(str::to_owned),
            resources: resources(pairs)?,
            prompt: prompt(one(pairs, "prompt")?)?,
        })
    }
}

fn prompt(text: Option<&str>) -> Result<Prompt, Problem> {
    let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    if has("none") {
        return if words.len() == 1 {
            Ok(Prompt::None)
        } else {
            Err(Problem::request("`prompt=none` stands alone"))
        };
    }
    Ok(if has("login") || has("select_account") {
        Prompt::Login
    } else if has("consent") {
        Prompt::Consent
    } else {
        Prompt::AsNeeded
    })
}

/// RFC 8707: absolute addresses without a fragment, each once.
pub fn resources(pairs: &[(String, String)]) -> Result<Vec<String>, Problem> {
    let mut found: Vec<String> = vec![];
    for (_, value) in pairs.iter().filter(|(name, _)| name == "resource") {
        let good = value.len() <= VALUE_MAX
            && value.is_ascii()
            && !value.contains('#')
            && value.bytes().all(|b| b.is_ascii_graphic())
            && value.split_once("://").is_some_and(|(scheme, rest)| {
                matches!(scheme, "https" | "http") && !rest.is_empty() && !rest.starts_with('/')
            });
        if !good || found.len() >= RESOURCES_MAX {
            let message = "`resource` is no absolute address without a fragment";
            return Err(Problem::new(Kind::InvalidTarget, message));
        }
        if !found.contains(value) {
            found.push(value.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::client;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        text.split('&').map(pair).collect()
    }

    const GOOD: &str = "response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    #[test]
    fn a_request_that_holds_is_read_whole() {
        let more =
            format!("{GOOD}&scope=openid email&nonce=n&resource=https://mcp.test/x&prompt=consent");
        let wish = Wish::of(&pairs(&more), &client()).unwrap();
        assert_eq!(wish.scopes, ["openid", "email"]);
        assert_eq!(wish.resources, ["https://mcp.test/x"]);
        assert_eq!((wish.prompt, wish.nonce.as_deref()), (Prompt::Consent, Some("n")));
        assert_eq!(Wish::of(&pairs(GOOD), &client()).unwrap().scopes, ["email"]);
    }

    #[test]
    fn what_does_not_hold_is_named_as_the_standard_does() {
        for (more, expected) in [
            ("response_type=token", "unsupported_response_type"),
            ("response_type=code id_token", "unsupported_response_type"),
            ("scope=openid", "invalid_request"),
            ("response_type=code", "invalid_request"),
            (&format!("{GOOD}&response_type=code"), "invalid_request"),
            (&format!("{GOOD}&scope=a&scope=b"), "invalid_request"),
            (&format!("{GOOD}&scope=root"), "invalid_scope"),
            (&format!("{GOOD}&resource=/x"), "invalid_target"),
            (&format!("{GOOD}&resource=https://a.test/#x"), "invalid_target"),
            (&format!("{GOOD}&resource=https:///x"), "invalid_target"),
            (&format!("{GOOD}&response_mode=fragment"), "invalid_request"),
            (&format!("{GOOD}&request=x.y.z"), "request_not_supported"),
            (&format!("{GOOD}&request_uri=https://x"), "request_not_supported"),
            (&format!("{GOOD}&prompt=none login"), "invalid_request"),
            (&GOOD.replace("S256", "plain"), "invalid_request"),
        ] {
            let problem = Wish::of(&pairs(more), &client()).unwrap_err();
            assert_eq!(problem.kind.name(), expected, "{more}: {problem}");
        }
        let mut machine = client();
        machine.grant_types = vec!["client_credentials".into()];
        let problem = Wish::of(&pairs(GOOD), &machine).unwrap_err();
        assert_eq!(problem.kind, Kind::UnauthorizedClient);
        let mut narrow = client();
        narrow.scope = Some("email".into());
        let problem = Wish::of(&pairs(&format!("{GOOD}&scope=openid")), &narrow).unwrap_err();
        assert_eq!(problem.kind, Kind::InvalidScope);
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_was_not_registered() {
        let asking = |text: &str| Asking::of(&pairs(text));
        let good = asking("client_id=a&redirect_uri=https://app.test/back").unwrap();
        assert_eq!(good.returns_to(&client()).unwrap(), "https://app.test/back");
        let only = asking("client_id=a").unwrap();
        assert_eq!(only.returns_to(&client()).unwrap(), "https://app.test/back");
        let evil = asking("client_id=a&redirect_uri=https://evil.test/").unwrap();
        assert!(evil.returns_to(&client()).is_err());
        assert!(asking("redirect_uri=https://app.test/back").is_err());
        assert!(asking("client_id=a&redirect_uri=x&redirect_uri=y").is_err());
        let mut two = client();
        two.redirect_uris.push("https://app.test/other".into());
        assert!(only.returns_to(&two).is_err());
    }
}
