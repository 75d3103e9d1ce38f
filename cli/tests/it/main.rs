//! The built binary as a person and a script meet it: words in, text, JSON and exit codes out.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and waits with the machine's clock"
)]

mod commands;
mod examples;
mod follow;
mod house;
mod life;
mod rows;
mod session;
