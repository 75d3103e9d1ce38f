//! The way of a code to tokens: whom it signs in, for whom it is good, and what is refused on it.

use super::{ADA, BACK, VERIFIER, claims, code, exchange, house, part, refresh, register, wish};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

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
