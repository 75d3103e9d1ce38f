//! What a request over HTTP costs, keys, roles and policies included, beside others in the same run:
//! MagFlock on SQLite beside PocketBase and a bare axum + rusqlite handler, MagFlock on PostgreSQL
//! beside pgbench and a bare axum + tokio-postgres handler; and what a connection costs that only waits.
//! `cargo xtask bench rest [--quick] [sqlite] [postgres] [idle] [key] [page] [insert] [embed]`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints, stops where it cannot go on, and measures with the machine's clock"
)]

mod bare;
mod compare;
mod goals;
mod idle;
mod load;
mod magflock;
mod meter;
mod on_postgres;
mod on_sqlite;
mod pgbench;
mod pocketbase;
mod schema;
mod work;

use compare::Pace;
use goals::Goals;
use std::process::ExitCode;
use work::Work;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // The bare handlers are processes of their own, so that what they cost can be told apart.
    if words.first().is_some_and(|word| word == bare::WORD) {
        bare::serve(&words[1..]);
        return ExitCode::SUCCESS;
    }
    let parts = ["sqlite", "postgres", "idle"];
    let works = Work::ALL.map(Work::word);
    let known = |word: &str| word == "--quick" || parts.contains(&word) || works.contains(&word);
    if let Some(unknown) = words.iter().find(|word| !known(word)) {
        eprintln!("`{unknown}` is not known: --quick, {}, {}", parts.join(", "), works.join(", "));
        return ExitCode::from(2);
    }
    let named = |word: &str| words.iter().any(|given| given == word);
    let is_part = |part: &str| named(part) || !parts.iter().any(|part| named(part));
    let picked: Vec<Work> = Work::ALL.into_iter().filter(|work| named(work.word())).collect();
    let picked = if picked.is_empty() { Work::ALL.to_vec() } else { picked };
    let pace = if named("--quick") { Pace::QUICK } else { Pace::FULL };
    println!(
        "# REST ({} build; the load generator shares {} cores with the servers)",
        if cfg!(debug_assertions) { "DEBUG" } else { "release" },
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    let mut goals = Goals::default();
    if is_part("sqlite") {
        on_sqlite::run(&picked, pace, &mut goals);
    }
    if is_part("postgres") {
        on_postgres::run(&picked, pace, &mut goals);
    }
    if is_part("idle") {
        idle::run(&mut goals);
    }
    goals.print();
    ExitCode::SUCCESS
}
