//! Agents at every door: budgets, tools, doors, approvals, the kill switch, and what a restart
//! remembers. The leash is what sources ask, the ward is what the desk asks.

use crate::house::House;
use mag_contract::operation::Spec;
use mag_contract::ward::{Ward, WardSocket, Wish};
use mag_contract::{Actor, Fault, Secret, codes};
use mag_guard::Session;
use mag_ports::{Staff, StaffSocket};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn made(house: &House, more: Json) -> (String, String) {
    let mut wish = json!({"name": "scout", "purpose": "looks around"});
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = house.call("agent:create", wish).await.unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

async fn session(house: &House, key: &str) -> Result<Arc<Session>, Fault> {
    let known = house.identify("shop", Some(key), None).await;
    known.map(|known| known.session).map_err(Fault::from)
}

/// What a source asks before it works for this session.
fn rows(session: &Session, writes: bool) -> Result<(), Fault> {
    session.leash.as_ref().unwrap().admit(writes, &|| vec!["public.orders".to_owned()])
}

async fn holder(house: &House, key: &str) -> Result<Actor, Fault> {
    let staff = house.bench.backplane.jack::<StaffSocket>().get().unwrap();
    let key = Secret::new(key.to_owned());
    let staff: &dyn Staff = &*staff;
    staff.holder(&key, "http").await
}

/// What the desk asks before it performs an operation of this part.
async fn desk(house: &House, actor: &Actor, name: &str, input: Json) -> Result<(), Fault> {
    let ward = house.bench.backplane.jack::<WardSocket>().get().unwrap();
    let spec = spec(house, name);
    let held = actor.permissions.hold(spec.permission);
    let wish = Wish { actor, spec: &spec, input: &input, door: "http", preview: false };
    let ward: &dyn Ward = &*ward;
    if !held {
        ward.holds(&wish)?;
    }
    ward.admit(wish).await
}

fn spec(house: &House, name: &str) -> Arc<Spec> {
    house.live.offers.iter().find(|offer| offer.spec.name == name).unwrap().spec.clone()
}

fn code<T>(result: Result<T, Fault>) -> &'static str {
    result.map_or_else(|fault| fault.code().id, |_| "yes")
}

#[tokio::test]
async fn an_agent_only_reads_until_somebody_lets_it_write() {
    let house = House::new().await;
    let (id, key) = made(&house, json!({})).await;
    let session = session(&house, &key).await.unwrap();
    assert!(rows(&session, false).is_ok());
    let refused = rows(&session, true).unwrap_err();
    assert_eq!(refused.code(), codes::AGENT_BOUND);
    assert!(refused.hint_text().unwrap().contains(&format!("agent:limit {id} --writes")));
    let wish = json!({"agent": "scout", "writes": true, "risk": "medium"});
    house.call("agent:limit", wish).await.unwrap();
    assert!(rows(&session, true).is_ok(), "the leash is the one of now");
    house.call("agent:pause", json!({"agent": "scout", "why": "enough"})).await.unwrap();
    assert_eq!(code(rows(&session, false)), "MF3020", "a session that is open already, too");
}

