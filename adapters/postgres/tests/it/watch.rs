//! A change of the structure is told, by whomever and however it was made.

use crate::world::World;
use futures::StreamExt;
use mag_adapter::Engine;
use mag_adapter::engine::StructureChanged;
use std::time::Duration;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_event_trigger_tells_at_once_and_rows_tell_nothing() {
    let Some(world) = World::native("CREATE TABLE t (id int)", |mut settings| {
        settings.look_every = Duration::from_secs(3600);
        settings
    })
    .await
    else {
        return;
    };
    let mut changes = world.engine.watch().await.unwrap();
    world.sql("INSERT INTO t VALUES (1); ANALYZE t");
    world.sql("ALTER TABLE t ADD COLUMN more text");
    let told = timeout(SOON, changes.next()).await.unwrap().unwrap();
    assert_eq!(told, StructureChanged { command: Some("ALTER TABLE".into()) });
    world.sql("DROP TABLE t");
    let told = timeout(SOON, changes.next()).await.unwrap().unwrap();
    assert_eq!(told.command.as_deref(), Some("DROP TABLE"));
    world.sql("NOTIFY pgrst, 'reload schema'");
    let told = timeout(SOON, changes.next()).await.unwrap().unwrap();
    assert_eq!(told.command, None);
}

#[tokio::test]
async fn where_nobody_tells_a_change_is_found_by_looking() {
    let Some(world) = World::with("CREATE TABLE t (id int)", |mut settings| {
        settings.look_every = Duration::from_millis(20);
        settings
    })
    .await
    else {
        return;
    };
    let mut changes = world.engine.watch().await.unwrap();
    for change in [
        "CREATE TYPE mood AS ENUM ('a')",
        "ALTER TYPE mood ADD VALUE 'b'",
        "COMMENT ON COLUMN t.id IS 'x'",
        "ALTER TABLE t ALTER id SET DEFAULT 1",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE t RENAME id TO ident",
        "CREATE POLICY p ON t USING (true)",
        "DROP TABLE t",
    ] {
        world.sql(change);
        let told = timeout(SOON, changes.next()).await;
        assert!(told.is_ok_and(|change| change.is_some()), "{change}");
    }
}

#[tokio::test]
async fn the_watch_goes_on_after_its_connection_was_ended() {
    let Some(world) = World::with("CREATE TABLE t (id int)", |mut settings| {
        settings.look_every = Duration::from_millis(20);
        settings
    })
    .await
    else {
        return;
    };
    let mut changes = world.engine.watch().await.unwrap();
    world.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    world.sql("ALTER TABLE t ADD COLUMN more text");
    assert!(timeout(SOON, changes.next()).await.unwrap().is_some());
}
