//! Apps as they register themselves (RFC 7591), or are registered. What an app says of itself is a
//! claim of its own: it is kept short, and never more than text.

use crate::problem::{Kind, Problem};
use crate::{redirect, scope};
use serde_json::{Map, Value as Json};

/// How an app shows at the token endpoint that it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// It can keep no secret: a page, or an app on somebody's device.
    None,
    Basic,
    Post,
}

impl AuthMethod {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
    pub fn named(name: &str) -> Option<Self> {
        [Self::None, Self::Basic, Self::Post].into_iter().find(|method| method.name() == name)
    }
    pub fn client_type(self) -> &'static str {
        match self {
            Self::None => "public",
            Self::Basic | Self::Post => "confidential",
        }
    }
}

/// What is kept of an app, beside its id and the hash of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub name: String,
    pub uri: Option<String>,
    pub logo_uri: Option<String>,
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    /// What it may ask for at most; anything when nothing is said.
    pub scope: Option<String>,
    pub auth_method: AuthMethod,
}

const NAME_MAX: usize = 100;
const URIS_MAX: usize = 10;
pub const GRANTS: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// Who registers the app: by itself it is given less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registers {
    Itself,
    /// Somebody who may look after apps.
    Staff,
}

impl Metadata {
    pub fn may(&self, grant: &str) -> bool {
        self.grant_types.iter().any(|known| known == grant)
    }

    /// What it says of itself, as far as it is served here: RFC 7591 lets a server keep less than
    /// was asked for, and the answer tells what was kept.
    pub fn of(told: &Map<String, Json>, by: Registers) -> Result<Self, Problem> {
        let auth_method = match text(told, "token_endpoint_auth_method")? {
            None => AuthMethod::Basic,
            Some(name) => AuthMethod::named(name).ok_or_else(|| {
                bad("`token_endpoint_auth_method` is `none`, `client_secret_basic` or `client_secret_post`")
            })?,
        };
        let grant_types = grants(told, by)?;
        let redirect_uris = list(told, "redirect_uris")?.unwrap_or_default();
        let redirects = grant_types.iter().any(|grant| grant == "authorization_code");
        if redirects && redirect_uris.is_empty() {
            let message = "`redirect_uris` is empty";
            return Err(Problem::new(Kind::InvalidRedirectUri, message));
        }
        if redirect_uris.len() > URIS_MAX {
            let message = format!("`redirect_uris` has more than {URIS_MAX}");
            return Err(Problem::new(Kind::InvalidRedirectUri, message));
        }
        for uri in &redirect_uris {
            redirect::check(uri)?;
        }
        if list(told, "response_types")?.is_some_and(|types| {
            redirects && !types.is_empty() && !types.iter().any(|kind| kind == "code")
        }) {
            return Err(bad("`response_types` has to have `code`"));
        }
        if auth_method == AuthMethod::None && grant_types.iter().any(|g| g == "client_credentials")
        {
            return Err(bad("an app without a secret has no grant `client_credentials`"));
        }
        let name: String = text(told, "client_name")?
            .unwrap_or_default()
            .chars()
            .filter(|c| !is_disguise(*c))
            .take(NAME_MAX)
            .collect();
        let name = match name.trim() {
            "" => redirect_uris.first().map(|uri| redirect::said(uri)).unwrap_or_default(),
            name => name.to_owned(),
        };
        Ok(Self {
            name,
            uri: site(told, "client_uri")?,
            logo_uri: site(told, "logo_uri")?,
            redirect_uris,
            grant_types,
            scope: scopes(told)?,
            auth_method,
        })
    }
}

/// Letters that turn a text around or cannot be seen: they make one name look like another.
fn is_disguise(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(Kind::InvalidClientMetadata, message)
}

fn text<'a>(told: &'a Map<String, Json>, name: &str) -> Result<Option<&'a str>, Problem> {
    match told.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(bad(format!("`{name}` is no text"))),
    }
}

fn list(told: &Map<String, Json>, name: &str) -> Result<Option<Vec<String>>, Problem> {
    let no_list = || bad(format!("`{name}` is no list of texts"));
    match told.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(no_list))
            .collect::<Result<Vec<_>, _>>()
            .map(Some),
        Some(_) => Err(no_list()),
    }
}

