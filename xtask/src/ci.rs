//! `cargo xtask ci`: everything that must hold before a change is taken, one step after the
//! other, each with its time. The tests come last, so their verdict is the last one read.

use crate::{Done, book, shell, tidy};
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Older build folders of other lockfiles are removed: three cover a branch, its base and a bisect.
const KEPT_FOLDERS: usize = 3;
/// The file in a build folder that tells when it was used last, and that a run holds.
const MARK: &str = "last-used";
/// Two TLS stacks in one binary are two sets of holes: rustls with ring is the only one.
const UNWANTED: [&str; 2] = ["aws-lc-rs", "openssl-sys"];

pub fn ci(root: &Path) -> Done {
    // Held to the end, so that no other run puts its binaries in the place of ours.
    let held = target_folder(root);
    let target = held.as_ref().map(|(folder, _)| folder.clone());
    if let Some(folder) = &target {
        println!("building in {}", folder.display());
    }
    let own = std::env::current_exe().map_err(|e| format!("cannot find myself: {e}"))?;
    let cargo = |words: &[&str]| with_target(shell::cargo(root, words), target.as_deref());
    // A verb of our own that builds runs as its own process, to hand it the target folder.
    let verb = |verb: &str| with_target(Command::new(&own), target.as_deref()).arg(verb).status();

    let mut times = Times::default();
    times.step("fmt", || shell::run(&mut cargo(&["fmt", "--all", "--check"])))?;
    times.step("clippy", || {
        let words = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        shell::run(&mut cargo(&words))
    })?;
    times.step("tidy", || tidy::show(root))?;
    times.step("book", || book::book(root))?;
    times.step("dependencies", || dependencies(root))?;
    times.step("test", || match verb("test") {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the tests failed ({status})")),
        Err(e) => Err(format!("the tests do not start: {e}")),
    })?;
    println!("\n{}", times.table());
    Ok(())
}

fn dependencies(root: &Path) -> Done {
    for name in UNWANTED {
        if let Ok(users) = shell::ask(&mut shell::cargo(root, &["tree", "--workspace", "-i", name]))
            && !users.trim().is_empty()
        {
            return Err(format!("`{name}` came in through a dependency:\n{users}"));
        }
    }
    println!("no {}", UNWANTED.join(", no "));
    if shell::ask(&mut shell::cargo(root, &["deny", "--version"])).is_err() {
        println!("skipped: `cargo deny check` (cargo-deny is not installed)");
        return Ok(());
    }
    shell::run(&mut shell::cargo(root, &["deny", "check", "licenses", "bans", "sources"]))
}

#[derive(Default)]
struct Times(Vec<(&'static str, Duration)>);

impl Times {
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Done) -> Done {
        println!("\n== {name}");
        let begun = now();
        let done = work();
        let took = now().duration_since(begun).unwrap_or_default();
        self.0.push((name, took));
        println!(
            "-- {name} {} in {:.1} s",
            if done.is_ok() { "ok" } else { "failed" },
            took.as_secs_f32()
        );
        done
    }
    fn table(&self) -> String {
        let all: Duration = self.0.iter().map(|(_, took)| *took).sum();
        let rows = self.0.iter().map(|(name, took)| (*name, *took)).chain([("all", all)]);
        let rows: Vec<_> =
            rows.map(|(name, took)| format!("{name:<14}{:>8.1} s", took.as_secs_f32())).collect();
        rows.join("\n")
    }
}

#[allow(clippy::disallowed_methods, reason = "a build tool has no clock that a test moves")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn with_target(mut command: Command, target: Option<&Path>) -> Command {
    if let Some(folder) = target {
        command.env("CARGO_TARGET_DIR", folder);
    }
    command
}

/// On a CI machine, a folder outside the clone keeps the compiled registry crates between runs.
/// It is keyed by toolchain and lockfile, so nothing stale is ever linked. Without it, or while
/// another run holds it: the usual folder.
fn target_folder(root: &Path) -> Option<(PathBuf, File)> {
    let on_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    if !on_ci || std::env::var_os("CARGO_TARGET_DIR").is_some() {
        return None;
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
    let mut key = DefaultHasher::new();
    shell::ask(Command::new("rustc").arg("-vV")).ok()?.hash(&mut key);
    std::fs::read(root.join("Cargo.lock")).ok()?.hash(&mut key);
    let all = cache.join("magflock-target");
    let folder = all.join(format!("{:016x}", key.finish()));
    std::fs::create_dir_all(&folder).ok()?;
    let mark = File::create(folder.join(MARK)).ok()?;
    mark.try_lock().ok()?;
    // Touched, so that the folder in use is the youngest.
    mark.set_modified(now()).ok()?;
    forget_old(&all);
    Some((folder, mark))
}

fn forget_old(all: &Path) {
    let mut folders: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(all)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let used = entry.path().join(MARK).metadata().ok()?.modified().ok()?;
            Some((used, entry.path()))
        })
        .collect();
    folders.sort();
    for (_, folder) in folders.iter().rev().skip(KEPT_FOLDERS) {
        let idle = File::open(folder.join(MARK)).is_ok_and(|mark| mark.try_lock().is_ok());
        if !idle {
            continue;
        }
        if let Err(e) = std::fs::remove_dir_all(folder) {
            println!("cannot remove the old build folder {}: {e}", folder.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, forget_old};
    use std::fs::File;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn of_many_build_folders_the_youngest_three_stay_and_those_in_use() {
        let all = tempfile::tempdir().expect("a temporary folder");
        let mut marks = vec![];
        for (age, name) in ["young", "second", "third", "old", "old, in use"].iter().enumerate() {
            let folder = all.path().join(name);
            std::fs::create_dir(&folder).expect("a folder");
            let mark = File::create(folder.join(MARK)).expect("a file");
            let seconds = 1_000_000 - age as u64;
            mark.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("a time");
            marks.push(mark);
        }
        marks[4].lock().expect("a lock");
        forget_old(all.path());
        assert!(!all.path().join("old").exists());
        for name in ["young", "second", "third", "old, in use"] {
            assert!(all.path().join(name).exists(), "{name}");
        }
    }
}
