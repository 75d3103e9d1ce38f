//! What the way of a call costs, from `plan → authorise → run → JSON`, beside the bare engine in the
//! same run: rusqlite with a thread a connection, pgbench with prepared statements. And planning by
//! itself, and large catalogs. `cargo xtask bench data [sqlite] [postgres] [planning] [catalog]`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints, stops where it cannot go on, and measures with the machine's clock"
)]

mod catalogs;
mod goals;
mod ours;
mod planning;
mod postgres;
mod rounds;
mod sqlite;
mod work;

use goals::Goals;

fn main() {
    println!(
        "# the data path ({} build)",
        if cfg!(debug_assertions) { "DEBUG" } else { "release" }
    );
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut goals = Goals::default();
    runtime.block_on(async {
        if is_wanted("planning") {
            planning::run(&mut goals);
        }
        // The disk's own rate decides over inserts: they are compared on the same one.
        let mut durable = None;
        if is_wanted("postgres") {
            durable = postgres::run(&mut goals).await;
        }
        if is_wanted("sqlite") {
            sqlite::run(&mut goals, durable).await;
        }
        if is_wanted("catalog") {
            catalogs::run(&mut goals).await;
        }
    });
    goals.print();
}
