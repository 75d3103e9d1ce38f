//! Crashes, hangs and restarts.

use crate::house::*;
use mag_contract::{Health, Jack, Standing, codes};
use mag_mobo::facts::PartChanged;
use mag_mobo::{Ending, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Held = Arc<Mutex<Option<Jack<Store>>>>;

/// A store, and a gate that looks at it.
fn store_and_gate() -> (Script, Script, Held) {
    let held = Held::default();
    let into = held.clone();
    let gate = toy("gate").manifest(|m| m.needs::<Store>()).wire(move |w, _| {
        *into.lock().unwrap() = Some(w.socket::<Store>());
        Ok(())
    });
    (toy("store").manifest(|m| m.provides::<Store>()), gate, held)
}

async fn crash(test: &str, wish: Wish, because: &str) {
    let (store, gate, jack) = store_and_gate();
    // The second incarnation comes when the empty socket was seen.
    let seen = Arc::new(tokio::sync::Semaphore::new(0));
    let wait = seen.clone();
    let store = store.assemble(move |_, _, n| {
        let wait = wait.clone();
        Box::pin(async move {
            if n == 2 {
                let _ = wait.acquire().await;
            }
            Ok(())
        })
    });
    let house = house(test, [store, gate]);
    let session = house.boot().await;
    let jack = jack.lock().unwrap().clone().unwrap();
    assert_eq!(jack.get().unwrap().version(), 0);
    let mut changes = session.bus().subscribe::<PartChanged>();
    house.world.wish("store", wish).await;
    until("the socket is empty", || jack.get().is_err().then_some(())).await;
    seen.add_permits(1);
    until("the socket is full again", || jack.get().ok()).await;
    state(&session, "store", State::Live).await;
    let mut states = vec![];
    while states.last() != Some(&State::Live) {
        let Some(mag_contract::Heard::Fact(fact)) = changes.next().await else { panic!() };
        if fact.data.part.as_str() == "store" {
            states.push(fact.data.to);
        }
    }
    let expected =
        [State::Waiting, State::Assembling, State::Testing, State::Starting, State::Live];
    assert_eq!(states, expected);
    let failed = facts_when(&session, "component.failed", 1).await;
    let said = failed[0]["data"]["because"].as_str().unwrap().to_owned();
    assert!(said.contains(because), "{said}");
    assert_eq!(record(&session, "store").restarts, 1);
    assert_eq!(house.world.raised("gate"), 1, "the others stay");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_empties_the_socket_until_the_part_is_back() {
    crash("crash-err", Wish::Fail, "the toy is broken").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_empties_the_socket_until_the_part_is_back() {
    crash("crash-panic", Wish::Panic, "it panicked: the toy fell").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_return_empties_the_socket_until_the_part_is_back() {
    crash("crash-return", Wish::Return, "it returned without being asked to").await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_task_of_the_part_is_a_crash_of_the_part() {
    crash("crash-task", Wish::TaskPanic, "task `helper` panicked: the helper fell").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_panics_before_its_first_await_is_supervised_like_any_other() {
    let house = house(
        "sync-panic",
        [toy("store").run(|life, n, world| {
            assert!(n > 1, "at once");
            serve("store", ToySettings::default(), life, world)
        })],
    );
    let session = house.boot().await;
    state(&session, "store", State::Live).await;
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_a_crashed_part_is_degraded_and_says_why() {
    let (store, gate, _) = store_and_gate();
    let house = house("dependents", [store, gate]).set("board.restart_pause=1h");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    state(&session, "store", State::Waiting).await;
    let gate = record(&session, "gate");
    assert_eq!(gate.state, State::Live);
    assert_eq!(gate.why.as_deref(), Some("it needs socket `toy.store`, which is empty right now"));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_goes_on_crashing_is_given_up_and_told_as_critical() {
    let house = house(
        "budget",
        [
            toy("store")
                .run(|_, n, _| async move { if n < 99 { Err(broken("again")) } else { Ok(()) } }),
            toy("auth"),
        ],
    )
    .set("board.restarts=2");
    let session = house.boot().await;
    state(&session, "store", State::Failed).await;
    assert_eq!(house.world.raised("store"), 3, "the first start and two restarts");
    let critical = facts_when(&session, "system.critical", 1).await;
    assert_eq!(critical[0]["data"]["part"], "store");
    assert_eq!(session.ending(), None);
    assert_eq!(house.state_of(&session, "auth"), State::Live);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_essential_part_that_is_lost_for_good_ends_the_board() {
    let house = house(
        "lost",
        [toy("store")
            .manifest(|m| m.standing(Standing::Essential))
            .test(|_, n| if n > 1 { Err(broken("gone")) } else { Ok(()) })],
    )
    .set("board.restarts=1");
    let session = house.boot().await;
    // Somebody who waits for the end may turn to other things meanwhile.
    let waited = tokio::time::timeout(Duration::from_millis(1), session.ended()).await;
    assert!(waited.is_err());
    house.world.wish("store", Wish::Fail).await;
    let ending = tokio::time::timeout(PATIENCE, session.ended()).await.unwrap();
    assert!(matches!(&ending, Ending::Lost(why) if why.contains("`store`")), "{ending:?}");
    session.shutdown(&ending).await;
    let session = house_again(&house).await;
    let boots = call(&session, "board:boots", serde_json::json!({})).await.unwrap();
    assert_eq!(boots["boots"][1]["how"], "failed");
    down(&session).await;
}

/// A second boot, where the toy's first incarnations are long past: it is let in.
async fn house_again(house: &House) -> mag_mobo::Session {
    house.world.replace(toy("store"));
    house.boot().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pause_before_a_restart_doubles() {
    let house = house("back-off", [toy("store").run(|_, _, _| async { Err(broken("again")) })])
        .set("board.restart_pause=40ms")
        .set("board.restarts=3");
    let began = tokio::time::Instant::now();
    let session = house.boot().await;
    state(&session, "store", State::Failed).await;
    assert!(began.elapsed() >= Duration::from_millis(40 + 80 + 160), "{:?}", began.elapsed());
    down(&session).await;
}

/// The first incarnation hangs; only of this part an answer is wanted so soon that a busy machine could
/// be too slow for it, and then it is found once more.
async fn hang<R>(test: &str, hangs: impl Fn() -> R + Clone + Send + Sync + 'static)
where
    R: Future<Output = ()> + Send + 'static,
{
    let store = toy("store")
        .manifest(|m| {
            m.pace(|p| {
                p.heartbeat_within = Some(Duration::from_millis(200));
                p.restarts = Some(1_000);
            })
        })
        .run(move |mut life, n, world| {
            let hangs = hangs.clone();
            async move {
                if n == 1 {
                    life.ready();
                    hangs().await;
                }
                serve("store", ToySettings::default(), life, world).await
            }
        });
    let house = house(test, [store, toy("auth")]);
    let session = house.boot().await;
    let failed = facts_when(&session, "component.failed", 1).await;
    assert_eq!(failed[0]["data"]["code"], codes::HUNG.id);
    until("a new incarnation", || (house.world.raised("store") >= 2).then_some(())).await;
    state(&session, "store", State::Live).await;
    assert_eq!(house.world.raised("auth"), 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_part_that_waits_for_ever_is_found_by_its_heartbeat() {
    hang("hang-async", std::future::pending).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_part_that_blocks_its_thread_is_found_by_its_heartbeat() {
    let (_end, held) = Hold::new();
    hang("hang-block", move || {
        held.hold();
        std::future::ready(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_never_asked_for_a_heartbeat_is_left_alone() {
    let deaf = toy("store")
        .manifest(|m| {
            m.pace(|p| {
                p.heartbeat_within = Some(Duration::ZERO);
                p.drain_within = Some(Duration::from_millis(10));
            })
        })
        .run(|mut life, _, _| async move {
            life.ready();
            std::future::pending().await
        });
    // The other part proves that hung parts are found on this board meanwhile.
    let house = house("deaf", [deaf, toy("auth")]).set("board.heartbeat_within=200ms");
    let session = house.boot().await;
    house.world.wish("auth", Wish::Hang).await;
    facts_when(&session, "component.failed", 1).await;
    assert_eq!((house.world.raised("store"), record(&session, "store").state), (1, State::Live));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_lived_long_enough_has_its_restarts_back() {
    let house = house(
        "stable",
        [toy("store").manifest(|m| {
            m.pace(|p| {
                p.heartbeat_within = Some(Duration::ZERO);
            })
        })],
    )
    .set("board.restarts=1")
    .set("board.stable_after=1ms");
    let session = house.boot().await;
    for n in 2..6 {
        house.world.wish("store", Wish::Fail).await;
        until("it is back", || (house.world.raised("store") == n).then_some(())).await;
        until("it is up", || (house.world.lines().len() == n as usize).then_some(())).await;
        state(&session, "store", State::Live).await;
        // Whatever it says makes the board look how long it has lived.
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while record(&session, "store").restarts > 0 {
            assert!(tokio::time::Instant::now() < deadline, "its restarts never come back");
            for health in [Health::Degraded("a cold".into()), Health::Good] {
                house.world.wish("store", Wish::Feel(health)).await;
            }
        }
    }
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_takes_the_settings_of_now_along() {
    let house = house(
        "crash-live",
        [toy("store").assemble(|w, s, _| {
            let (seen, live) = (s.live, w.live_settings::<ToySettings>().now().unwrap().live);
            let same = seen == live;
            Box::pin(async move { if same { Ok(()) } else { Err(broken("old settings")) } })
        })],
    );
    let session = house.boot().await;
    house.file("[store]\nlive = 5\n");
    assert_eq!(session.reload().await.unwrap().live, ["store.live"]);
    house.world.wish("store", Wish::Fail).await;
    until("it is back", || (house.world.raised("store") == 2).then_some(())).await;
    state(&session, "store", State::Live).await;
    assert_eq!(house.world.raised("store"), 2, "the first try succeeded");
    down(&session).await;
}
