//! What the board does with its parts, seen from outside: one module a feature, one sentence a test.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    clippy::cast_possible_truncation,
    reason = "a test may panic and spawn, and nobody else sees its modules"
)]

mod audit;
mod boot;
mod crash;
mod damage;
mod desk;
mod facts;
mod health;
mod hooks;
mod house;
mod jobs;
mod plug;
mod reload;
mod shutdown;
mod swap;
mod wiring;
