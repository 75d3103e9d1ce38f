//! Durable facts: published, on disk, acknowledged.

use crate::sample::Sample;
use mag_journal::{Draft, Journal, Limits};
use std::time::{Duration, Instant};

const SECONDS: u64 = 3;

pub(crate) async fn run() {
    println!("\n## durable facts (fdatasync before the answer)");
    for callers in [1, 16, 64] {
        let folder = tempfile::tempdir_in(".").unwrap();
        let (journal, _) = Journal::open(folder.path(), Limits::default()).unwrap();
        let began = Instant::now();
        let end = began + Duration::from_secs(SECONDS);
        let mut tasks = vec![];
        for caller in 0..callers {
            let journal = journal.clone();
            tasks.push(tokio::spawn(async move {
                let mut sample = Sample::default();
                let mut count = 0u64;
                while Instant::now() < end {
                    let draft = Draft {
                        at: mag_contract::Clock::machine().now(),
                        topic: "bench.written".into(),
                        source: format!("caller-{caller}"),
                        payload: vec![b'x'; 200].into(),
                    };
                    let began = Instant::now();
                    journal.append(draft).await.unwrap();
                    sample.add(began.elapsed());
                    count += 1;
                }
                (count, sample)
            }));
        }
        let (mut count, mut p99) = (0, Duration::ZERO);
        for task in tasks {
            let (n, mut sample) = task.await.unwrap();
            count += n;
            p99 = p99.max(sample.at(0.99));
        }
        let rate = count / SECONDS;
        let syncs = journal.stats().syncs;
        println!(
            "{callers:>3} caller(s)          {rate:>8} facts/s  slowest p99 {p99:>9.1?}  {syncs} syncs"
        );
        journal.close().await;
    }
}
