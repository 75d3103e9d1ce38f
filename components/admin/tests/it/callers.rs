//! Who is let in.

use super::{Stage, Told};
use mag_admin::Settings;
use mag_contract::door::Peer;
use mag_contract::durable;
use std::time::Duration;

fn from(address: &str) -> Peer {
    Peer::Network(address.parse().unwrap())
}

const FAR: &str = "203.0.113.7:40000";
const LINE: &str = "GET /admin/v1/read/book:list";

async fn with_token(stage: &Stage, token: &str) -> Told {
    let value = format!("Bearer {token}");
    stage.ask_as(from(FAR), LINE, &[("authorization", &value)], "").await
}

#[tokio::test]
async fn the_owner_of_the_local_socket_needs_no_token() {
    let told = Stage::new().await.ask(LINE, &[], "").await.json();
    assert_eq!((&told["asked_by"], &told["door"]), (&"os:ada".into(), &"local".into()));
}

#[tokio::test]
async fn over_the_network_the_token_opens_and_nothing_else_does() {
    let stage = Stage::new().await;
    let told = stage.ask_as(from("127.0.0.1:40000"), LINE, &[], "").await;
    assert_eq!(told.brief(), "401 MF3001");
    assert_eq!(told.headers["www-authenticate"], "Bearer");
    assert!(told.hint().contains("secrets/admin.token"), "{}", told.hint());
    let folder = stage.bench.data_folder().display().to_string();
    assert!(!told.text.contains(&folder), "where the folder is, is nobody's business");

    assert_eq!(with_token(&stage, "mf_admin_wrong").await.brief(), "401 MF3002");
    assert_eq!(with_token(&stage, "").await.brief(), "401 MF3002");
    let told = with_token(&stage, &stage.token()).await.json();
    assert_eq!((&told["asked_by"], &told["door"]), (&"token:admin".into(), &"http".into()));

    let basic = format!("Basic {}", stage.token());
    let told = stage.ask_as(from(FAR), LINE, &[("authorization", &basic)], "").await;
    assert_eq!(told.brief(), "401 MF3001");
    let told = stage.ask_as(from(FAR), "GET /admin/v1/nowhere", &[], "").await;
    assert_eq!(told.brief(), "401 MF3001", "a stranger does not learn what is there");
}

#[tokio::test]
async fn a_new_token_in_the_file_replaces_the_old_one_at_once() {
    let stage = Stage::new().await;
    let old = stage.token();
    assert_eq!(with_token(&stage, &old).await.status, 200);
    let file = stage.bench.data_folder().join("secrets/admin.token");
    durable::write_private(&file, b"mf_admin_0123456789012345678901234567\n").unwrap();
    assert_eq!(with_token(&stage, &old).await.brief(), "401 MF3002");
    assert_eq!(with_token(&stage, &stage.token()).await.status, 200);
    std::fs::remove_file(file).unwrap();
    assert_eq!(with_token(&stage, &old).await.brief(), "500 MF8008");
}

#[tokio::test]
async fn after_too_many_wrong_tokens_an_address_waits_and_the_right_one_still_opens() {
    let stage = Stage::with(Settings { wrong_tries_max: 3, ..Settings::default() }).await;
    for _ in 0..3 {
        assert_eq!(with_token(&stage, "guess").await.brief(), "401 MF3002");
    }
    let told = with_token(&stage, "guess").await;
    assert_eq!(
        (told.brief().as_str(), &told.headers["retry-after"]),
        ("429 MF3007", &"60".parse().unwrap())
    );
    assert_eq!(with_token(&stage, &stage.token()).await.status, 200);
    stage.bench.clock.advance(Duration::from_secs(61));
    assert_eq!(with_token(&stage, "guess").await.brief(), "401 MF3002");
}

#[tokio::test]
async fn whoever_sits_at_the_machine_may_read_the_description() {
    let stage = Stage::new().await;
    let line = "GET /admin/v1/openapi.json";
    let near = from("127.0.0.1:40000");
    assert_eq!(stage.ask_as(near.clone(), line, &[], "").await.status, 200);
    assert_eq!(stage.ask_as(from(FAR), line, &[], "").await.brief(), "401 MF3001");
    let proxied = [("x-forwarded-for", "203.0.113.7")];
    assert_eq!(stage.ask_as(near, line, &proxied, "").await.brief(), "401 MF3001");
}
