//! One segment file: its name, its header, and what a survey of its bytes finds.
//! Never writes: the writer does, and the open that recovers.

use crate::frame::{self, Step, Walk};
use mag_contract::Timestamp;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

const MAGIC: [u8; 8] = *b"MAGFACTS";
const VERSION: u32 = 1;
/// magic 8 · version 4 · first position 8 · crc32 of these 4
pub(crate) const HEADER: usize = 24;
/// No segment of ours grows near this; a larger file is somebody else's and is not read.
pub(crate) const FILE_MAX: u64 = 64 * 1024 * 1024;
/// A read begins at a mark, so this is what it may have to skip.
const MARK_EVERY: u64 = 16 * 1024;

pub(crate) fn file_name(first: u64) -> String {
    format!("{first:020}.facts")
}

/// The first position that a name promises, and what follows the number.
pub(crate) fn parse_name(name: &str) -> Option<(u64, &str)> {
    let (digits, rest) = name.split_at_checked(20)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, rest))
}

pub(crate) fn header(first: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&first.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..20]);
    bytes[20..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Whether the file begins as a segment of this name does.
pub(crate) fn header_fits(path: &Path, first: u64) -> io::Result<bool> {
    let mut bytes = [0; HEADER];
    match std::fs::File::open(path)?.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes == header(first)),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// A place where a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: u64,
    pub(crate) offset: u64,
}

/// What is known of the records of one segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// Sparse, in order; the first record is always marked.
    pub(crate) marks: Vec<Mark>,
    /// The position of the last record; zero when there is none.
    pub(crate) last: u64,
    pub(crate) first_at: Option<Timestamp>,
    pub(crate) newest_at: Option<Timestamp>,
}

impl Contents {
    pub(crate) fn add(&mut self, position: u64, offset: u64, at: Timestamp) {
        if self.marks.last().is_none_or(|mark| offset >= mark.offset + MARK_EVERY) {
            self.marks.push(Mark { position, offset });
        }
        self.last = position;
        self.first_at.get_or_insert(at);
        self.newest_at = self.newest_at.max(Some(at));
    }
}

pub(crate) struct Survey {
    pub(crate) contents: Contents,
    pub(crate) header_ok: bool,
    /// Unreadable stretches with readable records behind them.
    pub(crate) gaps: Vec<Range<usize>>,
    /// Unreadable bytes at the end.
    pub(crate) tail: Option<Range<usize>>,
    /// The end is whole records whose positions the next segment holds: a failed sync left them.
    pub(crate) tail_is_rewritten: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Reads the whole file. `below` is the first position of the segment that follows.
pub(crate) fn survey(path: &Path, first: u64, below: u64) -> io::Result<Survey> {
    let file = std::fs::File::open(path)?;
    // One allocation: growing it step by step costs more than the check of all records.
    let size = usize::try_from(file.metadata()?.len().min(FILE_MAX)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size + 1);
    file.take(FILE_MAX).read_to_end(&mut bytes)?;
    let header_ok = bytes.starts_with(&header(first));
    let mut survey = Survey {
        contents: Contents::default(),
        header_ok,
        gaps: Vec::new(),
        tail: None,
        tail_is_rewritten: false,
        bytes: Vec::new(),
    };
    let begin = if header_ok { HEADER } else { 0 };
    for step in Walk::new(&bytes, begin, first.saturating_sub(1), below) {
        match step {
            Step::Frame { offset, frame } => {
                survey.contents.add(frame.position, offset as u64, frame.at);
            }
            // A damaged header is no damaged record.
            Step::Gap(gap) if !header_ok && gap == (0..HEADER) => {}
            Step::Gap(gap) => survey.gaps.push(gap),
            Step::Tail(tail) => {
                survey.tail_is_rewritten =
                    frame::parse(&bytes[tail.clone()]).is_some_and(|f| f.position >= below);
                survey.tail = Some(tail);
            }
        }
    }
    survey.bytes = bytes;
    Ok(survey)
}

#[cfg(test)]
mod tests {
    use super::{file_name, parse_name};

    #[test]
    fn a_name_says_the_first_position() {
        assert_eq!(parse_name(&file_name(42)), Some((42, ".facts")));
        assert_eq!(parse_name("00000000000000000007.facts.damaged"), Some((7, ".facts.damaged")));
        for foreign in ["next", "99999999999999999999.facts", "x0000000000000000007.facts", "é"] {
            assert_eq!(parse_name(foreign), None, "{foreign}");
        }
    }
}
