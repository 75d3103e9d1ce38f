//! The plug is pulled, syncs and writes fail, the disk is full: what the board's own journal and
//! state and its SQLite files have acknowledged is there, and the board says what is wrong.

use crate::clients::{Crowd, Door, TABLE};
use crate::dice::Dice;
use crate::disk::{Disk, Unsynced};
use crate::{facts, rounds};
use mag_kit::Installation;
use rustix::io::Errno;
use std::cell::Cell;
use std::time::Duration;

const SCRIBE: [&str; 2] = ["--set", "parts.scribe=true"];

/// Writes facts for a moment on a disk that fails as `trouble` says, and pulls the plug.
fn round(
    here: &Installation,
    disk: &Disk,
    dice: &mut Dice,
    number: u64,
    trouble: &dyn Fn(&Disk),
) -> usize {
    let run = format!("scribe.run={number}");
    let mut board = here.begin_boot(&[SCRIBE[0], SCRIBE[1], "--set", &run]);
    // One of three is cut off somewhere in its boot.
    if dice.throw(3) != 0 {
        board.until_ready();
        trouble(disk);
    }
    std::thread::sleep(Duration::from_millis(10 + dice.throw(90)));
    board.kill();
    let torn = dice.heads();
    disk.pull_the_plug(if torn { Unsynced::Torn(dice) } else { Unsynced::Lost })
}

fn all_is_there(here: &Installation, disk: &Disk) -> usize {
    let board = here.boot(&[]);
    let acknowledged = facts::check(here).unwrap();
    assert!(acknowledged > 0, "nothing was ever acknowledged: the test tests nothing");
    assert_eq!(here.json(&["status"])["status"], "healthy");
    assert!(here.json(&["audit:verify"])["good"].as_bool().unwrap());
    assert_eq!(board.stop(), Some(0));
    disk.forget_notes();
    acknowledged
}

#[test]
fn what_was_acknowledged_survives_a_pulled_plug() {
    let (here, disk) = Disk::plugged_in();
    let mut dice = Dice(0x5eed_0001);
    let rounds = rounds(20);
    let lost: usize = (0..rounds).map(|n| round(&here, &disk, &mut dice, n, &|_| ())).sum();
    assert!(lost > 0, "no change was ever lost: the plug was in the wall");
    let acknowledged = all_is_there(&here, &disk);
    eprintln!(
        "{acknowledged} acknowledged facts over {rounds} pulled plugs that lost {lost} changes"
    );
}

#[test]
fn what_was_acknowledged_survives_syncs_that_fail() {
    let (here, disk) = Disk::plugged_in();
    let mut dice = Dice(0x5eed_0002);
    let rounds = rounds(12);
    for n in 0..rounds {
        round(&here, &disk, &mut dice, n, &|disk| disk.fail_syncs(3));
    }
    let acknowledged = all_is_there(&here, &disk);
    eprintln!(
        "{acknowledged} acknowledged facts over {rounds} disks of which every third sync fails"
    );
}

#[test]
fn what_was_acknowledged_survives_writes_that_fail() {
    let (here, disk) = Disk::plugged_in();
    let mut dice = Dice(0x5eed_0003);
    let rounds = rounds(12);
    for n in 0..rounds {
        round(&here, &disk, &mut dice, n, &|disk| disk.fail_writes(7, Errno::IO));
    }
    let acknowledged = all_is_there(&here, &disk);
    eprintln!(
        "{acknowledged} acknowledged facts over {rounds} disks of which every seventh write fails"
    );
}

/// The test of the tests: on a disk that says of every sync that it was done, and does none, they
/// find what is lost.
#[test]
fn a_disk_that_lies_about_its_syncs_is_found_out() {
    let (here, disk) = Disk::plugged_in();
    assert_eq!(here.boot(&[]).stop(), Some(0));
    disk.forget_notes();
    let board = here.boot(&SCRIBE);
    mag_kit::until("facts are acknowledged", || {
        std::fs::metadata(here.folder().join("acknowledged-scribe-0")).is_ok_and(|m| m.len() > 1000)
    });
    board.kill();
    assert!(disk.pull_the_plug(Unsynced::LostWithSyncs) > 0);
    let board = here.boot(&[]);
    assert!(facts::check(&here).is_err(), "facts that no disk has were found");
    drop(board);
}

/// A board with a project on a file of SQLite, writers on it, and a disk that does as it is told.
struct Shop {
    here: Installation,
    disk: Disk,
    door: Door,
    crowd: Crowd,
    runtime: tokio::runtime::Runtime,
    /// Faults of the disk that the boards have met.
    met: Cell<i64>,
    /// Keys that were made and acknowledged, in the control plane's own database.
    keys: Cell<usize>,
}

const WRITERS: u64 = 8;

impl Shop {
    fn open() -> Self {
        let (here, disk) = Disk::plugged_in();
        let board = here.boot(&[]);
        let door = Door::make(&here, "files", "sqlite");
        door.sql(&here, TABLE);
        assert_eq!(board.stop(), Some(0));
        disk.forget_notes();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self {
            here,
            disk,
            door,
            crowd: Crowd::default(),
            runtime,
            met: Cell::new(0),
            keys: Cell::new(1),
        }
    }

