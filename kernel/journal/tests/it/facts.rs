//! Appending, reading, waiting, forgetting.

use crate::failing_disk::FailingDisk;
use crate::{at, draft, everything, fill, open, payloads, segments, small};
use mag_contract::{Timestamp, codes};
use mag_journal::{Filter, Journal, Limits, Position};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn facts_are_read_in_the_order_they_were_appended_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    fill(&journal, 50).await;
    let before = everything(&journal).await;
    assert_eq!(before.len(), 50);
    assert!(before.iter().zip(1..).all(|(record, n)| record.position == Position(n)));
    assert!(segments(folder.path()).len() > 3, "the facts should fill several segments");
    drop(journal);
    let (journal, report) = Journal::open(folder.path(), small()).unwrap();
    assert!(report.clean, "{report:?}");
    assert_eq!((report.newest, report.damage), (Position(50), vec![]));
    assert_eq!(everything(&journal).await, before);
    assert_eq!(journal.append(draft("t", "s", "")).await.unwrap(), Position(51));
}

#[tokio::test]
async fn a_new_journal_is_empty_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, report) = Journal::open(&folder.path().join("journal"), small()).unwrap();
    assert!(report.clean);
    assert_eq!((journal.oldest(), journal.newest()), (Position(1), Position(0)));
    assert_eq!(everything(&journal).await, vec![]);
    let ahead = journal.read(Position(900), Filter::all(), 10).await.unwrap();
    assert_eq!((ahead.records.len(), ahead.next), (0, Position(900)));
}

#[tokio::test]
async fn each_source_keeps_its_order_among_many() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(folder.path(), Limits::default()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for source in 0..32 {
        let journal = journal.clone();
        tasks.spawn(async move {
            for number in 0..20 {
                let source = format!("source-{source}");
                journal.append(draft("t", &source, &format!("{number:02}"))).await.unwrap();
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let all = everything(&journal).await;
    assert_eq!(all.len(), 640);
    for source in 0..32 {
        let source = format!("source-{source}");
        let own: Vec<_> = all.iter().filter(|record| record.source == source).cloned().collect();
        let expected: Vec<_> = (0..20).map(|number| format!("{number:02}")).collect();
        assert_eq!(payloads(&own), expected, "{source}");
    }
    assert_eq!(journal.stats().appended, 640);
}

#[tokio::test]
async fn positions_follow_the_calls_whatever_is_awaited_first() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let first = journal.append(draft("t", "s", "first"));
    let second = journal.append(draft("t", "s", "second"));
    assert_eq!(second.await.unwrap(), Position(2));
    assert_eq!(first.await.unwrap(), Position(1));
    let third = journal.append(draft("t", "s", "third"));
    drop(journal);
    assert_eq!(third.await.unwrap(), Position(3), "the last handle waits for what was handed in");
}

#[tokio::test]
async fn facts_that_wait_for_a_slow_disk_share_one_sync() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FailingDisk::default();
    let (journal, _) =
        Journal::open_on(Arc::new(disk.clone()), folder.path(), Limits::default()).unwrap();
    journal.append(draft("t", "s", "the first")).await.unwrap();
    let syncs = journal.stats().syncs;
    disk.while_it_hangs(|| {
        for _ in 0..300 {
            journal.append_nowait(draft("t", "s", "x")).unwrap();
        }
    });
    journal.flush().await.unwrap();
    assert_eq!(journal.stats().appended, 301);
    assert!(journal.stats().syncs - syncs <= 2, "{:?}", journal.stats());
}

#[tokio::test]
async fn a_queue_that_is_full_refuses_those_who_do_not_wait_and_loses_none_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FailingDisk::default();
    let limits = Limits { queue: 4, ..Limits::default() };
    let (journal, _) = Journal::open_on(Arc::new(disk.clone()), folder.path(), limits).unwrap();
    let mut taken = 0;
    disk.while_it_hangs(|| {
        // The writer may hold one queue of facts already, and another one waits.
        for _ in 0..1000 {
            match journal.append_nowait(draft("t", "s", "x")) {
                Ok(()) => taken += 1,
                Err(fault) => assert_eq!(fault.code(), codes::JOURNAL_BUSY),
            }
        }
    });
    assert!((4..1000).contains(&taken), "{taken}");
    journal.flush().await.unwrap();
    assert_eq!(everything(&journal).await.len(), taken);
}

#[tokio::test]
async fn a_filter_shows_what_is_wanted_and_where_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    for number in 1..=40 {
        let topic = if number % 10 == 0 { "part.crashed" } else { "row.changed" };
        let source = if number % 2 == 0 { "board" } else { "ds" };
        journal.append(draft(topic, source, &number.to_string())).await.unwrap();
    }
    let read = |from: u64, filter: Filter, max| {
        let journal = &journal;
        async move {
            let batch = journal.read(Position(from), filter, max).await.unwrap();
            format!("{} → {}", payloads(&batch.records).join(" "), batch.next)
        }
    };
    assert_eq!(read(0, Filter::topic("part"), 9).await, "10 20 30 40 → 41");
    assert_eq!(read(11, Filter::topic("part.crashed"), 2).await, "20 30 → 31");
    assert_eq!(read(36, Filter::topic("row"), 9).await, "36 37 38 39 → 41");
    assert_eq!(read(1, Filter::topic("par"), 9).await, " → 41");
    let ds = Filter { sources: vec!["ds".into()], ..Filter::all() };
    assert_eq!(read(36, ds, 9).await, "37 39 → 41");
    assert_eq!(read(41, Filter::all(), 9).await, " → 41");
}

