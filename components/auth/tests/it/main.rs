//! MagAuth as its neighbours meet it: through its sockets and its operations, on the operators in
//! memory. What real engines make of it is tested on the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands"
)]

mod acting;
mod agents;
mod factors;
mod flows;
mod forged;
mod hooks;
mod house;
mod identify;
mod oauth;
mod operations;
mod orgs;
mod outbox;
mod passkeys;
mod provider;
mod staff;
mod userfiles;
