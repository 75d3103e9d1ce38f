//! A newcomer takes over from a running part.

use crate::house::*;
use mag_contract::wiring::Listener;
use mag_contract::{Claim, Fault, Jack};
use mag_mobo::State;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn watched_store() -> (Script, Script, Arc<Mutex<Option<Jack<Store>>>>) {
    let held = Arc::<Mutex<Option<Jack<Store>>>>::default();
    let into = held.clone();
    let gate = toy("gate").manifest(|m| m.needs::<Store>()).wire(move |w, _| {
        *into.lock().unwrap() = Some(w.socket::<Store>());
        Ok(())
    });
    (toy("store").manifest(|m| m.provides::<Store>()), gate, held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_has_no_gap() {
    let (store, gate, jack) = watched_store();
    let house = house("no-gap", [store, gate]);
    let session = house.boot().await;
    let jack = jack.lock().unwrap().clone().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let watch = tokio::task::spawn_blocking({
        let (jack, done) = (jack.clone(), done.clone());
        move || {
            let mut gaps = 0u32;
            while !done.load(Ordering::Relaxed) {
                gaps += u32::from(jack.get().is_err());
                std::thread::yield_now();
            }
            gaps
        }
    });
    for version in 1..=5 {
        house.file(&format!("[store]\nversion = {version}\n"));
        let report = session.reload().await.unwrap();
        assert_eq!(report.swapped.len(), 1, "{report:?}");
        assert_eq!(jack.get().unwrap().version(), version);
    }
    done.store(true, Ordering::Relaxed);
    assert_eq!(watch.await.unwrap(), 0);
    let swaps = facts_when(&session, "component.swapped", 5).await;
    assert_eq!(swaps[0]["data"]["gap_ms"], 0);
    assert_eq!(record(&session, "store").config["version"], 5, "the record shows what holds now");
    assert_eq!(house.world.raised("gate"), 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_newcomer_changes_nothing() {
    let (store, gate, jack) = watched_store();
    let store = store.test(|s, _| if s.version == 2 { Err(broken("no")) } else { Ok(()) });
    let house = house("bad-newcomer", [store, gate]);
    let session = house.boot().await;
    house.file("[store]\nversion = 2\n");
    let report = session.reload().await.unwrap();
    assert!(
        report.swapped.is_empty() && report.refused[0].contains("self-test said: no"),
        "{report:?}"
    );
    assert_eq!(jack.lock().unwrap().as_ref().unwrap().get().unwrap().version(), 0);
    assert_eq!(record(&session, "store").state, State::Live);
    assert_eq!(record(&session, "store").config["version"], 0);
    assert_eq!(house.world.lines(), ["store up v0", "gate up v0"]);
    assert!(facts(&session, "component.failed").await.is_empty());
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_one_leaves_first_when_it_holds_an_exclusive_claim() {
    let house = house(
        "exclusive",
        [toy("store")
            .manifest(|m| m.provides::<Store>().claims(Claim::Exclusive("the lamp".into())))
            .test(|s, _| if s.version == 2 { Err(broken("no")) } else { Ok(()) })],
    );
    let session = house.boot().await;
    house.file("[store]\nversion = 1\n");
    assert_eq!(session.reload().await.unwrap().swapped.len(), 1);
    assert_eq!(house.world.lines(), ["store up v0", "store down v0", "store up v1"]);
    house.file("[store]\nversion = 2\n");
    let report = session.reload().await.unwrap();
    assert_eq!(report.refused.len(), 1, "{report:?}");
    assert_eq!(house.world.lines()[3..], ["store down v1", "store up v1"], "it came back");
    assert_eq!(record(&session, "store").state, State::Live);
    down(&session).await;
}

/// Answers each connection with one letter.
fn echo() -> Script {
    toy("store")
        .manifest_of(|m, s| m.claims(Claim::Listen(([127, 0, 0, 1], s.port).into())))
        .assemble(|w, s, _| {
            let listener = w.listen(&Claim::Listen(([127, 0, 0, 1], s.port).into()));
            Box::pin(async move {
                let Ok(Listener::Network(listener)) = listener else {
                    return Err(listener.err().unwrap_or_else(|| broken("no port")));
                };
                PORTS.lock().unwrap().push(listener);
                Ok(())
            })
        })
        .run(|mut life, _, world| async move {
            let listener = PORTS.lock().unwrap().pop().unwrap();
            world.note(listener.local_addr().unwrap().to_string());
            life.ready();
            loop {
                let connection = tokio::select! {
                    biased;
                    () = life.draining() => return Ok(()),
                    accepted = listener.accept() => accepted,
                };
                if let Ok((mut connection, _)) = connection {
                    life.spawn("one connection", async move {
                        let _ = connection.write_all(b"x").await;
                    });
                }
            }
        })
}
/// From `assemble` to `run`; only one test uses it.
static PORTS: Mutex<Vec<tokio::net::TcpListener>> = Mutex::new(vec![]);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_swaps_refuse_no_connection() {
    let house = house("no-refusal", [echo()]);
    let session = house.boot().await;
    let at: SocketAddr = house.world.lines()[0].parse().unwrap();
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (stop, count) = (stop.clone(), count.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let mut connection = tokio::net::TcpStream::connect(at).await?;
                    let mut letter = [0];
                    connection.read_exact(&mut letter).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, std::io::Error>(())
            })
        })
        .collect();
    for n in 1..=20u32 {
        call(&session, "component:restart", json!({ "part": "store" })).await.unwrap();
        // Each incarnation serves some before the next one comes.
        until("calls are answered", || (count.load(Ordering::Relaxed) > n * 100).then_some(()))
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(house.world.raised("store"), 21);
    down(&session).await;
}

/// A part with a listening socket that it holds while it runs.
fn listening(name: &'static str) -> Script {
    toy(name).manifest_of(|m, s| m.claims(Claim::Listen(([127, 0, 0, 1], s.port).into()))).assemble(
        move |w, s, _| {
            let listener = w.listen(&Claim::Listen(([127, 0, 0, 1], s.port).into()));
            if let Ok(Listener::Network(l)) = &listener {
                w.announce(l.local_addr().unwrap().to_string());
            }
            Box::pin(async move { listener.map(drop) })
        },
    )
}
fn address(session: &mag_mobo::Session, part: &str) -> SocketAddr {
    record(session, part).addresses[0].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashed_part_keeps_its_queue_and_a_stopped_one_gives_its_port_back() {
    let house = house("ports", [listening("store")]).set("board.restart_pause=1h");
    let session = house.boot().await;
    let at = address(&session, "store");
    house.world.wish("store", Wish::Fail).await;
    state(&session, "store", State::Waiting).await;
    tokio::net::TcpStream::connect(at).await.expect("the connection waits in the queue");
    call(&session, "component:restart", json!({ "part": "store" })).await.unwrap();
    let at = address(&session, "store");
    call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    tokio::net::TcpStream::connect(at).await.expect_err("nobody listens");
    std::net::TcpListener::bind(at).unwrap();
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parts_that_ask_for_any_port_get_one_each() {
    let house = house("any-port", [listening("store"), listening("auth")]);
    let session = house.boot().await;
    assert_ne!(address(&session, "store"), address(&session, "auth"));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_that_fails_gives_back_the_port_that_only_it_wanted() {
    let house = house(
        "port-of-newcomer",
        [listening("store").test(|s, _| if s.port == 0 { Ok(()) } else { Err(broken("no")) })],
    );
    let session = house.boot().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    house.file(&format!("[store]\nport = {}\n", free.port()));
    assert_eq!(session.reload().await.unwrap().refused.len(), 1);
    std::net::TcpListener::bind(free).expect("the port is free");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_for_a_part_that_waits_for_its_restart_are_taken_at_once() {
    let store = toy("store").test(|s, n| match (s.version, n) {
        (_, 1) | (2, _) => Ok(()),
        _ => Err(broken("still the old settings")),
    });
    let house = house("swap-waiting", [store]).set("board.restart_pause=1h");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    state(&session, "store", State::Waiting).await;
    house.file("[store]\nversion = 2\n");
    let report = session.reload().await.unwrap();
    assert_eq!((report.swapped.len(), report.refused), (1, vec![]));
    state(&session, "store", State::Live).await;
    assert_eq!(record(&session, "store").config["version"], 2);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_mend_a_lost_part_hold_at_its_next_start() {
    let store = toy("store").test(|s, n| {
        if n == 1 || s.version == 2 { Ok(()) } else { Err(broken("still the old settings")) }
    });
    let house = house("mend-lost", [store]).set("board.restarts=0");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    state(&session, "store", State::Failed).await;
    house.file("[store]\nversion = 2\n");
    session.reload().await.unwrap();
    call(&session, "component:start", json!({ "part": "store" })).await.unwrap();
    assert_eq!(record(&session, "store").state, State::Live);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_in_the_middle_of_a_swap_does_not_leave_it_half_done() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let wait = gate.clone();
    let store = toy("store").assemble(move |_, _, n| {
        let wait = wait.clone();
        Box::pin(async move {
            if n == 2 {
                let _ = wait.acquire().await;
            }
            Ok::<_, Fault>(())
        })
    });
    let house =
        house("hang-up", [store]).set("board.drain_within=1h").set("board.shutdown_within=1h");
    let session = house.boot().await;
    let running = session.desk().call(order("component:restart", json!({ "part": "store" })));
    until("the newcomer is built", || (house.world.raised("store") == 2).then_some(())).await;
    drop(running);
    gate.add_permits(1);
    let up = ["store up v0", "store up v0", "store down v0"];
    until("the swap is over", || (house.world.lines() == up).then_some(())).await;
    call(&session, "component:restart", json!({ "part": "store" })).await.unwrap();
    assert_eq!(house.world.raised("store"), 3);
    tokio::time::timeout(PATIENCE, down(&session)).await.unwrap();
}
