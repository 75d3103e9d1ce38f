//! Settings from the outside: what an operator writes, and what they are told.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod edits;
mod layers;
mod mistakes;
mod pages;
mod sample;
