//! MagFlock on SQLite beside PocketBase and a bare axum + rusqlite handler.

use crate::bare::{Bare, Reads};
use crate::compare::{Pace, Subject, compare, memory, own_goals};
use crate::goals::Goals;
use crate::magflock::{self, PROJECT};
use crate::pocketbase;
use crate::schema::{GRANTS, POLICIES, on_sqlite};
use crate::work::{Dialect, Work};
use mag_kit::Installation;

pub(crate) fn run(works: &[Work], pace: Pace, goals: &mut Goals) {
    println!("\n# SQLite (WAL, synchronous = FULL)");
    let here = magflock::installation();
    let board = here.boot(&[]);
    fill(&here);
    let dialect = magflock::dialect(&here);
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::on_sqlite(&folder.path().join("bare.db"), Reads::Calls);
    let mapped = Bare::on_sqlite(&folder.path().join("mapped.db"), Reads::Memory);
    let peer = pocketbase::start();
    let mut subjects = vec![
        Subject::http("MagFlock", magflock::address(&board), board.pid(), dialect),
        Subject::http("bare axum + rusqlite", bare.at, bare.pid(), Dialect::Bare),
        // For comparison alone: what it maps is its memory, of which MagFlock may not have so much.
        Subject::http("the same, its file mapped", mapped.at, mapped.pid(), Dialect::Bare),
    ];
    match &peer {
        Ok(peer) => {
            let name = "PocketBase (not durable)";
            subjects.push(Subject::http(name, peer.at, peer.pid(), Dialect::PocketBase));
        }
        Err(why) => println!("PocketBase is left out: {why}"),
    }
    for work in works {
        let found = compare(*work, &subjects, pace);
        own_goals("SQLite", *work, &found, goals);
        for (connections, found) in &found {
            let share = found[0].rate / found[1].rate;
            let goal = format!(
                "SQLite {}, {connections} connections: ≥ 70 % of the bare handler",
                work.word()
            );
            goals.add(goal, format!("{:.0} %", share * 100.0), share >= 0.7);
            if let Some(peer) = found.get(3) {
                let times = found[0].rate / peer.rate;
                let goal =
                    format!("SQLite {}, {connections} connections: ≥ 5 × PocketBase", work.word());
                goals.add(goal, format!("{times:.1} ×"), times >= 5.0);
            }
        }
    }
    memory("SQLite", &subjects, goals);
}

fn fill(here: &Installation) {
    here.json(&["project:create", PROJECT]);
    here.json(&["sql:run", &on_sqlite(), "--project", PROJECT, "--write", "--script"]);
    for (table, verbs) in GRANTS {
        here.json(&["grant:add", "anon", table, verbs, "--project", PROJECT]);
    }
    for policy in POLICIES {
        here.json(&["policy:create", policy, "--project", PROJECT]);
    }
}
