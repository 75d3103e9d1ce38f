//! The durable queue.

use crate::{NOON, clock, open};
use mag_contract::{Timestamp, codes};
use mag_state::{Failed, JobFilter, JobOptions, JobState, Jobs, LEASE};
use serde_json::json;
use std::time::Duration;

fn later(seconds: i64) -> Timestamp {
    Timestamp(NOON + seconds * 1000)
}

async fn enqueue(jobs: &Jobs, kind: &str, options: JobOptions) -> String {
    jobs.enqueue(kind, &json!({"for": kind}), options).await.unwrap().id
}

#[tokio::test]
async fn jobs_are_taken_by_kind_when_they_are_due_the_most_urgent_first() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let plain = enqueue(&jobs, "mail", JobOptions::default()).await;
    let urgent = enqueue(&jobs, "mail", JobOptions { priority: 5, ..Default::default() }).await;
    let run_at = Some(later(60));
    let future = enqueue(&jobs, "mail", JobOptions { run_at, ..Default::default() }).await;
    enqueue(&jobs, "other", JobOptions::default()).await;
    let second = enqueue(&jobs, "mail", JobOptions::default()).await;

    let take = |at, max| {
        let jobs = jobs.clone();
        async move {
            let taken = jobs.take(at, &["mail", "none"], max).await.unwrap();
            taken.into_iter().map(|(lease, _)| lease.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(take(later(0), 2).await, [urgent, plain]);
    assert_eq!(take(later(0), 9).await, [second]);
    assert_eq!(jobs.next_due(&["mail"]).await.unwrap(), Some(later(60)));
    assert_eq!(take(later(59), 9).await, Vec::<String>::new());
    assert_eq!(take(later(60), 9).await, [future]);
    assert_eq!(jobs.next_due(&["mail"]).await.unwrap(), None);
    assert_eq!(jobs.take(later(60), &[], 9).await.unwrap(), []);
    let counts = jobs.counts().await.unwrap();
    assert_eq!((counts.queued, counts.running), (1, 4));
}

#[tokio::test]
async fn a_job_that_fails_waits_longer_each_time_and_is_dead_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let id = enqueue(&jobs, "mail", JobOptions::default()).await;
    let mut now = later(0);
    let mut waits = Vec::new();
    loop {
        let (lease, job) = jobs.take(now, &["mail"], 1).await.unwrap().pop().unwrap();
        assert_eq!(job.attempts, u32::try_from(waits.len()).unwrap() + 1);
        match jobs.fail(&lease, "no route to host", now).await.unwrap() {
            Failed::Again { at } => {
                waits.push(at.since(now).as_secs());
                now = at;
            }
            Failed::Dead => break,
        }
    }
    assert_eq!(waits, [10, 20, 40]);
    let dead = JobFilter { state: Some(JobState::Dead), ..Default::default() };
    let letters = jobs.list(dead.clone()).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].id, letters[0].error.as_deref()), (&id, Some("no route to host")));
    assert_eq!(letters[0].payload, json!({"for": "mail"}));

    jobs.retry(&id).await.unwrap();
    assert_eq!(jobs.list(dead).await.unwrap(), []);
    let (lease, job) = jobs.take(now, &["mail"], 1).await.unwrap().pop().unwrap();
    assert_eq!(job.attempts, 1);
    jobs.done(&lease, &json!({"sent": 1}), now).await.unwrap();
    let job = jobs.show(&id).await.unwrap();
    assert_eq!(
        (job.state, job.result, job.error),
        (JobState::Done, Some(json!({"sent": 1})), None)
    );
    assert_eq!(jobs.retry(&id).await.unwrap_err().code(), codes::STATE_CONFLICT);
}

#[tokio::test]
async fn a_job_of_a_board_that_was_killed_runs_again_and_the_attempt_counts() {
    let folder = tempfile::tempdir().unwrap();
    let options = JobOptions { max_attempts: 2, ..Default::default() };
    let id = enqueue(&open(folder.path()).jobs(), "mail", options).await;
    for life in 1..=2 {
        let jobs = open(folder.path()).jobs();
        let reclaimed = jobs.reclaim(later(0)).await.unwrap();
        assert_eq!(reclaimed.queued.len(), life - 1);
        let taken = jobs.take(later(0), &["mail"], 9).await.unwrap();
        assert_eq!((taken.len(), taken[0].0.attempt as usize), (1, life));
        assert_eq!(jobs.reclaim(later(1)).await.unwrap().queued, Vec::<String>::new());
    }
    let jobs = open(folder.path()).jobs();
    assert_eq!(jobs.reclaim(later(0)).await.unwrap().dead, std::slice::from_ref(&id));
    let job = jobs.show(&id).await.unwrap();
    assert_eq!(job.state, JobState::Dead);
    assert_eq!(job.error.as_deref(), Some("the board ended while the job ran"));
}

