//! The bus: from `publish` to the listener that has it in hand, and how many facts a second.

use crate::sample::Sample;
use mag_contract::hook::{Hook, Terms};
use mag_contract::socket::Backplane;
use mag_contract::{Bus, Clock, Fact, Heard, Socket};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Told {
    number: u64,
    /// Nanoseconds since the bench began.
    at: u64,
}
impl Fact for Told {
    const NAME: &'static str = "bench.told";
}

#[derive(Clone)]
struct Asked(#[expect(dead_code, reason = "something to carry")] u64);
impl Hook for Asked {
    const NAME: &'static str = "bench.asked";
}

struct Plugged;
impl Socket for Plugged {
    type Port = dyn Fn() -> u64 + Send + Sync;
    const NAME: &'static str = "bench.plugged";
}

fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) async fn run() {
    println!("\n## bus");
    for listeners in [1, 10, 1_000] {
        hop(listeners).await;
    }
    rate();
    ask().await;
    jack();
}

/// A hop as a listener sees it: the fact was published, and now it is in my hand. With many
/// listeners the last one waits for all the others before it to be woken.
async fn hop(listeners: usize) {
    let bus = Bus::new(Clock::machine());
    let began = Instant::now();
    let (answers, mut heard) = tokio::sync::mpsc::channel::<Duration>(4_096);
    for _ in 0..listeners {
        let mut facts = bus.subscribe::<Told>();
        let answers = answers.clone();
        tokio::spawn(async move {
            while let Some(Heard::Fact(fact)) = facts.next().await {
                let now = nanos(began.elapsed());
                let _ = answers.send(Duration::from_nanos(now - fact.data.at)).await;
            }
        });
    }
    let rounds: u64 = if listeners > 100 { 300 } else { 20_000 };
    let (mut first, mut each) = (Sample::default(), Sample::default());
    let publisher = tokio::spawn(async move {
        for number in 0..rounds {
            bus.publish(Told { number, at: nanos(began.elapsed()) });
            for n in 0..listeners {
                let took = heard.recv().await.unwrap();
                if n == 0 {
                    first.add(took);
                }
                each.add(took);
            }
        }
        (first, each)
    });
    let (mut first, mut each) = publisher.await.unwrap();
    println!("hop, {listeners:>4} listener(s)   first to hear: {}", first.shown());
    println!("                       every listener: {}", each.shown());
}

fn rate() {
    let bus = Bus::new(Clock::machine());
    let _listener = bus.subscribe::<Told>();
    let facts = 1_000_000u32;
    let began = Instant::now();
    for number in 0..facts {
        bus.publish(Told { number: u64::from(number), at: 0 });
    }
    let each = began.elapsed() / facts;
    println!(
        "publish, not durable   {each:?} each, {:.0} facts/s on one thread",
        1.0 / each.as_secs_f64()
    );
}

async fn ask() {
    let bus = Bus::new(Clock::machine());
    let rounds = 200_000u32;
    let began = Instant::now();
    for n in 0..rounds {
        let _ = bus.ask(Asked(u64::from(n))).await;
    }
    println!("hook without handlers  {:?} each", began.elapsed() / rounds);
    bus.handle(Terms::default(), |asked: Asked| async move { Ok(asked) });
    let rounds = 50_000u32;
    let began = Instant::now();
    for n in 0..rounds {
        let _ = bus.ask(Asked(u64::from(n))).await;
    }
    println!("hook with one handler  {:?} each", began.elapsed() / rounds);
}

fn jack() {
    let board = Backplane::default();
    let port: Arc<dyn Fn() -> u64 + Send + Sync> = Arc::new(|| 1);
    board.commit(1, vec![board.plug::<Plugged>(port)]);
    let jack = board.jack::<Plugged>();
    let rounds = 10_000_000u32;
    let mut sum = 0;
    let began = Instant::now();
    for _ in 0..rounds {
        if let Ok(port) = jack.get() {
            sum += port();
        }
    }
    println!("Jack::get and a call   {:?} each ({sum} calls)", began.elapsed() / rounds);
}