#[tokio::test]
async fn a_follower_wakes_up_when_a_fact_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut newest = journal.watch();
    let (seen, _) = tokio::join!(
        async { *newest.wait_for(|newest| *newest >= Position(1)).await.unwrap() },
        journal.append(draft("t", "s", "x")),
    );
    assert_eq!(seen, Position(1));
}

#[tokio::test]
async fn a_fact_that_is_too_large_or_has_no_topic_is_refused_before_it_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let huge = " ".repeat(mag_journal::PAYLOAD_MAX + 1);
    let refused = journal.append(draft("t", "s", &huge)).await.unwrap_err();
    assert_eq!(refused.code(), codes::FACT_TOO_LARGE);
    assert_eq!(journal.append(draft("", "s", "")).await.unwrap_err().code(), codes::BAD_INPUT);
    assert_eq!(journal.append_nowait(draft("t", "", "")).unwrap_err().code(), codes::BAD_INPUT);
    let largest = " ".repeat(mag_journal::PAYLOAD_MAX);
    journal.append(draft("t", "s", &largest)).await.unwrap();
    assert_eq!(payloads(&everything(&journal).await), [largest]);
}

#[tokio::test]
async fn old_segments_are_swept_and_their_positions_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let day = 24 * 60 * 60 * 1000;
    let limits = Limits { segment_age_max: Duration::from_secs(60), ..small() };
    let (journal, _) = Journal::open(folder.path(), limits).unwrap();
    for number in 0..10 {
        journal.append(at(number * day, "t", "s", &number.to_string())).await.unwrap();
    }
    assert_eq!(segments(folder.path()).len(), 10, "a segment is begun when the last is old");
    let swept = journal.sweep(Timestamp(10 * day)).await.unwrap();
    assert_eq!((swept.segments, swept.oldest), (3, Position(4)));
    assert_eq!(segments(folder.path()).len(), 7);
    let gone = journal.read(Position(2), Filter::all(), 10).await.unwrap_err();
    assert_eq!((gone.code(), gone.details_text()), (codes::POSITION_GONE, Some("oldest=4")));
    assert_eq!(everything(&journal).await[0].position, Position(4));
    // The newest segment stays, however old it is: positions must never begin again.
    journal.sweep(Timestamp(1000 * day)).await.unwrap();
    assert_eq!(payloads(&everything(&journal).await), ["9"]);
    drop(journal);
    let (journal, _) = Journal::open(folder.path(), limits).unwrap();
    assert_eq!(journal.append(draft("t", "s", "")).await.unwrap(), Position(11));
}

#[tokio::test]
async fn a_journal_that_is_too_large_forgets_its_oldest_segments_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { bytes_max: Some(3000), ..small() };
    let (journal, _) = Journal::open(folder.path(), limits).unwrap();
    fill(&journal, 60).await;
    drop(journal);
    let (journal, _) = Journal::open(folder.path(), limits).unwrap();
    journal.sweep(Timestamp(1_000)).await.unwrap();
    assert!(journal.stats().bytes <= 3000);
    assert!(journal.oldest() > Position(20));
    let all = everything(&journal).await;
    assert_eq!(all.first().unwrap().position, journal.oldest());
    assert_eq!(all.last().unwrap().position, Position(60));
}

#[tokio::test]
async fn facts_are_found_by_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    for number in 1..=100 {
        journal.append(at(number * 10, "t", "s", &format!("{number:>40}"))).await.unwrap();
    }
    check_times(&journal).await;
    drop(journal);
    check_times(&open(folder.path())).await;
}

async fn check_times(journal: &Journal) {
    for (time, expected) in [(0, 1), (10, 1), (11, 2), (555, 56), (1000, 100), (1001, 101)] {
        let found = journal.position_at(Timestamp(time)).await.unwrap();
        assert_eq!(found, Position(expected), "{time}");
    }
}

#[tokio::test]
async fn a_closed_journal_takes_no_facts_and_has_kept_the_ones_before() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    journal.append_nowait(draft("t", "s", "kept")).unwrap();
    journal.close().await;
    assert_eq!(journal.append(draft("t", "s", "")).await.unwrap_err().code(), codes::DRAINING);
    assert_eq!(payloads(&everything(&journal).await), ["kept"]);
}
