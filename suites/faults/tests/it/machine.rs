//! A machine that does not play along: taken ports, damaged files, full and read-only disks.

use crate::installation;
use mag_kit::{Installation, until};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_second_board_on_the_same_folder_is_refused_by_name() {
    let here = installation();
    let board = here.boot(&[]);
    let ran = here.run(&["boot"]);
    assert_eq!(ran.code, Some(6), "{}", ran.text());
    assert!(
        ran.text().contains(&board.pid().to_string()) && ran.text().contains("MF4002"),
        "{}",
        ran.text()
    );
    assert_eq!(here.json(&["status"])["status"], "healthy");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_taken_port_costs_the_gate_alone_and_is_named() {
    let here = installation();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("gate.port={}", taken.local_addr().unwrap().port());
    let board = here.begin_boot(&["--set", &port, "--set", "board.restart_pause=10ms"]);
    until("the reason is printed", || here.printed().contains("MF8004"));
    drop(taken);
    drop(board);
}

#[test]
fn damaged_state_is_set_aside_and_the_boot_goes_on() {
    let here = installation();
    assert_eq!(here.boot(&[]).stop(), Some(0));
    for file in ["state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(here.data().join("state").join(file));
    }
    std::fs::write(here.data().join("state/state.db"), b"this was a database once").unwrap();
    let board = here.boot(&[]);
    let report = here.json(&["board:report"]);
    assert!(report.to_string().contains("set aside"), "{report}");
    let kept = std::fs::read_dir(here.data().join("state")).unwrap();
    let names: Vec<String> =
        kept.map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|n| n.contains("damaged")), "{names:?}");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_truncated_journal_keeps_its_whole_facts() {
    let here = installation();
    assert_eq!(here.boot(&[]).stop(), Some(0));
    let segment = newest(&here.data().join("journal"), "facts");
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 7]).unwrap();
    let board = here.boot(&[]);
    let told = || here.json(&["events:replay", "system.boot"])["events"].as_array().unwrap().len();
    until("both boots are told", || told() >= 2);
    assert_eq!(told(), 2);
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn another_users_segment_is_named_and_left_where_it_is() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let here = installation();
    assert_eq!(here.boot(&[]).stop(), Some(0));
    if std::fs::metadata(here.data()).unwrap().uid() != 0 {
        eprintln!("skipped: only root can act as another user");
        return;
    }
    let segment = newest(&here.data().join("journal"), "facts");
    // Where the build lies, another user may not be allowed to look.
    let binary = here.folder().join("mobo");
    std::fs::copy(env!("CARGO_BIN_EXE_suite-faults"), &binary).unwrap();
    let all = Command::new("chown").args(["-R", "65534:65534"]).arg(here.folder()).status();
    assert!(all.unwrap().success());
    chown(&segment, Some(0), Some(0)).unwrap();
    std::fs::set_permissions(&segment, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ran = Command::new(&binary)
        .arg("boot")
        .current_dir(here.folder())
        .env("MAGFLOCK_DATA", here.data())
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && said.contains("MF8005"), "{said}");
    assert!(segment.exists(), "a whole segment was moved");
}

fn newest(folder: &Path, extension: &str) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    files.filter(|f| f.extension().is_some_and(|e| e == extension)).max().unwrap()
}

/// A small disk of its own, where the test may mount one.
struct Disk(PathBuf);

impl Disk {
    fn of(here: &Installation, options: &str) -> Option<Self> {
        let folder = here.data();
        std::fs::create_dir_all(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&folder)
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|s| s.success());
        if !mounted {
            eprintln!("skipped: this user may not mount a disk of its own");
        }
        mounted.then_some(Self(folder))
    }
    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_read_only_folder_is_named_and_nothing_panics() {
    let here = installation();
    let Some(disk) = Disk::of(&here, "size=16m") else { return };
    disk.remount("ro");
    let board = here.begin_boot(&[]);
    assert_eq!(board.ended(), Some(1));
    let said = here.printed();
    assert!(said.contains("MF8005") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_full_disk_refuses_facts_and_the_board_lives_on() {
    let here = installation();
    let Some(disk) = Disk::of(&here, "size=24m") else { return };
    let board = here.boot(&["--set", "parts.scribe=true", "--set", "journal.size_max=1GiB"]);
    let filler = here.data().join("filler");
    let mut size: usize = 24 << 20;
    while size > 4096 {
        // As much as fits, in ever smaller pieces.
        let before = std::fs::metadata(&filler).map_or(0, |m| m.len());
        let mut all = std::fs::read(&filler).unwrap_or_default();
        all.extend(std::iter::repeat_n(0u8, size));
        if std::fs::write(&filler, &all).is_err() {
            let keep = usize::try_from(before).unwrap();
            let _ = std::fs::write(&filler, &all[..keep]);
            size /= 2;
        }
    }
    until("the disk refuses facts", || {
        let (_, text) = board.ask("GET", "/metrics", "", "");
        let line = text.lines().find(|l| l.starts_with("magflock_journal_refused_total"));
        line.and_then(|l| l.rsplit(' ').next()?.parse::<u64>().ok()).is_some_and(|n| n > 0)
    });
    std::fs::remove_file(&filler).unwrap();
    until("there is room, and facts are written again", || {
        let before = here.run(&["events:replay", "scribe", "--limit", "1", "--json"]);
        before.code == Some(0) && here.run(&["status"]).code == Some(0)
    });
    board.kill();
    let board = here.boot(&[]);
    crate::kill::check(&here, 4);
    assert_eq!(board.stop(), Some(0));
    drop(disk);
}

#[test]
fn a_shells_small_limit_of_open_files_is_raised() {
    let here = installation();
    let board = here.boot(&[]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", board.pid())).unwrap();
    let line = limits.lines().find(|l| l.starts_with("Max open files")).unwrap();
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    let hard = numbers.get(1).copied().unwrap_or(u64::MAX);
    assert!(numbers[0] >= hard.min(65_536), "{line}");
    assert_eq!(board.stop(), Some(0));
}
