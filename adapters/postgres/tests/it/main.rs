//! The adapter, against real servers.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, plays the runtime, and says what it measured"
)]

mod bulk;
mod catalog;
mod conformance;
mod console;
mod identity;
mod kept;
mod makings;
mod native;
mod outage;
mod pool;
mod quiet;
mod tls;
mod together;
mod traps;
mod trips;
mod types;
mod watch;
mod world;
