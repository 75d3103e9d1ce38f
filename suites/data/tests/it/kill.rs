//! `kill -9` under concurrent writes, on a file of SQLite and on the managed PostgreSQL: the next
//! board has everything that somebody was told.

use crate::clients::{Crowd, Door, TABLE};
use crate::dice::Dice;
use crate::{installation, rounds};
use mag_kit::Installation;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const WRITERS: u64 = 8;

#[test]
fn rows_that_were_acknowledged_survive_every_kill() {
    let here = installation();
    let board = here.boot(&[]);
    let mut doors = vec![Door::make(&here, "files", "sqlite")];
    if mag_kit::postgres::programs().is_some() {
        doors.push(Door::make(&here, "server", "postgres"));
    }
    for door in &doors {
        door.sql(&here, TABLE);
    }
    drop(board);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let crowds: Vec<Crowd> = doors.iter().map(|_| Crowd::default()).collect();
    let mut dice = Dice(0x5eed_beef);
    let (rounds, began) = (rounds(10), Instant::now());
    for round in 0..rounds {
        let board = here.boot(&[]);
        let mut writers = Vec::new();
        doors.iter().for_each(|door| door.until_open(&board));
        for (door, crowd) in doors.iter().zip(&crowds) {
            writers.extend(crowd.begin(&runtime, &board, door, round, WRITERS));
        }
        mag_kit::until("writers are at work", || crowds.iter().all(|c| c.wrote_in(round)));
        std::thread::sleep(Duration::from_millis(dice.throw(300)));
        board.kill();
        // Every other time the machine takes the server down as well.
        if dice.heads() {
            kill_server(&here);
        }
        for writer in writers {
            runtime.block_on(writer).unwrap();
        }
    }
    let took = began.elapsed();
    let board = here.boot(&[]);
    for (door, crowd) in doors.iter().zip(&crowds) {
        door.until_open(&board);
        crowd.check(&runtime, door, &board);
        assert!(crowd.count() > 0, "`{}`: nothing was ever acknowledged", door.project);
        let refused = crowd.refused.lock().unwrap();
        let unclear =
            refused.iter().find(|(status, body)| *status != 503 || !body.contains("code"));
        assert_eq!(unclear, None, "a refusal while a server starts is a 503 that says why");
        eprintln!(
            "{}: {} acknowledged rows over {rounds} kills in {took:.0?}",
            door.project,
            crowd.count()
        );
    }
    assert!(here.json(&["audit:verify"])["good"].as_bool().unwrap());
    assert_eq!(board.stop(), Some(0));
}

/// All processes that work in the folder of the managed PostgreSQL.
pub(crate) fn kill_server(here: &Installation) {
    let base = std::fs::canonicalize(here.data().join("postgresql")).unwrap_or_default();
    let works_there = |process: &Path| {
        std::fs::read_link(process.join("cwd"))
            .is_ok_and(|cwd| !base.as_os_str().is_empty() && cwd.starts_with(&base))
    };
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        if works_there(&entry.path()) {
            let _ = Command::new("kill").arg("-9").arg(entry.file_name()).output();
        }
    }
}
