//! Ways in and out, as clients of the dialect take them.

use crate::house::House;
use mag_auth::Settings;
use mag_ports::identity::{LoggedIn, LoggedOut};
use serde_json::json;

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";

fn settings() -> Settings {
    Settings {
        site_url: "https://shop.test".into(),
        uri_allow_list: vec!["https://*.preview.test/**".into()],
        anonymous_enabled: true,
        phone_enabled: true,
        manual_linking_enabled: true,
        ..Settings::default()
    }
}

async fn house() -> House {
    House::with(settings()).await
}

#[tokio::test]
async fn somebody_signs_up_confirms_signs_in_and_leaves() {
    let house = house().await;
    let mut logins = house.bench.bus.subscribe::<LoggedIn>();
    let mut logouts = house.bench.bus.subscribe::<LoggedOut>();
    let wish = json!({"email": "Ada@Example.com", "password": SECRET, "data": {"name": "Ada"}});
    let told = house.ask("POST /signup", None, wish.clone()).await;
    assert_eq!(told.brief(), "200", "{told:?}");
    assert_eq!((&told.json["email"], &told.json["phone"]), (&ADA.into(), &"".into()));
    assert_eq!(told.json["user_metadata"]["name"], "Ada");
    assert_eq!(told.json["app_metadata"], json!({"provider": "email", "providers": ["email"]}));
    assert_eq!(told.json["identities"].as_array().unwrap().len(), 1);
    assert!(told.json.get("access_token").is_none(), "the address is not confirmed yet");

    let sign_in = json!({"email": ADA, "password": SECRET});
    let line = "POST /token?grant_type=password";
    assert_eq!(house.ask(line, None, sign_in.clone()).await.brief(), "400 email_not_confirmed");
    let again = house.ask("POST /signup", None, wish).await;
    assert_eq!(again.brief(), "429 over_email_send_rate_limit", "{again:?}");

    let (_, code) = house.mail(ADA).await;
    let wrong = json!({"type": "signup", "email": ADA, "token": "000000"});
    assert_eq!(house.ask("POST /verify", None, wrong).await.brief(), "403 otp_expired");
    let right = json!({"type": "signup", "email": ADA, "token": code});
    let told = house.ask("POST /verify", None, right.clone()).await;
    assert_eq!(told.brief(), "200", "{told:?}");
    assert_eq!(told.json["token_type"], "bearer");
    assert_eq!(told.text("refresh_token").len(), 12);
    assert_eq!(house.ask("POST /verify", None, right).await.brief(), "403 otp_expired", "once");

    let session = house.ask(line, None, sign_in).await;
    assert_eq!(session.brief(), "200", "{session:?}");
    let token = session.text("access_token");
    let user = house.ask("GET /user", Some(&token), json!(null)).await;
    assert_eq!((user.brief().as_str(), &user.json["email"]), ("200", &ADA.into()));
    assert!(user.json["email_confirmed_at"].is_string() && user.json["confirmed_at"].is_string());
    let known = house.identify("shop", None, Some(&token)).await.unwrap();
    assert_eq!(&*known.session.role, "authenticated");
    assert_eq!(known.actor().id, user.text("id"));
    let mag_contract::Heard::Fact(login) = logins.next().await.unwrap() else { panic!() };
    assert_eq!((login.data.method.as_str(), login.data.user.clone()), ("otp", user.text("id")));

    let told = house.ask("POST /logout?scope=local", Some(&token), json!(null)).await;
    assert_eq!(told.status, 204);
    let told = house.ask("GET /user", Some(&token), json!(null)).await;
    assert_eq!(told.brief(), "403 session_not_found");
    assert!(house.identify("shop", None, Some(&token)).await.is_err(), "at every door");
    let mag_contract::Heard::Fact(logout) = logouts.next().await.unwrap() else { panic!() };
    assert_eq!(logout.data.scope, "local");
    assert_eq!(house.ask("POST /logout?scope=x", Some(&token), json!(null)).await.status, 403);
}

