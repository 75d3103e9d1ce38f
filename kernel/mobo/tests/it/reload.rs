//! Settings that change while the board runs.

use crate::house::*;
use mag_contract::codes;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_setting_reaches_the_running_part() {
    let house = house("live", [toy("store")]);
    let session = house.boot().await;
    house.file("[store]\nlive = 7\n[health]\ninterval = \"30m\"\n");
    let report = session.reload().await.unwrap();
    // The flag of the harness hides `health.interval`.
    assert_eq!((report.live, report.swapped.len()), (vec!["store.live".to_owned()], 0));
    assert_eq!(house.world.raised("store"), 1);
    assert_eq!(record(&session, "store").config["live"], 7, "the record shows what holds now");
    assert_eq!(session.reload().await.unwrap().live, Vec::<String>::new(), "told once");
    let changed = facts_when(&session, "config.changed", 1).await;
    assert_eq!(changed[0]["data"]["live"], json!(["store.live"]));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_that_only_a_boot_can_bring_is_named() {
    let house = house("fixed", [toy("store")]);
    let session = house.boot().await;
    house.file("[store]\nfixed = 1\n[journal]\nkeep = \"3d\"\n");
    let mut report = session.reload().await.unwrap();
    report.needs_restart.sort();
    assert_eq!(report.needs_restart, ["journal.keep", "store.fixed"]);
    assert_eq!(house.world.raised("store"), 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_file_changes_nothing_and_tells_all_mistakes() {
    let house = house("wrong", [toy("store")]);
    let session = house.boot().await;
    house.file("[store]\nversion = \"two\"\nlive = 4\nversoin = 1\n");
    let fault = session.reload().await.unwrap_err();
    assert_eq!(fault.code(), codes::BAD_SETTING);
    let checked = call(&session, "config:check", json!({})).await.unwrap();
    assert_eq!(checked["mistakes"].as_array().unwrap().len(), 2, "{checked}");
    assert_eq!(record(&session, "store").config["live"], 0);
    assert_eq!(house.world.raised("store"), 1);
    house.file("[store]\nlive = 4\n");
    assert_eq!(session.reload().await.unwrap().live, ["store.live"]);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setting_a_value_writes_the_file_and_brings_it_into_force() {
    let house = house("set", [toy("store")]);
    let session = house.boot().await;
    house.file("# mine\n[store]\nlive = 1 # keep me\n");
    session.reload().await.unwrap();
    let set = call(&session, "config:set", json!({ "name": "store.version", "value": "2" })).await;
    assert_eq!(set.unwrap()["reload"]["swapped"], json!(["store"]));
    assert!(house.file_text().contains("# keep me") && house.file_text().contains("version = 2"));
    let bad = call(&session, "config:set", json!({ "name": "store.version", "value": "x" })).await;
    assert_eq!(bad.unwrap_err().code(), codes::BAD_SETTING);
    down(&session).await;
}