#[tokio::test]
async fn what_is_above_its_risk_waits_for_an_approval_and_then_goes_through_once() {
    let house = House::new().await;
    let (id, key) = made(&house, json!({"writes": true})).await;
    let session = session(&house, &key).await.unwrap();
    let refused = rows(&session, true).unwrap_err();
    assert_eq!(refused.code(), codes::NEEDS_APPROVAL);
    let asks = house.call("agent:asks", json!({})).await.unwrap();
    let ask = &asks["asks"][0];
    assert_eq!(ask["what"], "rows:write public.orders");
    assert_eq!(
        (&ask["agent"], &ask["risk"], &ask["state"]),
        (&json!(id), &json!("medium"), &json!("waiting"))
    );
    let number = ask["id"].as_str().unwrap();
    assert!(refused.message().contains(number) && refused.hint_text().unwrap().contains(number));
    let approved = house.call("agent:approve", json!({"ask": number})).await.unwrap();
    assert_eq!(
        (&approved["state"], &approved["decided_by"]),
        (&json!("approved"), &json!("os:ada"))
    );
    let twice = house.call("agent:approve", json!({"ask": number})).await;
    assert_eq!(twice.unwrap_err().code(), codes::STATE_CONFLICT);
    assert!(rows(&session, true).is_ok());
    assert_eq!(code(rows(&session, true)), "MF3023", "it was good for one call");

    let asks = house.call("agent:asks", json!({"agent": "scout"})).await.unwrap();
    let number = asks["asks"][0]["id"].as_str().unwrap();
    house.call("agent:deny", json!({"ask": number, "why": "not today"})).await.unwrap();
    let denied = rows(&session, true).unwrap_err();
    assert!(denied.message().contains("not today"), "{denied}");
    let all = house.call("agent:asks", json!({"all": true})).await.unwrap();
    let states: Vec<&str> =
        all["asks"].as_array().unwrap().iter().map(|a| a["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"used") && states.contains(&"denied"), "{states:?}");
    let log = house.call("agent:log", json!({"agent": "scout"})).await.unwrap().to_string();
    assert!(log.contains("approved") && log.contains("denied"), "{log}");
}

#[tokio::test]
async fn rows_and_credits_run_out_as_calls_do() {
    let house = House::new().await;
    let (_, key) = made(&house, json!({"rows_per_hour": 10, "cost_per_day": 1})).await;
    let open = session(&house, &key).await.unwrap();
    let leash = open.leash.clone().unwrap();
    leash.spent(9, Duration::ZERO);
    assert!(rows(&open, false).is_ok());
    leash.spent(1, Duration::ZERO);
    let refused = rows(&open, false).unwrap_err();
    assert_eq!(refused.code(), codes::AGENT_SPENT);
    assert!(refused.message().contains("10 rows of this hour"), "{refused}");
    assert_eq!(code(session(&house, &key).await), "MF3022", "the door says so already");
    house.later(3_600);
    assert!(session(&house, &key).await.is_ok());
    let charge = json!({"agent": "scout", "thousandths": 900, "what": "a question"});
    let shown = house.call("agent:charge", charge).await.unwrap();
    assert!(shown["cost_today"].as_f64().unwrap() > 1.0, "{shown}");
    let refused = session(&house, &key).await.unwrap_err();
    assert!(refused.message().contains("1 credits of this day"), "{refused}");
}

#[tokio::test]
async fn of_many_calls_at_the_same_time_exactly_the_budget_goes_through() {
    let house = House::new().await;
    let (_, key) = made(&house, json!({"calls_per_hour": 20})).await;
    let calls = (0..50).map(|_| session(&house, &key));
    let through = futures::future::join_all(calls).await;
    assert_eq!(through.iter().filter(|call| call.is_ok()).count(), 20);
    let shown = house.call("agent:list", json!({})).await.unwrap();
    assert_eq!(shown["agents"][0]["calls_this_hour"], 20);
}

#[tokio::test]
async fn doors_and_tools_are_those_that_it_was_given() {
    let house = House::new().await;
    let more = json!({"doors": ["http"], "tools": ["user:*"], "permissions": ["auth.*"]});
    let (_, key) = made(&house, more).await;
    assert_eq!(code(session(&house, &key).await), "MF3021", "not by the door `rest`");
    let actor = holder(&house, &key).await.unwrap();
    assert!(actor.permissions.hold_in("shop", "auth.users.read"));
    assert!(!actor.permissions.hold("auth.users.read"), "in its own project alone");
    assert_eq!(code(desk(&house, &actor, "user:list", json!({})).await), "yes");
    assert_eq!(code(desk(&house, &actor, "user:list", json!({"project": "shop"})).await), "yes");
    assert_eq!(code(desk(&house, &actor, "user:list", json!({"project": "blog"})).await), "MF3003");
    assert_eq!(code(desk(&house, &actor, "user:list", json!({"project": "zero"})).await), "MF3003");
    assert_eq!(code(desk(&house, &actor, "key:list", json!({})).await), "MF3021", "no tool of its");
    assert_eq!(
        code(desk(&house, &actor, "user:create", json!({})).await),
        "MF3021",
        "it only reads"
    );
}

#[tokio::test]
async fn an_operation_above_its_risk_is_asked_for_and_retried() {
    let house = House::new().await;
    let more = json!({"writes": true, "risk": "low", "permissions": ["auth.users.*"]});
    let (_, key) = made(&house, more).await;
    let actor = holder(&house, &key).await.unwrap();
    let input = json!({"email": "x@example.com", "password": "lovelace engine 9"});
    assert_eq!(code(desk(&house, &actor, "user:create", input.clone()).await), "MF3023");
    let asks = house.call("agent:asks", json!({})).await.unwrap();
    let ask = &asks["asks"][0];
    assert_eq!(
        (&ask["what"], &ask["input"]["email"]),
        (&json!("user:create"), &json!("x@example.com"))
    );
    assert!(!asks.to_string().contains("lovelace"), "a secret is shown to nobody");
    let decide = json!({"ask": ask["id"], "uses": 2});
    house.call("agent:approve", decide).await.unwrap();
    let other = json!({"email": "y@example.com"});
    assert_eq!(code(desk(&house, &actor, "user:create", other).await), "MF3023", "another call");
    assert_eq!(code(desk(&house, &actor, "user:create", input.clone()).await), "yes");
    assert_eq!(code(desk(&house, &actor, "user:create", input.clone()).await), "yes");
    assert_eq!(code(desk(&house, &actor, "user:create", input).await), "MF3023");
}

#[tokio::test]
async fn an_agent_decides_nothing_about_agents() {
    let house = House::new().await;
    let more = json!({"writes": true, "risk": "critical", "permissions": ["auth.agents.*"]});
    let (id, key) = made(&house, more).await;
    let open = session(&house, &key).await.unwrap();
    assert!(rows(&open, true).is_ok());
    let actor = holder(&house, &key).await.unwrap();
    let raise = json!({"agent": id, "calls_per_hour": 1_000_000});
    assert_eq!(code(house.call_as(&actor, "agent:limit", raise).await), "MF3003");
    let (_, other) = made_other(&house).await;
    let open = session(&house, &other).await.unwrap();
    rows(&open, true).unwrap_err();
    let asks = house.call("agent:asks", json!({})).await.unwrap();
    let approve = json!({"ask": asks["asks"][0]["id"]});
    assert_eq!(code(house.call_as(&actor, "agent:approve", approve).await), "MF3003");
}

async fn made_other(house: &House) -> (String, String) {
    made(house, json!({"name": "other", "writes": true})).await
}

#[tokio::test]
async fn spending_and_asks_are_remembered_by_the_next_incarnation() {
    let mut house = House::new().await;
    let (_, key) = made(&house, json!({"calls_per_hour": 3, "writes": true})).await;
    let open = session(&house, &key).await.unwrap();
    session(&house, &key).await.unwrap();
    rows(&open, true).unwrap_err();
    house.restart().await;
    let open = session(&house, &key).await.unwrap();
    assert_eq!(code(session(&house, &key).await), "MF3022", "two were made before");
    let asks = house.call("agent:asks", json!({})).await.unwrap();
    assert_eq!(asks["asks"].as_array().unwrap().len(), 1);
    let approve = json!({"ask": asks["asks"][0]["id"]});
    house.call("agent:approve", approve).await.unwrap();
    assert!(rows(&open, true).is_ok());
}
