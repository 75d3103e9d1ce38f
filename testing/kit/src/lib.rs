//! What tests of parts share: a bench that stands in for the board, a desk with operations of the
//! test's own, and a raw HTTP client that can also say what no library would send.
//! Never: in a product; only a dev-dependency.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands, owns its tasks, and says what it skips"
)]

pub mod bench;
pub mod browser;
pub mod fuzz;
pub mod installation;
pub mod peers;
pub mod ports;
pub mod postgres;
pub mod raw;
pub mod tally;
pub mod toys;

pub use bench::{Bench, Live};
pub use installation::{Board, Installation, Ran, until};
pub use ports::Port;
pub use toys::ToyDesk;
