//! Values of parts, and the history of boots.

use crate::{NOON, clock, open};
use mag_contract::{Timestamp, codes};
use mag_state::{HowEnded, State};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_part_finds_its_values_after_a_restart_and_sees_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let auth = state.part("auth").unwrap();
    auth.put("cursor:1", &json!({"at": 5})).await.unwrap();
    auth.put("cursor:2", &json!([1, null, "é"])).await.unwrap();
    auth.put("cursos", &json!(false)).await.unwrap();
    state.part("auth2").unwrap().put("cursor:1", &json!("mine")).await.unwrap();
    auth.put("cursor:1", &json!({"at": 6})).await.unwrap();
    drop((state, auth));

    let state = open(folder.path());
    let auth = state.part("auth").unwrap();
    assert_eq!(auth.get("cursor:1").await.unwrap(), Some(json!({"at": 6})));
    assert_eq!(auth.get("cursor").await.unwrap(), None);
    let listed = auth.list("cursor:").await.unwrap();
    let keys: Vec<_> = listed.iter().map(|value| value.key.as_str()).collect();
    assert_eq!(keys, ["cursor:1", "cursor:2"]);
    assert_eq!(listed[1].updated_at, Timestamp(NOON));
    assert_eq!(auth.list("").await.unwrap().len(), 3);
    assert!(auth.delete("cursor:1").await.unwrap());
    assert!(!auth.delete("cursor:1").await.unwrap());
    assert_eq!(auth.get("cursor:1").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_or_value_out_of_bounds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    for name in ["", "a:b", "a b", "%"] {
        assert_eq!(state.part(name).err().unwrap().code(), codes::BAD_INPUT, "{name}");
    }
    let auth = state.part("auth").unwrap();
    for key in ["", "a\0b", &"x".repeat(300)] {
        let refused = auth.put(key, &json!(1)).await.unwrap_err();
        assert_eq!(refused.code(), codes::BAD_INPUT, "{key:?}");
    }
    let huge = json!("x".repeat(1024 * 1024));
    assert_eq!(auth.put("k", &huge).await.unwrap_err().code(), codes::BAD_INPUT);
}

#[tokio::test]
async fn many_callers_write_at_once_and_all_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..500 {
        let values = state.part("many").unwrap();
        tasks.spawn(async move { values.put(&format!("{number:03}"), &json!(number)).await });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap().unwrap();
    }
    drop(state);
    let listed = open(folder.path()).part("many").unwrap().list("").await.unwrap();
    assert!(listed.iter().zip(0..500).all(|(value, number)| value.value == json!(number)));
    assert_eq!(listed.len(), 500);
}

#[tokio::test]
async fn the_history_says_how_each_boot_ended() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let begin = || State::open(folder.path(), clock.clone()).unwrap();

    let (state, report) = begin();
    assert_eq!((report.last_boot, report.checked, report.migrated), (None, false, Some((0, 1))));
    let boots = state.boots();
    let first = boots.begin("0.1.0").await.unwrap();
    boots.ready(first, 37.5, &json!({"stages": 6})).await.unwrap();
    clock.advance(Duration::from_secs(5));
    boots.end(first, HowEnded::Clean).await.unwrap();
    drop((state, boots));

    let (state, report) = begin();
    assert_eq!((report.last_boot, report.checked), (Some(HowEnded::Clean), false));
    state.boots().begin("0.1.0").await.unwrap();
    drop(state);

    let (state, report) = begin();
    assert_eq!((report.last_boot, report.checked), (Some(HowEnded::Killed), true));
    let third = state.boots().begin("0.2.0").await.unwrap();
    let history = state.boots().history(10).await.unwrap();
    let ends: Vec<_> = history.iter().map(|boot| boot.how).collect();
    assert_eq!(ends, [None, Some(HowEnded::Killed), Some(HowEnded::Clean)]);
    assert_eq!(history[0].id, third);
    assert_eq!(history[2].ready_ms, Some(37.5));
    assert_eq!(history[2].report, Some(json!({"stages": 6})));
    assert_eq!(history[2].ended_at, Some(Timestamp(NOON + 5000)));
    assert_eq!(state.boots().history(1).await.unwrap().len(), 1);
    let missing = state.boots().end(99, HowEnded::Failed).await.unwrap_err();
    assert_eq!(missing.code(), codes::NO_SUCH_NAME);
}
