//! Databases that were there before: read, watched, and left as they are.

use crate::world::{World, ask, script};
use mag_adapter::engine::Console;
use serde_json::json;
use std::path::Path;

/// A shop as somebody else has made it, with an old journal mode and no thought of MagFlock.
fn shop(file: &Path) {
    let db = rusqlite::Connection::open(file).unwrap();
    db.execute_batch(
        "CREATE TABLE albums (id INTEGER PRIMARY KEY, title NVARCHAR(160) NOT NULL);
         CREATE TABLE tracks (id INTEGER PRIMARY KEY, album_id INTEGER REFERENCES albums (id), name TEXT);
         INSERT INTO albums VALUES (1, 'Let There Be Rock'), (2, 'Restless and Wild');
         INSERT INTO tracks VALUES (1, 1, 'Go Down'), (2, 2, 'Fast As a Shark');",
    )
    .unwrap();
    db.close().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_a_byte_of_a_file_that_is_only_read_changes() {
    let mut world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    shop(&file);
    let before = std::fs::read(&file).unwrap();
    let connect = json!({ "source": "shop", "address": file.to_str().unwrap() });
    let shown = world.call("source:connect", connect).await;
    assert_eq!(
        (shown["writable"].as_bool(), shown["managed"].as_bool()),
        (Some(false), Some(false))
    );
    let source = world.source("shop");
    let line = "read albums?select=title,tracks(name)&order=id&limit=1";
    let first = r#"[{"title":"Let There Be Rock","tracks":[{"name":"Go Down"}]}]"#;
    assert_eq!(ask(&source, "service_role", line).await, first);
    let write = r#"insert albums {"id":3,"title":"Big Ones"}"#;
    assert_eq!(ask(&source, "service_role", write).await, "MF5007");
    let console = Console::writing("DELETE FROM albums");
    assert_eq!(source.database().console(console).await.unwrap_err().code.id, "MF5007");
    assert!(source.database().lock_migrations(std::time::Duration::ZERO).await.is_err());
    let kept = source.rules().unwrap();
    source.keep_rules((*kept).clone()).await.unwrap();
    world.call("source:inspect", json!({ "source": "shop" })).await;
    world.call("source:test", json!({ "source": "shop" })).await;
    drop(source);
    world.restart().await;
    assert_eq!(ask(&world.source("shop"), "service_role", line).await, first);
    world.call("source:detach", json!({ "source": "shop" })).await;
    assert_eq!(std::fs::read(&file).unwrap(), before, "the file is another one");
    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "something was left beside the file: {beside:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_written_when_somebody_says_so_and_gets_nothing_of_ours() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    shop(&file);
    world
        .call("source:connect", json!({ "source": "shop", "address": file.to_str().unwrap() }))
        .await;
    let open = json!({ "source": "shop", "key": "writable", "value": "true" });
    assert_eq!(world.call("source:set", open).await["writable"], true);
    let source = world.source("shop");
    let write = r#"insert albums?select=id {"id":3,"title":"Big Ones"}"#;
    assert_eq!(ask(&source, "service_role", write).await, r#"[{"id":3}]"#);
    let kept = (*source.rules().unwrap()).clone();
    source.keep_rules(kept).await.unwrap();
    drop(source);
    world.call("source:detach", json!({ "source": "shop" })).await;
    let db = rusqlite::Connection::open(&file).unwrap();
    let names: String = db
        .query_row(
            "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY 1)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(names, "albums,tracks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consent_makes_it_ours_and_its_rows_stay() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    shop(&file);
    let connect = json!({ "source": "shop", "address": file.to_str().unwrap(), "install": true });
    assert_eq!(world.call("source:connect", connect).await["managed"], true);
    let source = world.source("shop");
    assert!(source.view().unwrap().catalog.find_table("public", "mag_users").is_some());
    let titles = ask(&source, "service_role", "read albums?select=id&order=id").await;
    assert_eq!(titles, r#"[{"id":1},{"id":2}]"#);
    drop(source);
    let delete = json!({ "source": "shop" });
    assert!(world.call("source:delete", delete).await["removed"].as_bool().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_connected_says_why_and_leaves_no_source() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("letter.txt");
    std::fs::write(&text, "Dear reader, this is no database at all.".repeat(50)).unwrap();
    let zero = world.data("zero/zero.db");
    let key = world.data("secrets/ds.key");
    for (address, code) in [
        ("/nowhere/at/all.db", "MF1011"),
        ("shop.db", "MF1002"),
        ("mysql://me@db/shop", "MF1002"),
        (folder.path().to_str().unwrap(), "MF1002"),
        (zero.to_str().unwrap(), "MF3003"),
        (key.to_str().unwrap(), "MF3003"),
        ("postgres://me:hunter2@127.0.0.1:1/shop", "MF5002"),
        ("postgres://me@127.0.0.1:1/shop?sslmod=require", "MF8001"),
    ] {
        let connect = json!({ "source": "x", "address": address });
        assert_eq!(world.refused("source:connect", connect).await, code, "{address}");
    }
    let refused = world.refused("source:connect", json!({ "source": "x", "address": text })).await;
    assert!(refused.starts_with("MF5"), "{refused}");
    let listed = world.call("source:list", json!({})).await;
    assert_eq!(listed["sources"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_gone_is_said_and_never_replaced_by_an_empty_one() {
    let mut world = World::new().await;
    let main = world.source("main");
    script(&main, "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT").await;
    drop(main);
    world.stop().await;
    let file = world.data("projects/main/main.db");
    std::fs::rename(&file, world.data("away.db")).unwrap();
    world.start().await.unwrap();
    let main = world.source("main");
    assert_eq!(main.view().err().unwrap().code().id, "MF5002");
    assert_eq!(ask(&main, "service_role", "read notes?select=id").await, "MF5002");
    assert!(!file.exists());
    std::fs::rename(world.data("away.db"), &file).unwrap();
    crate::world::until("the source is back", || async { main.view().is_ok() }).await;
    assert_eq!(ask(&main, "service_role", "read notes?select=id").await, "[]");
}
