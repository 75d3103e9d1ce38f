#![allow(
    clippy::unwrap_used,
    clippy::str_to_string,
    clippy::large_futures,
    reason = "a test may fail by panicking"
)]

mod fuzz;
mod hostile;
mod parse;
