//! Reads the segment files of a journal, and only reads: opening the journal itself would mend what
//! is damaged there, and the doctor asks first. The tests write with the journal and read with this.
//!
//! ```text
//! file:  MAGFACTS · version 4 · first position 8 · crc32 of these 4 · frames
//! frame: marker 4 · body length 4 · crc32(length, body) 4 · body
//! body:  position 8 · at 8 · topic length 2 · source length 2 · topic · source · payload
//! ```

use crate::places;
use mag_contract::Timestamp;
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"MAGFACTS\x01\0\0\0";
const MARKER: [u8; 4] = [0xFF, 0xFA, 0xC7, 0x5E];
pub(crate) const HEADER: usize = 24;
/// No segment of ours grows near this; a larger file is somebody else's.
pub(crate) const FILE_MAX: u64 = 64 << 20;
/// A file that is made to look like a thousand frames must not hold up the doctor.
const CANDIDATES_MAX: usize = 4096;
/// The last segment may be new and empty; the one before it is not.
const NEWEST_TRIED: usize = 3;

pub(crate) struct File {
    /// No frame in it has a smaller position.
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

pub(crate) struct Frame<'a> {
    pub(crate) position: u64,
    at: Timestamp,
    topic: &'a [u8],
    source: &'a [u8],
    payload: &'a [u8],
    len: usize,
}

/// What one file holds.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) header_fits: bool,
    pub(crate) frames: u64,
    pub(crate) newest: Option<Timestamp>,
    /// There are bytes that are no frame, with frames behind them.
    pub(crate) has_gap: bool,
    /// There are bytes at the end that are no frame of this file.
    pub(crate) has_tail: bool,
    /// Those are frames that the next file holds as well: a failed sync left them.
    pub(crate) tail_is_rewritten: bool,
}

/// The segments of a folder, in order.
pub(crate) fn of(folder: &Path) -> Vec<File> {
    let file = |path: PathBuf| {
        let digits = path.file_name()?.to_str()?.strip_suffix(".facts")?;
        let is_name = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
        let first = digits.parse().ok().filter(|first| is_name && *first > 0)?;
        Some(File { first, bytes: path.metadata().ok()?.len(), path })
    };
    places::files(folder).into_iter().filter_map(file).collect()
}

/// The time of the newest fact that can be read.
pub(crate) fn newest(folder: &Path) -> Option<Timestamp> {
    let files = of(folder);
    let surveys =
        files.iter().rev().take(NEWEST_TRIED).filter_map(|f| survey(f, u64::MAX, |_| ()).ok());
    surveys.filter_map(|survey| survey.newest).next()
}

/// Reads a whole file and shows its frames. `below` is the first position of the file that follows.
pub(crate) fn survey(
    file: &File,
    below: u64,
    mut show: impl FnMut(&Frame<'_>),
) -> io::Result<Survey> {
    let mut bytes = Vec::new();
    std::fs::File::open(&file.path)?.take(FILE_MAX).read_to_end(&mut bytes)?;
    let mut survey = Survey { header_fits: header_fits(&bytes, file.first), ..Survey::default() };
    let mut offset = if survey.header_fits { HEADER } else { 0 };
    let mut last = file.first.saturating_sub(1);
    let mut candidates = CANDIDATES_MAX;
    while offset < bytes.len() {
        let fits = |at: usize, last: u64| {
            let frame = parse(bytes.get(at..)?)?;
            (frame.position > last && frame.position < below).then_some(frame)
        };
        if let Some(frame) = fits(offset, last) {
            show(&frame);
            survey.frames += 1;
            survey.newest = survey.newest.max(Some(frame.at));
            last = frame.position;
            offset += frame.len;
            continue;
        }
        let mut found = None;
        for at in marks(&bytes, offset + 1).take(candidates) {
            candidates -= 1;
            if fits(at, last).is_some() {
                found = Some(at);
                break;
            }
        }
        let Some(found) = found else {
            survey.has_tail = true;
            survey.tail_is_rewritten = parse(&bytes[offset..]).is_some_and(|f| f.position >= below);
            break;
        };
        // A damaged header is no damaged frame.
        survey.has_gap |= survey.header_fits || (offset, found) != (0, HEADER);
        offset = found;
    }
    Ok(survey)
}

fn header_fits(bytes: &[u8], first: u64) -> bool {
    let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else { return false };
    header.starts_with(MAGIC)
        && header[12..20] == first.to_le_bytes()
        && header[20..] == crc32fast::hash(&header[..20]).to_le_bytes()
}

fn marks(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(MARKER.len()).enumerate().filter(|(_, w)| *w == MARKER).map(move |(i, _)| from + i)
}

fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let rest = bytes.strip_prefix(&MARKER)?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let body_len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let body = rest.get(..body_len)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(len);
    hasher.update(body);
    if hasher.finalize() != u32::from_le_bytes(*crc) {
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
        topic,
        source,
        payload,
        len: 12 + body_len,
    })
}

