//! Apps themselves: registered, found, looked after, and what they hold taken back.

use super::{ADA, BACK, SECRET, code, exchange, form, house, refresh, register, token};
use crate::house::House;
use mag_auth::Settings;
use mag_auth::settings::OauthServer;
use serde_json::{Value as Json, json};

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
    let wish = json!({"client_name": "Shop 2", "redirect_uris": null, "logo_uri": null});
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