#[tokio::test]
async fn a_runner_that_says_nothing_loses_its_job_and_one_that_does_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let silent = enqueue(&jobs, "mail", JobOptions::default()).await;
    enqueue(&jobs, "mail", JobOptions::default()).await;
    let taken = jobs.take(later(0), &["mail"], 2).await.unwrap();
    let (lost, kept) = (&taken[0].0, &taken[1].0);
    jobs.heartbeat(kept, later(30)).await.unwrap();
    let expired = Timestamp(later(0).millis() + i64::try_from(LEASE.as_millis()).unwrap());
    assert_eq!(jobs.reclaim(Timestamp(expired.millis() - 1)).await.unwrap(), Default::default());
    assert_eq!(jobs.reclaim(expired).await.unwrap().queued, [silent]);
    // The late one can no longer say what became of it, also when another has it by now.
    let refused = jobs.done(lost, &json!(null), expired).await.unwrap_err();
    assert_eq!(refused.code(), codes::STATE_CONFLICT);
    assert_eq!(jobs.take(later(600), &["mail"], 1).await.unwrap()[0].0.attempt, 2);
    for refused in [
        jobs.done(lost, &json!(null), expired).await.unwrap_err(),
        jobs.fail(lost, "late", expired).await.unwrap_err(),
        jobs.heartbeat(lost, expired).await.unwrap_err(),
        jobs.bury(lost, "late", expired).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), codes::STATE_CONFLICT);
    }
    jobs.done(kept, &json!(null), expired).await.unwrap();
}

#[tokio::test]
async fn a_unique_key_is_held_until_its_job_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let options = || JobOptions { unique_key: Some("invoice:7".into()), ..Default::default() };
    let first = jobs.enqueue("mail", &json!(1), options()).await.unwrap();
    assert!(first.fresh);
    for _ in 0..2 {
        let same = jobs.enqueue("mail", &json!(2), options()).await.unwrap();
        assert_eq!((same.id, same.fresh), (first.id.clone(), false));
    }
    let (lease, _) = jobs.take(later(0), &["mail"], 9).await.unwrap().pop().unwrap();
    assert!(!jobs.enqueue("mail", &json!(3), options()).await.unwrap().fresh);
    jobs.bury(&lease, "never", later(0)).await.unwrap();
    assert!(jobs.enqueue("mail", &json!(4), options()).await.unwrap().fresh);
    assert_eq!(jobs.retry(&first.id).await.unwrap_err().code(), codes::EXISTS);
}

#[tokio::test]
async fn a_cancelled_job_does_not_run_and_a_running_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let waiting = enqueue(&jobs, "mail", JobOptions::default()).await;
    assert!(!jobs.cancel(&waiting).await.unwrap());
    assert_eq!(jobs.take(later(0), &["mail"], 9).await.unwrap(), []);
    let running = enqueue(&jobs, "mail", JobOptions::default()).await;
    let (lease, _) = jobs.take(later(0), &["mail"], 9).await.unwrap().pop().unwrap();
    assert!(jobs.cancel(&running).await.unwrap());
    let told = jobs.heartbeat(&lease, later(1)).await.unwrap_err();
    assert_eq!(told.code(), codes::STATE_CONFLICT);
    assert_eq!(jobs.cancel(&running).await.unwrap_err().code(), codes::STATE_CONFLICT);
    assert_eq!(jobs.cancel("nothing").await.unwrap_err().code(), codes::NO_SUCH_NAME);
}

#[tokio::test]
async fn what_is_over_is_purged_and_what_is_dead_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    for _ in 0..3 {
        enqueue(&jobs, "mail", JobOptions::default()).await;
    }
    let taken = jobs.take(later(0), &["mail"], 2).await.unwrap();
    jobs.done(&taken[0].0, &json!(null), later(0)).await.unwrap();
    jobs.bury(&taken[1].0, "x", later(0)).await.unwrap();
    assert_eq!(jobs.purge(later(0)).await.unwrap(), 0);
    assert_eq!(jobs.purge(later(1)).await.unwrap(), 1);
    let counts = jobs.counts().await.unwrap();
    assert_eq!((counts.queued, counts.done, counts.dead), (1, 0, 1));
}

#[tokio::test]
async fn a_runner_wakes_up_when_a_job_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let mut watch = jobs.watch();
    let (changed, _) = tokio::join!(watch.changed(), enqueue(&jobs, "mail", JobOptions::default()));
    changed.unwrap();
}

#[tokio::test]
async fn odd_input_is_refused_or_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path()).jobs();
    let huge = json!("x".repeat(2 * 1024 * 1024));
    for (kind, payload) in [("", json!(1)), ("mail", huge)] {
        let refused = jobs.enqueue(kind, &payload, JobOptions::default()).await.unwrap_err();
        assert_eq!(refused.code(), codes::BAD_INPUT);
    }
    let odd = JobOptions {
        max_attempts: 0,
        backoff_first: Duration::MAX,
        backoff_cap: Duration::MAX,
        timeout: Duration::MAX,
        run_at: Some(Timestamp(i64::MIN)),
        ..Default::default()
    };
    let id = enqueue(&jobs, "'; DROP TABLE jobs; --", odd).await;
    let kinds = ["'; DROP TABLE jobs; --"];
    let (lease, _) = jobs.take(later(0), &kinds, u32::MAX).await.unwrap().pop().unwrap();
    let long = "é".repeat(9000);
    assert_eq!(jobs.fail(&lease, &long, later(0)).await.unwrap(), Failed::Dead);
    assert_eq!(jobs.show(&id).await.unwrap().error.unwrap().len(), 4096);
    assert!(clock().now() == later(0));
}
