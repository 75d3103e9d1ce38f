//! Hooks: others are asked before something happens.

use crate::house::*;
use mag_contract::hook::{Hook, HookFailed, OnFailure, Terms};
use mag_contract::{Bus, Fault, Heard, codes};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
struct Selling(Vec<u32>);
impl Hook for Selling {
    const NAME: &'static str = "toy.selling";
}

fn bus() -> Bus {
    Bus::new(mag_contract::Clock::machine())
}
fn adds(bus: &Bus, terms: Terms, n: u32) -> mag_contract::hook::HandlerId {
    bus.handle(terms, move |mut s: Selling| async move {
        s.0.push(n);
        Ok(s)
    })
}
async fn asked(bus: &Bus) -> Vec<u32> {
    bus.ask(Selling(vec![])).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_change_the_value_in_the_order_of_their_priority() {
    let bus = bus();
    adds(&bus, Terms::default(), 1);
    adds(&bus, Terms { priority: 5, ..Terms::default() }, 2);
    let last = adds(&bus, Terms::default(), 3);
    assert_eq!(asked(&bus).await, [2, 1, 3]);
    bus.off(last);
    assert_eq!(asked(&bus).await, [2, 1]);
    assert_eq!(bus.hooks().rows().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_refuses_and_the_rest_is_not_asked() {
    let bus = bus();
    bus.handle(Terms::default(), |_: Selling| async {
        Err::<Selling, _>(Fault::new(codes::HOOK_REFUSED, "sold out"))
    });
    let later = Arc::new(AtomicBool::new(false));
    let note = later.clone();
    bus.handle(Terms::default(), move |s: Selling| {
        note.store(true, Ordering::Relaxed);
        async move { Ok(s) }
    });
    let fault = bus.ask(Selling(vec![])).await.unwrap_err();
    assert_eq!((fault.code(), fault.message()), (codes::HOOK_REFUSED, "sold out"));
    assert!(!later.load(Ordering::Relaxed));
}

/// For a handler that does not end.
const SHORT: Duration = Duration::from_millis(30);
/// For one that ends by itself: a first panic may take its time to be printed.
const LONG: Duration = Duration::from_secs(60);

/// A failing handler that is skipped leaves the value as it was; one that guards refuses.
async fn fails<R>(
    why: &str,
    within: Duration,
    f: impl Fn(Selling) -> R + Send + Sync + Clone + 'static,
) where
    R: Future<Output = Result<Selling, Fault>> + Send + 'static,
{
    let bus = bus();
    let mut failures = bus.subscribe::<HookFailed>();
    let terms = Terms { within, priority: 1, ..Terms::default() };
    bus.handle(terms, f.clone());
    adds(&bus, Terms::default(), 1);
    assert_eq!(asked(&bus).await, [1]);
    let Some(Heard::Fact(failed)) = failures.next().await else { panic!() };
    assert!(failed.data.why.contains(why), "{:?}", failed.data);
    let guard = Terms { on_failure: OnFailure::Refuse, ..terms };
    bus.handle(guard, f);
    let fault = bus.ask(Selling(vec![])).await.unwrap_err();
    assert_eq!(fault.code(), codes::HOOK_FAILED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_handler_costs_its_own_time_and_no_more() {
    fails("took longer", SHORT, |_| std::future::pending()).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panicking_handler_is_a_failed_one() {
    fails("panicked", LONG, |_| async { panic!("the handler fell") }).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_before_it_begins_is_a_failed_one() {
    fails("panicked", LONG, |_| -> std::future::Ready<Result<Selling, Fault>> {
        panic!("at once")
    })
    .await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_its_thread_is_a_slow_one() {
    let (_end, held) = Hold::new();
    fails("took longer", SHORT, move |s| {
        let held = held.clone();
        async move {
            held.hold();
            Ok(s)
        }
    })
    .await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_before_it_begins_is_a_slow_one() {
    let (_end, held) = Hold::new();
    fails("took longer", SHORT, move |s| {
        held.hold();
        std::future::ready(Ok(s))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_five_failures_a_handler_rests_and_comes_back() {
    let bus = bus();
    let (asked, good) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, well) = (asked.clone(), good.clone());
    bus.handle(Terms::default(), move |mut s: Selling| {
        count.fetch_add(1, Ordering::Relaxed);
        let well = well.load(Ordering::Relaxed);
        async move {
            assert!(well, "not yet");
            s.0.push(1);
            Ok(s)
        }
    });
    for _ in 0..8 {
        assert_eq!(bus.ask(Selling(vec![])).await.unwrap().0, Vec::<u32>::new());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 5);
    good.store(true, Ordering::Relaxed);
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(bus.ask(Selling(vec![])).await.unwrap().0, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_for_once_is_asked_once_however_many_ask() {
    for _ in 0..50 {
        let bus = bus();
        adds(&bus, Terms { once: true, ..Terms::default() }, 1);
        let askers: Vec<_> = (0..4)
            .map(|_| {
                let bus = bus.clone();
                tokio::spawn(async move { asked(&bus).await.len() })
            })
            .collect();
        let mut sum = 0;
        for asker in askers {
            sum += asker.await.unwrap();
        }
        assert_eq!(sum, 1);
        assert!(bus.hooks().rows().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_ends_when_the_one_who_asked_has_gone() {
    let bus = bus();
    let (held, mut ends) = tokio::sync::mpsc::channel::<()>(1);
    let held = std::sync::Mutex::new(Some(held));
    let (begins, begun) = tokio::sync::oneshot::channel::<()>();
    let begins = std::sync::Mutex::new(Some(begins));
    bus.handle(
        Terms { within: Duration::from_secs(3600), ..Terms::default() },
        move |s: Selling| {
            let held = held.lock().unwrap().take();
            drop(begins.lock().unwrap().take());
            async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok(s)
            }
        },
    );
    tokio::select! {
        answer = bus.ask(Selling(vec![])) => panic!("a handler without an end has answered: {answer:?}"),
        _ = begun => {}
    }
    assert_eq!(tokio::time::timeout(PATIENCE, ends.recv()).await.unwrap(), None);
}

/// A store that adds its incarnation to each sale.
fn selling_store() -> Script {
    toy("store").wire(|w, n| {
        adds(&w.bus(), Terms::default(), n);
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_come_with_a_ready_incarnation_and_go_with_it() {
    let house = house(
        "hooks-swap",
        [selling_store().test(|s, _| if s.version == 2 { Err(broken("no")) } else { Ok(()) })],
    )
    .set("board.restart_pause=1h");
    let session = house.boot().await;
    assert_eq!(asked(session.bus()).await, [1]);
    house.file("[store]\nversion = 2\n");
    session.reload().await.unwrap();
    assert_eq!(asked(session.bus()).await, [1], "the failed newcomer left no handler");
    house.file("[store]\nversion = 3\n");
    session.reload().await.unwrap();
    assert_eq!(asked(session.bus()).await, [3]);
    house.world.wish("store", Wish::Panic).await;
    state(&session, "store", mag_mobo::State::Waiting).await;
    assert_eq!(asked(session.bus()).await, Vec::<u32>::new());
    assert!(session.bus().hooks().rows().is_empty());
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_is_not_asked_before_it_is_ready() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let wait = gate.clone();
    let store = toy("store").assemble(move |w, _, n| {
        adds(&w.bus(), Terms::default(), n);
        let wait = wait.clone();
        Box::pin(async move {
            if n == 2 {
                let _ = wait.acquire().await;
            }
            Ok(())
        })
    });
    let house = house("hooks-newcomer", [store]);
    let session = house.boot().await;
    let input = serde_json::json!({ "part": "store" });
    let running = session.desk().call(order("component:restart", input));
    until("the newcomer is built", || (house.world.raised("store") == 2).then_some(())).await;
    assert_eq!(asked(session.bus()).await, [1]);
    gate.add_permits(1);
    answer(running).await.unwrap();
    assert_eq!(asked(session.bus()).await, [2]);
    down(&session).await;
}