#[tokio::test]
async fn a_refusal_has_the_shape_that_the_client_asks_for() {
    let house = house().await;
    let wish = json!({"email": ADA, "password": "nothing of the kind 1"});
    let line = "POST /token?grant_type=password";
    let newer = house.ask(line, None, wish.clone()).await;
    assert_eq!(newer.status, 400);
    let expected = json!({"code": "invalid_credentials", "message": "Invalid login credentials"});
    assert_eq!(newer.json, expected);
    assert_eq!(newer.headers["x-supabase-api-version"], "2024-01-01");
    assert_eq!(newer.headers["x-sb-error-code"], "invalid_credentials");
    let older = house.ask_with(line, &[], wish).await;
    let expected = json!({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"});
    assert_eq!(older.json, expected);
    assert!(!older.headers.contains_key("x-supabase-api-version"));

    let weak = house.ask("POST /signup", None, json!({"email": ADA, "password": "password"})).await;
    assert_eq!(weak.brief(), "422 weak_password");
    assert_eq!(weak.json["weak_password"]["reasons"], json!(["pwned"]));
    for (line, body, expected) in [
        ("POST /signup", json!({"email": ADA}), "400 validation_failed"),
        ("POST /signup", json!({"email": "ada", "password": SECRET}), "400 validation_failed"),
        ("POST /signup", json!({"email": 7, "password": SECRET}), "400 bad_json"),
        ("POST /token", json!({}), "400 invalid_credentials"),
        ("POST /token?grant_type=password", json!({}), "400 validation_failed"),
        (
            "POST /token?grant_type=refresh_token",
            json!({"refresh_token": "x"}),
            "400 refresh_token_not_found",
        ),
        ("POST /verify", json!({"type": "signup"}), "400 validation_failed"),
        ("POST /recover", json!({}), "400 validation_failed"),
        ("GET /user", json!(null), "401 no_authorization"),
        ("GET /admin/users", json!(null), "401 no_authorization"),
        ("GET /nowhere", json!(null), "404 unknown"),
        ("DELETE /signup", json!(null), "405 unknown"),
        ("GET /authorize?provider=nobody", json!(null), "400 validation_failed"),
    ] {
        assert_eq!(house.ask(line, None, body).await.brief(), expected, "{line}");
    }
    let told = house.ask("GET /user", Some("a.b.c"), json!(null)).await;
    assert_eq!(told.brief(), "403 bad_jwt");
}

#[tokio::test]
async fn what_is_not_there_says_that_it_is_switched_off() {
    let house = house().await;
    let told = house.ask("POST /sso", None, json!({"domain": "shop.test"})).await;
    assert_eq!(told.brief(), "404 saml_provider_disabled");
    let wish = json!({"chain": "ethereum", "message": "m", "signature": "s"});
    let told = house.ask("POST /token?grant_type=web3", None, wish).await;
    assert_eq!(told.brief(), "422 web3_provider_disabled");
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let house = house().await;
    house.member(ADA, SECRET).await;
    let wish = |email: &str| json!({"email": email, "password": "another one 77"});
    let known = house.ask("POST /signup", None, wish(ADA)).await;
    let new = house.ask("POST /signup", None, wish("new@example.com")).await;
    assert_eq!((known.brief(), new.brief()), ("200".to_owned(), "200".to_owned()));
    assert!(known.json["email_confirmed_at"].is_null());
    for line in ["POST /recover", "POST /magiclink"] {
        house.later(61);
        let known = house.ask(line, None, json!({"email": ADA})).await;
        let new = house.ask(line, None, json!({"email": "nobody@example.com"})).await;
        assert_eq!((&known.json, known.status), (&new.json, new.status), "{line}");
    }
    let line = "POST /token?grant_type=password";
    let known = house.ask(line, None, wish(ADA)).await;
    let new = house.ask(line, None, wish("nobody@example.com")).await;
    assert_eq!(known.json, new.json);
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_two_tabs_get_the_same_one() {
    let house = house().await;
    let session = house.member(ADA, SECRET).await;
    let first = session["refresh_token"].as_str().unwrap().to_owned();
    let swap = |token: String| {
        let line = "POST /token?grant_type=refresh_token";
        house.ask(line, None, json!({"refresh_token": token}))
    };
    let second = swap(first.clone()).await;
    assert_eq!(second.brief(), "200", "{second:?}");
    assert_ne!(second.text("refresh_token"), first);
    let tab = swap(first.clone()).await;
    assert_eq!(tab.text("refresh_token"), second.text("refresh_token"));
    house.later(3_600);
    let not_saved = swap(first.clone()).await;
    assert_eq!(
        not_saved.text("refresh_token"),
        second.text("refresh_token"),
        "its answer was lost"
    );
    let third = swap(second.text("refresh_token")).await;
    let late = swap(first.clone()).await;
    assert_eq!(late.brief(), "400 refresh_token_already_used");
    let family = swap(third.text("refresh_token")).await;
    assert_eq!(
        family.brief(),
        "400 refresh_token_already_used",
        "the thief is out, and so is the other"
    );
}

#[tokio::test]
async fn a_link_ends_on_a_page_of_the_app_and_nowhere_else() {
    let house = house().await;
    let wish = json!({"email": ADA, "password": SECRET});
    for (asked, expected) in [
        ("https://evil.test/", "https://shop.test#"),
        ("https://x.preview.test/in", "https://x.preview.test/in#"),
        ("https://shop.test@evil.test/", "https://shop.test#"),
        ("https://shop.test/welcome", "https://shop.test/welcome#"),
        ("javascript:alert(1)", "https://shop.test#"),
        ("//evil.test", "https://shop.test#"),
    ] {
        house.later(61);
        let line =
            format!("POST /signup?redirect_to={}", asked.replace(':', "%3A").replace('/', "%2F"));
        assert_eq!(house.ask(&line, None, wish.clone()).await.brief(), "200");
        let (link, _) = house.mail(ADA).await;
        let places = ["?token=", "&type=signup", "&redirect_to="].map(|part| link.find(part));
        assert!(places[0].is_some() && places.is_sorted(), "{link}");
        let broken = link.replacen("token=", "token=0", 1);
        let told = house.ask(&format!("GET {broken}"), None, json!(null)).await;
        assert_eq!(told.status, 303);
        let to = told.location();
        assert!(to.starts_with(expected) && to.contains("error_code=otp_expired"), "{asked}: {to}");
    }
    let (link, _) = house.mail(ADA).await;
    let told = house.ask(&format!("GET {link}"), None, json!(null)).await;
    let to = told.location();
    assert!(
        to.contains("#access_token=")
            && to.contains("&refresh_token=")
            && to.contains("type=signup"),
        "{to}"
    );
}

#[tokio::test]
async fn a_magic_link_with_a_challenge_ends_by_a_code_that_only_its_owner_can_use() {
    let house = house().await;
    house.member(ADA, SECRET).await;
    let verifier = "a".repeat(64);
    let hashed = {
        use base64::Engine;
        let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(hash)
    };
    let wish = json!({"email": ADA, "code_challenge": hashed, "code_challenge_method": "s256"});
    for verifier_is_right in [false, true] {
        house.later(61);
        let told = house.ask("POST /otp", None, wish.clone()).await;
        assert_eq!(told.brief(), "200", "{told:?}");
        let (link, _) = house.mail(ADA).await;
        assert!(link.contains("token=pkce_"), "{link}");
        let to = house.ask(&format!("GET {link}"), None, json!(null)).await.location();
        let code = to.split("code=").nth(1).unwrap_or_else(|| panic!("{to}")).to_owned();
        let verifier = if verifier_is_right { verifier.clone() } else { "b".repeat(64) };
        let wish = json!({"auth_code": code, "code_verifier": verifier});
        let line = "POST /token?grant_type=pkce";
        let told = house.ask(line, None, wish.clone()).await;
        let expected = if verifier_is_right { "200" } else { "400 bad_code_verifier" };
        assert_eq!(told.brief(), expected, "{told:?}");
        let again = house.ask(line, None, wish).await;
        assert_eq!(again.brief(), "404 flow_state_not_found", "a code is tried once");
    }
    let bad = json!({"email": ADA, "code_challenge": "short", "code_challenge_method": "s256"});
    assert_eq!(house.ask("POST /otp", None, bad).await.brief(), "400 validation_failed");
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_and_other_sessions_end() {
    let house = house().await;
    let old = house.member(ADA, SECRET).await;
    assert_eq!(house.ask("POST /recover", None, json!({"email": ADA})).await.brief(), "200");
    let (_, code) = house.mail(ADA).await;
    let wish = json!({"type": "recovery", "email": ADA, "token": code});
    let session = house.ask("POST /verify", None, wish).await;
    let token = session.text("access_token");
    let put = |body: serde_json::Value| house.ask("PUT /user", Some(&token), body);
    assert_eq!(put(json!({"password": SECRET})).await.brief(), "422 same_password");
    assert_eq!(put(json!({"password": "short"})).await.brief(), "422 weak_password");
    assert_eq!(put(json!({"password": "brand new words 5"})).await.brief(), "200");
    let old = old["access_token"].as_str().unwrap();
    assert_eq!(
        house.ask("GET /user", Some(old), json!(null)).await.brief(),
        "403 session_not_found"
    );
    let line = "POST /token?grant_type=password";
    let told = house.ask(line, None, json!({"email": ADA, "password": SECRET})).await;
    assert_eq!(told.brief(), "400 invalid_credentials");
    let told = house.ask(line, None, json!({"email": ADA, "password": "brand new words 5"})).await;
    assert_eq!(told.brief(), "200");
    assert_eq!(put(json!({"data": {"team": "blue"}})).await.json["user_metadata"]["team"], "blue");
    let raised = put(json!({"app_metadata": {"role": "admin"}})).await;
    assert_eq!(raised.brief(), "403 not_admin");
    let smuggled = put(json!({"role": "service_role", "is_super_admin": true})).await;
    assert_eq!(smuggled.json["role"], "authenticated");
}

#[tokio::test]
async fn a_new_address_is_confirmed_at_both_ends() {
    let house = house().await;
    let session = house.member(ADA, SECRET).await;
    house.member("bob@example.com", SECRET).await;
    let token = session["access_token"].as_str().unwrap();
    let taken = house.ask("PUT /user", Some(token), json!({"email": "bob@example.com"})).await;
    assert_eq!(taken.brief(), "422 email_exists");
    let told = house.ask("PUT /user", Some(token), json!({"email": "ada@new.example"})).await;
    assert_eq!(told.json["new_email"], "ada@new.example", "{told:?}");
    let (_, new) = house.mail("ada@new.example").await;
    let (_, current) = house.mail(ADA).await;
    let verify = |email: &'static str, code: String| {
        house.ask(
            "POST /verify",
            None,
            json!({"type": "email_change", "email": email, "token": code}),
        )
    };
    let half = verify("ada@new.example", new).await;
    assert_eq!((half.status, &half.json["code"]), (200, &"200".into()), "{half:?}");
    let user = house.ask("GET /user", Some(token), json!(null)).await;
    assert_eq!(user.json["email"], ADA);
    let whole = verify(ADA, current).await;
    assert_eq!(whole.json["user"]["email"], "ada@new.example", "{whole:?}");
}

#[tokio::test]
async fn somebody_without_a_name_comes_in_and_is_marked() {
    let house = house().await;
    let told = house.ask("POST /signup", None, json!({})).await;
    assert_eq!(told.brief(), "200", "{told:?}");
    assert_eq!(told.json["user"]["is_anonymous"], true);
    let token = told.text("access_token");
    let known = house.identify("shop", None, Some(&token)).await.unwrap();
    assert!(known.session.claims.contains(r#""is_anonymous":true"#));
    let told = house.ask("PUT /user", Some(&token), json!({"password": SECRET})).await;
    assert_eq!(told.brief(), "422 validation_failed");
    let told = house.ask("POST /factors", Some(&token), json!({"factor_type": "totp"})).await;
    assert_eq!(told.brief(), "403 no_authorization");
}

#[tokio::test]
async fn a_code_can_be_guessed_a_few_times_only() {
    let house = house().await;
    let wish = json!({"email": ADA, "password": SECRET});
    house.ask("POST /signup", None, wish).await;
    let (_, code) = house.mail(ADA).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    for _ in 0..8 {
        let wish = json!({"type": "signup", "email": ADA, "token": wrong});
        assert_eq!(house.ask("POST /verify", None, wish).await.brief(), "403 otp_expired");
    }
    let wish = json!({"type": "signup", "email": ADA, "token": code});
    assert_eq!(house.ask("POST /verify", None, wish.clone()).await.brief(), "403 otp_expired");
    for _ in 0..40 {
        house.ask("POST /verify", None, wish.clone()).await;
    }
    let told = house.ask("POST /verify", None, wish).await;
    assert_eq!(told.brief(), "429 over_request_rate_limit");
}

#[tokio::test]
async fn a_number_is_confirmed_by_a_text_message() {
    let house = house().await;
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let (_, code) = house.mail("491701234567").await;
    let wish = json!({"type": "sms", "phone": "+491701234567", "token": code});
    let told = house.ask("POST /verify", None, wish).await;
    assert_eq!(told.json["user"]["phone"], "491701234567", "{told:?}");
    let wish = json!({"phone": "491701234567", "password": SECRET});
    let told = house.ask("POST /token?grant_type=password", None, wish).await;
    assert_eq!(told.brief(), "200");
}

#[tokio::test]
async fn the_server_looks_after_users_and_nobody_else_does() {
    let house = house().await;
    let member = house.member("bob@example.com", SECRET).await;
    let key = house.server_key().await;
    let token = member["access_token"].as_str().unwrap();
    assert_eq!(
        house.ask("GET /admin/users", Some(token), json!(null)).await.brief(),
        "403 not_admin"
    );
    let wish = json!({
        "email": ADA, "password": SECRET, "email_confirm": true, "app_metadata": {"plan": "pro"},
        "user_metadata": {"name": "Ada"},
    });
    let made = house.ask("POST /admin/users", Some(&key), wish.clone()).await;
    assert_eq!(made.brief(), "200", "{made:?}");
    assert_eq!(made.json["app_metadata"]["plan"], "pro");
    assert_eq!(house.ask("POST /admin/users", Some(&key), wish).await.brief(), "422 email_exists");
    let page = house.ask("GET /admin/users?page=1&per_page=1", Some(&key), json!(null)).await;
    assert_eq!(page.json["users"].as_array().unwrap().len(), 1);
    assert_eq!(page.headers["x-total-count"], "2");
    assert!(page.headers["link"].to_str().unwrap().contains("page=2&per_page=1>; rel=\"next\""));
    let one = format!("/admin/users/{}", made.text("id"));
    let banned = house.ask(&format!("PUT {one}"), Some(&key), json!({"ban_duration": "24h"})).await;
    assert!(banned.json["banned_until"].is_string(), "{banned:?}");
    let line = "POST /token?grant_type=password";
    let sign_in = json!({"email": ADA, "password": SECRET});
    assert_eq!(house.ask(line, None, sign_in.clone()).await.brief(), "400 user_banned");
    house.ask(&format!("PUT {one}"), Some(&key), json!({"ban_duration": "none"})).await;
    let session = house.ask(line, None, sign_in.clone()).await;
    assert_eq!(session.brief(), "200");
    let told = house.ask(&format!("DELETE {one}"), Some(&key), json!(null)).await;
    assert_eq!(told.brief(), "200", "{told:?}");
    assert_eq!(house.ask(line, None, sign_in).await.brief(), "400 invalid_credentials");
    let token = session.text("access_token");
    assert!(house.identify("shop", None, Some(&token)).await.is_err(), "its token went with it");
    assert_eq!(
        house.ask(&format!("GET {one}"), Some(&key), json!(null)).await.brief(),
        "404 user_not_found"
    );
    assert_eq!(
        house.ask("GET /admin/users/7", Some(&key), json!(null)).await.brief(),
        "404 validation_failed"
    );
}

#[tokio::test]
async fn a_link_made_by_the_server_works_like_one_in_a_mail() {
    let house = house().await;
    let key = house.server_key().await;
    let wish = json!({"type": "signup", "email": ADA, "password": SECRET});
    let made = house.ask("POST /admin/generate_link", Some(&key), wish).await;
    assert_eq!(made.json["verification_type"], "signup", "{made:?}");
    let wish = json!({"type": "signup", "token_hash": made.text("hashed_token")});
    let told = house.ask("POST /verify", None, wish).await;
    assert_eq!(told.json["user"]["email"], ADA, "{told:?}");
    let wish = json!({"type": "recovery", "email": "nobody@example.com"});
    let told = house.ask("POST /admin/generate_link", Some(&key), wish).await;
    assert_eq!(told.brief(), "404 user_not_found");
    let wish = json!({"email": "eve@example.com"});
    let told = house.ask("POST /invite", Some(&key), wish).await;
    assert!(told.json["invited_at"].is_string(), "{told:?}");
    let (link, _) = house.mail("eve@example.com").await;
    let to = house.ask(&format!("GET {link}"), None, json!(null)).await.location();
    assert!(to.contains("type=invite") && to.contains("access_token="), "{to}");
}

#[tokio::test]
async fn the_public_half_of_the_signing_key_verifies_tokens_elsewhere() {
    let house = house().await;
    let session = house.member(ADA, SECRET).await;
    let keys = house.ask("GET /.well-known/jwks.json", None, json!(null)).await;
    assert_eq!(keys.json["keys"][0]["kty"], "EC", "{keys:?}");
    assert!(keys.json["keys"][0].get("d").is_none());
    let token = session["access_token"].as_str().unwrap().to_owned();
    house.settle("blog", |settings| settings.tokens.jwt_secret = Some(keys.json.to_string()));
    let known = house.identify("blog", None, Some(&token)).await.unwrap();
    assert_eq!(&*known.session.role, "authenticated");
    let told = house.ask("GET /settings", None, json!(null)).await;
    assert_eq!(
        (&told.json["external"]["email"], &told.json["external"]["google"]),
        (&true.into(), &false.into())
    );
    assert_eq!(house.ask("GET /health", None, json!(null)).await.json["name"], "GoTrue");
}
