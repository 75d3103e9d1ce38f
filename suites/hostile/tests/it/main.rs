//! Input and callers that mean harm, against the built binary over the network: it refuses early, it
//! holds its memory, and others are served as if nothing were.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and owns its tasks"
)]

mod crowd;
mod fuzz;
mod house;
mod http2;
mod injection;
mod limits;
mod size;
mod smuggling;
