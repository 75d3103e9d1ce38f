#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod clauses;
mod column;
mod diff;
mod effects;
mod golden;
mod hostile;
mod plan;
mod random;
mod really;
mod rules;
mod script;
mod structure;
mod trial;
