//! A consumer over a journal that forgets under its hands.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic and spawn")]

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use mag_contract::journal::{Batch, Journal, Kept, Line, Wanted};
use mag_contract::{Bus, Clock, Fact, Fault, Timestamp, codes};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sold {
    number: u64,
}
impl Fact for Sold {
    const NAME: &'static str = "toy.sold";
    const DURABLE: bool = true;
}

/// Keeps what it gets in memory; forgets up to `forget` when it is read the next time, after it was
/// asked for the oldest position.
#[derive(Default)]
struct Forgetful {
    lines: Mutex<Vec<Line>>,
    oldest: AtomicU64,
    forget: AtomicU64,
    refuse: AtomicU64,
}

impl Journal for Forgetful {
    fn append(&self, line: Line) -> BoxFuture<'static, Result<u64, Fault>> {
        if self.refuse.load(Ordering::SeqCst) > 0 {
            return ready(Err(Fault::new(codes::DISK_FULL, "full"))).boxed();
        }
        let mut lines = self.lines.lock().unwrap();
        lines.push(line);
        ready(Ok(lines.len() as u64)).boxed()
    }
    fn read(&self, from: u64, _: Wanted, max: usize) -> BoxFuture<'static, Result<Batch, Fault>> {
        self.oldest.fetch_max(self.forget.load(Ordering::SeqCst), Ordering::SeqCst);
        if from < self.oldest() {
            return ready(Err(Fault::new(codes::POSITION_GONE, "forgotten"))).boxed();
        }
        let lines = self.lines.lock().unwrap();
        let all = lines.iter().enumerate().map(|(i, l)| (i as u64 + 1, l));
        let kept: Vec<Kept> = all
            .filter(|(position, _)| *position >= from)
            .take(max)
            .map(|(position, line)| Kept { position, line: line.clone() })
            .collect();
        let next = kept.last().map_or(from, |k| k.position + 1);
        ready(Ok(Batch { kept, next })).boxed()
    }
    fn position_at(&self, _: Timestamp) -> BoxFuture<'static, Result<u64, Fault>> {
        ready(Ok(1)).boxed()
    }
    fn oldest(&self) -> u64 {
        self.oldest.load(Ordering::SeqCst).max(1)
    }
    fn newest(&self) -> u64 {
        self.lines.lock().unwrap().len() as u64
    }
    fn past(&self, _: u64) -> BoxFuture<'static, Result<u64, Fault>> {
        std::future::pending().boxed()
    }
    fn finished(&self, _: &str) -> BoxFuture<'static, Result<u64, Fault>> {
        ready(Ok(0)).boxed()
    }
    fn finish(&self, _: &str, _: u64) -> BoxFuture<'static, Result<(), Fault>> {
        ready(Ok(())).boxed()
    }
}

fn bus(journal: &Arc<Forgetful>) -> Bus {
    let bus = Bus::new(Clock::machine());
    tokio::spawn(bus.keep_in(journal.clone()));
    bus
}

#[tokio::test]
async fn a_consumer_goes_on_with_the_oldest_fact_when_its_own_are_forgotten() {
    let journal = Arc::<Forgetful>::default();
    let bus = bus(&journal);
    for number in 1..=6 {
        bus.publish_durably(Sold { number }).await.unwrap();
    }
    journal.forget.store(4, Ordering::SeqCst);
    let mut consumer = bus.consume::<Sold>("till").await.unwrap();
    for number in 4..=6 {
        assert_eq!(consumer.next().await.unwrap().data.number, number);
    }
}

#[tokio::test]
async fn a_consumer_that_was_away_for_too_long_is_told_once_and_goes_on() {
    let journal = Arc::<Forgetful>::default();
    let bus = bus(&journal);
    bus.publish_durably(Sold { number: 1 }).await.unwrap();
    let mut consumer = bus.consume::<Sold>("till").await.unwrap();
    assert_eq!(consumer.next().await.unwrap().data.number, 1);
    for number in 2..=6 {
        bus.publish_durably(Sold { number }).await.unwrap();
    }
    journal.oldest.store(4, Ordering::SeqCst);
    let told = consumer.next().await.unwrap_err();
    assert_eq!(told.code(), codes::POSITION_GONE);
    assert!(told.message().contains("from position 2 to 3"), "{told}");
    assert_eq!(consumer.next().await.unwrap().data.number, 4);
}

#[tokio::test]
async fn a_fact_that_the_disk_refuses_is_counted_and_not_told() {
    let journal = Arc::<Forgetful>::default();
    let bus = bus(&journal);
    journal.refuse.store(1, Ordering::SeqCst);
    bus.publish(Sold { number: 1 });
    let fault = bus.publish_durably(Sold { number: 2 }).await.unwrap_err();
    assert_eq!(fault.code(), codes::DISK_FULL);
    bus.settled().await;
    assert_eq!((bus.counts(), bus.history().len()), ((0, 1), 0));
}

#[tokio::test]
async fn settled_means_that_all_that_was_published_before_is_kept() {
    let journal = Arc::<Forgetful>::default();
    let bus = bus(&journal);
    for number in 0..1_000 {
        bus.publish(Sold { number });
    }
    bus.settled().await;
    assert_eq!((journal.newest(), bus.counts()), (1_000, (1_000, 0)));
}
