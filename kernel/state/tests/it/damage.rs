//! Files that a kill, a bad disk or another program left.

use crate::{clock, open};
use mag_contract::codes;
use mag_state::{HowEnded, JobOptions, State};
use proptest::prelude::*;
use serde_json::json;
use std::path::Path;

async fn filled(folder: &Path, end: Option<HowEnded>) {
    let state = open(folder);
    let boot = state.boots().begin("0.1.0").await.unwrap();
    let values = state.part("auth").unwrap();
    for number in 0..200 {
        let value = json!("x".repeat(100));
        values.put(&format!("key-{number}"), &value).await.unwrap();
    }
    if let Some(how) = end {
        state.boots().end(boot, how).await.unwrap();
    }
}

async fn works(state: &State) {
    let values = state.part("auth").unwrap();
    values.put("again", &json!(1)).await.unwrap();
    assert_eq!(values.get("again").await.unwrap(), Some(json!(1)));
    state.jobs().enqueue("mail", &json!(1), JobOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_set_aside_and_the_board_goes_on() {
    let other = tempfile::tempdir().unwrap();
    let foreign = other.path().join("other.db");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE jobs (mine TEXT); PRAGMA user_version = 9;")
        .unwrap();
    let foreign = std::fs::read(foreign).unwrap();
    for content in [&b""[..], b"garbage", &[b'x'; 9000], b"SQLite format 3\0", &foreign] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.db");
        std::fs::write(&file, content).unwrap();
        std::fs::write(folder.path().join("state.db-wal"), b"old").unwrap();
        let (state, report) = State::open(folder.path(), clock()).unwrap();
        let aside = report.set_aside.unwrap();
        let kept = aside.files.iter().find(|file| !file.to_string_lossy().ends_with("-wal"));
        assert_eq!(std::fs::read(kept.unwrap()).unwrap(), content, "{aside:?}");
        works(&state).await;
        drop(state);
        assert_eq!(State::open(folder.path(), clock()).unwrap().1.set_aside, None);
    }
}

#[tokio::test]
async fn a_changed_name_in_the_text_of_a_table_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), Some(HowEnded::Failed)).await;
    let file = folder.path().join("state.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let name = b"max_attempts";
    let at = bytes.windows(name.len()).position(|found| found == name).unwrap();
    bytes[at] = b'n';
    std::fs::write(&file, bytes).unwrap();
    let (state, report) = State::open(folder.path(), clock()).unwrap();
    assert!(report.set_aside.is_some_and(|aside| aside.why.contains("its tables")));
    works(&state).await;
}

#[tokio::test]
async fn a_file_that_was_cut_is_found_even_after_a_clean_end() {
    for end in [Some(HowEnded::Clean), None] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), end).await;
        let file = folder.path().join("state.db");
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        let (state, report) = State::open(folder.path(), clock()).unwrap();
        assert!(report.set_aside.is_some(), "{report:?}");
        works(&state).await;
    }
}

#[tokio::test]
async fn damage_that_is_met_while_running_is_found_at_the_next_boot() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), Some(HowEnded::Clean)).await;
    let file = folder.path().join("state.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let needle = b"auth:key-150";
    for at in 0..bytes.len() - needle.len() {
        if &bytes[at..at + needle.len()] == needle {
            let page = at / 4096 * 4096;
            bytes[page..page + 4096].fill(0xEE);
        }
    }
    std::fs::write(&file, bytes).unwrap();
    let (state, report) = State::open(folder.path(), clock()).unwrap();
    assert!(!report.checked, "after a clean end nothing is checked, for a fast boot");
    let boot = state.boots().begin("0.1.0").await.unwrap();
    let fault = state.part("auth").unwrap().list("").await.unwrap_err();
    assert_eq!(fault.code(), codes::STATE);
    state.boots().end(boot, HowEnded::Clean).await.unwrap();
    drop(state);
    let (state, report) = State::open(folder.path(), clock()).unwrap();
    assert!(report.set_aside.is_some(), "{report:?}");
    works(&state).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_a_clear_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let fault = State::open(&file.join("state"), clock()).err().unwrap();
    assert_eq!(fault.code(), codes::NOT_WRITABLE, "{fault:?}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), Some(HowEnded::Clean)).await;
    let file = folder.path().join("state.db");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let fault = State::open(folder.path(), clock()).err().unwrap();
    assert_eq!(fault.code(), codes::STATE);
    assert!(fault.message().contains("version 99"), "{fault:?}");
    assert!(file.is_file());
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_at_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let values = state.part("auth").unwrap();
    for number in 0..20 {
        values.put(&format!("{number:02}"), &json!(number)).await.unwrap();
        // What a kill -9 right now would leave behind.
        let killed = copy(folder.path(), None);
        let (after, report) = State::open(killed.path(), clock()).unwrap();
        assert_eq!(report.set_aside, None);
        assert_eq!(after.part("auth").unwrap().list("").await.unwrap().len(), number + 1);
    }
}

/// The files as they are; the log cut after so many bytes.
fn copy(folder: &Path, log_bytes: Option<usize>) -> tempfile::TempDir {
    let killed = tempfile::tempdir().unwrap();
    for name in ["state.db", "state.db-wal"] {
        let mut bytes = std::fs::read(folder.join(name)).unwrap();
        if let (Some(max), "state.db-wal") = (log_bytes, name) {
            bytes.truncate(max);
        }
        std::fs::write(killed.path().join(name), bytes).unwrap();
    }
    killed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// A log that was cut anywhere holds the first changes and none of the others.
    #[test]
    fn a_kill_in_the_middle_of_a_write_leaves_a_whole_beginning(cuts in prop::collection::vec(any::<prop::sample::Index>(), 4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let state = open(folder.path());
            let values = state.part("auth").unwrap();
            for number in 0..8 {
                values.put(&format!("{number:02}"), &json!(number)).await.unwrap();
            }
            let log = std::fs::metadata(folder.path().join("state.db-wal")).unwrap().len();
            for cut in cuts {
                let killed = copy(folder.path(), Some(cut.index(usize::try_from(log).unwrap())));
                let (after, report) = State::open(killed.path(), clock()).unwrap();
                let listed = after.part("auth").unwrap().list("").await.unwrap();
                assert!(listed.iter().zip(0..).all(|(value, number)| value.value == json!(number)));
                assert!(listed.len() < 8);
                works(&after).await;
                // Nothing but an unfinished first change is a file with nothing in it.
                assert!(report.set_aside.is_none_or(|aside| aside.why == "it holds nothing"));
            }
        });
    }

    /// Whatever is done to the bytes, the board gets a state that works.
    #[test]
    fn no_damage_stops_the_board(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1..600_usize), 1..5),
        clean in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            filled(folder.path(), clean.then_some(HowEnded::Failed)).await;
            let file = folder.path().join("state.db");
            let mut bytes = std::fs::read(&file).unwrap();
            for (place, with, len) in hits {
                let at = place.index(bytes.len());
                let end = (at + len).min(bytes.len());
                bytes[at..end].fill(with);
            }
            std::fs::write(&file, bytes).unwrap();
            let (state, _) = State::open(folder.path(), clock()).unwrap();
            works(&state).await;
        });
    }
}
