//! What an operator does: users of four kinds, agents and their bounds, the mailbox.

use crate::house::House;
use mag_contract::{ActorKind, codes};
use mag_ports::Denied;
use serde_json::json;

#[tokio::test]
async fn users_of_four_kinds_are_in_one_list() {
    let house = House::new().await;
    let ada = json!({"email": "Ada@Example.com", "name": "Ada", "password": "lovelace engine 9"});
    house.call("user:create", ada.clone()).await.unwrap();
    assert_eq!(house.call("user:create", ada).await.unwrap_err().code(), codes::EXISTS);
    let wish = json!({"name": "invoices", "kind": "service_account"});
    let service = house.call("user:create", wish).await.unwrap();
    let wish = json!({"name": "scout", "purpose": "looks around"});
    house.call("agent:create", wish).await.unwrap();
    let list = house.call("user:list", json!({})).await.unwrap();
    let mut kinds: Vec<&str> =
        list["users"].as_array().unwrap().iter().map(|u| u["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["ai_agent", "human", "service_account", "system"]);
    let shown = house.call("user:show", json!({"user": "ada@example.com"})).await.unwrap();
    assert_eq!((&shown["user"]["name"], &shown["confirmed"]), (&"Ada".into(), &true.into()));

    let key = service["key"].as_str().unwrap();
    let known = house.identify("shop", Some(key), None).await.unwrap();
    assert_eq!(known.actor().kind, ActorKind::ServiceAccount);
    assert_eq!(known.actor().id, service["id"].as_str().unwrap());
    house.call("user:delete", json!({"user": service["id"]})).await.unwrap();
    assert!(matches!(house.identify("shop", Some(key), None).await, Err(Denied::BadKey)));

    let can = json!({"user": "ada@example.com", "permission": "crm.view"});
    let decision = house.call("auth:can", can.clone()).await.unwrap();
    assert_eq!(decision["allowed"], false);
    assert_eq!(decision["why"], "the user has no role in any organization");
    house.call("user:ban", json!({"user": "ada@example.com"})).await.unwrap();
    assert_eq!(house.call("auth:can", can).await.unwrap()["why"], "the user is banned");
}

#[tokio::test]
async fn whoever_is_banned_is_shown_as_banned_until_the_ban_is_over() {
    let house = House::new().await;
    for email in ["ada@example.com", "bob@example.com"] {
        house.call("user:create", json!({ "email": email })).await.unwrap();
    }
    let states = async || {
        let list = house.call("user:list", json!({ "search": "example.com" })).await.unwrap();
        let mut states: Vec<(String, String)> = list["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|u| (u["email"].as_str().unwrap().into(), u["status"].as_str().unwrap().into()))
            .collect();
        states.sort();
        let shown = house.call("user:show", json!({ "user": "ada@example.com" })).await.unwrap();
        assert_eq!(shown["user"]["status"], states[0].1, "both say the same");
        assert_eq!(shown["banned_until"].is_string(), states[0].1 == "banned");
        states.into_iter().map(|(_, state)| state).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["active", "active"]);
    let ban = json!({ "user": "ada@example.com", "lasts": "24h" });
    house.call("user:ban", ban.clone()).await.unwrap();
    assert_eq!(states().await, ["banned", "active"]);
    house.later(86_401);
    assert_eq!(states().await, ["active", "active"], "it is over");
    house.call("user:ban", ban).await.unwrap();
    let lifted = json!({ "user": "ada@example.com", "lasts": "none" });
    house.call("user:ban", lifted).await.unwrap();
    assert_eq!(states().await, ["active", "active"], "it was lifted");
}

#[tokio::test]
async fn an_agent_works_within_its_bounds_and_stops_when_it_is_told() {
    let house = House::new().await;
    let wish = json!({"name": "scout", "purpose": "looks around", "calls_per_hour": 2, "days": 1});
    let made = house.call("agent:create", wish).await.unwrap();
    let key = made["key"].as_str().unwrap();
    let known = house.identify("shop", Some(key), None).await.unwrap();
    assert_eq!((known.actor().kind, &*known.session.role), (ActorKind::AiAgent, "authenticated"));
    assert_eq!(known.actor().on_behalf_of.as_deref(), made["owner"].as_str());
    assert!(known.session.claims.contains(made["id"].as_str().unwrap()));
    assert!(house.identify("shop", Some(key), None).await.is_ok());
    let refused = house.identify("shop", None, Some(key)).await.unwrap_err().to_string();
    assert!(refused.contains("2 calls of this hour"), "{refused}");
    house.call("agent:limit", json!({"agent": "scout", "calls_per_hour": 9})).await.unwrap();
    assert!(house.identify("shop", Some(key), None).await.is_ok());
    let pause = json!({"agent": "scout", "why": "it went astray"});
    assert_eq!(house.call("agent:pause", pause).await.unwrap()["state"], "paused");
    let refused = house.identify("shop", Some(key), None).await.unwrap_err().to_string();
    assert!(refused.contains("it went astray"), "{refused}");
    let log = house.call("agent:log", json!({"agent": "scout"})).await.unwrap();
    let told: Vec<&str> =
        log["lines"].as_array().unwrap().iter().map(|l| l["what"].as_str().unwrap()).collect();
    assert_eq!(told.iter().filter(|what| **what == "call").count(), 2, "{told:?}");
    assert!(told.contains(&"created") && told.contains(&"limited") && told.contains(&"paused"));
    house.call("agent:pause", json!({"agent": "scout", "resume": true})).await.unwrap();
    assert!(house.identify("shop", Some(key), None).await.is_ok());
    house.later(86_401);
    assert!(matches!(house.identify("shop", Some(key), None).await, Err(Denied::BadKey)));
}
