//! Who is recognised by which credentials, and in which words others are refused.

use crate::house::House;
use mag_contract::ActorKind;
use mag_ports::Denied;
use serde_json::json;
use std::time::Duration;

/// Signed with `reallyreallyreallyreallyverysafe` by another program.
const FUN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoicG9zdGdyZXN0X3Rlc3RfYXV0aG9yIn0.Xod-F15qsGL0WhdOCr2j3DdKuTw9QJERVgoFD3vGaWA";
const SECRET: &str = "reallyreallyreallyreallyverysafe";

#[tokio::test]
async fn nobody_in_particular_has_the_role_that_the_project_gives() {
    let house = House::new().await;
    assert_eq!(house.who(None, None).await, r#"anon {"role":"anon"}"#);
    house.settle("shop", |settings| settings.rest.anon_role = Some("guest".into()));
    assert_eq!(house.who(None, None).await, r#"guest {"role":"guest"}"#);
    house.settle("shop", |settings| settings.rest.anon_role = None);
    assert_eq!(house.who(None, None).await, "AnonymousOff");
}

#[tokio::test]
async fn a_token_of_another_issuer_counts_when_the_project_knows_its_secret() {
    let house = House::new().await;
    assert_eq!(house.who(None, Some(FUN)).await, "NoVerifier");
    house.settle("shop", |settings| settings.tokens.jwt_secret = Some(SECRET.into()));
    let author = r#"postgrest_test_author {"role":"postgrest_test_author"}"#;
    for _ in 0..2 {
        assert_eq!(house.who(None, Some(FUN)).await, author);
    }
    assert_eq!(house.who(Some(FUN), None).await, author);
    assert_eq!(house.who(Some(FUN), Some(FUN)).await, author, "the same text counts once");
    let blog = house.identify("blog", None, Some(FUN)).await;
    assert!(matches!(blog, Err(Denied::NoVerifier)), "the other project knows nothing of it");
    house.settle("shop", |settings| settings.tokens.jwt_secret = Some("x".repeat(32)));
    let refused = house.identify("shop", None, Some(FUN)).await.unwrap_err();
    let Denied::BadToken { message, details } = refused else { panic!("{refused:?}") };
    assert_eq!(message, "No suitable key or wrong key type");
    assert_eq!(details.as_deref(), Some("None of the keys was able to decode the JWT"));
}

#[tokio::test]
async fn keys_open_their_own_project_until_they_end() {
    let house = House::new().await;
    let made = house.call("key:create", json!({"name": "server", "kind": "secret"})).await.unwrap();
    let key = made["key"].as_str().unwrap();
    let known = house.identify("shop", Some(key), None).await.unwrap();
    assert_eq!(&*known.session.role, "service_role");
    assert_eq!(known.actor().kind, ActorKind::ServiceAccount);
    assert_eq!(known.key.as_deref(), made["id"].as_str());
    assert!(known.actor().permissions.hold("auth.admin"));
    assert!(matches!(house.identify("blog", Some(key), None).await, Err(Denied::BadKey)));
    let other = house.call("key:create", json!({"name": "web"})).await.unwrap();
    let other = other["key"].as_str().unwrap();
    assert!(house.who(Some(other), None).await.starts_with("anon "));
    assert!(house.who(Some(other), Some(key)).await.starts_with("service_role "));
    assert_eq!(house.who(Some("sb_secret_guessed_00000000"), None).await, "BadKey");

    let rotated =
        house.call("key:rotate", json!({"key": made["id"], "overlap_hours": 1})).await.unwrap();
    let next = rotated["key"].as_str().unwrap();
    for both in [key, next] {
        assert!(house.who(Some(both), None).await.starts_with("service_role "));
    }
    house.clock().advance(Duration::from_secs(3_601));
    assert_eq!(house.who(Some(key), None).await, "BadKey");
    let id = rotated["id"].clone();
    assert_eq!(house.call("key:revoke", json!({"key": id})).await.unwrap()["was_active"], true);
    assert_eq!(house.who(Some(next), None).await, "BadKey");
}

#[tokio::test]
async fn a_key_that_is_a_token_ends_when_it_is_revoked() {
    let house = House::new().await;
    let wish = json!({"name": "phone", "kind": "jwt", "role": "anon"});
    let made = house.call("key:create", wish).await.unwrap();
    let token = made["key"].as_str().unwrap();
    assert!(house.who(Some(token), None).await.starts_with("anon "));
    house.call("signing:rotate", json!({})).await.unwrap();
    assert!(house.who(Some(token), None).await.starts_with("anon "), "older tokens stay good");
    house.call("key:revoke", json!({"key": "phone"})).await.unwrap();
    assert_eq!(house.who(Some(token), None).await, "BadKey");
}

#[tokio::test]
async fn a_signing_key_that_is_revoked_takes_its_tokens_along() {
    let house = House::new().await;
    let wish = json!({"name": "phone", "kind": "jwt", "role": "anon"});
    let token = house.call("key:create", wish).await.unwrap()["key"].as_str().unwrap().to_owned();
    let keys = house.call("signing:list", json!({})).await.unwrap();
    let kid = keys["keys"][0]["kid"].clone();
    let refused = house.call("signing:revoke", json!({"kid": kid})).await.unwrap_err();
    assert_eq!(refused.code(), mag_contract::codes::STATE_CONFLICT);
    house.call("signing:rotate", json!({"algorithm": "EdDSA"})).await.unwrap();
    house.call("signing:revoke", json!({"kid": kid})).await.unwrap();
    let who = house.who(Some(&token), None).await;
    assert!(who.starts_with("BadToken"), "it is a token of nobody now: {who}");
}

#[tokio::test]
async fn a_token_without_a_role_takes_that_of_the_key_beside_it() {
    let house = House::new().await;
    house.settle("shop", |settings| {
        settings.tokens.jwt_secret = Some(SECRET.into());
        settings.tokens.jwt_role_claim_key = ".nothing".into();
    });
    assert!(house.who(None, Some(FUN)).await.starts_with("anon "));
    let key = house.call("key:create", json!({"name": "s", "kind": "secret"})).await.unwrap();
    let key = key["key"].as_str().unwrap();
    assert!(house.who(Some(key), Some(FUN)).await.starts_with("service_role "));
    house.settle("shop", |settings| settings.rest.anon_role = None);
    assert_eq!(house.who(None, Some(FUN)).await, "AnonymousOff");
}
