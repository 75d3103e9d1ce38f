//! What an operator can turn for all sources; a source may say otherwise for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[ds]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A call that takes longer is kept in the log of slow calls of its source.
    pub slow_ms: u64,
    /// Slow calls that are kept for each source; the oldest goes first.
    pub slow_kept: u32,
    /// How often a source is asked whether it is there.
    pub health_every_ms: u64,
    /// A source that does not answer within this is not there.
    pub health_within_ms: u64,
    /// The first boot makes a project `main` with a database of its own.
    pub first_project: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slow_ms: 200,
            slow_kept: 100,
            health_every_ms: 10_000,
            health_within_ms: 5_000,
            first_project: true,
        }
    }
}

impl Settings {
    /// What makes no sense together, in one sentence.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        if self.health_every_ms < 100 {
            return Some("`ds.health_every_ms` is at least 100");
        }
        if self.health_within_ms == 0 {
            return Some("`ds.health_within_ms` is at least 1");
        }
        if self.slow_kept > 10_000 {
            return Some("`ds.slow_kept` is at most 10000: slow calls are kept in memory");
        }
        None
    }
}
