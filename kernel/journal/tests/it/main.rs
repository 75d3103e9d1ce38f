//! The journal as its users see it: facts in, facts out, whatever happens to the disk in between.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod audit;
mod consumers;
mod crashes;
mod damage;
mod facts;
mod failing_disk;

use bytes::Bytes;
use mag_contract::Timestamp;
use mag_journal::{Draft, Filter, Journal, Limits, Position, Record};
use std::path::{Path, PathBuf};

fn draft(topic: &str, source: &str, payload: &str) -> Draft {
    at(1_000, topic, source, payload)
}

fn at(millis: i64, topic: &str, source: &str, payload: &str) -> Draft {
    Draft {
        at: Timestamp(millis),
        topic: topic.to_owned(),
        source: source.to_owned(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
    }
}

/// Segments of a few records, so that a short test has many.
fn small() -> Limits {
    Limits { segment_bytes_max: 1024, ..Limits::default() }
}

fn open(folder: &Path) -> Journal {
    Journal::open(folder, small()).unwrap().0
}

async fn everything(journal: &Journal) -> Vec<Record> {
    let (mut all, mut from) = (Vec::new(), Position::OLDEST);
    loop {
        let batch = journal.read(from, Filter::all(), 100).await.unwrap();
        all.extend(batch.records);
        if batch.next > journal.newest() {
            return all;
        }
        from = batch.next;
    }
}

fn payloads(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8(record.payload.to_vec()).unwrap()).collect()
}

/// The segment files, oldest first.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "facts"))
        .collect();
    files.sort();
    files
}

/// Facts numbered from 1, each as its own payload.
async fn fill(journal: &Journal, count: u64) {
    for number in 1..=count {
        let position = journal
            .append(draft("row.changed", "ds", &format!("fact {number} {:>60}", "")))
            .await
            .unwrap();
        assert_eq!(position, Position(number));
    }
}
