//! Users of other systems, with the passwords that they have there.

use crate::house::House;
use serde_json::{Value as Json, json};

/// The example that Firebase publishes with its scrypt.
const FIREBASE: &str = r#"{"users": [
    {"localId": "abc", "email": "Ada@Example.com", "emailVerified": true, "displayName": "Ada",
     "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
     "salt": "42xEC+ixf3L2lw==", "createdAt": "1500000000000", "providerUserInfo": [
        {"providerId": "google.com", "rawId": "115", "email": "ada@gmail.test"}]},
    {"localId": "def", "email": "ada@example.com"},
    {"localId": "ghi"},
    {"localId": "jkl", "email": "gone@example.com", "emailVerified": true, "disabled": true}
]}"#;
const KEY: &str =
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";

fn results(told: &Json) -> Vec<(u64, String)> {
    let lines = told["lines"].as_array().unwrap();
    lines
        .iter()
        .map(|l| (l["line"].as_u64().unwrap(), l["result"].as_str().unwrap().to_owned()))
        .collect()
}

async fn signs_in(house: &House, email: &str, password: &str) -> String {
    let line = "POST /token?grant_type=password";
    house.ask(line, None, json!({"email": email, "password": password})).await.brief()
}

#[tokio::test]
async fn people_of_firebase_sign_in_with_their_old_passwords() {
    let house = House::new().await;
    let wish = json!({"format": "firebase", "text": FIREBASE, "signer_key": KEY});
    let told = house.preview("user:import", wish.clone()).await.unwrap();
    assert_eq!(
        (&told["new"], &told["refused"], &told["done"]),
        (&2.into(), &2.into(), &false.into()),
        "{told}"
    );
    assert_eq!(house.call("user:list", json!({})).await.unwrap()["total"], 0, "only looked at");
    let told = house.call("user:import", wish.clone()).await.unwrap();
    assert_eq!((&told["new"], &told["done"]), (&2.into(), &true.into()), "{told}");
    let expected = [(2, "refused"), (3, "refused"), (1, "new"), (4, "new")];
    let expected: Vec<(u64, String)> =
        expected.iter().map(|(n, r)| (*n, (*r).to_owned())).collect();
    let mut shown = results(&told);
    shown.sort();
    let mut wanted = expected;
    wanted.sort();
    assert_eq!(shown, wanted);
    assert_eq!(
        signs_in(&house, "ada@example.com", "user2password").await,
        "400 invalid_credentials"
    );
    assert_eq!(signs_in(&house, "ada@example.com", "user1password").await, "200");
    let hash = house.call("user:export", json!({"hashes": true})).await.unwrap();
    let ada = hash["users"].as_array().unwrap().iter().find(|u| u["email"] == "ada@example.com");
    let hash = ada.unwrap()["encrypted_password"].as_str().unwrap();
    assert!(hash.starts_with("$argon2id$"), "hashed anew: {hash}");
    assert_eq!(signs_in(&house, "ada@example.com", "user1password").await, "200");
    assert_eq!(signs_in(&house, "gone@example.com", "x").await, "400 invalid_credentials");
    let shown = house.call("user:show", json!({"user": "ada@example.com"})).await.unwrap();
    assert_eq!(shown["providers"], json!(["email", "google"]), "{shown}");
    assert_eq!(shown["user"]["name"], "Ada");
    let again = house.call("user:import", wish).await.unwrap();
    assert_eq!((&again["new"], &again["present"]), (&0.into(), &3.into()), "{again}");
    let missing = json!({"format": "firebase", "text": FIREBASE});
    let refused = house.call("user:import", missing).await.unwrap_err();
    assert!(refused.message().contains("parameters"), "{refused:?}");
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let house = House::new().await;
    house.member("ada@example.com", "lovelace engine 9").await;
    house
        .call("user:create", json!({"name": "invoices", "kind": "service_account"}))
        .await
        .unwrap();
    let bare = house.call("user:export", json!({})).await.unwrap();
    assert_eq!(bare["users"].as_array().unwrap().len(), 1, "people only: {bare}");
    assert!(bare["users"][0].get("encrypted_password").is_none());
    let whole = house.call("user:export", json!({"hashes": true})).await.unwrap();
    let other = House::new().await;
    let wish = json!({"format": "supabase", "text": whole.to_string()});
    let told = other.call("user:import", wish).await.unwrap();
    assert_eq!((&told["new"], &told["without_password"]), (&1.into(), &0.into()), "{told}");
    assert_eq!(signs_in(&other, "ada@example.com", "lovelace engine 9").await, "200");
}

#[tokio::test]
async fn a_file_gives_nobody_more_than_a_name_and_a_password() {
    let house = House::new().await;
    let text = json!([{
        "id": "7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d", "email": "eve@example.com", "role": "service_role",
        "is_super_admin": true, "encrypted_password": "$md5$x", "email_confirmed_at": "2024-01-01",
        "raw_app_meta_data": {"role": "service_role", "providers": ["google"], "plan": "pro"},
    }]);
    let wish = json!({"format": "supabase", "text": text.to_string()});
    let told = house.call("user:import", wish).await.unwrap();
    assert!(told["lines"][0]["why"].as_str().unwrap().contains("no known form"), "{told}");
    let key = house.server_key().await;
    let line = "GET /admin/users/7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d";
    let eve = house.ask(line, Some(&key), json!(null)).await.json;
    assert_eq!(eve["role"], "authenticated");
    let expected = json!({"plan": "pro", "provider": "email", "providers": ["email"]});
    assert_eq!(eve["app_metadata"], expected);
    for (wish, expected) in [
        (json!({"format": "csv"}), "name a `file`"),
        (json!({"format": "csv", "file": "/etc/passwd"}), "own command line"),
        (json!({"format": "csv", "text": "a,b\n"}), "names of columns"),
        (json!({"format": "excel", "text": ""}), "no format"),
    ] {
        let refused = house.call("user:import", wish).await.unwrap_err();
        assert!(refused.message().contains(expected), "{refused:?}");
    }
}