fn grants(told: &Map<String, Json>, by: Registers) -> Result<Vec<String>, Problem> {
    let Some(asked) = list(told, "grant_types")? else {
        return Ok(vec!["authorization_code".into(), "refresh_token".into()]);
    };
    let mut kept: Vec<String> = vec![];
    for grant in asked {
        let served = GRANTS.contains(&grant.as_str())
            && (by == Registers::Staff || grant != "client_credentials");
        if served && !kept.contains(&grant) {
            kept.push(grant);
        }
    }
    if kept.iter().all(|grant| grant == "refresh_token") {
        return Err(bad("`grant_types` has none that is served: `authorization_code` is"));
    }
    Ok(kept)
}

fn scopes(told: &Map<String, Json>) -> Result<Option<String>, Problem> {
    let Some(asked) = text(told, "scope")? else { return Ok(None) };
    let kept: Vec<&str> = asked.split(' ').filter(|name| scope::is_known(name)).collect();
    // An app whose scopes are all unknown to us may ask for what everybody may ask for.
    Ok((!kept.is_empty()).then(|| kept.join(" ")))
}

fn site(told: &Map<String, Json>, name: &str) -> Result<Option<String>, Problem> {
    let Some(uri) = text(told, name)? else { return Ok(None) };
    let web = uri.starts_with("https://") || uri.starts_with("http://");
    if !web || redirect::check(uri).is_err() {
        return Err(bad(format!("`{name}` is no address of the web")));
    }
    Ok(Some(uri.to_owned()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn client() -> Metadata {
        read(json!({"redirect_uris": ["https://app.test/back"], "client_name": "App"})).unwrap()
    }

    fn read(told: Json) -> Result<Metadata, Problem> {
        let Json::Object(told) = told else { panic!() };
        Metadata::of(&told, Registers::Itself)
    }

    #[test]
    fn an_app_says_little_and_is_given_what_is_usual() {
        let app = client();
        assert_eq!((app.name.as_str(), app.auth_method), ("App", AuthMethod::Basic));
        assert_eq!(app.grant_types, ["authorization_code", "refresh_token"]);
        let named = read(json!({"redirect_uris": ["https://app.test/back"]})).unwrap();
        assert_eq!(named.name, "app.test");
    }

    #[test]
    fn an_app_gets_no_more_than_is_served() {
        let app = read(json!({
            "redirect_uris": ["http://127.0.0.1/"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials", "implicit",
                "urn:ietf:params:oauth:grant-type:device_code"],
            "scope": "openid mcp:tools", "response_types": ["code", "token"], "software_id": "x",
            "client_name": "Ad\u{202e}a\n<script>",
        }))
        .unwrap();
        assert_eq!(app.grant_types, ["authorization_code", "refresh_token"]);
        assert_eq!(app.scope.as_deref(), Some("openid"));
        assert_eq!(app.name, "Ada<script>", "text, to be escaped where it is shown");
    }

    #[test]
    fn what_cannot_be_served_is_refused_in_the_words_of_the_standard() {
        let to = json!(["https://app.test/back"]);
        for (told, expected) in [
            (json!({}), "invalid_redirect_uri"),
            (json!({"redirect_uris": []}), "invalid_redirect_uri"),
            (json!({"redirect_uris": ["http://app.test/"]}), "invalid_redirect_uri"),
            (json!({"redirect_uris": ["https://a.test/#x"]}), "invalid_redirect_uri"),
            (json!({"redirect_uris": vec!["https://a.test/"; 11]}), "invalid_redirect_uri"),
            (json!({"redirect_uris": "https://a.test/"}), "invalid_client_metadata"),
            (json!({"redirect_uris": [7]}), "invalid_client_metadata"),
            (json!({"redirect_uris": to, "grant_types": ["password"]}), "invalid_client_metadata"),
            (
                json!({"redirect_uris": to, "grant_types": ["refresh_token"]}),
                "invalid_client_metadata",
            ),
            (json!({"redirect_uris": to, "response_types": ["token"]}), "invalid_client_metadata"),
            (json!({"redirect_uris": to, "client_uri": "javascript:x"}), "invalid_client_metadata"),
            (json!({"redirect_uris": to, "logo_uri": 7}), "invalid_client_metadata"),
            (
                json!({"redirect_uris": to, "token_endpoint_auth_method": "private_key_jwt"}),
                "invalid_client_metadata",
            ),
        ] {
            let shown = told.to_string();
            assert_eq!(read(told).unwrap_err().kind.name(), expected, "{shown}");
        }
        let Json::Object(machine) =
            json!({"grant_types": ["client_credentials"], "client_name": "invoices"})
        else {
            panic!()
        };
        assert!(Metadata::of(&machine, Registers::Staff).is_ok());
        assert!(Metadata::of(&machine, Registers::Itself).is_err());
    }
}