/// Follows the chain of the audit log: each payload begins with the seal before it and its own.
#[derive(Default)]
pub(crate) struct Chain {
    previous: Option<[u8; 32]>,
    pub(crate) broken: Option<Broken>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The line is not what was sealed.
    Changed(u64),
    /// The line does not follow the one before it.
    Unchained(u64),
}

impl Chain {
    /// Only the first break is told: everything behind it breaks with it.
    pub(crate) fn follow(&mut self, frame: &Frame<'_>) {
        if self.broken.is_none() {
            match self.check(frame) {
                Ok(own) => self.previous = Some(own),
                Err(broken) => self.broken = Some(broken),
            }
        }
    }

    fn check(&self, frame: &Frame<'_>) -> Result<[u8; 32], Broken> {
        let changed = Broken::Changed(frame.position);
        let (before, rest) = frame.payload.split_first_chunk::<32>().ok_or(changed)?;
        let (own, content) = rest.split_first_chunk::<32>().ok_or(changed)?;
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(frame.position.to_le_bytes());
        hasher.update(frame.at.millis().to_le_bytes());
        for name in [frame.topic, frame.source] {
            hasher.update((name.len() as u64).to_le_bytes());
            hasher.update(name);
        }
        hasher.update(content);
        if own[..] != hasher.finalize()[..] {
            return Err(changed);
        }
        // Where the oldest segments are not read, the first line has nothing to follow.
        let previous = self.previous.or((frame.position == 1).then_some([0; 32]));
        if previous.is_some_and(|previous| previous != *before) {
            return Err(Broken::Unchained(frame.position));
        }
        Ok(*own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{HOUR, NOW, audited, facts, facts_within};
    use mag_journal::Limits;

    /// Three facts in one file, and its bytes.
    fn three() -> (tempfile::TempDir, File, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        facts_within(folder.path(), 3, Limits::forever());
        let file = of(folder.path()).remove(0);
        let bytes = std::fs::read(&file.path).unwrap();
        (folder, file, bytes)
    }

    #[test]
    fn what_the_journal_wrote_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        facts(folder.path(), 3);
        let files = of(folder.path());
        assert_eq!(files.iter().map(|f| f.first).collect::<Vec<_>>(), [1, 2, 3]);
        for file in &files {
            let survey = survey(file, u64::MAX, |_| ()).unwrap();
            assert!(survey.header_fits && !survey.has_gap && !survey.has_tail);
            assert_eq!(survey.frames, 1);
        }
        assert_eq!(newest(folder.path()), Some(Timestamp(NOW - HOUR + 2)));
    }

    #[test]
    fn the_chain_that_the_audit_log_wrote_holds() {
        let folder = tempfile::tempdir().unwrap();
        audited(folder.path(), 4);
        let mut chain = Chain::default();
        for file in of(folder.path()) {
            survey(&file, u64::MAX, |frame| chain.follow(frame)).unwrap();
        }
        assert_eq!(chain.broken, None);
        assert!(chain.previous.is_some_and(|seal| seal != [0; 32]));
    }

    #[test]
    fn a_damaged_frame_between_two_is_a_gap() {
        let (_folder, file, mut bytes) = three();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file.path, &bytes).unwrap();
        let survey = survey(&file, u64::MAX, |_| ()).unwrap();
        assert_eq!((survey.frames, survey.has_gap, survey.has_tail), (2, true, false));
    }

    #[test]
    fn a_frame_that_was_there_already_is_none_of_the_file() {
        let (_folder, file, mut bytes) = three();
        let again = bytes[HEADER..].to_vec();
        bytes.extend(again);
        std::fs::write(&file.path, &bytes).unwrap();
        let survey = survey(&file, u64::MAX, |_| ()).unwrap();
        assert_eq!((survey.frames, survey.has_tail, survey.tail_is_rewritten), (3, true, false));
    }

    #[test]
    fn frames_that_the_next_file_holds_as_well_are_no_damage() {
        let (_folder, file, _) = three();
        let survey = survey(&file, 3, |_| ()).unwrap();
        assert_eq!((survey.frames, survey.has_tail, survey.tail_is_rewritten), (2, true, true));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        facts(folder.path(), 1);
        let file = of(folder.path()).remove(0);
        let whole = std::fs::read(&file.path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&file.path, &whole[..cut]).unwrap();
            let cut_one = survey(&file, u64::MAX, |_| ()).unwrap();
            assert_eq!(cut_one.frames, 0, "cut at {cut}");
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            std::fs::write(&file.path, &flipped).unwrap();
            let flipped = survey(&file, u64::MAX, |_| ()).unwrap();
            assert_ne!((flipped.header_fits, flipped.frames), (true, 1), "flipped at {cut}");
        }
    }
}
