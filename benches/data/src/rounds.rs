//! Rates that are taken in turn: the machine is never quite still. What it does beside only ever takes
//! away, so the best round of each side counts.

use std::time::Duration;

/// Long enough for hundreds of calls, short enough for both sides to meet the same machine.
pub(crate) const ROUND: Duration = Duration::from_millis(1_000);
pub(crate) const ROUNDS: usize = 4;

/// Calls a second of each round.
#[derive(Clone, Default)]
pub(crate) struct Rates(Vec<f64>);

impl Rates {
    pub(crate) fn add(&mut self, rate: f64) {
        self.0.push(rate);
    }
    pub(crate) fn best(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is read by people")]
pub(crate) fn rate(done: u64, took: Duration) -> f64 {
    done as f64 / took.as_secs_f64()
}

/// The time of the processor that all threads of this process have taken.
pub(crate) fn processor_time() -> Duration {
    spent_by("self", 2)
}

/// The first two fields are the process's own, the next two those of its children that have ended.
pub(crate) fn spent_by(pid: &str, fields: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split(' ').skip(12).take(fields).filter_map(|n| n.parse::<u64>().ok()).sum();
    // A hundred ticks a second on every Linux.
    Duration::from_millis(ticks * 10)
}
