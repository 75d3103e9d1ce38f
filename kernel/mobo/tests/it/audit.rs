//! How long the audit log remembers, and that what it has forgotten leaves it whole.

use crate::house::*;
use mag_contract::Clock;
use serde_json::{Value as Json, json};
use std::time::Duration;

const DAYS: Duration = Duration::from_secs(24 * 60 * 60);

/// A boot on this day, some calls, and the positions of all lines that are kept after them.
async fn some_calls(house: &House) -> Vec<u64> {
    let session = house.boot().await;
    for _ in 0..3 {
        // Only of what changes something a caller waits for the line.
        call(&session, "jobs:cancel", json!({ "job": "none" })).await.unwrap_err();
    }
    let kept = positions(&session).await;
    down(&session).await;
    kept
}

async fn positions(session: &mag_mobo::Session) -> Vec<u64> {
    let told = call(session, "audit:export", json!({ "limit": 10_000 })).await.unwrap();
    let lines = told["lines"].as_array().unwrap();
    lines.iter().map(|line: &Json| line["position"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_audit_log_forgets_what_the_settings_do_not_keep_and_is_whole_from_there_on() {
    let clock = Clock::held(1_800_000_000_000);
    let house = house("audit-keep", []).at(clock.clone()).set("journal.audit_keep=40d");
    let first = some_calls(&house).await;
    // A month is one piece: these lines begin the next one.
    clock.advance(31 * DAYS);
    let both = some_calls(&house).await;
    assert!(both.starts_with(&first), "a month is not too old: {first:?} {both:?}");
    clock.advance(31 * DAYS);

    let session = house.boot().await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let kept = loop {
        let kept = positions(&session).await;
        if kept[0] != 1 {
            break kept;
        }
        assert!(tokio::time::Instant::now() < deadline, "in vain: the first month is forgotten");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(first.iter().all(|position| !kept.contains(position)), "{first:?} {kept:?}");
    assert!(kept.contains(both.last().unwrap()), "the second month is kept: {both:?} {kept:?}");
    let verified = call(&session, "audit:verify", json!({})).await.unwrap();
    assert_eq!((&verified["good"], &verified["broken"]), (&json!(true), &Json::Null));
    assert!(verified["lines"].as_u64().unwrap() >= kept.len() as u64, "{verified} {kept:?}");
    let seal = json!({ "seal": verified["seal"] });
    assert_eq!(call(&session, "audit:verify", seal).await.unwrap()["good"], true);
    down(&session).await;
}
