//! The adapter, against real files.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and plays the runtime"
)]

mod catalog;
mod conformance;
mod console;
mod crash;
mod damage;
mod errors;
mod existing;
mod full;
mod kept;
mod reads;
mod search;
mod watch;
mod world;
mod writes;
