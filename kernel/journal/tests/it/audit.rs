//! The chain of the audit log.

use crate::{at, draft, payloads, segments, small};
use mag_contract::Timestamp;
use mag_journal::{Audit, Broken, Filter, Limits, Position};
use std::path::Path;
use std::time::Duration;

fn open(folder: &Path) -> Audit {
    Audit::open(folder, small()).unwrap().0
}

async fn fill(audit: &Audit, count: usize) {
    for number in 1..=count {
        audit.append(draft("call", "gate", &format!("line {number:04}"))).await.unwrap();
    }
}

#[tokio::test]
async fn an_untouched_log_is_whole_over_segments_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let audit = open(folder.path());
        fill(&audit, 10).await;
    }
    let audit = open(folder.path());
    let verdict = audit.verify(None).await.unwrap();
    assert_eq!((verdict.records, verdict.broken), (30, None));
    assert_eq!(verdict.seal, Some(audit.seal()));
    let batch = audit.read(Position(30), Filter::all(), 5).await.unwrap();
    assert_eq!(payloads(&batch.records), ["line 0010"]);
}

#[tokio::test]
async fn many_writers_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let audit = audit.clone();
        tasks.spawn(async move { fill(&audit, 5).await });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let verdict = audit.verify(None).await.unwrap();
    assert_eq!((verdict.records, verdict.broken), (80, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forgotten_while_it_is_read_is_passed_over_and_is_no_damage() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_age_max: Duration::from_secs(60), ..small() };
    let (audit, _) = Audit::open(folder.path(), limits).unwrap();
    for day in 0..200 {
        for line in 0..5 {
            audit.append(at(day * DAY, "call", "gate", &format!("line {line}"))).await.unwrap();
        }
    }
    let sweeper = audit.clone();
    let mut sweeping = tokio::task::JoinSet::new();
    sweeping.spawn(async move {
        for day in 0..200 {
            sweeper.journal().sweep(Timestamp(day * DAY)).await.unwrap();
        }
    });
    loop {
        let verdict = audit.verify(None).await.unwrap();
        assert_eq!(verdict.broken, None);
        assert_eq!(verdict.seal, Some(audit.seal()));
        let batch = audit.read(Position(1), Filter::all(), 2_000).await.unwrap();
        assert_eq!(batch.records.last().unwrap().position, Position(1_000));
        if let Some(swept) = sweeping.try_join_next() {
            break swept.unwrap();
        }
    }
    let kept = audit.read(Position(7), Filter::all(), 2_000).await.unwrap().records;
    assert_eq!(kept[0].position, audit.journal().oldest());
    assert!(audit.journal().oldest() > Position(900));
    assert_eq!(audit.journal().damage(), []);
}

#[tokio::test]
async fn a_changed_line_is_found_even_when_its_checksum_was_made_to_fit() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    fill(&audit, 30).await;
    drop(audit);
    forge(folder.path(), b"line 0007", b"line 0666");
    let audit = open(folder.path());
    assert_eq!(audit.read(Position(7), Filter::all(), 1).await.unwrap().records.len(), 1);
    let verdict = audit.verify(None).await.unwrap();
    assert_eq!((verdict.records, verdict.broken), (6, Some(Broken::Changed(Position(7)))));
}

#[tokio::test]
async fn a_line_that_was_taken_out_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    fill(&audit, 30).await;
    drop(audit);
    // Damaged, a line cannot be read any more, as if it were not there.
    let file = &segments(folder.path())[1];
    let mut bytes = std::fs::read(file).unwrap();
    let from = find(&bytes, b"line ").unwrap();
    bytes[from] = b'L';
    std::fs::write(file, bytes).unwrap();
    let verdict = open(folder.path()).verify(None).await.unwrap();
    assert!(matches!(verdict.broken, Some(Broken::Unchained(_))), "{verdict:?}");
}

#[tokio::test]
async fn a_log_that_was_cut_or_made_anew_does_not_hold_the_seal_that_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    fill(&audit, 5).await;
    let kept = audit.seal();
    fill(&audit, 5).await;
    assert_eq!(audit.verify(Some(kept)).await.unwrap().broken, None);
    let other = tempfile::tempdir().unwrap();
    let forged = open(other.path());
    fill(&forged, 4).await;
    assert_eq!(forged.verify(None).await.unwrap().broken, None);
    assert_eq!(forged.verify(Some(kept)).await.unwrap().broken, Some(Broken::Replaced));
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Writes other words into a record and makes its checksum fit, as somebody would who knows the format.
fn forge(folder: &Path, from: &[u8], to: &[u8]) {
    for file in segments(folder) {
        let mut bytes = std::fs::read(&file).unwrap();
        let Some(at) = find(&bytes, from) else { continue };
        bytes[at..at + to.len()].copy_from_slice(to);
        let start = bytes[..at].windows(4).rposition(|w| w == [0xFF, 0xFA, 0xC7, 0x5E]).unwrap();
        let len = u32::from_le_bytes(bytes[start + 4..start + 8].try_into().unwrap());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&bytes[start + 4..start + 8]);
        hasher.update(&bytes[start + 12..start + 12 + len as usize]);
        bytes[start + 8..start + 12].copy_from_slice(&hasher.finalize().to_le_bytes());
        std::fs::write(&file, bytes).unwrap();
        return;
    }
    panic!("no segment holds the line");
}
