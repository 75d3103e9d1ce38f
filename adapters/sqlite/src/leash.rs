//! What ends a statement that runs: its time, its caller's going away, or a bound on its steps.
//! SQLite asks every few thousand steps of its machine, so an end is at most that late.

use mag_adapter::EngineError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

use crate::error;

/// Steps of SQLite's machine between two looks: some tens of microseconds.
pub(crate) const STEPS_BETWEEN_LOOKS: i32 = 2_000;

/// One for each connection; it is put on anew for each piece of work.
#[derive(Debug, Default)]
pub(crate) struct Leash {
    now: Mutex<Hold>,
    /// Looks that are left; all bits set when nobody counts.
    looks: AtomicU64,
}

#[derive(Debug, Default, Clone)]
struct Hold {
    until: Option<Instant>,
    caller: Option<Wish>,
}

/// What the caller still wants. Dropping its `Wanting` says that nobody waits any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish(Arc<AtomicBool>);

impl Wish {
    pub(crate) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Held by the future that waits for an answer.
#[derive(Debug, Default)]
pub(crate) struct Wanting(Wish);

impl Wanting {
    pub(crate) fn wish(&self) -> Wish {
        self.0.clone()
    }
}

impl Drop for Wanting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Leash {
    pub(crate) fn put_on(&self, within: Option<Duration>, caller: Option<Wish>) {
        let until = within.and_then(|within| Instant::now().checked_add(within));
        self.looks.store(u64::MAX, Ordering::Relaxed);
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Hold { until, caller };
    }
    /// Ends the work after so many looks: for work that must be short.
    pub(crate) fn put_on_short(&self, looks: u64) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Hold::default();
        self.looks.store(looks, Ordering::Relaxed);
    }
    pub(crate) fn take_off(&self) {
        self.put_on(None, None);
    }
    /// What SQLite asks: whether to end here.
    pub(crate) fn pulls(&self) -> bool {
        match self.looks.load(Ordering::Relaxed) {
            u64::MAX => {}
            0 => return true,
            left => self.looks.store(left - 1, Ordering::Relaxed),
        }
        let hold = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        hold.caller.as_ref().is_some_and(Wish::is_gone)
            || hold.until.is_some_and(|until| Instant::now() >= until)
    }
    /// The error of an interrupt, by its reason.
    pub(crate) fn reason(&self, error: EngineError) -> EngineError {
        if error.state.as_deref() != Some("57014") {
            return error;
        }
        let hold = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if hold.caller.as_ref().is_some_and(Wish::is_gone) { error::cancelled() } else { error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leash_pulls_when_the_time_is_over_or_the_caller_has_gone() {
        let leash = Leash::default();
        leash.put_on(Some(Duration::from_secs(3600)), None);
        assert!(!leash.pulls());
        leash.put_on(Some(Duration::ZERO), None);
        assert!(leash.pulls());
        let wanting = Wanting::default();
        leash.put_on(None, Some(wanting.wish()));
        assert!(!leash.pulls());
        drop(wanting);
        assert!(leash.pulls());
        leash.put_on_short(1);
        assert_eq!((leash.pulls(), leash.pulls()), (false, true));
        leash.take_off();
        assert!(!leash.pulls());
    }
}
