//! Projects and their sources, with the real cards of the engines: what MagDS promises to every door.
//! The parts run on a bench, so that a test can hold the store in its hands.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands, and owns its tasks"
)]

mod existing;
mod first;
mod outage;
mod postgres;
mod rules;
mod secrets;
mod watching;
mod world;
