//! What the board costs: start, memory and size beside a peer in the same run; bus, journal, jack,
//! registration and swap by themselves. `cargo xtask bench board`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints, stops where it cannot go on, and measures with the machine's clock"
)]

mod bus;
mod journal;
mod parts;
mod process;
mod sample;
mod swap;

fn main() {
    println!("# the board ({} build)", if cfg!(debug_assertions) { "DEBUG" } else { "release" });
    process::run();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        bus::run().await;
        journal::run().await;
        parts::run().await;
        swap::run().await;
    });
}
