//! Other apps sign people in with this house: the way of a code, and everything that is refused on it.

use crate::house::{House, Told};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use mag_auth::Settings;
use mag_auth::settings::OauthServer;
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

#[tokio::test]
async fn an_app_signs_somebody_in_and_stays_until_it_is_ended() {
    let house = house().await;
    for method in ["none", "client_secret_post"] {
        let client = register(&house, method).await;
        assert_eq!(client["client_secret"].is_string(), method != "none");
        let code = code(&house, &client, &[("nonce", "n-1")]).await;
        let told = exchange(&house, &client, &code, &[]).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(told.headers["cache-control"], "no-store");
        assert_eq!(
            (&told.json["token_type"], &told.json["scope"]),
            (&"bearer".into(), &"openid email".into())
        );

        let access = told.text("access_token");
        let said = claims(&access);
        assert_eq!(said["client_id"], client["client_id"]);
        assert_eq!(
            (&said["aud"], &said["role"]),
            (&"authenticated".into(), &"authenticated".into())
        );
        assert_eq!(said["amr"][0]["method"], "oauth_provider/authorization_code");
        assert!(house.identify("shop", None, Some(&access)).await.is_ok());
        let id_token = told.text("id_token");
        let id = claims(&id_token);
        assert_eq!((&id["aud"], &id["nonce"]), (&client["client_id"], &"n-1".into()));
        assert_eq!((&id["sub"], &id["email"]), (&said["sub"], &ADA.into()));
        assert!(id["auth_time"].is_i64() && id["at_hash"].is_string());
        assert!(house.identify("shop", None, Some(&id_token)).await.is_err(), "it opens nothing");
        assert_eq!(
            house.ask("GET /user", Some(&id_token), json!(null)).await.brief(),
            "403 bad_jwt"
        );

        let info = house.ask("GET /oauth/userinfo", Some(&access), json!(null)).await;
        assert_eq!(info.json, json!({"sub": said["sub"], "email": ADA, "email_verified": true}));
        assert_eq!(house.ask("GET /user", Some(&access), json!(null)).await.brief(), "200");
        for (line, body) in [
            ("PUT /user", json!({"password": "another one 77"})),
            ("POST /logout", json!(null)),
            ("POST /factors", json!({"factor_type": "totp"})),
            ("GET /user/oauth/grants", json!(null)),
            ("POST /passkeys/registration/options", json!({})),
        ] {
            let told = house.ask(line, Some(&access), body).await;
            assert_eq!(told.brief(), "403 insufficient_scope", "{line}");
        }

        let second = refresh(&house, &client, &told.text("refresh_token")).await;
        assert_eq!(second.status, 200, "{second:?}");
        assert!(second.json["id_token"].is_string());
        assert_ne!(second.text("refresh_token"), told.text("refresh_token"));
        let stolen = refresh(&house, &client, &told.text("refresh_token")).await;
        assert_eq!((stolen.status, &stolen.json["error"]), (400, &"invalid_grant".into()));
        let family = refresh(&house, &client, &second.text("refresh_token")).await;
        assert_eq!(family.json["error"], "invalid_grant", "the thief is out, and so is the app");
        assert!(house.identify("shop", None, Some(&second.text("access_token"))).await.is_err());
    }
}

