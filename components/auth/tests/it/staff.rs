//! The people who run the board: the first one, signing in, the second factor, who is shut out.

use crate::factors::code;
use crate::house::House;
use mag_contract::{Actor, Fault, Secret, codes};
use mag_ports::{Invited, Newcomer, Proof, SignIn, SignedIn, Staff, StaffSocket, TotpBegun};
use serde_json::json;
use std::sync::Arc;

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "analytical engines run";

fn staff(house: &House) -> Arc<dyn Staff> {
    house.bench.backplane.jack::<StaffSocket>().get().unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

async fn first(house: &House) -> Actor {
    let ada = Newcomer {
        name: "Ada".into(),
        email: "Ada@Example.com".into(),
        password: secret(PASSWORD),
    };
    staff(house).create_first(ada).await.unwrap()
}

async fn enter(
    house: &House,
    email: &str,
    password: &str,
    code: Option<&str>,
) -> Result<SignedIn, Fault> {
    let shown = SignIn {
        email: email.into(),
        password: secret(password),
        code: code.map(secret),
        from: "203.0.113.7".parse().ok(),
    };
    staff(house).sign_in(shown).await
}

/// Who came in, what is missing, or the code of the refusal.
async fn said(house: &House, email: &str, password: &str, code: Option<&str>) -> String {
    match enter(house, email, password, code).await {
        Ok(SignedIn::In(actor)) => actor.name,
        Ok(SignedIn::NeedsCode) => "needs a code".into(),
        Err(fault) => fault.code().id.to_owned(),
    }
}

#[tokio::test]
async fn the_first_one_owns_the_board_and_there_is_no_second_first_one() {
    let house = House::new().await;
    assert!(staff(&house).is_empty().await.unwrap());
    let weak = Newcomer { name: "Ada".into(), email: ADA.into(), password: secret("password12") };
    assert_eq!(staff(&house).create_first(weak).await.unwrap_err().code(), codes::BAD_INPUT);
    let short = Newcomer { name: "Ada".into(), email: ADA.into(), password: secret("aqzxcvbnm") };
    assert_eq!(staff(&house).create_first(short).await.unwrap_err().code(), codes::BAD_INPUT);
    let nobody = Newcomer { name: " ".into(), email: ADA.into(), password: secret(PASSWORD) };
    assert_eq!(staff(&house).create_first(nobody).await.unwrap_err().code(), codes::BAD_INPUT);
    let nowhere = Newcomer { name: "Ada".into(), email: "ada".into(), password: secret(PASSWORD) };
    assert_eq!(staff(&house).create_first(nowhere).await.unwrap_err().code(), codes::BAD_INPUT);
    assert!(staff(&house).is_empty().await.unwrap(), "a slip makes nobody");

    let ada = first(&house).await;
    assert_eq!(ada.name, "Ada");
    assert!(ada.permissions.hold("board.admin"));
    assert!(!staff(&house).is_empty().await.unwrap());
    let grace = Newcomer {
        name: "Grace".into(),
        email: "g@example.com".into(),
        password: secret(PASSWORD),
    };
    let refused = staff(&house).create_first(grace).await.unwrap_err();
    assert_eq!(refused.code(), codes::STATE_CONFLICT);
    assert_eq!(staff(&house).actor(&ada.id).await.unwrap(), ada);
    let account = staff(&house).account(&ada.id).await.unwrap();
    assert_eq!((account.email.as_str(), account.totp), (ADA, false));
}

#[tokio::test]
async fn two_who_come_first_at_the_same_time_are_one() {
    let house = House::new().await;
    let come = |name: &str| {
        let (staff, name) = (staff(&house), name.to_owned());
        async move {
            let email = format!("{name}@example.com");
            let password = secret("a sentence of three words");
            staff.create_first(Newcomer { name, email, password }).await.is_ok()
        }
    };
    let (one, other) = tokio::join!(come("one"), come("other"));
    assert!(one != other, "exactly one of them");
}

#[tokio::test]
async fn people_come_in_with_their_password_and_nobody_else_does() {
    let house = House::new().await;
    first(&house).await;
    assert_eq!(said(&house, " ADA@example.com ", PASSWORD, None).await, "Ada");
    assert_eq!(said(&house, ADA, "wrong", None).await, "MF3002");
    assert_eq!(said(&house, "nobody@example.com", PASSWORD, None).await, "MF3002");
    assert_eq!(said(&house, ADA, "", None).await, "MF3002");

    // A user of an app is nobody here, and a user of the board without a role has no way in.
    let wish = json!({"email": "app@example.com", "password": PASSWORD});
    house.call("user:create", wish.clone()).await.unwrap();
    assert_eq!(said(&house, "app@example.com", PASSWORD, None).await, "MF3002");
    let wish = json!({"email": "idle@example.com", "password": PASSWORD, "project": "zero"});
    house.call("user:create", wish).await.unwrap();
    assert_eq!(said(&house, "idle@example.com", PASSWORD, None).await, "MF3003");
}

#[tokio::test]
async fn whoever_is_kept_out_or_deleted_is_out_at_once() {
    let house = House::new().await;
    let ada = first(&house).await;
    let ban = json!({"user": ADA, "project": "zero", "lasts": "24h"});
    house.call("user:ban", ban).await.unwrap();
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "MF3003");
    assert_eq!(said(&house, ADA, "wrong", None).await, "MF3002", "only the password tells");
    assert_eq!(staff(&house).actor(&ada.id).await.unwrap_err().code(), codes::DENIED);
    let lift = json!({"user": ADA, "project": "zero", "lasts": "none"});
    house.call("user:ban", lift).await.unwrap();
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "Ada");
    assert_eq!(staff(&house).actor("no-id").await.unwrap_err().code(), codes::DENIED);
}

