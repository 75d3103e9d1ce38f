//! A damaged data folder.

use crate::house::*;
use mag_contract::Fact;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sold {
    number: u32,
}
impl Fact for Sold {
    const NAME: &'static str = "toy.sold";
    const DURABLE: bool = true;
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_state_is_set_aside_and_the_boot_goes_on_and_tells() {
    let house = house("bad-state", [toy("store")]);
    down(&house.boot().await).await;
    let folder = house.folder.path().join("state");
    for file in files(folder.clone()) {
        std::fs::write(file, b"this is no database at all, whatever its name says").unwrap();
    }
    let session = house.boot().await;
    let said = House::said(session.report().unwrap());
    assert!(said.contains("it is set aside as"), "{said}");
    assert_eq!(session.boot_number(), 1, "begun anew");
    assert_eq!(record(&session, "store").state, mag_mobo::State::Live);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_whose_tail_is_cut_off_boots_and_keeps_what_is_whole() {
    let house = house("cut-journal", []);
    let session = house.boot().await;
    for number in 0..10 {
        session.bus().publish_durably(Sold { number }).await.unwrap();
    }
    down(&session).await;
    let journal = files(house.folder.path().join("journal"));
    let newest = journal.iter().max_by_key(|f| std::fs::metadata(f).unwrap().len()).unwrap();
    let length = std::fs::metadata(newest).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(newest).unwrap().set_len(length - 3).unwrap();
    let session = house.boot().await;
    let kept = facts(&session, "toy.sold").await;
    let numbers: Vec<_> = kept.iter().map(|f| f["data"]["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    assert!(numbers.len() >= 9);
    session.bus().publish_durably(Sold { number: 99 }).await.unwrap();
    assert_eq!(facts(&session, "toy.sold").await.last().unwrap()["data"]["number"], 99);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_boot_without_an_end_is_told_as_killed() {
    let house = house("killed", []);
    let session = house.boot().await;
    // What a kill leaves behind: the files of a running board.
    let copy = tempfile::tempdir().unwrap();
    for folder in ["state", "journal", "audit"] {
        std::fs::create_dir(copy.path().join(folder)).unwrap();
        for file in files(house.folder.path().join(folder)) {
            std::fs::copy(&file, copy.path().join(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    down(&session).await;
    let house = House { folder: copy, ..house };
    let session = house.boot().await;
    let boots = call(&session, "board:boots", json!({})).await.unwrap();
    assert_eq!([&boots["boots"][0]["how"], &boots["boots"][1]["how"]], ["running", "killed"]);
    assert!(House::said(session.report().unwrap()).contains("did not end by itself"));
    down(&session).await;
}