#[tokio::test]
async fn a_code_is_for_one_app_one_address_one_verifier_and_one_time() {
    let house = house().await;
    let (client, other) = (register(&house, "none").await, register(&house, "none").await);
    let wrong = VERIFIER.replace('d', "e");
    for more in [
        vec![("code_verifier", wrong.as_str())],
        vec![("redirect_uri", "https://app.test/other")],
        vec![("redirect_uri", "")],
        vec![("client_id", other["client_id"].as_str().unwrap())],
        vec![("resource", "https://elsewhere.test/")],
    ] {
        let code = code(&house, &client, &[]).await;
        let told = exchange(&house, &client, &code, &more).await;
        let error = told.json["error"].as_str().unwrap_or_default().to_owned();
        assert!(["invalid_grant", "invalid_target"].contains(&error.as_str()), "{more:?} {told:?}");
        let again = exchange(&house, &client, &code, &[]).await;
        assert_eq!(again.json["error"], "invalid_grant", "it was tried: {more:?}");
    }
    let late = code(&house, &client, &[]).await;
    house.later(121);
    assert_eq!(exchange(&house, &client, &late, &[]).await.json["error"], "invalid_grant");
    let twice = code(&house, &client, &[]).await;
    let first = exchange(&house, &client, &twice, &[]).await;
    let access = first.text("access_token");
    assert!(house.identify("shop", None, Some(&access)).await.is_ok());
    assert_eq!(exchange(&house, &client, &twice, &[]).await.json["error"], "invalid_grant");
    assert!(house.identify("shop", None, Some(&access)).await.is_err(), "what came of it ended");
    let told = refresh(&house, &client, &first.text("refresh_token")).await;
    assert_eq!(told.json["error"], "invalid_grant");
}

#[tokio::test]
async fn a_token_for_another_place_opens_no_door_here() {
    let house = house().await;
    let client = register(&house, "none").await;
    let elsewhere = "https://mcp.elsewhere.test/mcp";
    let here = "http://127.0.0.1:8000/mcp";
    for (resource, opens) in [(elsewhere, false), (here, true)] {
        let code = code(&house, &client, &[("resource", resource)]).await;
        let told = exchange(&house, &client, &code, &[("resource", resource)]).await;
        let access = told.text("access_token");
        assert!(claims(&access)["aud"].to_string().contains(resource));
        assert_eq!(house.identify("shop", None, Some(&access)).await.is_ok(), opens, "{resource}");
        let next = refresh(&house, &client, &told.text("refresh_token")).await;
        let access = next.text("access_token");
        assert_eq!(house.identify("shop", None, Some(&access)).await.is_ok(), opens, "{resource}");
    }
}

