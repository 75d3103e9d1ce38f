//! Reading facts back: from a position, by topic and source, in bounded pieces.
//! Never sees what was not acknowledged, and never makes the writer wait.

use crate::damage::Damage;
use crate::faults;
use crate::frame::{Frame, Step, Walk};
use crate::record::{Position, Record};
use crate::shelf::{Known, Segment, Shelf};
use bytes::Bytes;
use mag_contract::{Fault, Timestamp};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Which facts are wanted. Empty fields want all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// `row` wants `row` and `row.changed`, never `rows`; `row.` and `row.*` say the same.
    pub topics: Vec<String>,
    pub sources: Vec<String>,
}

impl Filter {
    pub fn all() -> Self {
        Self::default()
    }

    pub fn topic(prefix: impl Into<String>) -> Self {
        Self { topics: vec![prefix.into()], ..Self::default() }
    }

    pub fn wants(&self, topic: &str, source: &str) -> bool {
        (self.sources.is_empty() || self.sources.iter().any(|wanted| wanted == source))
            && (self.topics.is_empty() || self.topics.iter().any(|wanted| covers(wanted, topic)))
    }
}

fn covers(prefix: &str, topic: &str) -> bool {
    let prefix = prefix.trim_end_matches('*').trim_end_matches('.');
    match topic.strip_prefix(prefix) {
        Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

/// Some facts, and where to go on. Empty with a higher `next` means: nothing wanted so far, read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub records: Vec<Record>,
    pub next: Position,
}

/// What one read collects at most, beside the number the caller gave: it is held in memory.
const COLLECT_MAX: usize = 8 * 1024 * 1024;
/// What one read looks at before it answers, so that a rare topic does not hold up the other readers.
const LOOK_MAX: u64 = 32 * 1024 * 1024;
/// Read in one piece: large enough to be fast, small enough for many followers of the newest fact.
const PIECE: u64 = 256 * 1024;

pub(crate) fn read(
    shelf: &Shelf,
    from: Position,
    filter: &Filter,
    max: usize,
) -> Result<Batch, Fault> {
    let oldest = shelf.oldest();
    if from != Position::OLDEST && from.0 < oldest {
        return Err(faults::gone(from, Position(oldest)));
    }
    read_kept(shelf, from, filter, max)
}

/// As `read`, but what is forgotten is passed over: it begins with the oldest that is kept.
pub(crate) fn read_kept(
    shelf: &Shelf,
    from: Position,
    filter: &Filter,
    max: usize,
) -> Result<Batch, Fault> {
    let from = from.0.max(shelf.oldest());
    let mut batch = Batch { records: Vec::new(), next: Position(from) };
    // Taken before the look: what is appended meanwhile belongs to the next read.
    let next = shelf.next();
    if from >= next || max == 0 {
        return Ok(batch);
    }
    let mut collected = 0;
    let mut looked = 0;
    let ended = each(shelf, from, &mut looked, |frame| {
        batch.next = Position(frame.position + 1);
        if filter.wants(frame.topic, frame.source) {
            collected += frame.len;
            batch.records.push(record(frame));
        }
        batch.records.len() < max && collected < COLLECT_MAX
    })?;
    if ended == Ended::AtTheNewest {
        batch.next = batch.next.max(Position(next));
    }
    Ok(batch)
}

#[derive(PartialEq, Eq)]
enum Ended {
    AtTheNewest,
    Early,
}

/// Shows the frames from a position on, until `show` has enough or the bound of one look is reached.
fn each(
    shelf: &Shelf,
    from: u64,
    looked: &mut u64,
    mut show: impl FnMut(&Frame<'_>) -> bool,
) -> Result<Ended, Fault> {
    let segments = shelf.segments();
    let begin = segments.partition_point(|segment| segment.first <= from).saturating_sub(1);
    for (i, segment) in segments.iter().enumerate().skip(begin) {
        let below = segments.get(i + 1).map_or(u64::MAX, |next| next.first);
        let known = match shelf.contents(segment, below) {
            Ok(known) => known,
            Err(e) => {
                skip_vanished(shelf, segment, e)?;
                continue;
            }
        };
        for (start, end, after) in pieces(&known, from) {
            let bytes = match piece(segment, start, end) {
                Ok(bytes) => bytes,
                Err(e) => {
                    skip_vanished(shelf, segment, e)?;
                    break;
                }
            };
            for step in Walk::new(&bytes, 0, after, below) {
                if let Step::Frame { frame, .. } = step
                    && frame.position >= from
                    && !show(&frame)
                {
                    return Ok(Ended::Early);
                }
            }
            *looked += end - start;
            if *looked >= LOOK_MAX {
                return Ok(Ended::Early);
            }
        }
    }
    Ok(Ended::AtTheNewest)
}

/// From the mark before `from` on, cut at marks: every piece begins with a frame.
/// Each is (start, end, the position before its first frame).
fn pieces(known: &Known, from: u64) -> Vec<(u64, u64, u64)> {
    let marks = known.contents.as_ref().map_or(&[][..], |contents| &contents.marks);
    let begin = marks.partition_point(|mark| mark.position <= from).saturating_sub(1);
    let mut pieces: Vec<(u64, u64, u64)> = Vec::new();
    for (i, mark) in marks.iter().enumerate().skip(begin) {
        let end = marks.get(i + 1).map_or(known.bytes, |next| next.offset);
        match pieces.last_mut() {
            Some(piece) if end - piece.0 <= PIECE => piece.1 = end,
            _ => pieces.push((mark.offset, end, mark.position - 1)),
        }
    }
    pieces
}

fn piece(segment: &Segment, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(&segment.path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(usize::try_from(end - start).unwrap_or(0));
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Swept meanwhile, or a person removed the file: its facts are gone, the others are not.
fn skip_vanished(shelf: &Shelf, segment: &Segment, cause: io::Error) -> Result<(), Fault> {
    if cause.kind() == io::ErrorKind::NotFound {
        if segment.first >= shelf.oldest() {
            shelf.report(Damage::Vanished { file: segment.path.clone() });
        }
        return Ok(());
    }
    Err(faults::io("read facts from", &segment.path, cause))
}

fn record(frame: &Frame<'_>) -> Record {
    Record {
        position: Position(frame.position),
        at: frame.at,
        topic: frame.topic.to_owned(),
        source: frame.source.to_owned(),
        payload: Bytes::copy_from_slice(frame.payload),
    }
}

/// The first fact that is not older than `time`; the next position when all are older. Facts of one
/// source may carry times that go back a little: from here on, none that is younger is left out
/// unless the clock jumped by more than a segment.
pub(crate) fn position_at(shelf: &Shelf, time: Timestamp) -> Result<Position, Fault> {
    let segments = shelf.segments();
    let first_not_older = segments
        .iter()
        .position(|segment| first_at(segment).is_some_and(|at| at >= time))
        .unwrap_or(segments.len());
    let mut from =
        first_not_older.checked_sub(1).map_or(shelf.oldest(), |before| segments[before].first);
    loop {
        let mut found = None;
        let mut seen = from;
        let ended = each(shelf, from, &mut 0, |frame| {
            seen = frame.position + 1;
            found = (frame.at >= time).then_some(Position(frame.position));
            found.is_none()
        })?;
        match found {
            Some(position) => return Ok(position),
            None if ended == Ended::AtTheNewest || seen == from => {
                return Ok(Position(shelf.next()));
            }
            None => from = seen,
        }
    }
}

/// The time of a segment's first record, with as little reading as that takes.
fn first_at(segment: &Arc<Segment>) -> Option<Timestamp> {
    let known = segment.known().clone();
    if let Some(contents) = known.contents {
        return contents.first_at;
    }
    let start = crate::segment::HEADER as u64;
    let bytes = piece(segment, start, known.bytes.min(start + PIECE)).ok()?;
    Walk::new(&bytes, 0, segment.first - 1, u64::MAX).find_map(|step| match step {
        Step::Frame { frame, .. } => Some(frame.at),
        Step::Gap(_) | Step::Tail(_) => None,
    })
}

/// The last fact that can be read.
pub(crate) fn last(shelf: &Shelf) -> Option<Record> {
    let segments = shelf.segments();
    for (i, segment) in segments.iter().enumerate().rev() {
        let below = segments.get(i + 1).map_or(u64::MAX, |next| next.first);
        let Ok(known) = shelf.contents(segment, below) else { continue };
        let position = known.contents.map_or(0, |contents| contents.last);
        if position > 0 {
            let mut found = None;
            each(shelf, position, &mut 0, |frame| {
                found = Some(record(frame));
                false
            })
            .ok()?;
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_topic_prefix_ends_at_a_dot() {
        for (prefix, topic, expected) in [
            ("row", "row", true),
            ("row", "row.changed", true),
            ("row", "rows", false),
            ("row.", "row.changed", true),
            ("row.*", "row.changed", true),
            ("*", "anything", true),
            ("", "anything", true),
            ("row.changed", "row", false),
        ] {
            assert_eq!(covers(prefix, topic), expected, "{prefix} {topic}");
        }
    }
}
