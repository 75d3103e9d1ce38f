//! Where people agree: our page and its form, second factors on it, and a page of the operator's own.

use super::{ADA, BACK, Browser, SECRET, claims, exchange, form, house, part, register, wish};
use crate::house::House;
use mag_auth::Settings;
use mag_auth::settings::OauthServer;
use serde_json::{Value as Json, json};

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
