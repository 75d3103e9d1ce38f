//! Servers that go away and come back, cards that are not plugged in, pools that are full: callers
//! are told at once, and everything recovers by itself.

use crate::world::{DEADLINE, World, ask, script, until};
use mag_adapter::engine::Console;
use mag_contract::Health;
use mag_ds::{Ds, Settings};
use mag_kit::Bench;
use mag_kit::postgres::{Options, Server};
use mag_ports::StoreSocket;
use mag_ports::events::{ConnectionFailed, ConnectionRestored};
use mag_ports::project::ProjectRef;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Far more than any refusal takes, far less than a hang.
const AT_ONCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_is_told_once_refused_at_once_and_served_again_when_it_is_back() {
    let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
        return;
    };
    let world = World::new().await;
    let connect = json!({ "source": "pg", "address": server.url("postgres"), "install": true });
    world.call("source:connect", connect).await;
    let pg = world.source("pg");
    script(&pg, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await;
    let read = "read t?select=id";
    assert_eq!(ask(&pg, "service_role", read).await, r#"[{"id":1}]"#);
    let mut failed = world.bench.bus.subscribe::<ConnectionFailed>();
    let mut restored = world.bench.bus.subscribe::<ConnectionRestored>();
    server.kill();
    let refused = timeout(AT_ONCE, ask(&pg, "service_role", read)).await.expect("no hang");
    assert_eq!(refused, "MF5002");
    timeout(DEADLINE, failed.next()).await.expect("the outage is told");
    let listed = world.call("source:list", json!({})).await;
    let line =
        listed["sources"].as_array().unwrap().iter().find(|one| one["source"] == "pg").unwrap();
    assert_eq!(line["state"], "unreachable");
    until("the part says that it is degraded", || async {
        matches!(*world.ds.as_ref().unwrap().reins.health.borrow(), Health::Degraded(_))
    })
    .await;
    assert!(pg.view().is_ok(), "what was seen is still known");
    server.resume();
    until("it is served again", || async {
        ask(&pg, "service_role", read).await == r#"[{"id":1}]"#
    })
    .await;
    timeout(DEADLINE, restored.next()).await.expect("the return is told");
    until("the part is well again", || async {
        *world.ds.as_ref().unwrap().reins.health.borrow() == Health::Good
    })
    .await;
    let twice = timeout(Duration::ZERO, failed.next()).await;
    assert!(twice.is_err(), "one outage was told twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_boots_while_a_server_is_gone_and_finds_it_later() {
    let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
        return;
    };
    server.sql("postgres", "CREATE TABLE t (id int PRIMARY KEY)");
    let mut world = World::new().await;
    let connect = json!({ "source": "pg", "address": server.url("postgres") });
    world.call("source:connect", connect).await;
    world.stop().await;
    server.stop();
    let began = Instant::now();
    world.start().await.unwrap();
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    let pg = world.source("pg");
    assert_eq!(pg.view().err().unwrap().code().id, "MF5002");
    assert!(world.source("main").view().is_ok(), "the others are there");
    server.resume();
    until("its structure is known", || async { pg.view().is_ok() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_answers_that_it_is_busy_and_does_not_hang() {
    let Some(server) = Server::own(&Options::default()) else { return };
    let world = World::new().await;
    let address = server.url("postgres");
    let connect =
        json!({ "source": "pg", "address": address, "writable": true, "connections_max": 1 });
    world.call("source:connect", connect).await;
    let pg = world.source("pg");
    let long = {
        let pg = pg.clone();
        tokio::spawn(async move {
            let mut console = Console::reading("SELECT pg_sleep(300)");
            console.timeout = Some(Duration::from_secs(300));
            pg.database().console(console).await
        })
    };
    let at_work = "SELECT count(*) FROM pg_stat_activity \
        WHERE query LIKE '%pg_sleep(300)' AND state = 'active' AND pid <> pg_backend_pid()";
    until("the connection is at work", || async { server.sql("postgres", at_work) == "1" }).await;
    let refused = timeout(AT_ONCE, pg.database().console(Console::reading("SELECT 1"))).await;
    let refused = refused.expect("no hang").unwrap_err();
    assert_eq!((refused.code.id, refused.class()), ("MF5003", mag_contract::Class::Busy));
    let shown = world.call("source:show", json!({ "source": "pg" })).await;
    assert_eq!(shown["state"], "connected", "a busy source is there: {shown}");
    long.abort();
    until("its place is free again", || async {
        pg.database().console(Console::reading("SELECT 1")).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_card_of_an_engine_everything_says_so_until_it_is_plugged_in() {
    let bench = Bench::default();
    let settings = Settings { health_every_ms: 100, ..Settings::default() };
    let _ds = bench.start::<Ds>(settings).await.unwrap();
    let store = bench.backplane.jack::<StoreSocket>().get().unwrap();
    assert_eq!(store.project(ProjectRef::Default).err().unwrap().code().id, "MF7003");
    assert_eq!(store.zero().err().unwrap().code().id, "MF7003");
    let _card = bench.start::<mag_sqlite::Card>(Default::default()).await.unwrap();
    until("the first project is there", || async {
        store
            .project(ProjectRef::Default)
            .is_ok_and(|project| project.primary().is_ok_and(|source| source.view().is_ok()))
    })
    .await;
}
