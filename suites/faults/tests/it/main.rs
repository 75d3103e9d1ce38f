//! What must not bring the board down, on the built binary: parts that misbehave, a hostile
//! machine, wrong settings, kills.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and says what it skipped"
)]

mod covenant;
mod hooks;
mod kill;
mod machine;
mod parts;
mod settings;
mod shutdown;

use mag_kit::Installation;

/// A binary whose shelf holds the parts that misbehave.
fn installation() -> Installation {
    Installation::of(env!("CARGO_BIN_EXE_suite-faults"))
}
