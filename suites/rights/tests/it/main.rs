//! People, agents and what they may, on the built binary: the way into the admin screen, agents at
//! every door, the audit log, and the file with every route and who gets what there.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands"
)]

mod agents;
mod audit;
mod house;
mod people;
mod routes;
mod screen;
