//! Folders as a bad disk or a person with a file manager leaves them.

use crate::{draft, everything, fill, open, segments, small};
use mag_contract::codes;
use mag_journal::{Damage, Filter, Journal, Position, Record};
use proptest::prelude::*;
use std::path::Path;

async fn filled(folder: &Path, count: u64) -> Vec<Record> {
    let journal = open(folder);
    fill(&journal, count).await;
    everything(&journal).await
}

#[tokio::test]
async fn a_torn_end_is_cut_at_the_last_whole_record_and_no_position_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let all = filled(folder.path(), 3).await;
    let file = segments(folder.path()).pop().unwrap();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    let (journal, report) = Journal::open(folder.path(), small()).unwrap();
    assert!(!report.clean);
    assert!(report.cut_bytes > 60, "{report:?}");
    let cut_bytes = report.cut_bytes;
    assert_eq!(report.damage, [Damage::TornTail { file, cut_bytes }]);
    assert_eq!(everything(&journal).await, all[..2]);
    let position = journal.append(draft("t", "s", "after")).await.unwrap();
    assert!(position > Position(3), "{position} was given before");
}

#[tokio::test]
async fn a_damaged_stretch_in_an_old_segment_is_set_aside_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let all = filled(folder.path(), 40).await;
    let file = &segments(folder.path())[1];
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(file, bytes).unwrap();
    let (journal, report) = Journal::open(folder.path(), small()).unwrap();
    assert_eq!(report.damage, vec![], "an old segment is read when somebody asks for it");
    let left = everything(&journal).await;
    assert_eq!(left.len(), 39);
    assert!(left.iter().all(|record| all.contains(record)));
    let damage = journal.damage();
    assert!(
        matches!(&damage[..], [Damage::Stretch { copy: Some(copy), .. }] if copy.is_file()),
        "{damage:?}"
    );
    assert_eq!(journal.check().await.unwrap(), damage);
}

#[tokio::test]
async fn foreign_and_empty_files_are_reported_and_the_opening_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let all = filled(folder.path(), 3).await;
    let put =
        |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    put("notes.txt", b"mine");
    put("00000000000000000002.facts", &[b'x'; 5000]);
    put("00000000000000000500.facts", b"");
    std::fs::create_dir(folder.path().join("00000000000000000600.facts")).unwrap();
    let (journal, mut report) = Journal::open(folder.path(), small()).unwrap();
    report.damage.sort_by_key(|damage| format!("{damage:?}"));
    let kinds: Vec<_> = report
        .damage
        .iter()
        .map(|damage| format!("{damage:?}").split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["Empty", "Foreign", "Unknown", "Unknown"], "{:?}", report.damage);
    assert_eq!(everything(&journal).await, all);
    assert!(journal.append(draft("t", "s", "")).await.unwrap() >= Position(500));
    assert!(folder.path().join("notes.txt").is_file());
    assert!(folder.path().join("00000000000000000002.facts.damaged").is_file());
}

#[tokio::test]
async fn a_deleted_segment_costs_its_own_facts_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 40).await;
    let files = segments(folder.path());
    std::fs::remove_file(&files[1]).unwrap();
    let journal = open(folder.path());
    let left = everything(&journal).await;
    assert!(left.len() > 20 && left.len() < 40);
    assert!(
        matches!(journal.check().await.unwrap()[..], [Damage::Hole { .. }]),
        "{:?}",
        journal.damage()
    );
    // And one that goes while the journal is open.
    std::fs::remove_file(&files[2]).unwrap();
    assert!(everything(&journal).await.len() < left.len());
    assert!(journal.damage().contains(&Damage::Vanished { file: files[2].clone() }));
}

#[tokio::test]
async fn positions_go_on_when_all_segments_were_deleted() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 9).await;
    for file in segments(folder.path()) {
        std::fs::remove_file(file).unwrap();
    }
    let journal = open(folder.path());
    let gone = journal.read(Position(3), Filter::all(), 1).await.unwrap_err();
    assert_eq!(gone.code(), codes::POSITION_GONE);
    assert_eq!(journal.append(draft("t", "s", "")).await.unwrap(), Position(10));
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_a_clear_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let fault = Journal::open(&file.join("journal"), small()).err().unwrap();
    assert_eq!(fault.code(), codes::NOT_WRITABLE, "{fault:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to the bytes, what is read was written, in order, and new facts get new positions.
    #[test]
    fn no_damage_makes_up_facts_or_stops_the_journal(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8), 1..6),
        hint_too in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let all = filled(folder.path(), 30).await;
            if hint_too {
                std::fs::write(folder.path().join("next"), "x y z").unwrap();
            }
            for (which, place, how) in hits {
                let files = segments(folder.path());
                if files.is_empty() {
                    break;
                }
                let file = which.get(&files);
                let mut bytes = std::fs::read(file).unwrap();
                if bytes.is_empty() {
                    continue;
                }
                let at = place.index(bytes.len());
                match how {
                    0 => bytes.truncate(at),
                    1 => bytes[at] ^= 1,
                    2 => bytes[at..].fill(0),
                    3 => drop(bytes.drain(at..(at + 40).min(bytes.len()))),
                    _ => {
                        let copy = bytes[at..].to_vec();
                        bytes.extend(copy);
                    }
                }
                std::fs::write(file, bytes).unwrap();
            }
            for _ in 0..2 {
                let (journal, _) = Journal::open(folder.path(), small()).unwrap();
                let left = everything(&journal).await;
                assert!(left.windows(2).all(|pair| pair[0].position < pair[1].position));
                assert!(left.iter().all(|record| all.contains(record) || record.topic == "new"));
                let fresh = journal.append(draft("new", "s", "")).await.unwrap();
                assert!(left.iter().all(|record| record.position < fresh));
                let after = everything(&journal).await;
                assert_eq!(after.len(), left.len() + 1);
                assert_eq!(after.last().unwrap().position, fresh);
            }
        });
    }
}
