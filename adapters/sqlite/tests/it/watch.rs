//! Changes of the structure are told, by whomever they were made; one migration at a time.

use crate::world::{World, script, settings, told};
use futures::StreamExt;
use mag_adapter::Engine;
use mag_sqlite::Sqlite;
use std::time::Duration;

#[tokio::test]
async fn a_change_of_the_structure_is_told_whoever_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let engine = Sqlite::open(settings(&file)).await.unwrap();
    let mut changes = engine.watch().await.unwrap();
    engine.console(script("CREATE TABLE a (id INTEGER)")).await.unwrap();
    assert!(changes.next().await.is_some());
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE b (id INTEGER)").unwrap();
    let told = tokio::time::timeout(Duration::from_secs(60), changes.next()).await;
    assert!(told.unwrap().is_some());
    // Rows are no structure.
    engine.console(script("INSERT INTO a VALUES (1)")).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(50), changes.next()).await;
    assert!(quiet.is_err());
    drop(engine);
    assert!(changes.next().await.is_none());
}

#[tokio::test]
async fn one_runner_of_migrations_at_a_time() {
    let world = World::new("CREATE TABLE t (id INTEGER)").await;
    let held = world.engine.lock_migrations(Duration::ZERO).await.unwrap();
    let second = world.engine.lock_migrations(Duration::from_millis(30)).await.err().unwrap();
    assert!(told(&second).starts_with("53300 migrations are run by someone else"));
    drop(held);
    world.engine.lock_migrations(Duration::ZERO).await.unwrap();
}
