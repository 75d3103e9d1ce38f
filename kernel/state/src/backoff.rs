//! How long a job that failed waits for its next attempt. Pure.

use std::time::Duration;

/// `first` after the first attempt, twice as long after each further one, never longer than `cap`.
pub fn backoff(attempts: u32, first: Duration, cap: Duration) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    first.saturating_mul(1 << doublings).min(cap)
}

#[cfg(test)]
mod tests {
    use super::backoff;
    use std::time::Duration;

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_cap() {
        let wait = |attempts| {
            backoff(attempts, Duration::from_secs(10), Duration::from_secs(3600)).as_secs()
        };
        let waits: Vec<_> = (0..12).map(wait).collect();
        assert_eq!(waits, [10, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(wait(u32::MAX), 3600);
    }
}