#[tokio::test]
async fn guessing_ends_after_thirty_tries_whoever_guesses() {
    let house = House::new().await;
    first(&house).await;
    for _ in 0..30 {
        assert_eq!(said(&house, ADA, "wrong", None).await, "MF3002");
    }
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "MF3007");
    assert_eq!(said(&house, "ADA@example.com", PASSWORD, None).await, "MF3007");
    house.later(301);
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "Ada");
}

async fn enrolled(house: &House, id: &str) -> TotpBegun {
    let begun = staff(house).begin_totp(id, secret(PASSWORD)).await.unwrap();
    let now = house.clock().now().millis();
    let right = code(begun.secret.expose(), now);
    staff(house).confirm_totp(id, &begun.id, secret(&right)).await.unwrap();
    begun
}

#[tokio::test]
async fn a_second_factor_is_enrolled_asked_for_and_taken_away() {
    let house = House::new().await;
    let ada = first(&house).await;
    let refused = staff(&house).begin_totp(&ada.id, secret("wrong")).await.unwrap_err();
    assert_eq!(refused.code(), codes::BAD_TOKEN, "an open screen is not enough");
    let begun = staff(&house).begin_totp(&ada.id, secret(PASSWORD)).await.unwrap();
    assert!(begun.uri.expose().starts_with("otpauth://totp/MagFlock:ada@example.com?"));
    assert!(begun.qr.expose().contains("<svg"));
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "Ada", "not before it is confirmed");
    let wrong = staff(&house).confirm_totp(&ada.id, &begun.id, secret("12345")).await.unwrap_err();
    assert_eq!(wrong.code(), codes::BAD_TOKEN);

    let begun = enrolled(&house, &ada.id).await;
    assert!(staff(&house).account(&ada.id).await.unwrap().totp);
    let again = staff(&house).begin_totp(&ada.id, secret(PASSWORD)).await.unwrap_err();
    assert_eq!(again.code(), codes::STATE_CONFLICT);
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "needs a code");
    let shown = |house: &House| code(begun.secret.expose(), house.clock().now().millis());
    let used = shown(&house);
    assert_eq!(said(&house, ADA, PASSWORD, Some(&used)).await, "MF3002", "a code works once");
    house.later(60);
    let next = shown(&house);
    assert_eq!(said(&house, ADA, "wrong", Some(&next)).await, "MF3002");
    assert_eq!(said(&house, ADA, PASSWORD, Some(&next)).await, "Ada");

    house.later(60);
    let proof = Proof { password: secret(PASSWORD), code: None };
    let refused = staff(&house).drop_totp(&ada.id, proof).await.unwrap_err();
    assert_eq!(refused.code(), codes::BAD_INPUT);
    let proof = Proof { password: secret(PASSWORD), code: Some(secret(&shown(&house))) };
    staff(&house).drop_totp(&ada.id, proof).await.unwrap();
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "Ada");
}

