//! A catalog of a thousand tables: how long it takes to read, and what it weighs.

use crate::goals::Goals;
use mag_adapter::{Console, Engine};
use mag_kit::postgres::{Options, Server};
use mag_postgres::{Postgres, Settings, Target};
use mag_sqlite::Sqlite;
use std::fmt::Write;
use std::time::{Duration, Instant};

const TABLES: usize = 1_000;
const COLUMNS: usize = 20;

pub(crate) async fn run(goals: &mut Goals) {
    println!("\n## a catalog of {TABLES} tables, {COLUMNS} columns each, with keys and indexes");
    let folder = tempfile::tempdir().unwrap();
    let settings = mag_sqlite::Settings::managed(folder.path().join("tables.db"));
    let sqlite = Sqlite::open(settings).await.unwrap();
    let sql = tables("INTEGER", "TEXT");
    sqlite.console(Console::writing(sql)).await.unwrap();
    look(goals, "SQLite", &sqlite).await;
    let Some(server) = Server::own(&Options::default()) else { return };
    let settings = Settings::new(Target::parse(&server.url("postgres")).unwrap());
    let postgres = Postgres::connect(settings).await.unwrap();
    postgres.console(Console::writing(tables("bigint", "text"))).await.unwrap();
    look(goals, "PostgreSQL", &postgres).await;
}

async fn look(goals: &mut Goals, name: &str, engine: &dyn Engine) {
    // What reading needs for a moment is there afterwards, so that the rest is the catalog.
    drop(engine.inspect(0).await.unwrap());
    let before = resident();
    let began = Instant::now();
    let held: Vec<_> = [engine.inspect(1).await.unwrap()].into();
    let took = began.elapsed();
    let mut more = held;
    for version in 2..5 {
        more.push(engine.inspect(version).await.unwrap());
    }
    let grown = resident().saturating_sub(before) / more.len();
    let weight = more[0].weight();
    let mb = |bytes: usize| {
        format!("{:.1} MB", f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6)
    };
    println!(
        "{name:<12} read in {took:.0?}, {} by its own count, {} resident each",
        mb(weight),
        mb(grown)
    );
    let goal = format!("a catalog of 1,000 tables, {name}: loads in < 1 s");
    goals.add(goal, format!("{took:.0?}"), took < Duration::from_secs(1));
    let goal = format!("a catalog of 1,000 tables, {name}: < 30 MB");
    let most = weight.max(grown);
    goals.add(goal, mb(most), most < 30_000_000);
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4_096
}

fn tables(number: &str, text: &str) -> String {
    let mut sql = String::new();
    for n in 0..TABLES {
        let _ = write!(sql, "CREATE TABLE table_{n} (id {number} PRIMARY KEY");
        if n > 0 {
            let _ = write!(sql, ", up {number} REFERENCES table_{} (id)", n / 2);
        }
        for column in 0..COLUMNS - 2 {
            let _ = write!(sql, ", column_{column} {text} NOT NULL");
        }
        let _ = writeln!(sql, "); CREATE INDEX index_{n} ON table_{n} (column_1, column_2);");
    }
    sql
}
