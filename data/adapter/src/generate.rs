//! Worlds out of a number: tables, rows, rules and calls, the same for the same seed on every
//! machine. For suites that compare engines on what nobody has thought of.

pub mod calls;
pub mod chance;
mod filters;
mod queries;
mod rules;
pub mod seen;
pub mod tables;
mod values;
mod writes;

pub use chance::Chance;
pub use seen::Seen;
pub use tables::{World, world};
