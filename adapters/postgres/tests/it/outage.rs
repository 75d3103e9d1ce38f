//! A server that goes away and comes back: callers are told at once, and served again by themselves.

use mag_adapter::{Engine, EngineError};
use mag_contract::{Class, Timestamp};
use mag_guard::Session;
use mag_kit::postgres::{Options, Server};
use mag_postgres::{Postgres, Settings, Target};
use mag_query::{Everything, Plan, Rules};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Far more than any refusal takes, far less than a hang.
const AT_ONCE: Duration = Duration::from_secs(10);

async fn ask(engine: &Postgres, line: &str) -> Result<String, EngineError> {
    let catalog = engine.inspect(0).await?;
    let guard = crate::world::all_open(&catalog);
    let call = mag_query::notation::parse("public", line).unwrap();
    let plan = mag_query::plan(&call, &catalog, &Everything, &mag_query::Options::default());
    let session = Arc::new(Session::system(Timestamp(0)));
    let plan = guard.authorise(plan.unwrap(), &session, Rules::Compiled).unwrap();
    let shown: Plan = (*plan).clone();
    Ok(engine.run(plan).await?.json(&shown))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_refused_at_once_while_the_server_is_gone_and_served_when_it_is_back() {
    let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
        return;
    };
    server.sql("postgres", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    let target = Target::parse(&server.url("postgres")).unwrap();
    let engine = Arc::new(Postgres::connect(Settings::new(target)).await.unwrap());
    let line = "read t?select=id";
    let right = r#"[{"id":1}]"#;

    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let (engine, stop, served) = (engine.clone(), stop.clone(), served.clone());
        callers.spawn(async move {
            let mut strange = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                match timeout(AT_ONCE, ask(&engine, line)).await {
                    Ok(Ok(answer)) if answer == right => {
                        served.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(Ok(answer)) => strange.push(answer),
                    Ok(Err(refused)) if refused.class() == Class::Busy => {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    Ok(Err(refused)) => strange.push(format!("{refused:?}")),
                    Err(_) => strange.push("a caller was kept waiting".into()),
                }
            }
            strange
        });
    }
    let more = || async {
        let before = served.load(Ordering::SeqCst);
        let some = async {
            while served.load(Ordering::SeqCst) < before + 20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), some).await.expect("callers are served again");
    };
    more().await;
    for round in 0..2 {
        if round == 0 {
            server.stop()
        } else {
            server.kill()
        }
        let refused = timeout(AT_ONCE, ask(&engine, line)).await.unwrap().unwrap_err();
        assert_eq!(refused.class(), Class::Busy, "{refused:?}");
        server.resume();
        more().await;
    }
    stop.store(true, Ordering::SeqCst);
    let strange: Vec<String> = callers.join_all().await.concat();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_password_is_said_and_never_shown() {
    let Some(server) = Server::own(&Options { tcp: true, ..Options::default() }) else { return };
    let right = server.tcp_url("postgres");
    let engine = Postgres::connect(Settings::new(Target::parse(&right).unwrap())).await.unwrap();
    engine.ping().await.unwrap();
    let wrong = right.replace(&format!(":{}@", mag_kit::postgres::PASSWORD), ":hunter2@");
    let target = Target::parse(&wrong).unwrap();
    let refused = Postgres::connect(Settings::new(target)).await.err().unwrap();
    assert_eq!(refused.state.as_deref(), Some("28P01"));
    assert!(!format!("{refused:?}").contains("hunter2"));
    let without = right.replace(&format!(":{}@", mag_kit::postgres::PASSWORD), "@");
    let target = Target::parse(&without).unwrap();
    let refused = Postgres::connect(Settings::new(target)).await.err().unwrap();
    assert_eq!(refused.message, "PostgreSQL asks for a password");
}

/// A kill takes half a second to come back from; the long series is a suite of its own.
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_the_server_was_killed() {
    let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
        return;
    };
    server.sql("postgres", "CREATE TABLE t (id int PRIMARY KEY)");
    let target = Target::parse(&server.url("postgres")).unwrap();
    let engine = Arc::new(Postgres::connect(Settings::new(target)).await.unwrap());
    let catalog = engine.inspect(0).await.unwrap();
    let guard = Arc::new(crate::world::all_open(&catalog));
    let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let (engine, guard, stop) = (engine.clone(), guard.clone(), stop.clone());
        let (next, acknowledged) = (next.clone(), acknowledged.clone());
        writers.spawn(async move {
            let session = Arc::new(Session::system(Timestamp(0)));
            let mut kept = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let id = next.fetch_add(1, Ordering::SeqCst);
                let line = format!(r#"insert t {{"id":{id}}}"#);
                let call = mag_query::notation::parse("public", &line).unwrap();
                let options = mag_query::Options::default();
                let plan = mag_query::plan(&call, guard.catalog(), &Everything, &options).unwrap();
                let plan = guard.authorise(plan, &session, Rules::Compiled).unwrap();
                match engine.run(plan).await {
                    Ok(_) => {
                        kept.push(id);
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
            kept
        });
    }
    for _ in 0..ROUNDS {
        let before = acknowledged.load(Ordering::SeqCst);
        let some = async {
            while acknowledged.load(Ordering::SeqCst) < before + 50 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(60), some).await.expect("writes go on");
        server.kill();
        server.resume();
    }
    stop.store(true, Ordering::SeqCst);
    let kept: Vec<usize> = writers.join_all().await.concat();
    let there = server.sql("postgres", "SELECT string_agg(id::text, ' ') FROM t");
    let there: std::collections::HashSet<usize> =
        there.split(' ').map(|id| id.parse().unwrap()).collect();
    let lost: Vec<&usize> = kept.iter().filter(|id| !there.contains(id)).collect();
    assert!(lost.is_empty(), "{} acknowledged, lost {lost:?}", kept.len());
    assert!(kept.len() >= ROUNDS * 50);
}
