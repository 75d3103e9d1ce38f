//! Connections are few: who gets none in time is told so, who goes away frees his.

use crate::world::{World, told};
use mag_adapter::{Access, Engine, Transaction};
use mag_contract::Class;
use mag_postgres::Settings;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const SLOW: &str = "CREATE TABLE t (id int); INSERT INTO t VALUES (1);
    CREATE FUNCTION slow(ms int) RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(ms / 1000.0)'";

fn two_connections(mut settings: Settings) -> Settings {
    settings.pool.connections_max = 2;
    settings.pool.acquire_within = Duration::from_millis(200);
    settings
}

async fn until(world: &World, sql: &str, wanted: &str) {
    let found = async {
        while world.sql(sql) != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.expect(sql);
}

const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND state = 'active' AND query LIKE '%slow%' AND pid <> pg_backend_pid()";

#[tokio::test]
async fn when_all_connections_are_in_use_a_caller_is_told_to_come_again() {
    let Some(world) = World::with(SLOW, two_connections).await else { return };
    let world = Arc::new(world);
    let mut sleepers = JoinSet::new();
    for _ in 0..2 {
        let world = world.clone();
        sleepers.spawn(async move { world.act("call slow?ms=60000").await });
    }
    until(&world, SLEEPING, "2").await;
    let refused = world.act("read t?select=id").await.unwrap_err();
    assert_eq!((refused.code.id, refused.class()), ("MF5003", Class::Busy));
    assert_eq!(refused.message, "all 2 connections to PostgreSQL are in use");
    assert!(refused.hint.is_some());
    assert_eq!(world.engine.pool().in_use, 2);

    // Who lets go of his call lets go of the statement and of the connection.
    sleepers.shutdown().await;
    until(&world, SLEEPING, "0").await;
    let again = async { while world.act("read t?select=id").await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(30), again).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_takes_longer_than_it_may_is_stopped_and_the_connection_goes_on() {
    let Some(world) = World::with(SLOW, two_connections).await else { return };
    let short = |line: &str| Transaction {
        timeout: Some(Duration::from_millis(100)),
        ..Transaction::of(world.plan(line))
    };
    let late = world.transact(short("call slow?ms=60000")).await.unwrap_err();
    assert_eq!((late.code.id, late.class()), ("MF5004", Class::Late));
    assert_eq!(told(&late), "57014 canceling statement due to statement timeout");
    assert_eq!(world.engine.pool().idle, 1);
    // The bound was that statement's alone.
    assert_eq!(world.say("call slow?ms=300").await, "null");
    assert_eq!(world.engine.pool().idle, 1);
}

#[tokio::test]
async fn a_flood_of_callers_is_served_by_a_few_connections() {
    let Some(world) = World::with(SLOW, |mut settings| {
        settings.pool.connections_max = 4;
        settings
    })
    .await
    else {
        return;
    };
    let world = Arc::new(world);
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let world = world.clone();
        callers.spawn(async move { world.say("read t?select=id").await });
    }
    let answers = callers.join_all().await;
    assert!(answers.iter().all(|answer| answer == r#"[{"id":1}]"#));
    let open = "SELECT count(*) <= 4 FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid()";
    assert_eq!(world.sql(open), "t");
}

#[tokio::test]
async fn two_runners_of_migrations_do_not_meet() {
    let Some(world) = World::new("SELECT 1").await else { return };
    let held = world.engine.lock_migrations(Duration::from_secs(5)).await.unwrap();
    let second = world.engine.lock_migrations(Duration::from_millis(100)).await;
    assert_eq!(second.err().map(|e| e.code.id), Some("MF5003"));
    drop(held);
    world.engine.lock_migrations(Duration::from_secs(20)).await.unwrap();
}

#[tokio::test]
async fn reads_go_to_a_replica_and_to_the_primary_when_it_is_gone() {
    let Some(world) = World::new("CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await else {
        return;
    };
    // Another database stands in for a server that follows: it is told apart by what it holds.
    let follower = world.server.create("template1");
    world.server.sql(&follower, "CREATE TABLE t (id int); INSERT INTO t VALUES (2)");
    let mut settings = world.engine.settings().clone();
    let mut there = settings.target.clone();
    there.database.clone_from(&follower);
    let mut gone = settings.target.clone();
    gone.database = "nowhere".into();
    for (replica, expected) in [(there, r#"[{"id":2}]"#), (gone, r#"[{"id":1}]"#)] {
        settings.replicas = vec![replica];
        let engine = mag_postgres::Postgres::connect(settings.clone()).await.unwrap();
        let plan = world.plan("read t?select=id");
        let answer = engine.run(plan.clone()).await.unwrap();
        assert_eq!(answer.json(&plan), expected);
        let write = Transaction { access: Access::Write, ..Transaction::of(plan.clone()) };
        let answers = engine.transact(write).await.unwrap();
        assert_eq!(answers[0].json(&plan), r#"[{"id":1}]"#);
    }
}

#[tokio::test]
async fn an_answer_that_would_fill_the_memory_is_refused() {
    let sql = "CREATE TABLE t (id int, x text);
        INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) n";
    let small = |mut settings: Settings| {
        settings.pool.answer_bytes_max = 1_000_000;
        settings
    };
    let Some(world) = World::with(sql, small).await else { return };
    let refused = world.act("read t?select=*").await.unwrap_err();
    assert_eq!(told(&refused), "54000 the answer is larger than 1000000 bytes");
    assert_eq!(world.act("read t?select=*&limit=500").await.unwrap().rows, 500);
}
