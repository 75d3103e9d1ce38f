//! What was acknowledged is there: after kills, after a plug that was pulled, on disks that fail or
//! are full, and with servers that go away. On the built binary, through the doors that people use.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands, says what it did, and owns its tasks"
)]

mod clients;
mod dice;
mod disk;
mod existing;
mod facts;
mod kill;
mod managed;
mod outage;
mod power;

use mag_kit::Installation;

fn installation() -> Installation {
    Installation::of(BINARY)
}

const BINARY: &str = env!("CARGO_BIN_EXE_suite-data");

/// How often a test begins anew; `MAG_KIT_ROUNDS` asks for more than the everyday run has.
fn rounds(everyday: u64) -> u64 {
    std::env::var("MAG_KIT_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(everyday)
}
