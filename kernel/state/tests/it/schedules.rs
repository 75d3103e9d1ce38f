//! Each due time becomes one job.

use crate::{NOON, open};
use mag_contract::{Timestamp, codes};
use mag_state::{JobFilter, JobOptions};
use serde_json::json;

#[tokio::test]
async fn a_due_time_becomes_one_job_also_when_the_board_restarts_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let due = Timestamp(NOON);
    let mut ids = Vec::new();
    for restart in 0..4 {
        let state = open(folder.path());
        let schedules = state.schedules();
        schedules.put("nightly", "0 3 * * *", "backup", &json!({"n": restart})).await.unwrap();
        ids.extend(schedules.fire("nightly", due, JobOptions::default()).await.unwrap());
        // The job is done in between: the due time still had its job.
        for (lease, _) in state.jobs().take(due, &["backup"], 9).await.unwrap() {
            state.jobs().done(&lease, &json!(null), due).await.unwrap();
        }
        ids.extend(schedules.fire("nightly", due, JobOptions::default()).await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    let state = open(folder.path());
    let earlier = Timestamp(NOON - 1);
    let late = state.schedules().fire("nightly", earlier, JobOptions::default()).await.unwrap();
    assert_eq!(late, None);
    let next = Timestamp(NOON + 1);
    assert!(
        state.schedules().fire("nightly", next, JobOptions::default()).await.unwrap().is_some()
    );
    assert_eq!(state.jobs().list(JobFilter::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_who_fire_at_once_make_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    state.schedules().put("tick", "* * * * *", "tick", &json!(null)).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let schedules = state.schedules();
        tasks.spawn(
            async move { schedules.fire("tick", Timestamp(7), JobOptions::default()).await },
        );
    }
    let mut fired = 0;
    while let Some(ended) = tasks.join_next().await {
        fired += usize::from(ended.unwrap().unwrap().is_some());
    }
    assert_eq!(fired, 1);
}

#[tokio::test]
async fn a_schedule_can_be_disabled_changed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let schedules = open(folder.path()).schedules();
    schedules.put("nightly", "0 3 * * *", "backup", &json!(1)).await.unwrap();
    schedules.fire("nightly", Timestamp(5), JobOptions::default()).await.unwrap().unwrap();
    schedules.enable("nightly", false).await.unwrap();
    let fired = schedules.fire("nightly", Timestamp(6), JobOptions::default()).await.unwrap();
    assert_eq!(fired, None);
    schedules.put("nightly", "0 4 * * *", "backup", &json!(2)).await.unwrap();
    let listed = schedules.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].cron.as_str(), listed[0].enabled), ("0 4 * * *", false));
    assert_eq!(listed[0].last_run, Some(Timestamp(5)));
    schedules.remove("nightly").await.unwrap();
    for fault in [
        schedules.remove("nightly").await.unwrap_err(),
        schedules.enable("nightly", true).await.unwrap_err(),
        schedules.fire("nightly", Timestamp(9), JobOptions::default()).await.unwrap_err(),
    ] {
        assert_eq!(fault.code(), codes::NO_SUCH_NAME);
    }
}
