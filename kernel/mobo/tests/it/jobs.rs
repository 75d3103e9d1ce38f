//! Background jobs and schedules.

use crate::house::*;
use mag_contract::job::{Attempt, Job, Order};
use mag_contract::{Clock, Wiring, codes};
use mag_mobo::Session;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Bake {
    what: String,
}
impl Job for Bake {
    const KIND: &'static str = "toy.bake";
    const ATTEMPTS: u32 = 2;
}

/// Bakes; counts the beginnings; `stone` fails, `clay` waits for ever.
fn baker(begun: &Arc<AtomicU32>) -> Script {
    let begun = begun.clone();
    toy("store").wire(move |w: &mut Wiring, _| {
        let begun = begun.clone();
        w.job::<Bake, _, _>(move |bake, attempt: Attempt| {
            let begun = begun.clone();
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                match bake.what.as_str() {
                    "stone" => Err(broken("too hard")),
                    "late bread" if attempt.number == 1 => Err(broken("no flour yet")),
                    "clay" => std::future::pending().await,
                    what => Ok(json!({ "baked": what })),
                }
            }
        });
        Ok(())
    })
}
fn bake(what: &str) -> Order {
    Order::of(&Bake { what: what.into() }).unwrap()
}
async fn job(session: &Session, id: &str) -> Json {
    call(session, "jobs:show", json!({ "id": id })).await.unwrap()
}
async fn job_is(session: &Session, id: &str, wanted: &str) -> Json {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let job = job(session, id).await;
        if job["state"] == wanted {
            return job;
        }
        assert!(tokio::time::Instant::now() < deadline, "{wanted}: {job}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_done_and_its_result_kept() {
    let house = house("job-done", [baker(&Arc::default())]);
    let session = house.boot().await;
    let id = session.queue().enqueue(bake("bread")).await.unwrap();
    assert_eq!(job_is(&session, &id, "done").await["result"]["baked"], "bread");
    let unique = || bake("clay").unique("the oven");
    let first = session.queue().enqueue(unique()).await.unwrap();
    assert_eq!(session.queue().enqueue(unique()).await.unwrap(), first);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_job_is_tried_again_later_and_then_is_dead_until_someone_retries_it() {
    let clock = Clock::held(1_800_000_000_000);
    let begun = Arc::<AtomicU32>::default();
    let house = house("job-dead", [baker(&begun)]).at(clock.clone());
    let session = house.boot().await;
    let stone = session.queue().enqueue(bake("stone")).await.unwrap();
    let bread = session.queue().enqueue(bake("late bread")).await.unwrap();
    let waits = async |id: &str| {
        let failed = facts_when(&session, "job.failed", 2).await;
        assert_eq!(failed[0]["data"]["dead"], false);
        let job = job_is(&session, id, "queued").await;
        assert!(job["run_at"].as_str() > Some("2027-01-15T08:00:00.000Z"), "it waits: {job}");
    };
    waits(&stone).await;
    waits(&bread).await;
    clock.advance(Duration::from_secs(3600));
    let dead = job_is(&session, &stone, "dead").await;
    assert!(dead["error"].as_str().unwrap().contains("too hard"));
    job_is(&session, &bread, "done").await;
    assert_eq!(begun.load(Ordering::Relaxed), 4);
    call(&session, "jobs:retry", json!({ "id": stone })).await.unwrap();
    until("it runs again", || (begun.load(Ordering::Relaxed) == 5).then_some(())).await;
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_cancelled_soon() {
    let (begun, ended) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    let (b, e) = (begun.clone(), ended.clone());
    let house = house(
        "job-cancel",
        [toy("store").wire(move |w, _| {
            let (b, e) = (b.clone(), e.clone());
            w.job::<Bake, _, _>(move |_, _| {
                let (b, note) = (b.clone(), Dropped(e.clone()));
                async move {
                    b.fetch_add(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                    drop(note);
                    Ok(json!({}))
                }
            });
            Ok(())
        })],
    );
    let session = house.boot().await;
    let began = tokio::time::Instant::now();
    const MANY: u32 = 8;
    for number in 1..=MANY {
        let id = session.queue().enqueue(bake("clay")).await.unwrap();
        until("it runs", || (begun.load(Ordering::SeqCst) == number).then_some(())).await;
        call(&session, "jobs:cancel", json!({ "id": id })).await.unwrap();
        job_is(&session, &id, "cancelled").await;
        until("it is ended", || (ended.load(Ordering::SeqCst) == number).then_some(())).await;
    }
    // With the next sign of life of its lease each would have ended after ten seconds: so many of them
    // are a time that no machine takes by itself.
    assert!(began.elapsed() < Duration::from_secs(10) * (MANY - 1), "{:?}", began.elapsed());
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_runs_when_the_board_leaves_is_ended_and_runs_again_after_the_next_boot() {
    let begun = Arc::<AtomicU32>::default();
    let ended = Arc::<AtomicU32>::default();
    let (b, e) = (begun.clone(), ended.clone());
    let house = house(
        "job-again",
        [toy("store").wire(move |w, _| {
            let (b, e) = (b.clone(), e.clone());
            w.job::<Bake, _, _>(move |_, _| {
                let (b, note) = (b.clone(), Dropped(e.clone()));
                async move {
                    if b.fetch_add(1, Ordering::Relaxed) == 0 {
                        std::future::pending::<()>().await;
                    }
                    drop(note);
                    Ok(json!("well"))
                }
            });
            Ok(())
        })],
    );
    let session = house.boot().await;
    let id = session.queue().enqueue(bake("clay")).await.unwrap();
    until("it runs", || (begun.load(Ordering::Relaxed) == 1).then_some(())).await;
    down(&session).await;
    until("it is ended", || (ended.load(Ordering::Relaxed) == 1).then_some(())).await;
    let session = house.boot().await;
    assert_eq!(job_is(&session, &id, "done").await["result"], "well");
    assert_eq!(begun.load(Ordering::Relaxed), 2);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_jobs_than_places_are_done_one_after_the_other_without_a_pause() {
    let house = house("job-many", [baker(&Arc::default())]).set("jobs.at_once=1");
    let session = house.boot().await;
    const MANY: u32 = 60;
    let mut last = String::new();
    for n in 0..MANY {
        last = session.queue().enqueue(bake(&format!("bread {n}"))).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    let mut state = job(&session, &last).await["state"].clone();
    while state != "done" {
        // With a pause of a second before each of them it would be longer.
        let late = Duration::from_secs(1) * (MANY - 5);
        assert!(began.elapsed() < late, "a place that becomes free is used at once: {state}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        state = job(&session, &last).await["state"].clone();
    }
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_fires_once_per_due_time_also_across_boots() {
    let clock = Clock::held(1_800_000_000_000);
    let begun = Arc::<AtomicU32>::default();
    let house = house("schedule", [baker(&begun)]).at(clock.clone());
    let session = house.boot().await;
    let bad = session.queue().schedule("daily", "at noon", bake("bread")).await.unwrap_err();
    assert_eq!(bad.code(), codes::BAD_SCHEDULE);
    session.queue().schedule("daily", "0 3 * * *", bake("bread")).await.unwrap();
    clock.advance(Duration::from_secs(24 * 3600));
    until("it has fired", || (begun.load(Ordering::Relaxed) == 1).then_some(())).await;
    // A board that leaves before its end is noted would do it once more.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while call(&session, "jobs:list", json!({})).await.unwrap()["done"] != 1 {
        assert!(tokio::time::Instant::now() < deadline, "its end is never noted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    down(&session).await;
    // The same due time is not due again; three missed days are made up for once.
    let session = house.boot().await;
    session.queue().schedule("daily", "0 3 * * *", bake("bread")).await.unwrap();
    let marker = session.queue().enqueue(bake("marker")).await.unwrap();
    job_is(&session, &marker, "done").await;
    assert_eq!(begun.load(Ordering::Relaxed), 2, "the marker, and no second firing");
    down(&session).await;
    clock.advance(Duration::from_secs(3 * 24 * 3600));
    let session = house.boot().await;
    until("it has fired", || (begun.load(Ordering::Relaxed) == 3).then_some(())).await;
    assert_eq!(facts_when(&session, "job.queue", 3).await.len(), 3);
    down(&session).await;
}
