//! How long reads of one kind take, for whoever decides where the next one is run.
//! Never: a clock of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// In microseconds: the least that was seen of late, for the rest is the wait of a busy machine.
#[derive(Debug)]
pub struct Pace(AtomicU32);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }
}

impl Pace {
    pub fn last(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).into())
    }
    pub fn saw(&self, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let before = self.0.load(Ordering::Relaxed);
        let now = if took < before { took } else { before.saturating_add(before / 16 + 1) };
        self.0.store(now.min(took.max(1)), Ordering::Relaxed);
    }
    /// As if none had been seen.
    pub fn forget(&self) {
        self.0.store(u32::MAX, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_the_least_of_late_and_grows_slowly() {
        let pace = Pace::default();
        assert!(pace.last() > Duration::from_secs(3_600));
        pace.saw(Duration::from_millis(5));
        assert_eq!(pace.last(), Duration::from_millis(5));
        pace.saw(Duration::from_micros(160));
        pace.saw(Duration::from_millis(5));
        assert_eq!(pace.last(), Duration::from_micros(171));
        for _ in 0..100 {
            pace.saw(Duration::from_millis(5));
        }
        assert_eq!(pace.last(), Duration::from_millis(5));
        pace.forget();
        assert!(pace.last() > Duration::from_secs(3_600));
    }
}
