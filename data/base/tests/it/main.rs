#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod isolation;
mod shape;
mod sqlite;