#[tokio::test]
async fn what_does_not_hold_is_told_to_the_app_or_on_a_page_and_never_elsewhere() {
    let house = house().await;
    let client = register(&house, "none").await;
    for more in [
        vec![("redirect_uri", "https://evil.test/")],
        vec![("redirect_uri", "https://app.test/back/")],
        vec![("redirect_uri", "https://app.test.evil.test/back")],
        vec![("redirect_uri", "//app.test/back")],
        vec![("client_id", "00000000-0000-0000-0000-000000000000")],
        vec![("client_id", "' OR 1=1")],
    ] {
        let line = format!("GET /oauth/authorize?{}", wish(&client, &more));
        let told = house.ask(&line, None, json!(null)).await;
        assert_eq!(told.status, 400, "{more:?}");
        assert!(!told.headers.contains_key("location"), "{more:?}");
        assert!(told.body.contains("<!doctype html>") && !told.body.contains("evil"), "{more:?}");
    }
    for (more, expected) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("scope", "openid root")], "invalid_scope"),
        (vec![("resource", "mcp")], "invalid_target"),
        (vec![("prompt", "none")], "login_required"),
    ] {
        let line = format!("GET /oauth/authorize?{}", wish(&client, &more));
        let to = house.ask(&line, None, json!(null)).await.location();
        assert!(to.starts_with(BACK), "{to}");
        assert_eq!(part(&to, "error").as_deref(), Some(expected), "{more:?}");
        assert_eq!(part(&to, "state").as_deref(), Some("a%20b%26c"));
    }
    for (form, status, expected) in [
        ("", 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        ("grant_type=authorization_code", 401, "invalid_client"),
        ("grant_type=refresh_token&grant_type=refresh_token", 400, "invalid_request"),
        (
            "grant_type=refresh_token&client_id=00000000-0000-0000-0000-000000000000",
            401,
            "invalid_client",
        ),
    ] {
        let told = house.form("POST /oauth/token", &[], form).await;
        assert_eq!((told.status, &told.json["error"]), (status, &expected.into()), "{form}");
    }
    let basic = format!("Basic {}", BASE64_STANDARD.encode("nobody:x"));
    let headers = [("authorization", basic)];
    let told = house.form("POST /oauth/token", &headers, "grant_type=refresh_token").await;
    assert_eq!(told.status, 401);
    assert!(told.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    let info = house.ask("GET /oauth/userinfo", Some("x.y.z"), json!(null)).await;
    assert_eq!((info.status, &info.json["error"]), (401, &"invalid_token".into()));
    assert!(info.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer error="));
}

#[tokio::test]
async fn a_form_counts_in_the_browser_that_it_was_made_for() {
    let house = house().await;
    let client = register(&house, "none").await;
    let mut ada = Browser::open(&house, &wish(&client, &[])).await;
    let before = ada.cookie.clone().unwrap();
    ada.sign_in().await;
    assert_ne!(ada.cookie.as_ref(), Some(&before), "another cookie after the sign-in");
    let (id, csrf) = (ada.hidden("authorization_id"), ada.hidden("csrf"));
    let cookie = ada.cookie.clone().unwrap();
    let body = form(&[("authorization_id", &id), ("csrf", &csrf), ("action", "approve")]);
    let own = |site: &str, cookie: &str| {
        vec![("sec-fetch-site", site.to_owned()), ("cookie", cookie.to_owned())]
    };
    let other = Browser::open(&house, &wish(&client, &[])).await;
    let guessed = form(&[("authorization_id", &id), ("csrf", "0"), ("action", "approve")]);
    let elsewhere = form(&[
        ("authorization_id", &other.hidden("authorization_id")),
        ("csrf", &csrf),
        ("action", "approve"),
    ]);
    for (headers, body) in [
        (own("cross-site", &cookie), &body),
        (own("same-site", &cookie), &body),
        (own("same-origin", &before), &body),
        (own("same-origin", other.cookie.as_ref().unwrap()), &body),
        (own("same-origin", &format!("{cookie}; {cookie}")), &body),
        (own("same-origin", "mf_oauth=s.v1.00"), &body),
        (own("same-origin", &cookie), &guessed),
        (own("same-origin", &cookie), &elsewhere),
        (vec![], &body),
    ] {
        let told = house.form("POST /oauth/consent", &headers, body).await;
        assert_eq!(told.status, 403, "{headers:?} {body}");
        assert!(!told.headers.contains_key("location"));
    }
    let to = ada.press("approve", &[]).await;
    assert!(part(&to, "code").is_some(), "{to}");
    let told = house.form("POST /oauth/consent", &own("same-origin", &cookie), &body).await;
    assert_eq!(told.status, 400, "answered once: {told:?}");
}

#[tokio::test]
async fn the_page_asks_for_what_is_needed_and_no_script_runs_on_it() {
    let house = house().await;
    let client = register(&house, "none").await;
    let line = format!("GET /oauth/authorize?{}", wish(&client, &[]));
    let to = house.ask(&line, None, json!(null)).await.location();
    let page = house
        .ask(&format!("GET {}", to.strip_prefix("/auth/v1").unwrap()), None, json!(null))
        .await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' https://app.test;"), "{policy}");
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert!(!page.body.contains("<script"));
    let mut ada = Browser::open(&house, &wish(&client, &[])).await;
    let wrong = ada.press("sign_in", &[("email", ADA), ("password", "wrong one 77")]).await;
    assert!(wrong.is_empty() && ada.page.contains("Invalid login credentials"), "{}", ada.page);
    assert!(!ada.page.contains(ADA), "what was typed is not shown again");
    ada.sign_in().await;
    assert!(ada.page.contains("see your email address") && ada.page.contains("registered itself"));
    let to = ada.press("deny", &[]).await;
    assert_eq!(part(&to, "error").as_deref(), Some("access_denied"));
    // Allowed once, a site is let through; what leads to a device is asked for each time.
    let mut again = Browser::open(&house, &wish(&client, &[])).await;
    again.sign_in().await;
    again.press("approve", &[]).await;
    let to = again.go(&format!("/oauth/authorize?{}", wish(&client, &[]))).await;
    assert!(part(&to, "code").is_some(), "{to}");
    let to = again.go(&format!("/oauth/authorize?{}", wish(&client, &[("prompt", "none")]))).await;
    assert!(part(&to, "code").is_some(), "{to}");
    let more = [("prompt", "none"), ("scope", "openid email phone")];
    let to = again.go(&format!("/oauth/authorize?{}", wish(&client, &more))).await;
    assert_eq!(part(&to, "error").as_deref(), Some("consent_required"), "{to}");
    house.later(1);
    let to = again.go(&format!("/oauth/authorize?{}", wish(&client, &[("prompt", "login")]))).await;
    assert!(to.is_empty() && again.page.contains("Sign in"), "{to}");
    let to =
        again.go(&format!("/oauth/authorize?{}", wish(&client, &[("prompt", "consent")]))).await;
    assert!(to.is_empty() && again.page.contains("Allow"), "{to}");
    let to = again.press("leave", &[]).await;
    assert!(to.is_empty() && again.page.contains("Password"), "{to}");
}

#[tokio::test]
async fn whoever_has_a_second_factor_shows_it() {
    let house = House::new().await;
    let session = house.member(ADA, SECRET).await;
    let access = session["access_token"].as_str().unwrap();
    let factor = house.ask("POST /factors", Some(access), json!({"factor_type": "totp"})).await;
    let secret = factor.json["totp"]["secret"].as_str().unwrap().to_owned();
    let path = format!("/factors/{}", factor.text("id"));
    let asked = house.ask(&format!("POST {path}/challenge"), Some(access), json!({})).await;
    let now = house.clock().now().millis();
    let wish_ =
        json!({"challenge_id": asked.json["id"], "code": crate::factors::code(&secret, now)});
    let told = house.ask(&format!("POST {path}/verify"), Some(access), wish_).await;
    assert_eq!(told.brief(), "200", "{told:?}");
    let client = register(&house, "none").await;
    let mut ada = Browser::open(&house, &wish(&client, &[])).await;
    ada.press("sign_in", &[("email", ADA), ("password", SECRET)]).await;
    assert!(ada.page.contains("authenticator"), "{}", ada.page);
    let (id, csrf) = (ada.hidden("authorization_id"), ada.hidden("csrf"));
    let early = form(&[("authorization_id", &id), ("csrf", &csrf), ("action", "approve")]);
    let told = house.form("POST /oauth/consent", &ada.headers(), &early).await;
    assert!(told.location().starts_with("/auth/v1/oauth/consent"), "not yet");
    ada.press("code", &[("code", "000000")]).await;
    assert!(ada.page.contains("does not fit"), "{}", ada.page);
    house.later(60);
    let now = house.clock().now().millis();
    ada.press("code", &[("code", &crate::factors::code(&secret, now))]).await;
    let to = ada.press("approve", &[]).await;
    let told = exchange(&house, &client, &part(&to, "code").unwrap(), &[]).await;
    assert_eq!(claims(&told.text("access_token"))["aal"], "aal2");
}

#[tokio::test]
async fn somebody_sees_what_apps_hold_and_takes_it_back() {
    let house = House::new().await;
    let session = house.member(ADA, SECRET).await;
    let own = session["access_token"].as_str().unwrap();
    let client = register(&house, "none").await;
    let code = code(&house, &client, &[]).await;
    let told = exchange(&house, &client, &code, &[]).await;
    let access = told.text("access_token");
    let grants = house.ask("GET /user/oauth/grants", Some(own), json!(null)).await;
    assert_eq!(grants.json[0]["client"]["name"], "Notes", "{grants:?}");
    assert_eq!(grants.json[0]["scopes"], json!(["openid", "email"]));
    let line =
        format!("DELETE /user/oauth/grants?client_id={}", client["client_id"].as_str().unwrap());
    assert_eq!(house.ask(&line, Some(own), json!(null)).await.status, 204);
    assert!(house.identify("shop", None, Some(&access)).await.is_err());
    let told = refresh(&house, &client, &told.text("refresh_token")).await;
    assert_eq!(told.json["error"], "invalid_grant");
    let grants = house.ask("GET /user/oauth/grants", Some(own), json!(null)).await;
    assert_eq!(grants.json, json!([]));
}

#[tokio::test]
async fn an_app_gives_back_what_it_holds() {
    let house = house().await;
    let (client, other) = (register(&house, "none").await, register(&house, "none").await);
    for which in ["refresh_token", "access_token"] {
        let code = code(&house, &client, &[]).await;
        let told = exchange(&house, &client, &code, &[]).await;
        let (access, shown) = (told.text("access_token"), told.text(which));
        let revoke = |client: &Json, token: &str| {
            let id = client["client_id"].as_str().unwrap();
            form(&[("client_id", id), ("token", token)])
        };
        let foreign = house.form("POST /oauth/revoke", &[], &revoke(&other, &shown)).await;
        assert_eq!(foreign.status, 200);
        assert!(
            house.identify("shop", None, Some(&access)).await.is_ok(),
            "of another app: nothing"
        );
        let told = house.form("POST /oauth/revoke", &[], &revoke(&client, &shown)).await;
        assert_eq!(told.status, 200);
        assert!(house.identify("shop", None, Some(&access)).await.is_err(), "{which}");
        let nothing = house.form("POST /oauth/revoke", &[], &revoke(&client, "nothing")).await;
        assert_eq!(nothing.status, 200);
    }
}

#[tokio::test]
async fn a_service_gets_tokens_for_itself() {
    let house = House::new().await;
    let wish = json!({"name": "invoices", "kind": "service_account"});
    let service = house.call("user:create", wish).await.unwrap();
    let wish = json!({"name": "Invoices", "service_account": "invoices"});
    let made = house.call("oauth:client:create", wish).await.unwrap();
    let client = json!({
        "client_id": made["client"]["client_id"], "client_secret": made["client_secret"],
    });
    let told = token(&house, &client, &[("grant_type", "client_credentials")]).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.json.get("refresh_token").is_none() && told.json.get("id_token").is_none());
    let access = told.text("access_token");
    let known = house.identify("shop", None, Some(&access)).await.unwrap();
    assert_eq!(known.actor().kind, mag_contract::ActorKind::ServiceAccount);
    assert_eq!(known.actor().id, service["id"].as_str().unwrap());
    let more = [("grant_type", "client_credentials"), ("scope", "openid")];
    assert_eq!(token(&house, &client, &more).await.json["error"], "invalid_scope");
    let more = [("grant_type", "client_credentials"), ("client_secret", "guessed")];
    assert_eq!(token(&house, &client, &more).await.json["error"], "invalid_client");
    let more = [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", "y")];
    assert_eq!(token(&house, &client, &more).await.json["error"], "unauthorized_client");

    let id = json!({"client": made["client"]["client_id"]});
    let rotated = house.call("oauth:client:rotate", id.clone()).await.unwrap();
    assert!(
        house.identify("shop", None, Some(&access)).await.is_err(),
        "the old one opens nothing"
    );
    let told = token(&house, &client, &[("grant_type", "client_credentials")]).await;
    assert_eq!(told.json["error"], "invalid_client");
    let client = json!({
        "client_id": made["client"]["client_id"], "client_secret": rotated["client_secret"],
    });
    let told = token(&house, &client, &[("grant_type", "client_credentials")]).await;
    let access = told.text("access_token");
    assert!(house.identify("shop", None, Some(&access)).await.is_ok());
    house.call("oauth:client:delete", json!({"client": "Invoices"})).await.unwrap();
    assert!(house.identify("shop", None, Some(&access)).await.is_err());
    assert_eq!(house.call("oauth:client:list", json!({})).await.unwrap()["total"], 0);
    let wish = json!({"name": "x", "service_account": ADA});
    assert!(house.call("oauth:client:create", wish).await.is_err());
}

#[tokio::test]
async fn the_server_looks_after_apps() {
    let house = house().await;
    let key = house.server_key().await;
    let wish = json!({"client_name": "Shop", "redirect_uris": [BACK]});
    let made = house.ask("POST /admin/oauth/clients", Some(&key), wish).await;
    assert_eq!((made.status, &made.json["registration_type"]), (201, &"manual".into()), "{made:?}");
    assert_eq!(made.json["client_type"], "confidential");
    let one = format!("/admin/oauth/clients/{}", made.text("client_id"));
    let list =
        house.ask("GET /admin/oauth/clients?page=1&per_page=1", Some(&key), json!(null)).await;
    assert_eq!(
        (&list.headers["x-total-count"], list.json["clients"].as_array().unwrap().len()),
        (&"1".parse().unwrap(), 1)
    );
    assert!(list.json["clients"][0].get("client_secret").is_none());
    let wish = json!({"client_name": "Shop 2"});
    let told = house.ask(&format!("PUT {one}"), Some(&key), wish).await;
    assert_eq!(
        (&told.json["client_name"], &told.json["redirect_uris"]),
        (&"Shop 2".into(), &json!([BACK]))
    );
    let told = house.ask(&format!("POST {one}/regenerate_secret"), Some(&key), json!({})).await;
    assert!(
        told.json["client_secret"].is_string()
            && told.json["client_secret"] != made.json["client_secret"]
    );
    let bad = json!({"client_name": "x", "redirect_uris": ["http://evil.test/"]});
    let told = house.ask("POST /admin/oauth/clients", Some(&key), bad).await;
    assert_eq!(told.brief(), "400 validation_failed");
    assert_eq!(house.ask(&format!("DELETE {one}"), Some(&key), json!(null)).await.status, 204);
    let told = house.ask(&format!("GET {one}"), Some(&key), json!(null)).await;
    assert_eq!(told.brief(), "404 oauth_client_not_found");
    let told = house.ask("GET /admin/oauth/clients", None, json!(null)).await;
    assert_eq!(told.brief(), "401 no_authorization");
}

#[tokio::test]
async fn an_operators_own_page_can_ask_instead_of_ours() {
    let oauth_server = OauthServer {
        consent_url: Some("https://shop.test/consent".into()),
        allow_dynamic_registration: false,
        ..OauthServer::default()
    };
    let house = House::with(Settings { oauth_server, ..Settings::default() }).await;
    let ada = house.member(ADA, SECRET).await;
    let eve = house.member("eve@example.com", SECRET).await;
    let told =
        house.ask("POST /oauth/clients/register", None, json!({"redirect_uris": [BACK]})).await;
    assert_eq!((told.status, &told.json["error"]), (403, &"access_denied".into()));
    let made = house
        .call(
            "oauth:client:create",
            json!({"name": "Notes", "redirect_uris": [BACK], "public": true}),
        )
        .await
        .unwrap();
    let client = json!({"client_id": made["client"]["client_id"]});
    let ask = || async {
        let line = format!("GET /oauth/authorize?{}", wish(&client, &[]));
        let to = house.ask(&line, None, json!(null)).await.location();
        assert!(to.starts_with("https://shop.test/consent?authorization_id="), "{to}");
        part(&to, "authorization_id").unwrap()
    };
    let token = |session: &Json| session["access_token"].as_str().unwrap().to_owned();
    let id = ask().await;
    let path = format!("/oauth/authorizations/{id}");
    let told = house.ask(&format!("GET {path}"), Some(&token(&ada)), json!(null)).await;
    assert_eq!(
        (&told.json["client"]["name"], &told.json["scope"]),
        (&"Notes".into(), &"openid email".into()),
        "{told:?}"
    );
    let other = house.ask(&format!("GET {path}"), Some(&token(&eve)), json!(null)).await;
    assert_eq!(other.brief(), "404 oauth_authorization_not_found", "it is Ada's now");
    let line = format!("POST {path}/consent");
    let told = house.ask(&line, Some(&token(&ada)), json!({"action": "maybe"})).await;
    assert_eq!(told.brief(), "400 validation_failed");
    let told = house.ask(&line, Some(&token(&ada)), json!({"action": "approve"})).await;
    let code = part(&told.text("redirect_url"), "code").unwrap();
    assert_eq!(exchange(&house, &client, &code, &[]).await.status, 200);
    let again = house.ask(&line, Some(&token(&ada)), json!({"action": "approve"})).await;
    assert_eq!(again.brief(), "404 oauth_authorization_not_found");
    let path = format!("/oauth/authorizations/{}", ask().await);
    let told = house.ask(&format!("GET {path}"), Some(&token(&ada)), json!(null)).await;
    assert!(part(&told.text("redirect_url"), "code").is_some(), "allowed before");
    let path = format!("/oauth/authorizations/{}/consent", ask().await);
    let told =
        house.ask(&format!("POST {path}"), Some(&token(&eve)), json!({"action": "deny"})).await;
    assert_eq!(part(&told.text("redirect_url"), "error").as_deref(), Some("access_denied"));
    let path = format!("/oauth/authorizations/{}", ask().await);
    house.later(601);
    let told = house.ask(&format!("GET {path}"), Some(&token(&ada)), json!(null)).await;
    assert_eq!(told.brief(), "404 oauth_authorization_not_found", "too old");
}

#[tokio::test]
async fn clients_find_everything_by_its_well_known_address() {
    let house = House::new().await;
    for path in [
        "/.well-known/oauth-authorization-server/auth/v1",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let told = house.ask(&format!("GET {path}"), None, json!(null)).await;
        assert_eq!(told.json["issuer"], "http://127.0.0.1:8000/auth/v1", "{path} {told:?}");
        assert_eq!(told.json["code_challenge_methods_supported"], json!(["S256"]));
    }
    let path = "/.well-known/oauth-authorization-server/p/blog/auth/v1";
    let told = house.ask(&format!("GET {path}"), None, json!(null)).await;
    assert_eq!(told.json["issuer"], "http://127.0.0.1:8000/p/blog/auth/v1");
    let told = house.ask("GET /.well-known/oauth-protected-resource/mcp", None, json!(null)).await;
    assert_eq!(told.json["resource"], "http://127.0.0.1:8000/mcp");
    assert_eq!(told.json["authorization_servers"], json!(["http://127.0.0.1:8000/auth/v1"]));
    let off = OauthServer { enabled: false, ..OauthServer::default() };
    let house = House::with(Settings { oauth_server: off, ..Settings::default() }).await;
    let told = house.ask("POST /oauth/clients/register", None, json!({})).await;
    assert_eq!(told.brief(), "404 oauth_server_disabled");
}

#[tokio::test]
async fn apps_that_nobody_uses_make_room() {
    let oauth_server = OauthServer { dynamic_clients_max: 2, ..OauthServer::default() };
    let house = House::with(Settings { oauth_server, ..Settings::default() }).await;
    register(&house, "none").await;
    register(&house, "none").await;
    let line = "POST /oauth/clients/register";
    let wish = json!({"redirect_uris": [BACK]});
    let full = house.ask(line, None, wish.clone()).await;
    assert_eq!((full.status, &full.json["error"]), (503, &"temporarily_unavailable".into()));
    house.later(86_500);
    assert_eq!(house.ask(line, None, wish).await.status, 201);
}
