//! Acting as somebody else, and sessions that ended: what others see of it, and what outlives a
//! restart.

use crate::house::House;
use mag_contract::{Fault, codes};
use mag_ports::identity::Impersonated;
use serde_json::{Value as Json, json};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "lovelace engine 9";

async fn acting(house: &House, more: Json) -> Result<Json, Fault> {
    let mut wish = json!({"user": ADA, "why": "she cannot see her orders"});
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house.call("user:impersonate", wish).await
}

#[tokio::test]
async fn whoever_acts_as_a_user_sees_what_they_see_and_changes_nothing_of_the_account() {
    let house = House::new().await;
    let ada = house.member(ADA, PASSWORD).await;
    let mut told = house.bench.bus.subscribe::<Impersonated>();
    let acting = acting(&house, json!({})).await.unwrap();
    let token = acting["access_token"].as_str().unwrap();
    let known = house.identify("shop", None, Some(token)).await.unwrap();
    let id = ada["user"]["id"].as_str().unwrap();
    assert_eq!(known.actor().id, "os:ada", "who really acts");
    assert_eq!(known.actor().on_behalf_of.as_deref(), Some(id));
    let claims: Json = serde_json::from_str(&known.session.claims).unwrap();
    assert_eq!((&claims["sub"], &claims["act"]["sub"]), (&json!(id), &json!("os:ada")));
    let fact = told.next().await.unwrap();
    let mag_contract::Heard::Fact(fact) = fact else { panic!("{fact:?}") };
    assert_eq!((fact.data.actor.as_str(), fact.data.user.as_str()), ("os:ada", id));
    let sessions = house.call("user:sessions", json!({"user": ADA})).await.unwrap();
    let shown = sessions["sessions"].as_array().unwrap();
    assert!(shown.iter().any(|session| session["acts"] == "os:ada"), "{sessions}");

    assert_eq!(house.ask("GET /user", Some(token), Json::Null).await.brief(), "200");
    let change = json!({"password": "another engine 10"});
    assert_eq!(house.ask("PUT /user", Some(token), change).await.brief(), "403 insufficient_scope");
    let factor = json!({"factor_type": "totp"});
    assert_eq!(
        house.ask("POST /factors", Some(token), factor).await.brief(),
        "403 insufficient_scope"
    );
    house.later(16 * 60);
    assert!(house.identify("shop", None, Some(token)).await.is_err(), "it ends soon");
}

#[tokio::test]
async fn acting_is_bounded_and_ended_like_any_session() {
    let house = House::new().await;
    house.member(ADA, PASSWORD).await;
    let code = |result: Result<Json, Fault>| result.map_or_else(|f| f.code(), |_| codes::BUG);
    assert_eq!(code(acting(&house, json!({"why": " "})).await), codes::BAD_INPUT);
    assert_eq!(code(acting(&house, json!({"minutes": 61})).await), codes::BAD_INPUT);
    assert_eq!(code(acting(&house, json!({"project": "zero"})).await), codes::DENIED);
    let made = acting(&house, json!({"minutes": 60})).await.unwrap();
    let token = made["access_token"].as_str().unwrap();
    let end = json!({"user": ADA, "session": made["session"]});
    assert_eq!(house.call("user:signout", end).await.unwrap()["ended"], 1);
    assert!(house.identify("shop", None, Some(token)).await.is_err());
    house.call("user:ban", json!({"user": ADA})).await.unwrap();
    assert_eq!(code(acting(&house, json!({})).await), codes::STATE_CONFLICT);
}

#[tokio::test]
async fn a_session_that_ended_stays_ended_after_a_restart() {
    let mut house = House::new().await;
    let session = house.member(ADA, PASSWORD).await;
    let token = session["access_token"].as_str().unwrap().to_owned();
    let other = json!({"email": ADA, "password": PASSWORD});
    let other = house.ask("POST /token?grant_type=password", None, other).await;
    let other = other.text("access_token");
    assert_eq!(
        house.ask("POST /logout?scope=local", Some(&token), Json::Null).await.brief(),
        "204"
    );
    house.restart().await;
    assert!(house.identify("shop", None, Some(&token)).await.is_err(), "its token is good still");
    assert!(house.identify("shop", None, Some(&other)).await.is_ok());
    house.call("user:delete", json!({"user": ADA})).await.unwrap();
    house.restart().await;
    assert!(house.identify("shop", None, Some(&other)).await.is_err(), "and the user is gone");
}

#[tokio::test]
async fn a_project_has_settings_of_its_own() {
    let house = House::new().await;
    house.settle("shop", |settings| {
        settings.auth.mailer_autoconfirm = Some(true);
        settings.auth.jwt_exp = Some(120);
        settings.auth.password_min_length = Some(12);
    });
    let short = json!({"email": ADA, "password": "abcdefghijk"});
    assert_eq!(house.ask("POST /signup", None, short).await.brief(), "422 weak_password");
    let made = house.ask("POST /signup", None, json!({"email": ADA, "password": PASSWORD})).await;
    assert_eq!(made.json["expires_in"], 120, "{made:?}");
    house.settle("shop", |settings| settings.auth.disable_signup = Some(true));
    let late = json!({"email": "b@example.com", "password": PASSWORD});
    assert_eq!(house.ask("POST /signup", None, late).await.brief(), "422 signup_disabled");
}
