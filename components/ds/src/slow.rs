//! Calls that took long: the last ones of a source, with what they were about. Never: a value.

use mag_contract::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SlowCall {
    pub at: Timestamp,
    pub took_ms: u64,
    /// `read` or `write`
    pub kind: &'static str,
    /// What was read or written first, by name.
    pub tables: Vec<String>,
    /// What was asked, with `?` where a value stood.
    pub shape: String,
    pub role: String,
    pub actor: String,
    pub rows: u64,
    /// The code of the error, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

pub(crate) struct SlowLog {
    pub(crate) threshold: Duration,
    kept_max: usize,
    calls: Mutex<VecDeque<SlowCall>>,
}

impl SlowLog {
    pub(crate) fn new(threshold: Duration, kept_max: usize) -> Self {
        Self { threshold, kept_max, calls: Mutex::default() }
    }

    pub(crate) fn note(&self, call: SlowCall) {
        if self.kept_max == 0 {
            return;
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.len() >= self.kept_max {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// The newest first.
    pub(crate) fn calls(&self) -> Vec<SlowCall> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{SlowCall, SlowLog};
    use mag_contract::Timestamp;
    use std::time::Duration;

    #[test]
    fn only_the_last_calls_are_kept_the_newest_first() {
        let log = SlowLog::new(Duration::ZERO, 2);
        for took_ms in 1..=3 {
            log.note(SlowCall {
                at: Timestamp(0),
                took_ms,
                kind: "read",
                tables: vec![],
                shape: String::new(),
                role: "anon".into(),
                actor: "nobody".into(),
                rows: 0,
                error: None,
            });
        }
        let kept: Vec<u64> = log.calls().iter().map(|call| call.took_ms).collect();
        assert_eq!(kept, [3, 2]);
    }
}
