//! A log that was cut or changed, a file that may not be written, one that has gone, and one that
//! two processes write: nothing acknowledged is lost unseen, and nothing is made up.

use crate::crash::{child, found, make};
use crate::world::{all_open, plan, script, settings, told};
use mag_adapter::Engine;
use mag_sqlite::{Settings, Sqlite};
use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Places in the log at which it is damaged.
const PLACES: u64 = 30;

/// A file with a log behind it, and what its writers were told to be kept.
async fn killed(file: &Path, after: usize) -> Vec<String> {
    make(file).await;
    let mut writer = child(file, "").spawn().unwrap();
    let mut kept = Vec::new();
    for line in BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((_, key)) = line.split_once("kept ") {
            kept.push(key.to_owned());
        }
        if kept.len() == after {
            writer.kill().unwrap();
        }
    }
    writer.wait().unwrap();
    kept
}

/// Of each of the writers the numbers from 0 on, without a gap.
fn is_a_beginning(found: &HashSet<String>) -> bool {
    let mut of_writer: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for key in found {
        let (writer, n) = key.rsplit_once('-').unwrap();
        of_writer.entry(writer).or_default().push(n.parse().unwrap());
    }
    of_writer.into_values().all(|mut numbers| {
        numbers.sort_unstable();
        numbers.into_iter().enumerate().all(|(wanted, n)| wanted == n)
    })
}

#[tokio::test]
async fn a_log_that_was_cut_or_changed_gives_back_a_beginning_of_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let kept = killed(&file, 400).await;
    let (data, log) = (std::fs::read(&file).unwrap(), folder.path().join("a.db-wal"));
    let log = std::fs::read(log).unwrap();
    let length = u64::try_from(log.len()).unwrap();
    assert!(length > 100_000, "the log has {length} bytes");
    let mut least = kept.len();
    for place in 0..PLACES {
        let at = usize::try_from(length * (place * 2 + 1) / (PLACES * 2)).unwrap();
        let mut damaged = log.clone();
        if place % 2 == 0 {
            damaged.truncate(at);
        } else {
            damaged[at] ^= 0x41;
        }
        let other = tempfile::tempdir().unwrap();
        let file = other.path().join("a.db");
        std::fs::write(&file, &data).unwrap();
        std::fs::write(other.path().join("a.db-wal"), damaged).unwrap();
        let found = found(&file).await;
        assert!(is_a_beginning(&found), "damage at {at} of {length} left a gap");
        least = least.min(found.len());
    }
    // The first damage is near the beginning of the log, so that something must have been lost.
    assert!(least < kept.len());
}

#[tokio::test]
async fn two_processes_write_one_file_and_both_keep_what_they_were_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    make(&file).await;
    let mut other = child(&file, "").spawn().unwrap();
    let engine = Sqlite::open(settings(&file)).await.unwrap();
    let guard = all_open(&engine.inspect(0).await.unwrap());
    let mut kept: HashSet<String> = HashSet::new();
    for n in 0..200 {
        let key = format!("here-{n}");
        let line = format!(r#"insert kept {{"key":"{key}"}}"#);
        engine.run(plan(&guard, &line)).await.unwrap();
        kept.insert(key);
    }
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let mut told = 0;
    for line in lines.map_while(Result::ok) {
        if let Some((_, key)) = line.split_once("kept ") {
            kept.insert(key.to_owned());
            told += 1;
        }
        if told == 50 {
            other.kill().unwrap();
        }
    }
    other.wait().unwrap();
    drop(engine);
    let found = found(&file).await;
    let lost = kept.iter().filter(|key| !found.contains(*key)).count();
    assert!(told >= 50 && lost == 0, "lost {lost} of {}", kept.len());
}

#[cfg(unix)]
#[tokio::test]
async fn a_write_into_a_file_that_has_gone_is_refused() {
    for replaced in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        make(&file).await;
        let engine = Sqlite::open(settings(&file)).await.unwrap();
        let guard = all_open(&engine.inspect(0).await.unwrap());
        let insert =
            |key: &str| engine.run(plan(&guard, &format!(r#"insert kept {{"key":"{key}"}}"#)));
        insert("before").await.unwrap();
        let aside = folder.path().join("aside.db");
        std::fs::rename(&file, &aside).unwrap();
        if replaced {
            std::fs::write(&file, b"").unwrap();
        }
        // What is written now would be in no file that anyone opens.
        let refused = insert("after").await.unwrap_err();
        assert_eq!(told(&refused), "58P01 the database file is not there any more");
        let console = engine.console(script("INSERT INTO kept VALUES ('by hand')")).await;
        assert!(console.is_err());
        std::fs::rename(&aside, &file).unwrap();
        insert("again").await.unwrap();
    }
}

/// Where the other process finds the file that it may not write.
const READ_ONLY: &str = "MAGFLOCK_TEST_SQLITE_READ_ONLY";

/// The other process of the test below. Without a file it has nothing to do.
#[tokio::test]
async fn child_that_may_not_write() {
    let Some(file) = std::env::var_os(READ_ONLY) else { return };
    let say = |what: String| {
        use std::io::Write;
        writeln!(std::io::stdout(), "\ntold {what}").unwrap();
    };
    if let Err(error) = Sqlite::open(Settings::existing(&file, true)).await {
        say(format!("to write {}", told(&error)));
    }
    let engine = Sqlite::open(Settings::existing(&file, false)).await.unwrap();
    let catalog = engine.inspect(0).await.unwrap();
    let guard = all_open(&catalog);
    let read = engine.run(plan(&guard, "read kept?select=key")).await;
    say(format!(
        "read {}",
        read.map_or_else(|error| told(&error), |answer| answer.rows.to_string())
    ));
    let written = engine.run(plan(&guard, r#"insert kept {"key":"x"}"#)).await;
    say(format!("write {}", written.map_or_else(|error| told(&error), |_| "done".into())));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_may_not_be_written_is_read_and_says_so_to_a_writer() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    make(&file).await;
    let program = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&program, 0o755);
    allow(&file, 0o444);
    let mut other = Command::new(&program);
    other
        .args(["--exact", "damage::child_that_may_not_write", "--nocapture"])
        .env(READ_ONLY, &file);
    other.stdout(Stdio::piped()).stderr(Stdio::null()).current_dir("/");
    // Who owns the machine may write everything: then somebody else asks.
    if std::fs::metadata(&file).unwrap().uid() == 0 {
        other.uid(65_534);
    }
    allow(folder.path(), 0o555);
    let output = other.output().unwrap();
    allow(folder.path(), 0o755);
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("told ")).collect();
    let refused = "25006 the source may only be read";
    assert_eq!(lines, [&format!("to write {refused}"), "read 0", &format!("write {refused}")]);
}
