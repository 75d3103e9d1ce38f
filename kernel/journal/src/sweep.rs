//! Forgetting: whole segments whose newest fact is old enough, and the oldest when there are too many.
//! Never the segment that is written now.

use crate::damage::Damage;
use crate::limits::Limits;
use crate::record::Position;
use crate::shelf::{Segment, Shelf};
use mag_contract::Timestamp;
use std::io;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub segments: usize,
    pub bytes: u64,
    /// The oldest fact that is kept now.
    pub oldest: Position,
}

pub(crate) fn sweep(shelf: &Shelf, limits: &Limits, now: Timestamp) -> Swept {
    let mut swept = Swept::default();
    let segments = shelf.segments();
    let mut total: u64 = segments.iter().map(|segment| segment.known().bytes).sum();
    for pair in segments.windows(2) {
        let (segment, below) = (&pair[0], pair[1].first);
        let too_much = limits.bytes_max.is_some_and(|max| total > max);
        if !too_much && !is_old(shelf, segment, below, limits, now) {
            break;
        }
        let bytes = segment.known().bytes;
        // First the name, then the file: a reader finds it whole or not at all.
        shelf.take_away(segment.first);
        match std::fs::remove_file(&segment.path) {
            Ok(()) => swept.bytes += bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            // It shows up again at the next boot, and is swept then.
            Err(_) => shelf.report(Damage::Unknown { file: segment.path.clone() }),
        }
        swept.segments += 1;
        total -= bytes;
    }
    swept.oldest = Position(shelf.oldest());
    swept
}

fn is_old(shelf: &Shelf, segment: &Segment, below: u64, limits: &Limits, now: Timestamp) -> bool {
    let Some(keep) = limits.keep else { return false };
    match shelf.contents(segment, below) {
        // Nothing readable is in it: there is nothing to keep.
        Ok(known) => known
            .contents
            .and_then(|contents| contents.newest_at)
            .is_none_or(|newest| newest < now.minus(keep)),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}
