//! One fact as it is handed in, and as it is read again.
//! The payload is the caller's: bytes in, the same bytes out.

use crate::faults;
use bytes::Bytes;
use mag_contract::{Fault, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a fact stands in its journal. Strictly increasing from 1, over all sources; positions may
/// be missing (a torn tail, a damaged stretch), and are never given twice.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Read from here and get whatever is the oldest that is kept. As "newest" it means: no fact yet.
    pub const OLDEST: Self = Self(0);

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A fact that has no position yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub at: Timestamp,
    pub topic: String,
    /// Which component says so. Facts of one source keep the order in which they were handed in.
    pub source: String,
    pub payload: Bytes,
}

/// A fact that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: Position,
    pub at: Timestamp,
    pub topic: String,
    pub source: String,
    pub payload: Bytes,
}

/// A fact says what happened; a megabyte is a file, and belongs where files are kept.
pub const PAYLOAD_MAX: usize = 1024 * 1024;
/// Topics and sources are names that people type.
pub(crate) const NAME_MAX: usize = 256;

impl Draft {
    pub(crate) fn check(&self) -> Result<(), Fault> {
        for (what, name) in [("topic", &self.topic), ("source", &self.source)] {
            if name.is_empty() || name.len() > NAME_MAX {
                return Err(faults::bad_name(what, name.len()));
            }
        }
        if self.payload.len() > PAYLOAD_MAX {
            return Err(faults::too_large(&self.topic, self.payload.len()));
        }
        Ok(())
    }
}
