//! The health monitor.

use crate::house::*;
use mag_contract::{Health, Wiring};
use mag_mobo::Condition;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the probe does next: 0 good, 1 bad, 2 slow, 3 panic, 4 panic before it begins.
type Mood = Arc<AtomicU32>;

fn probed(mood: &Mood, asked: &Mood) -> Script {
    let (mood, asked) = (mood.clone(), asked.clone());
    toy("store").wire(move |w: &mut Wiring, _| {
        let (mood, asked) = (mood.clone(), asked.clone());
        w.probe(move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let mood = mood.load(Ordering::Relaxed);
            assert!(mood != 4, "no check today");
            async move {
                match mood {
                    0 => Ok(()),
                    1 => Err(broken("it is unwell")),
                    2 => std::future::pending().await,
                    _ => panic!("the check fell"),
                }
            }
        });
        Ok(())
    })
}

async fn checked(session: &mag_mobo::Session) -> Json {
    call(session, "health:check", json!({ "part": "store" })).await.unwrap()["checks"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consecutive_checks_move_a_part_down_and_up_again() {
    let (mood, asked) = (Mood::default(), Mood::default());
    let house = house("thresholds", [probed(&mood, &asked)])
        .set("health.failures=2")
        .set("health.recoveries=2");
    let session = house.boot().await;
    let mut seen = vec![];
    for m in [1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0] {
        mood.store(m, Ordering::Relaxed);
        seen.push(checked(&session).await["condition"].as_str().unwrap().to_owned());
    }
    let expected = [
        "healthy",
        "healthy",
        "healthy",
        "degraded",
        "degraded",
        "critical",
        "critical",
        "failed",
        "recovering",
        "degraded",
        "degraded",
        "healthy",
    ];
    assert_eq!(seen, expected);
    let worse = facts_when(&session, "health.degraded", 3).await;
    let to: Vec<_> = worse.iter().map(|f| f["data"]["to"].as_str().unwrap()).collect();
    assert_eq!(to, ["degraded", "critical", "failed"]);
    assert_eq!(worse[0]["data"]["why"], "it is unwell");
    assert_eq!(facts_when(&session, "health.recovered", 3).await.len(), 3);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_check_is_cut_and_a_panicking_one_is_a_bad_one() {
    let (mood, asked) = (Mood::default(), Mood::default());
    // A first panic may take its time to be printed.
    for (test, within, whys) in [
        ("slow-check", "50ms", &[(2, "its check did not end within 50ms")][..]),
        (
            "panicking-check",
            "1m",
            &[(3, "its check panicked: the check fell"), (4, "its check panicked: no check today")],
        ),
    ] {
        let house = house(test, [probed(&mood, &asked)]).set(format!("health.timeout={within}"));
        let session = house.boot().await;
        for (m, why) in whys {
            mood.store(*m, Ordering::Relaxed);
            let checked = checked(&session).await;
            assert_eq!((&checked["good"], &checked["why"]), (&json!(false), &json!(why)));
        }
        assert_eq!(record(&session, "store").state, mag_mobo::State::Live);
        down(&session).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_monitor_repeats_a_bad_check_before_it_counts() {
    let (mood, asked) = (Mood::new(AtomicU32::new(1)), Mood::default());
    let house = house("retries", [probed(&mood, &asked)])
        .set("health.interval=10ms")
        .set("health.retries=2")
        .set("health.retry_pause=1ms")
        .set("health.failures=1");
    let session = house.boot().await;
    until("it is degraded", || {
        (record(&session, "store").health != Condition::Healthy).then_some(())
    })
    .await;
    assert!(asked.load(Ordering::Relaxed) >= 3);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_says_itself_how_it_is() {
    let house = house("feels", [toy("store")]);
    let session = house.boot().await;
    for (feeling, condition) in [
        (Health::Degraded("slow disk".into()), Condition::Degraded),
        (Health::Bad("no disk".into()), Condition::Critical),
        (Health::Good, Condition::Healthy),
    ] {
        house.world.wish("store", Wish::Feel(feeling)).await;
        until("it is heard", || (record(&session, "store").health == condition).then_some(()))
            .await;
        // A check of a part without a probe has no opinion of its own.
        checked(&session).await;
        checked(&session).await;
        assert_eq!(record(&session, "store").health, condition);
    }
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_checks_and_the_parts_own_word_the_worse_holds() {
    let (mood, asked) = (Mood::default(), Mood::default());
    let house = house("two-words", [probed(&mood, &asked)]).set("health.failures=1");
    let session = house.boot().await;
    house.world.wish("store", Wish::Feel(Health::Degraded("slow disk".into()))).await;
    until("it is heard", || {
        (record(&session, "store").health == Condition::Degraded).then_some(())
    })
    .await;
    checked(&session).await;
    assert_eq!(record(&session, "store").health, Condition::Degraded, "a good check is no cure");
    mood.store(1, Ordering::Relaxed);
    checked(&session).await;
    checked(&session).await;
    let shown = record(&session, "store");
    assert_eq!(shown.health, Condition::Critical);
    assert!(shown.why.unwrap().contains("it is unwell"));
    house.world.wish("store", Wish::Feel(Health::Good)).await;
    checked(&session).await;
    assert_ne!(record(&session, "store").health, Condition::Healthy, "nor is its own word");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_came_back_is_healthy_again_after_some_good_checks() {
    let house = house("recovering", [toy("store")]).set("health.recoveries=2");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    until("it is back", || (house.world.raised("store") == 2).then_some(())).await;
    state(&session, "store", mag_mobo::State::Live).await;
    let mut seen = vec![record(&session, "store").health];
    for _ in 0..4 {
        checked(&session).await;
        seen.push(record(&session, "store").health);
    }
    assert_eq!((seen[0], seen[4]), (Condition::Recovering, Condition::Healthy), "{seen:?}");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_names_of_facts_are_those_of_the_book() {
    let house = house("names", [toy("store")]).set("board.restart_pause=1ms");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    until("it is back", || (house.world.raised("store") == 2).then_some(())).await;
    state(&session, "store", mag_mobo::State::Live).await;
    call(&session, "component:restart", json!({ "part": "store" })).await.unwrap();
    call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    session.bus().settled().await;
    let told = |topic: &str| {
        let all = session.bus().history();
        all.iter().filter(|t| t.name() == topic).count()
    };
    for (topic, count) in [
        ("system.boot", 1),
        ("system.ready", 1),
        ("component.registered", 1),
        ("component.booted", 2),
        ("component.started", 2),
        ("component.failed", 1),
        ("component.swapped", 1),
        ("component.stopped", 1),
        ("health.degraded", 1),
    ] {
        assert_eq!(told(topic), count, "{topic}");
    }
    assert!(told("part.changed") >= 10 && told("operation.called") >= 2);
    down(&session).await;
}
