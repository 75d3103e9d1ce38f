//! MagFlock on PostgreSQL, whose own row security decides, beside pgbench with the same statement and
//! a bare axum + tokio-postgres handler. All three ask the same server.

use crate::bare::Bare;
use crate::compare::{How, Pace, Subject, compare, memory, own_goals};
use crate::goals::Goals;
use crate::magflock::{self, PROJECT};
use crate::schema::{GRANTS, POLICIES, on_postgres};
use crate::work::{Dialect, Work};
use mag_kit::postgres::{Options, Server};
use std::cell::Cell;

pub(crate) fn run(works: &[Work], pace: Pace, goals: &mut Goals) {
    let lines = vec!["shared_buffers = 256MB".into(), "max_connections = 300".into()];
    let options = Options { durable: true, lines, ..Options::default() };
    let Some(server) = Server::own(&options) else {
        println!("\n# PostgreSQL is not there: left out");
        return;
    };
    println!("\n# PostgreSQL (synchronous_commit = on)");
    server.sql("postgres", &on_postgres());
    server.sql("postgres", "VACUUM ANALYZE");
    let here = magflock::installation();
    let board = here.boot(&[]);
    here.json(&["project:create", PROJECT, "--engine", "none"]);
    let url = server.url("postgres");
    let words = ["source:connect", "main", &url, "--project", PROJECT, "--writable", "--install"];
    here.json(&words);
    for (table, verbs) in GRANTS {
        let security = format!(
            "GRANT {verbs} ON {table} TO anon; ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        );
        server.sql("postgres", &security);
    }
    server.sql("postgres", &POLICIES.join(";"));
    here.json(&["source:refresh", "main", "--project", PROJECT]);
    let dialect = magflock::dialect(&here);
    let bare = Bare::on_postgres(&server);
    let subjects = [
        Subject::http("MagFlock", magflock::address(&board), board.pid(), dialect).before(&server),
        Subject::http("bare axum + tokio-postgres", bare.at, bare.pid(), Dialect::Bare)
            .before(&server),
        Subject {
            name: "pgbench, the same statement",
            how: How::Pgbench,
            behind: Some(&server),
            memory: Cell::new(0),
            idle: 0,
        },
    ];
    for work in works {
        let found = compare(*work, &subjects, pace);
        own_goals("PostgreSQL", *work, &found, goals);
        for (connections, found) in &found {
            let share = found[0].rate / found[1].rate;
            let goal = format!(
                "PostgreSQL {}, {connections} connections: ≥ 80 % of the bare handler",
                work.word()
            );
            goals.add(goal, format!("{:.0} %", share * 100.0), share >= 0.8);
        }
    }
    memory("PostgreSQL", &subjects, goals);
}
