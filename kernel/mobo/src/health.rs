//! How well a part is, judged by consecutive checks. Pure: the monitor hands in what it saw.

use serde::{Deserialize, Serialize};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Healthy,
    Degraded,
    Critical,
    Failed,
    Recovering,
}

impl Condition {
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
            Self::Failed => "failed",
            Self::Recovering => "recovering",
        }
    }

    /// Of two words about a part, the one with more of this holds.
    pub(crate) fn badness(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Degraded => 1,
            Self::Critical => 2,
            Self::Recovering => 3,
            Self::Failed => 4,
        }
    }
}

/// How many checks in a row move a part one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub failures: u32,
    pub recoveries: u32,
}

/// The condition of one part and the run of checks behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub condition: Condition,
    bad: u32,
    good: u32,
}

impl Default for Judgement {
    fn default() -> Self {
        Self { condition: Condition::Healthy, bad: 0, good: 0 }
    }
}

impl Judgement {
    /// By its supervisor: no counting so far.
    pub(crate) fn at(condition: Condition) -> Self {
        Self { condition, bad: 0, good: 0 }
    }

    #[must_use]
    pub(crate) fn after(self, check_was_good: bool, thresholds: Thresholds) -> Self {
        use Condition::*;
        let (good, bad) = if check_was_good { (self.good + 1, 0) } else { (0, self.bad + 1) };
        let worse = bad >= thresholds.failures.max(1);
        let better = good >= thresholds.recoveries.max(1);
        let condition = match (self.condition, check_was_good) {
            (Failed, true) => Recovering,
            (Recovering, false) => Failed,
            (Healthy, false) if worse => Degraded,
            (Degraded, false) if worse => Critical,
            (Critical, false) if worse => Failed,
            (Recovering | Critical, true) if better => Degraded,
            (Degraded, true) if better => Healthy,
            (same, _) => same,
        };
        if condition == self.condition {
            Self { condition, bad, good }
        } else {
            // The first good check of a failed part counts towards its recovery.
            let good = if condition == Recovering { good } else { 0 };
            Self { condition, bad: 0, good }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.` is a good check, `x` a bad one.
    fn check(checks: &str, expected: &str) {
        let thresholds = Thresholds { failures: 2, recoveries: 2 };
        let mut judgement = Judgement::default();
        let mut shown = vec![];
        for c in checks.chars() {
            judgement = judgement.after(c == '.', thresholds);
            shown.push(&judgement.condition.word()[..1]);
        }
        assert_eq!(shown.concat(), expected, "{checks}");
    }

    #[test]
    fn it_takes_consecutive_checks_to_move_and_one_never_does() {
        check("x.x.x.", "hhhhhh");
        check("xxxxxx", "hddccf");
        check("xxxxxx....", "hddccfrddh");
        check("xxxxxx.x", "hddccfrf");
        check("xxxx..", "hddccd");
    }
}
