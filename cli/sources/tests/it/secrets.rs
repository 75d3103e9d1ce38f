//! What nobody shall see is not on the disk in clear, and in no answer.

use crate::world::World;
use mag_kit::postgres::{Options, Server};
use mag_ports::project::ProjectRef;
use serde_json::json;
use std::path::Path;

fn holds(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holds(&path, needle));
        } else if std::fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_for_tokens_is_in_force_and_nowhere_to_be_read() {
    let mut world = World::new().await;
    let secret = "reallyreallyreallyreallyverysafe";
    let key = "tokens.jwt_secret";
    let plain = json!({ "project": "main", "key": key, "value": secret });
    assert_eq!(world.refused("project:set", plain).await, "MF1002");
    let short = json!({ "project": "main", "key": key, "secret": "short" });
    assert_eq!(world.refused("project:set", short).await, "MF8001");
    let set = json!({ "project": "main", "key": key, "secret": secret });
    let shown = world.call("project:set", set).await;
    assert_eq!(shown["settings"]["tokens"]["jwt_secret"], "***");
    world.restart().await;
    let project = world.store().project(ProjectRef::Default).unwrap();
    assert_eq!(project.settings.tokens.jwt_secret.as_deref(), Some(secret));
    assert_eq!(holds(world.bench.data_folder(), secret.as_bytes()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_an_address_is_sealed_and_shown_to_nobody() {
    let Some(server) = Server::own(&Options { tcp: true, ..Options::default() }) else { return };
    server.sql("postgres", "CREATE ROLE shopkeeper LOGIN PASSWORD 'correct-horse'");
    let port = server.port_number();
    let mut world = World::new().await;
    let address = format!("postgres://shopkeeper:correct-horse@127.0.0.1:{port}/postgres");
    let shown = world.call("source:connect", json!({ "source": "pg", "address": address })).await;
    assert_eq!(shown["place"], format!("127.0.0.1:{port}/postgres"));
    world.restart().await;
    let shown = world.call("source:show", json!({ "source": "pg" })).await;
    assert_eq!(shown["state"], "connected", "{shown}");
    assert!(!shown.to_string().contains("correct-horse"));
    assert_eq!(holds(world.bench.data_folder(), b"correct-horse"), Vec::<String>::new());
    assert_eq!(holds(world.bench.data_folder(), b"shopkeeper"), Vec::<String>::new());
    let wrong = format!("postgres://shopkeeper:wrong-horse@127.0.0.1:{port}/postgres");
    let failed = world.order("source:test", json!({ "address": wrong }), false).await;
    let told = format!("{:?}", failed.unwrap_err());
    assert!(!told.contains("wrong-horse"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_key_the_part_does_not_begin_anew_as_if_nothing_had_been() {
    let mut world = World::new().await;
    world.stop().await;
    let key = world.data("secrets/ds.key");
    std::fs::rename(&key, world.data("key")).unwrap();
    let refused = world.start().await.err().unwrap();
    assert_eq!(refused.code().id, "MF8003");
    assert!(!key.exists());
    std::fs::rename(world.data("key"), &key).unwrap();
    world.start().await.unwrap();
    assert_eq!(world.call("project:list", json!({})).await["projects"][0]["project"], "main");
}
