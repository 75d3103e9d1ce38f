//! Whatever was acknowledged is there after the process was killed in the middle of its work.

use crate::world::{all_open, plan, script, settings};
use futures::future::join_all;
use mag_adapter::Engine;
use mag_sqlite::Sqlite;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Where the child finds its file; only the parent sets it.
pub(crate) const FILE: &str = "MAGFLOCK_TEST_SQLITE_FILE";
/// More rounds than the few of an ordinary run.
const ROUNDS: &str = "MAGFLOCK_TEST_CRASH_ROUNDS";

/// The other process of these tests. Without a file it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_writes_until_it_is_killed() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let engine = Arc::new(Sqlite::open(settings(Path::new(&file))).await.unwrap());
    let guard = Arc::new(all_open(&engine.inspect(0).await.unwrap()));
    let begin = std::process::id();
    let writers = (0..16).map(|writer| {
        let (engine, guard) = (engine.clone(), guard.clone());
        async move {
            for n in 0..100_000 {
                let key = format!("{begin}-{writer}-{n}");
                let line = format!(r#"insert kept {{"key":"{key}"}}"#);
                match engine.run(plan(&guard, &line)).await {
                    Ok(_) => say(&format!("kept {key}")),
                    Err(error) => {
                        say(&format!("refused {}", error.state.unwrap_or_default()));
                        return;
                    }
                }
            }
        }
    });
    join_all(writers).await;
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

pub(crate) fn child(file: &Path, before: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{before} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(["--exact", "crash::child_that_writes_until_it_is_killed", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

pub(crate) async fn make(file: &Path) {
    let engine = Sqlite::open(settings(file)).await.unwrap();
    let ddl = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY)";
    engine.console(script(ddl)).await.unwrap();
}

/// The keys that are there, in a file that is sound.
pub(crate) async fn found(file: &Path) -> HashSet<String> {
    let engine = Sqlite::open(settings(file)).await.unwrap();
    let answers =
        engine.console(script("PRAGMA integrity_check; SELECT key FROM kept")).await.unwrap();
    assert_eq!(answers[0].rows[0][0].as_str(), Some("ok"));
    answers[1].rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

/// What a power cut leaves behind the last whole commit is no commit.
#[tokio::test]
async fn a_damaged_tail_of_the_log_costs_nothing_acknowledged() {
    for garbage in [vec![0u8; 3_000], vec![0xa5; 50_000], b"half a frame".to_vec()] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        make(&file).await;
        let mut writer = child(&file, "").spawn().unwrap();
        let mut kept = Vec::new();
        for line in BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some((_, key)) = line.split_once("kept ") {
                kept.push(key.to_owned());
            }
            if kept.len() == 100 {
                writer.kill().unwrap();
            }
        }
        writer.wait().unwrap();
        let log = folder.path().join("a.db-wal");
        let mut log = std::fs::OpenOptions::new().append(true).open(log).unwrap();
        log.write_all(&garbage).unwrap();
        // With the process went what it had in memory of the log.
        std::fs::remove_file(folder.path().join("a.db-shm")).unwrap();
        let found = found(&file).await;
        let lost: Vec<&String> = kept.iter().filter(|key| !found.contains(*key)).collect();
        assert!(kept.len() >= 100 && lost.is_empty(), "lost {} of {}", lost.len(), kept.len());
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|n| n.parse().ok()).unwrap_or(20u64);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    make(&file).await;
    let mut kept: Vec<String> = Vec::new();
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        let mut writer = child(&file, "").spawn().unwrap();
        chance =
            chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = 1 + chance.rotate_right(31) % 400;
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut told = 0;
        let mut killed = false;
        // After the kill, what is still in the pipe was acknowledged as well.
        while let Some(Ok(line)) = lines.next() {
            if let Some(key) = line.split_once("kept ").map(|(_, key)| key) {
                kept.push(key.to_owned());
                told += 1;
            }
            if told >= until && !killed {
                writer.kill().unwrap();
                killed = true;
            }
        }
        assert!(killed, "the child ended by itself in round {round}, after {told} writes");
        writer.wait().unwrap();
        if round % 5 == 4 || round + 1 == rounds {
            let found = found(&file).await;
            let lost: Vec<&String> = kept.iter().filter(|key| !found.contains(*key)).collect();
            assert!(lost.is_empty(), "round {round} lost {} of {}", lost.len(), kept.len());
        }
    }
}
