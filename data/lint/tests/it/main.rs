#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod fixtures;
mod guide;
mod whole;