    /// Writes for a moment, on a disk in this trouble, and pulls the plug.
    fn round(&self, dice: &mut Dice, number: u64, trouble: &dyn Fn(&Disk)) -> usize {
        let board = self.here.boot(&[]);
        Door::of(&self.here, "files");
        self.keys.set(self.keys.get() + 1);
        self.disk.sync_takes_micros(300);
        trouble(&self.disk);
        let told = || self.crowd.count() + self.crowd.refused.lock().unwrap().len();
        let before = told();
        let writers = self.crowd.begin(&self.runtime, &board, &self.door, number, WRITERS);
        mag_kit::until("writers are at work", || {
            told() > before || writers.iter().all(tokio::task::JoinHandle::is_finished)
        });
        std::thread::sleep(Duration::from_millis(30 + dice.throw(120)));
        board.kill();
        for writer in writers {
            self.runtime.block_on(writer).unwrap();
        }
        self.nothing_panicked();
        self.met.set(self.met.get() + self.disk.faults());
        let torn = dice.heads();
        self.disk.pull_the_plug(if torn { Unsynced::Torn(dice) } else { Unsynced::Lost })
    }

    fn nothing_panicked(&self) {
        let logs = std::fs::read_dir(self.here.data().join("logs")).unwrap().flatten();
        for log in logs {
            let text = std::fs::read(log.path()).unwrap();
            let text = String::from_utf8_lossy(&text);
            let line = text.lines().find(|line| line.contains("panic"));
            assert_eq!(line, None);
        }
    }

    fn check_after_faults(&self, what: &str) {
        assert!(self.met.get() > 0, "the disk never failed: the test tests nothing");
        self.check(&format!("{what} ({} failed)", self.met.get()));
    }

    /// Every refusal says what it is about; every acknowledged row is there.
    fn check(&self, what: &str) {
        let board = self.here.boot(&[]);
        self.crowd.check(&self.runtime, &self.door, &board);
        assert!(self.crowd.count() > 0, "nothing was ever acknowledged: the test tests nothing");
        let keys = self.here.json(&["key:list", "--project", "files"]);
        assert_eq!(keys["keys"].as_array().unwrap().len(), self.keys.get(), "{keys}");
        let refused = self.crowd.refused.lock().unwrap();
        for (status, body) in refused.iter() {
            let says: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(*status >= 500 && says["code"].is_string(), "{status} {body}");
        }
        eprintln!("{} acknowledged rows {what}, {} refused", self.crowd.count(), refused.len());
        assert_eq!(board.stop(), Some(0));
    }
}

#[test]
fn rows_that_were_acknowledged_survive_a_pulled_plug() {
    let shop = Shop::open();
    let mut dice = Dice(0x5eed_0004);
    let rounds = rounds(10);
    let lost: usize = (0..rounds).map(|n| shop.round(&mut dice, n, &|_| ())).sum();
    assert!(lost > 0, "no change was ever lost: the plug was in the wall");
    shop.check(&format!("over {rounds} pulled plugs that lost {lost} changes"));
}

#[test]
fn rows_that_were_acknowledged_survive_syncs_that_fail() {
    let shop = Shop::open();
    let mut dice = Dice(0x5eed_0005);
    let rounds = rounds(8);
    for n in 0..rounds {
        shop.round(&mut dice, n, &|disk| disk.fail_syncs(4));
    }
    shop.check_after_faults(&format!("over {rounds} disks of which every fourth sync fails"));
}

#[test]
fn rows_that_were_acknowledged_survive_writes_that_fail() {
    let shop = Shop::open();
    let mut dice = Dice(0x5eed_0006);
    let rounds = rounds(8);
    for n in 0..rounds {
        shop.round(&mut dice, n, &|disk| disk.fail_writes(11, Errno::IO));
    }
    shop.check_after_faults(&format!("over {rounds} disks of which every eleventh write fails"));
}

#[test]
fn a_full_disk_refuses_rows_by_name_and_takes_them_again_when_there_is_room() {
    let shop = Shop::open();
    let board = shop.here.boot(&[]);
    let writers = shop.crowd.begin(&shop.runtime, &board, &shop.door, 0, WRITERS);
    mag_kit::until("rows are acknowledged", || shop.crowd.count() > 100);
    shop.disk.full(true);
    mag_kit::until("rows are refused", || shop.crowd.refused.lock().unwrap().len() > 20);
    // What is there can still be read.
    shop.crowd.check(&shop.runtime, &shop.door, &board);
    shop.disk.full(false);
    let before = shop.crowd.count();
    mag_kit::until("there is room, and rows are taken", || shop.crowd.count() > before + 100);
    shop.crowd.stop();
    for writer in writers {
        shop.runtime.block_on(writer).unwrap();
    }
    for (status, body) in shop.crowd.refused.lock().unwrap().iter() {
        assert!(*status >= 500, "{status} {body}");
        assert!(body.contains("full") || body.contains("space"), "it says what is wrong: {body}");
    }
    board.kill();
    shop.nothing_panicked();
    shop.disk.pull_the_plug(Unsynced::Lost);
    shop.check("around a full disk");
}
