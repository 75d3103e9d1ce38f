//! The state as the board and its parts use it, on files that may be anything.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod damage;
mod jobs;
mod memory;
mod schedules;

use mag_contract::Clock;
use mag_state::State;
use std::path::Path;

/// A moment in 2026, so that ids and file names look as they do.
const NOON: i64 = 1_795_000_000_000;

fn clock() -> Clock {
    Clock::held(NOON)
}

fn open(folder: &Path) -> State {
    State::open(folder, clock()).unwrap().0
}
