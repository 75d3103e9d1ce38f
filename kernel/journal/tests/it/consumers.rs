//! Readers with a name.

use crate::{at, draft, fill, open, payloads, small};
use mag_contract::{Timestamp, codes};
use mag_journal::{Damage, Filter, Journal, Limits, Position, Start};
use std::time::Duration;

#[tokio::test]
async fn a_consumer_goes_on_where_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    fill(&journal, 20).await;
    let mut consumer = journal.consumer("mailer", Filter::all(), Start::Oldest).await.unwrap();
    let delivery = consumer.next_batch(8).await.unwrap();
    assert_eq!((delivery.records.len(), delivery.missed), (8, 0));
    consumer.ack(Position(5)).await.unwrap();
    assert_eq!(consumer.next_batch(3).await.unwrap().records[0].position, Position(9));
    drop(consumer);
    drop(journal);
    let journal = open(folder.path());
    let mut consumer = journal.consumer("mailer", Filter::all(), Start::Newest).await.unwrap();
    assert_eq!(consumer.position(), Position(5));
    assert_eq!(consumer.next_batch(1).await.unwrap().records[0].position, Position(6));
    consumer.rewind();
    assert_eq!(consumer.next_batch(1).await.unwrap().records[0].position, Position(6));
}

#[tokio::test]
async fn a_consumer_of_the_newest_sees_what_comes_after_its_first_day_also_when_it_was_away() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    fill(&journal, 3).await;
    drop(journal.consumer("late", Filter::all(), Start::Newest).await.unwrap());
    journal.append(draft("t", "s", "while it was away")).await.unwrap();
    let mut consumer = journal.consumer("late", Filter::all(), Start::Newest).await.unwrap();
    let delivery = consumer.next_batch(10).await.unwrap();
    assert_eq!(payloads(&delivery.records), ["while it was away"]);
    assert_eq!(consumer.try_batch(10).await.unwrap(), None);
    let (delivery, _) =
        tokio::join!(consumer.next_batch(10), journal.append(draft("t", "s", "just now")));
    assert_eq!(payloads(&delivery.unwrap().records), ["just now"]);
}

#[tokio::test]
async fn a_consumer_passes_what_it_does_not_want_and_remembers_that() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    fill(&journal, 30).await;
    let wants = Filter::topic("part");
    let mut consumer = journal.consumer("watch", wants.clone(), Start::Oldest).await.unwrap();
    assert_eq!(consumer.try_batch(10).await.unwrap(), None);
    assert_eq!((consumer.position(), consumer.behind()), (Position(30), 0));
    journal.append(draft("part.crashed", "board", "x")).await.unwrap();
    assert_eq!(consumer.next_batch(10).await.unwrap().records.len(), 1);
    assert_eq!(consumer.behind(), 1);
}

#[tokio::test]
async fn a_consumer_that_was_away_too_long_is_told_how_much_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_age_max: Duration::from_millis(1), ..small() };
    let (journal, _) = Journal::open(folder.path(), limits).unwrap();
    let week = 7 * 24 * 60 * 60 * 1000;
    let mut consumer = journal.consumer("slow", Filter::all(), Start::Oldest).await.unwrap();
    for number in 1..=10 {
        journal.append(at(number * 100, "t", "s", &number.to_string())).await.unwrap();
    }
    consumer.next_batch(2).await.unwrap();
    consumer.ack(Position(2)).await.unwrap();
    journal.sweep(Timestamp(week + 701)).await.unwrap();
    let delivery = consumer.next_batch(10).await.unwrap();
    assert_eq!(
        (delivery.missed, payloads(&delivery.records)),
        (5, vec!["8".into(), "9".into(), "10".into()])
    );
}

#[tokio::test]
async fn a_consumer_cannot_acknowledge_what_it_never_got() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    fill(&journal, 3).await;
    let mut consumer = journal.consumer("eager", Filter::all(), Start::Oldest).await.unwrap();
    assert_eq!(consumer.ack(Position(1)).await.unwrap_err().code(), codes::STATE_CONFLICT);
}

#[tokio::test]
async fn a_consumer_whose_position_is_damaged_begins_again_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("positions").join("mailer");
    for content in ["", "9", "9 00000000", "\u{0}\u{0}", "9 xyz", "99999999999999999999999 1"] {
        let journal = open(folder.path());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, content).unwrap();
        let consumer = journal.consumer("mailer", Filter::all(), Start::Newest).await.unwrap();
        assert_eq!(consumer.position(), Position(0), "{content:?}");
        assert_eq!(journal.damage(), [Damage::Consumer { name: "mailer".into() }], "{content:?}");
    }
}

#[tokio::test]
async fn a_consumer_name_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    for name in ["", "..", "../x", "a/b", ".hidden", "A", "a b", &"x".repeat(65), "x.draft"] {
        let refused = journal.consumer(name, Filter::all(), Start::Oldest).await;
        assert_eq!(refused.err().unwrap().code(), codes::BAD_INPUT, "{name:?}");
    }
}
