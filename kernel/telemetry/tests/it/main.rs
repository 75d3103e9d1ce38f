//! Telemetry from the outside: what a part says, and what is found afterwards.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod collector;
mod house;
mod lines;
mod reading;
mod spans;
mod writing;
