//! How many facts a second this disk acknowledges, with 1 and with 64 callers at once.
//! `cargo run --release -p mag-journal --example durable_appends`
#![expect(clippy::print_stdout, reason = "an example shows what it measured")]

use bytes::Bytes;
use mag_contract::Timestamp;
use mag_journal::{Draft, Journal, Limits};
use tokio::time::Instant;

const SECONDS: f64 = 2.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    for callers in [1, 64] {
        let folder = std::env::current_dir()?.join("target").join("durable_appends");
        std::fs::create_dir_all(&folder)?;
        let folder = folder.join(format!("{}-{callers}", std::process::id()));
        let (journal, _) = Journal::open(&folder, Limits::default())?;
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let journal = journal.clone();
            tasks.spawn(async move {
                while begun.elapsed().as_secs_f64() < SECONDS {
                    let draft = Draft {
                        at: Timestamp(1),
                        topic: "row.changed".into(),
                        source: format!("caller-{caller}"),
                        payload: Bytes::from_static(&[b' '; 200]),
                    };
                    if let Err(fault) = journal.append(draft).await {
                        println!("{fault:?}");
                        break;
                    }
                }
            });
        }
        while tasks.join_next().await.is_some() {}
        let (stats, took) = (journal.stats(), begun.elapsed().as_secs_f64());
        println!(
            "{callers:>3} callers: {:>9.0} facts/s acknowledged, {:.1} facts a sync",
            f64::from(u32::try_from(stats.appended)?) / took,
            f64::from(u32::try_from(stats.appended)?) / f64::from(u32::try_from(stats.syncs)?),
        );
        drop(journal);
        let begun = Instant::now();
        let (journal, report) = Journal::open(&folder, Limits::default())?;
        println!("    opened {} segments in {:?}", report.segments, begun.elapsed());
        drop(journal);
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}
