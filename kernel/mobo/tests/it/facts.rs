//! Facts on the bus and in the journal.

use crate::house::*;
use mag_contract::bus::BACKLOG;
use mag_contract::{Clock, Fact, Heard};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sold {
    by: u32,
    number: u32,
}
impl Fact for Sold {
    const NAME: &'static str = "toy.sold";
    const DURABLE: bool = true;
}
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    number: u32,
}
impl Fact for Seen {
    const NAME: &'static str = "toy.seen";
}
/// The topic of `Sold` with another shape: what an older version wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SoldOnce {
    to: String,
}
impl Fact for SoldOnce {
    const NAME: &'static str = "toy.sold";
    const DURABLE: bool = true;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_facts_survive_in_the_order_of_their_source() {
    let house = house("durable", [toy("store")]);
    let session = house.boot().await;
    let publishers: Vec<_> = (0..8u32)
        .map(|by| {
            let bus = session.bus().speaking_as(&format!("seller{by}"), 0);
            tokio::spawn(async move {
                let mut last = 0;
                for number in 0..50 {
                    let position = bus.publish_durably(Sold { by, number }).await.unwrap();
                    assert!(position > last);
                    last = position;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    down(&session).await;
    let session = house.boot().await;
    let kept = facts(&session, "toy.sold").await;
    assert_eq!(kept.len(), 400);
    let mut next = [0u64; 8];
    for fact in &kept {
        let by = fact["data"]["by"].as_u64().unwrap() as usize;
        assert_eq!(fact["data"]["number"], next[by], "out of order in source {by}");
        assert_eq!(fact["source"]["component"], format!("seller{by}"));
        next[by] += 1;
    }
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_of_one_source_are_told_in_order_whether_awaited_or_not() {
    let house = house("told-order", []);
    let session = house.boot().await;
    let mut line = session.bus().subscribe::<Sold>();
    for number in 0..100 {
        if number % 2 == 0 {
            session.bus().publish(Sold { by: 0, number });
        } else {
            session.bus().publish_durably(Sold { by: 0, number }).await.unwrap();
        }
    }
    let mut position = 0;
    for number in 0..100 {
        let Some(Heard::Fact(fact)) = line.next().await else { panic!("missed {number}") };
        assert_eq!(fact.data.number, number);
        assert!(fact.position.unwrap() > position);
        position = fact.position.unwrap();
    }
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_are_replayed_from_a_position_or_a_moment() {
    let clock = Clock::held(1_800_000_000_000);
    let house = house("replay", []).at(clock.clone());
    let session = house.boot().await;
    let mut positions = vec![];
    for number in 0..5 {
        clock.advance(Duration::from_secs(60));
        positions.push(session.bus().publish_durably(Sold { by: 0, number }).await.unwrap());
    }
    let numbers = async |input| {
        let replayed = call(&session, "events:replay", input).await.unwrap();
        let events = replayed["events"].as_array().unwrap().clone();
        events.iter().map(|e| e["fact"]["data"]["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(json!({ "topic": "toy.sold", "from": positions[3] })).await, [3, 4]);
    assert_eq!(numbers(json!({ "topic": "toy.sold", "since": "90s" })).await, [3, 4]);
    assert_eq!(numbers(json!({ "topic": "toy.sold", "limit": 2 })).await, [0, 1]);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_goes_on_after_a_restart_where_it_had_finished() {
    let house = house("consumer", []);
    let session = house.boot().await;
    for number in 0..4 {
        session.bus().publish_durably(Sold { by: 0, number }).await.unwrap();
    }
    let mut consumer = session.bus().consume::<Sold>("till").await.unwrap();
    for number in 0..3 {
        let fact = consumer.next().await.unwrap();
        assert_eq!(fact.data.number, number);
        if number < 2 {
            consumer.finish(fact.position.unwrap()).await.unwrap();
        }
    }
    down(&session).await;
    drop((consumer, session));
    let session = house.boot().await;
    let mut consumer = session.bus().consume::<Sold>("till").await.unwrap();
    // Number 2 was seen and not finished: it is told again.
    for number in 2..4 {
        assert_eq!(consumer.next().await.unwrap().data.number, number);
    }
    let waiting = tokio::spawn(async move { consumer.next().await.unwrap().data.number });
    session.bus().publish_durably(Sold { by: 0, number: 9 }).await.unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap(), 9);
    let mut other = session.bus().consume::<Sold>("another").await.unwrap();
    assert_eq!(other.next().await.unwrap().data.number, 0, "a new name begins at the beginning");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_fact_is_told_once_and_passed() {
    let house = house("unreadable", []);
    let session = house.boot().await;
    session.bus().publish_durably(SoldOnce { to: "bob".into() }).await.unwrap();
    session.bus().publish_durably(Sold { by: 0, number: 1 }).await.unwrap();
    let mut consumer = session.bus().consume::<Sold>("till").await.unwrap();
    let fault = consumer.next().await.unwrap_err();
    assert!(fault.message().contains("unreadable"), "{fault:?}");
    assert_eq!(consumer.next().await.unwrap().data.number, 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_is_ahead_of_a_new_journal_hears_all_of_it() {
    let house = house("new-journal", []);
    let session = house.boot().await;
    for number in 0..50 {
        session.bus().publish_durably(Sold { by: 0, number }).await.unwrap();
    }
    let mut consumer = session.bus().consume::<Sold>("till").await.unwrap();
    for _ in 0..50 {
        let fact = consumer.next().await.unwrap();
        consumer.finish(fact.position.unwrap()).await.unwrap();
    }
    down(&session).await;
    drop((consumer, session));
    std::fs::remove_dir_all(house.folder.path().join("journal")).unwrap();
    let session = house.boot().await;
    session.bus().publish_durably(Sold { by: 0, number: 7 }).await.unwrap();
    let mut consumer = session.bus().consume::<Sold>("till").await.unwrap();
    let fact = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("it does not wait");
    assert_eq!(fact.unwrap().data.number, 7);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_bounded_and_a_slow_listener_is_told_what_it_missed() {
    let house = house("slow", []);
    let session = house.boot().await;
    let mut slow = session.bus().subscribe::<Seen>();
    let count = u32::try_from(BACKLOG).unwrap() + 1_000;
    for number in 0..count {
        session.bus().publish(Seen { number });
    }
    assert!(matches!(slow.next().await, Some(Heard::Missed(1_000))));
    let Some(Heard::Fact(fact)) = slow.next().await else { panic!("a fact comes next") };
    assert_eq!(fact.data.number, 1_000);
    let history = session.bus().history();
    assert_eq!(history.len(), 1_000);
    assert_eq!(history.last().unwrap().to_json()["data"]["number"], count - 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_follows_the_bus_hears_each_fact_once_beginning_with_the_past() {
    let house = house("tail", []);
    let session = house.boot().await;
    let bus = session.bus().clone();
    let telling = tokio::spawn(async move {
        for number in 0..500 {
            bus.publish(Seen { number });
            tokio::task::yield_now().await;
        }
    });
    let input = json!({ "topic": "toy.seen", "last": 1_000 });
    let mut running = session.desk().call(order("events:tail", input));
    let mut next = 0;
    while next < 500 {
        let step = tokio::time::timeout(PATIENCE, running.steps.recv()).await.unwrap().unwrap();
        let Some(item) = step.item else { continue };
        assert_eq!(item["fact"]["data"]["number"], next);
        next += 1;
    }
    telling.await.unwrap();
    running.cancel.send(true).unwrap();
    assert_eq!(running.answer.await.unwrap().unwrap()["told"], 500);
    down(&session).await;
}
