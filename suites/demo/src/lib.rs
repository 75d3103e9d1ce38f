//! Two parts for people who write their first one. The book shows this code, the tests run it.

mod listener;
mod ticker;

pub use listener::{Count, Counted, Listener};
pub use ticker::{Ticked, Ticker};
