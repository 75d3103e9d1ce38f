//! How much a journal keeps, and in which pieces.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A new segment is begun when the last one is this long. Opening reads one segment whole, so
    /// this is what bounds the time it takes.
    pub segment_bytes_max: u64,
    /// A new segment is begun when the last one's first fact is this old: only whole segments are
    /// swept, and a quiet board must forget as well.
    pub segment_age_max: Duration,
    /// Segments whose newest fact is older than this are swept. None keeps them for good.
    pub keep: Option<Duration>,
    /// The oldest segments are swept until the journal is no larger than this.
    pub bytes_max: Option<u64>,
    /// Facts that wait for the disk. Who appends one more waits until there is room.
    pub queue: usize,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 4 MiB are read and checked in about two milliseconds.
            segment_bytes_max: 4 * 1024 * 1024,
            segment_age_max: DAY,
            keep: Some(7 * DAY),
            bytes_max: Some(1024 * 1024 * 1024),
            // Two groups: one is written while the other gathers.
            queue: 1024,
        }
    }
}

impl Limits {
    /// Everything is kept until a person says otherwise.
    pub fn forever() -> Self {
        Self { keep: None, bytes_max: None, segment_age_max: 30 * DAY, ..Self::default() }
    }
}
