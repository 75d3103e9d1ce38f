//! How one record stands in a segment file, and how frames are found again behind a damaged stretch.
//! Pure: bytes in, frames out.
//!
//! ```text
//! marker 4 · body length 4 · crc32(length, body) 4 · body
//! body: position 8 · at 8 · topic length 2 · source length 2 · topic · source · payload
//! ```
//! All numbers are little-endian.

use crate::record::{Draft, NAME_MAX, PAYLOAD_MAX};
use mag_contract::Timestamp;
use std::ops::Range;

/// 0xFF is no part of any UTF-8 text, so a JSON payload never looks like the start of a frame.
const MARKER: [u8; 4] = [0xFF, 0xFA, 0xC7, 0x5E];
const PREFIX: usize = 12;
const FIXED: usize = 20;
/// No frame is shorter, which bounds how many records a stretch of bytes can have held.
pub(crate) const FRAME_MIN: usize = PREFIX + FIXED;
/// The audit log puts two hashes before the payload.
const BODY_MAX: usize = FIXED + 2 * NAME_MAX + 64 + PAYLOAD_MAX;
/// Finding the next frame behind damage checks candidates; a file made to hold nothing but
/// candidates must not hold up the boot.
const CANDIDATES_MAX: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) position: u64,
    pub(crate) at: Timestamp,
    pub(crate) topic: &'a str,
    pub(crate) source: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) len: usize,
}

/// Adds a record to the end of `buffer`. The draft was checked when it was handed in.
pub(crate) fn encode(buffer: &mut Vec<u8>, position: u64, draft: &Draft, payload: &[&[u8]]) {
    let start = buffer.len();
    buffer.extend_from_slice(&MARKER);
    buffer.extend_from_slice(&[0; 8]);
    buffer.extend_from_slice(&position.to_le_bytes());
    buffer.extend_from_slice(&draft.at.millis().to_le_bytes());
    for name in [&draft.topic, &draft.source] {
        let len = u16::try_from(name.len()).expect("a draft's names are checked: NAME_MAX");
        buffer.extend_from_slice(&len.to_le_bytes());
    }
    buffer.extend_from_slice(draft.topic.as_bytes());
    buffer.extend_from_slice(draft.source.as_bytes());
    for piece in payload {
        buffer.extend_from_slice(piece);
    }
    let body = start + PREFIX;
    let len = u32::try_from(buffer.len() - body).expect("a draft is checked: PAYLOAD_MAX");
    let crc = checksum(len, &buffer[body..]);
    buffer[start + 4..start + 8].copy_from_slice(&len.to_le_bytes());
    buffer[start + 8..body].copy_from_slice(&crc.to_le_bytes());
}

/// The frame at the start of `bytes`, when it is whole and undamaged.
pub(crate) fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let (marker, rest) = bytes.split_first_chunk::<4>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let body_len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    if *marker != MARKER || body_len > BODY_MAX {
        return None;
    }
    let body = rest.get(..body_len)?;
    if checksum(u32::from_le_bytes(*len), body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (position, body) = body.split_first_chunk::<8>()?;
    let (at, body) = body.split_first_chunk::<8>()?;
    let (topic_len, body) = body.split_first_chunk::<2>()?;
    let (source_len, body) = body.split_first_chunk::<2>()?;
    let (topic, body) = body.split_at_checked(usize::from(u16::from_le_bytes(*topic_len)))?;
    let (source, payload) = body.split_at_checked(usize::from(u16::from_le_bytes(*source_len)))?;
    Some(Frame {
        position: u64::from_le_bytes(*position),
        at: Timestamp(i64::from_le_bytes(*at)),
        topic: std::str::from_utf8(topic).ok()?,
        source: std::str::from_utf8(source).ok()?,
        payload,
        len: PREFIX + body_len,
    })
}

fn checksum(len: u32, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&len.to_le_bytes());
    hasher.update(body);
    hasher.finalize()
}

pub(crate) enum Step<'a> {
    Frame {
        offset: usize,
        frame: Frame<'a>,
    },
    /// Not readable, and a readable frame follows it.
    Gap(Range<usize>),
    /// Not readable, and nothing readable follows.
    Tail(Range<usize>),
}

/// The frames of a stretch, in order. A frame counts only when its position is above the one before
/// and below `below`: what a failed sync left behind at the end of a segment is written again in the
/// next, under the same positions.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    offset: usize,
    last: u64,
    below: u64,
    candidates: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8], offset: usize, after: u64, below: u64) -> Self {
        Self { bytes, offset, last: after, below, candidates: CANDIDATES_MAX }
    }

    fn frame_at(&self, offset: usize) -> Option<Frame<'a>> {
        let frame = parse(self.bytes.get(offset..)?)?;
        (frame.position > self.last && frame.position < self.below).then_some(frame)
    }

    fn find(&mut self, from: usize) -> Option<usize> {
        let mut offset = from;
        while self.candidates > 0 {
            let rest = self.bytes.get(offset..)?;
            offset += rest.windows(MARKER.len()).position(|window| window == MARKER)?;
            if self.frame_at(offset).is_some() {
                return Some(offset);
            }
            self.candidates -= 1;
            offset += 1;
        }
        None
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let offset = self.offset;
        if offset >= self.bytes.len() {
            return None;
        }
        if let Some(frame) = self.frame_at(offset) {
            self.offset += frame.len;
            self.last = frame.position;
            return Some(Step::Frame { offset, frame });
        }
        if let Some(found) = self.find(offset + 1) {
            self.offset = found;
            return Some(Step::Gap(offset..found));
        }
        self.offset = self.bytes.len();
        Some(Step::Tail(offset..self.bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, Walk, encode, parse};
    use crate::record::Draft;
    use bytes::Bytes;
    use mag_contract::Timestamp;

    fn draft(payload: &'static str) -> Draft {
        Draft {
            at: Timestamp(7),
            topic: "row.changed".into(),
            source: "ds".into(),
            payload: Bytes::from_static(payload.as_bytes()),
        }
    }

    fn three() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for (position, payload) in [(1, "{}"), (2, "{\"a\":1}"), (3, "")] {
            starts.push(bytes.len());
            encode(&mut bytes, position, &draft(payload), &[payload.as_bytes()]);
        }
        (bytes, starts)
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let (bytes, _) = three();
        let frame = parse(&bytes).unwrap();
        assert_eq!((frame.position, frame.at, frame.topic), (1, Timestamp(7), "row.changed"));
        assert_eq!((frame.source, frame.payload), ("ds", &b"{}"[..]));
    }

    #[test]
    fn a_flipped_bit_costs_one_frame_and_no_other() {
        let (bytes, starts) = three();
        for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let hit = starts.iter().rposition(|start| *start <= at).unwrap() as u64 + 1;
            let left: Vec<u64> = Walk::new(&bytes, 0, 0, u64::MAX)
                .filter_map(|step| match step {
                    Step::Frame { frame, .. } => Some(frame.position),
                    Step::Gap(_) | Step::Tail(_) => None,
                })
                .collect();
            let expected: Vec<u64> = (1..=3).filter(|position| *position != hit).collect();
            assert_eq!(left, expected, "byte {at}, bit {bit}");
        }
    }

    #[test]
    fn positions_that_the_next_segment_holds_are_left_to_it() {
        let (bytes, starts) = three();
        let steps: Vec<_> = Walk::new(&bytes, 0, 0, 3).collect();
        assert!(matches!(&steps[..], [_, _, Step::Tail(tail)] if tail.start == starts[2]));
    }
}