#[tokio::test]
async fn a_lost_factor_is_taken_away_from_the_machine() {
    let house = House::new().await;
    let ada = first(&house).await;
    enrolled(&house, &ada.id).await;
    let gone = json!({"user": ADA, "project": "zero"});
    assert_eq!(house.call("user:unenroll", gone).await.unwrap()["factors"], 1);
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "Ada");
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let house = House::new().await;
    let ada = first(&house).await;
    let proof = |password: &str| Proof { password: secret(password), code: None };
    let change = |password: &str, new: &str| {
        let (staff, id, proof, new) = (staff(&house), ada.id.clone(), proof(password), secret(new));
        async move { staff.change_password(&id, proof, new).await.map_err(|f| f.code().id) }
    };
    assert_eq!(change("wrong", "another sentence of words").await, Err("MF3002"));
    assert_eq!(change(PASSWORD, "short").await, Err("MF1002"));
    assert_eq!(change(PASSWORD, "another sentence of words").await, Ok(()));
    assert_eq!(said(&house, ADA, PASSWORD, None).await, "MF3002");
    assert_eq!(said(&house, ADA, "another sentence of words", None).await, "Ada");
}

#[tokio::test]
async fn somebody_who_is_invited_comes_in_with_what_the_mail_had_once() {
    let house = House::new().await;
    first(&house).await;
    let wish = json!({
        "organization": "board", "email": "Grace@example.com", "role": "viewer", "project": "zero",
    });
    // Built-in roles come with the migrations of the base, which this house has not run.
    let missing = house.call("org:invite", wish.clone()).await.unwrap_err();
    assert_eq!(missing.code(), codes::NO_SUCH_NAME);
    let role = json!({
        "organization": "board", "name": "viewer", "permissions": ["board.read"], "project": "zero",
    });
    house.call("org:role:create", role).await.unwrap();
    let invited = house.call("org:invite", wish).await.unwrap();
    assert_eq!(invited["state"], "waiting");
    let mails = json!({"to": "grace@example.com", "project": "zero"});
    let list = house.call("mail:list", mails).await.unwrap();
    let id = list["mails"][0]["id"].clone();
    let mail = house.call("mail:show", json!({"id": id, "project": "zero"})).await.unwrap();
    let text = mail["text"].as_str().unwrap();
    let token = text.split("#invite=").nth(1).unwrap();
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();

    let come = |token: &str, password: &str| {
        let invited =
            Invited { token: secret(token), name: "Grace".into(), password: secret(password) };
        let staff = staff(&house);
        async move { staff.accept(invited).await }
    };
    assert_eq!(come("nonsense", PASSWORD).await.unwrap_err().code(), codes::BAD_TOKEN);
    assert_eq!(come(&token, "short").await.unwrap_err().code(), codes::BAD_INPUT);
    let grace = come(&token, PASSWORD).await.unwrap();
    assert!(grace.permissions.hold("board.read") && !grace.permissions.hold("board.admin"));
    assert_eq!(come(&token, PASSWORD).await.unwrap_err().code(), codes::BAD_TOKEN);
    assert_eq!(said(&house, "grace@example.com", PASSWORD, None).await, "Grace");
}
