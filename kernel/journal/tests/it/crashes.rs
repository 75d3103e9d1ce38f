//! What was acknowledged is there, whatever the disk did and whenever the power went.

use crate::failing_disk::{FailingDisk, Failure};
use crate::{draft, everything, open, payloads, small};
use mag_contract::{Fault, codes};
use mag_journal::{Journal, Position, Record};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

fn open_on(disk: &FailingDisk, folder: &Path) -> Journal {
    Journal::open_on(Arc::new(disk.clone()), folder, small()).unwrap().0
}

#[tokio::test]
async fn a_full_disk_refuses_by_name_and_takes_facts_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FailingDisk::default();
    let journal = open_on(&disk, folder.path());
    journal.append(draft("t", "s", "before")).await.unwrap();
    disk.0.lock().unwrap().full = true;
    for _ in 0..30 {
        let refused = journal.append(draft("t", "s", &"lost ".repeat(20))).await.unwrap_err();
        assert_eq!(refused.code(), codes::DISK_FULL, "{refused:?}");
    }
    journal.append_nowait(draft("t", "s", "lost")).unwrap();
    journal.flush().await.unwrap();
    assert_eq!((journal.stats().refused, journal.stats().refused_unseen), (31, 1));
    disk.0.lock().unwrap().full = false;
    assert_eq!(journal.append(draft("t", "s", "after")).await.unwrap(), Position(2));
    assert_eq!(payloads(&everything(&journal).await), ["before", "after"]);
    drop(journal);
    assert_eq!(payloads(&everything(&open(folder.path())).await), ["before", "after"]);
}

#[tokio::test]
async fn a_failed_sync_is_never_acknowledged_from_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FailingDisk::default();
    let journal = open_on(&disk, folder.path());
    journal.append(draft("t", "s", "one")).await.unwrap();
    // The next write works, and the sync after it fails.
    let sync = disk.calls() + 1;
    disk.0.lock().unwrap().plan.insert(sync, Failure::Error);
    assert_eq!(journal.append(draft("t", "s", "two")).await.unwrap(), Position(2));
    assert_eq!(crate::segments(folder.path()).len(), 2, "the fact went to a new segment");
    assert_eq!(payloads(&everything(&journal).await), ["one", "two"]);
    drop(journal);
    disk.cut_power(0, false);
    assert_eq!(payloads(&everything(&open(folder.path())).await), ["one", "two"]);
}

/// One life of a journal: what is appended, what the disk does, and how the power goes.
#[derive(Clone, Debug)]
struct Life {
    appends: Vec<(u8, u16)>,
    at_once: usize,
    plan: BTreeMap<u64, Failure>,
    dead_from: Option<u64>,
    keep: u8,
    nonsense: bool,
    closed: bool,
}

fn life() -> impl Strategy<Value = Life> {
    let failure =
        prop_oneof![Just(Failure::Error), Just(Failure::ShortThenFull), Just(Failure::Short)];
    (
        prop::collection::vec((0..3_u8, 0..300_u16), 1..60),
        1..12_usize,
        prop::collection::btree_map(0..80_u64, failure, 0..8),
        prop::option::of(5..90_u64),
        any::<u8>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(appends, at_once, plan, dead_from, keep, nonsense, closed)| Life {
            appends,
            at_once,
            plan,
            dead_from,
            keep,
            nonsense,
            closed,
        })
}

/// Appends everything, some at once, and says what was acknowledged.
async fn live(
    journal: &Journal,
    life: &Life,
    number: &mut u64,
) -> BTreeMap<Position, (String, String)> {
    let mut acknowledged = BTreeMap::new();
    for together in life.appends.chunks(life.at_once) {
        let mut tasks = tokio::task::JoinSet::new();
        for (source, size) in together {
            *number += 1;
            let source = format!("source-{source}");
            let payload = format!("{number:>10}{}", "x".repeat(usize::from(*size)));
            let journal = journal.clone();
            tasks.spawn(async move {
                let stored: Result<Position, Fault> =
                    journal.append(draft("t", &source, &payload)).await;
                (stored, source, payload)
            });
        }
        while let Some(ended) = tasks.join_next().await {
            let (stored, source, payload) = ended.unwrap();
            if let Ok(position) = stored {
                let before = acknowledged.insert(position, (source, payload));
                assert_eq!(before, None, "position {position} was given twice");
            }
        }
    }
    acknowledged
}

fn judge(all: &[Record], acknowledged: &BTreeMap<Position, (String, String)>) {
    assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position), "out of order");
    let there: BTreeMap<_, _> = all
        .iter()
        .map(|record| {
            let payload = String::from_utf8(record.payload.to_vec()).unwrap();
            (record.position, (record.source.clone(), payload))
        })
        .collect();
    for (position, fact) in acknowledged {
        assert_eq!(there.get(position), Some(fact), "acknowledged, and not there: {position}");
    }
    for source in ["source-0", "source-1", "source-2"] {
        let numbers: Vec<_> = acknowledged
            .values()
            .filter(|(from, _)| from == source)
            .map(|(_, payload)| payload[..10].to_owned())
            .collect();
        assert!(numbers.is_sorted(), "the facts of `{source}` changed places: {numbers:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_there_after_every_power_cut(
        lives in prop::collection::vec(life(), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (mut acknowledged, mut number) = (BTreeMap::new(), 0);
            for life in &lives {
                let disk = FailingDisk::default();
                disk.0.lock().unwrap().plan = life.plan.clone();
                disk.0.lock().unwrap().dead_from = life.dead_from;
                let journal = open_on(&disk, folder.path());
                let stored = live(&journal, life, &mut number).await;
                for position in stored.keys() {
                    assert!(!acknowledged.contains_key(position), "{position} was given twice");
                }
                acknowledged.extend(stored);
                judge(&everything(&journal).await, &acknowledged);
                drop(journal);
                if !life.closed {
                    let _ = std::fs::remove_file(folder.path().join("next"));
                    disk.cut_power(life.keep, life.nonsense);
                }
                judge(&everything(&open(folder.path())).await, &acknowledged);
            }
        });
    }
}
