//! Descriptions of a shop, with everything in it that makes a difference.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic where it stands")]

mod openapi;
mod postgrest;
mod reference;
mod shop;
mod types;
