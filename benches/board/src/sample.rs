//! A set of times, and what is said of it.

use std::time::Duration;

#[derive(Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }
    pub(crate) fn at(&mut self, share: f64) -> Duration {
        self.0.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into what is held"
        )]
        let index = (self.0.len() as f64 * share) as usize;
        self.0.get(index.min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }
    pub(crate) fn shown(&mut self) -> String {
        let (p50, p99, max) = (self.at(0.5), self.at(0.99), self.at(1.0));
        format!("p50 {p50:>9.1?}  p99 {p99:>9.1?}  max {max:>9.1?}")
    }
}
