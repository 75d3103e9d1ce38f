//! Other apps sign people in with this house. Here is what the tests of it share: an app, a browser at
//! our pages, and the way from one to the other.

mod apps;
mod codes;
mod pages;

use crate::house::{House, Told};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";
const BACK: &str = "https://app.test/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn form(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn part(address: &str, name: &str) -> Option<String> {
    let query = address.split_once('?')?.1;
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.map(str::to_owned)
}

async fn register(house: &House, method: &str) -> Json {
    let wish = json!({
        "client_name": "Notes", "redirect_uris": [BACK], "token_endpoint_auth_method": method,
    });
    let told = house.ask("POST /oauth/clients/register", None, wish).await;
    assert_eq!(told.status, 201, "{told:?}");
    told.json
}

fn wish(client: &Json, more: &[(&str, &str)]) -> String {
    let client = client["client_id"].as_str().unwrap();
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "openid email"),
        ("state", "a b&c"),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    form(&pairs)
}

/// A browser with its cookie, at our pages.
struct Browser<'a> {
    house: &'a House,
    cookie: Option<String>,
    page: String,
    at: String,
}

impl<'a> Browser<'a> {
    async fn open(house: &'a House, wish: &str) -> Self {
        let mut browser = Self { house, cookie: None, page: String::new(), at: String::new() };
        browser.go(&format!("/oauth/authorize?{wish}")).await;
        browser
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("sec-fetch-site", "same-origin".to_owned())];
        headers.extend(self.cookie.clone().map(|cookie| ("cookie", cookie)));
        headers
    }

    fn keep(&mut self, told: &Told) {
        if let Some(cookie) = told.headers.get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            assert!(cookie.contains("Path=/auth/v1/oauth"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
    }

    async fn go(&mut self, path: &str) -> String {
        let told = self.house.ask_with(&format!("GET {path}"), &self.headers(), json!(null)).await;
        self.follow(told).await
    }

    /// To where it ends: a page of ours, or the address of an app.
    async fn follow(&mut self, told: Told) -> String {
        self.keep(&told);
        if told.status == 303 {
            let to = told.location();
            match to.strip_prefix("/auth/v1") {
                Some(path) => return Box::pin(self.go(path)).await,
                None => return to,
            }
        }
        self.at = format!("{}", told.status);
        self.page = told.body;
        String::new()
    }

    fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.page.split(&mark).nth(1).unwrap_or_else(|| panic!("{}", self.page));
        rest.split('"').next().unwrap().to_owned()
    }

    async fn press(&mut self, action: &str, more: &[(&str, &str)]) -> String {
        let (id, csrf) = (self.hidden("authorization_id"), self.hidden("csrf"));
        let mut pairs =
            vec![("authorization_id", id.as_str()), ("csrf", csrf.as_str()), ("action", action)];
        pairs.extend(more);
        let told = self.house.form("POST /oauth/consent", &self.headers(), &form(&pairs)).await;
        self.follow(told).await
    }

    async fn sign_in(&mut self) {
        let to = self.press("sign_in", &[("email", ADA), ("password", SECRET)]).await;
        assert!(to.is_empty() && self.page.contains("Allow"), "{to} {}", self.page);
    }
}

/// From the app's link to its code.
async fn code(house: &House, client: &Json, more: &[(&str, &str)]) -> String {
    let more = [&[("prompt", "consent")], more].concat();
    let mut browser = Browser::open(house, &wish(client, &more)).await;
    browser.sign_in().await;
    let to = browser.press("approve", &[]).await;
    assert!(to.starts_with(BACK), "{to}");
    assert_eq!(part(&to, "state").as_deref(), Some("a%20b%26c"));
    assert_eq!(part(&to, "iss").as_deref(), Some("http%3A%2F%2F127.0.0.1%3A8000%2Fauth%2Fv1"));
    part(&to, "code").unwrap_or_else(|| panic!("{to}"))
}

async fn token(house: &House, client: &Json, pairs: &[(&str, &str)]) -> Told {
    let id = client["client_id"].as_str().unwrap();
    let mut all = vec![("client_id", id)];
    if let Some(secret) = client["client_secret"].as_str() {
        all.push(("client_secret", secret));
    }
    for (name, value) in pairs {
        all.retain(|(known, _)| known != name);
        all.push((name, value));
    }
    house.form("POST /oauth/token", &[], &form(&all)).await
}

async fn exchange(house: &House, client: &Json, code: &str, more: &[(&str, &str)]) -> Told {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    token(house, client, &pairs).await
}

async fn refresh(house: &House, client: &Json, shown: &str) -> Told {
    token(house, client, &[("grant_type", "refresh_token"), ("refresh_token", shown)]).await
}

fn claims(token: &str) -> Json {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn house() -> House {
    let house = House::new().await;
    house.member(ADA, SECRET).await;
    house
}
