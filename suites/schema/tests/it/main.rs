//! Migrations, advisors, SQL and policies on the built binary, each on both engines: what one says,
//! the other says as well.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod column;
mod house;
mod migrate;
mod policy;
mod schema;
mod sql;
