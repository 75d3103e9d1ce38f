//! Opening a folder of segments after whatever happened to it: a clean end, a `kill -9`, a power cut,
//! a damaged disk, a person with a file manager. It goes on with all that can be read, and reports the rest.
//! Fast: only the last segment is read whole; the others show their headers.

use crate::consumer;
use crate::damage::Damage;
use crate::disk::Disk;
use crate::faults;
use crate::frame::FRAME_MIN;
use crate::record::Position;
use crate::segment::{self, FILE_MAX, HEADER};
use crate::shelf::{Known, Segment, Shelf, set_aside};
use mag_contract::{Fault, durable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    pub segments: usize,
    pub oldest: Position,
    /// The last fact that is there; `Position(0)` when there was none yet.
    pub newest: Position,
    /// The journal was closed, not cut off.
    pub clean: bool,
    /// What was cut from a torn end.
    pub cut_bytes: u64,
    pub damage: Vec<Damage>,
}

pub(crate) struct Opened {
    pub(crate) shelf: Shelf,
    /// The segment that the writer goes on with.
    pub(crate) resume: Option<Arc<Segment>>,
    pub(crate) report: OpenReport,
}

/// Written when a journal is closed: the next position, and the last segment with its length.
const HINT: &str = "next";

pub(crate) fn open(disk: &dyn Disk, folder: &Path) -> Result<Opened, Fault> {
    durable::create_folder(folder).map_err(|e| faults::io("make the folder", folder, e))?;
    let mut found = look(folder)?;
    let hint = Hint::read(folder);
    let (last, cut_bytes) = recover_last(disk, &mut found);
    let clean = match (&hint, &last) {
        (None, None) => found.next == 1,
        (Some(hint), None) => hint.last.is_none(),
        (Some(hint), Some(last)) => hint.last == Some((last.first, last.known().bytes)),
        (None, Some(_)) => false,
    } && cut_bytes == 0;
    let resume = last.as_ref().filter(|last| clean || settle(disk, last)).cloned();

    let mut segments: Vec<_> = found
        .segments
        .into_iter()
        .map(|(first, path, bytes)| {
            Arc::new(Segment::new(first, path, Known { bytes, contents: None }))
        })
        .collect();
    segments.extend(last);
    // Whatever was lost, a consumer that has seen a position must not see it again for another fact.
    let next = found
        .next
        .max(hint.map_or(1, |hint| hint.next))
        .max(consumer::highest(folder).saturating_add(1));
    let shelf = Shelf::new(folder.to_path_buf(), segments, found.damage, next);
    let report = OpenReport {
        segments: shelf.segments().len(),
        oldest: Position(shelf.oldest()),
        newest: Position(next - 1),
        clean,
        cut_bytes,
        damage: shelf.damage(),
    };
    Ok(Opened { shelf, resume, report })
}

struct Found {
    /// First position, file, length; in order.
    segments: Vec<(u64, PathBuf, u64)>,
    damage: Vec<Damage>,
    /// Above every position that was given, as far as can be told.
    next: u64,
}

impl Found {
    /// A file of this length held at most so many records.
    fn skip_past(&mut self, after: u64, bytes: u64) {
        let records = bytes.div_ceil(FRAME_MIN as u64);
        self.next = self.next.max(after.saturating_add(records));
    }

    fn foreign(&mut self, first: u64, path: PathBuf, bytes: u64) {
        self.skip_past(first, bytes.min(FILE_MAX));
        let to = path.with_extension("facts.damaged");
        let moved_to = durable::rename(&path, &to).is_ok().then_some(to);
        self.damage.push(Damage::Foreign { file: path, moved_to });
    }
}

/// What is in the folder, told from names and headers alone.
fn look(folder: &Path) -> Result<Found, Fault> {
    let cannot = |e| faults::io("read the folder", folder, e);
    let mut found = Found { segments: Vec::new(), damage: Vec::new(), next: 1 };
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        match segment::parse_name(&name) {
            Some((first, ".facts")) if is_file && first > 0 => {
                let bytes = entry.metadata().map_err(cannot)?.len();
                // What another user may read is not damaged: nothing is moved, the boot is told.
                std::fs::File::open(&path).map_err(|e| faults::io("read a segment", &path, e))?;
                found.next = found.next.max(first);
                found.segments.push((first, path, bytes));
            }
            Some((first, ".facts.damaged")) => found.next = found.next.max(first),
            _ if name.ends_with(".draft") && is_file => {
                // A file that was being replaced when the board was cut off; the old one is there.
                let _ = std::fs::remove_file(&path);
            }
            _ if name == HINT || name == consumer::FOLDER => {}
            _ => found.damage.push(Damage::Unknown { file: path }),
        }
    }
    found.segments.sort_unstable();
    check_headers(&mut found);
    Ok(found)
}

/// The last segment is left out: it is read whole anyway.
fn check_headers(found: &mut Found) {
    let last = found.segments.len().saturating_sub(1);
    for (i, (first, path, bytes)) in std::mem::take(&mut found.segments).into_iter().enumerate() {
        if bytes <= FILE_MAX && (i == last || segment::header_fits(&path, first).unwrap_or(false)) {
            found.segments.push((first, path, bytes));
            continue;
        }
        let readable = bytes <= FILE_MAX
            && segment::survey(&path, first, u64::MAX).is_ok_and(|s| s.contents.last > 0);
        if readable {
            found.damage.push(Damage::Header { file: path.clone() });
            found.segments.push((first, path, bytes));
        } else {
            found.foreign(first, path, bytes);
        }
    }
}

/// The last segment that holds anything, cut at its last whole record.
fn recover_last(disk: &dyn Disk, found: &mut Found) -> (Option<Arc<Segment>>, u64) {
    while let Some((first, path, bytes)) = found.segments.pop() {
        let below = u64::MAX;
        let Ok(survey) = segment::survey(&path, first, below) else {
            found.foreign(first, path, bytes);
            continue;
        };
        if survey.contents.last == 0 && !survey.header_ok {
            // Cut off at its beginning: shorter than a header, or room that was never filled.
            if bytes <= HEADER as u64 || survey.bytes.iter().all(|byte| *byte == 0) {
                let _ = disk.remove(&path);
                found.damage.push(Damage::Empty { file: path });
            } else {
                found.foreign(first, path, bytes);
            }
            continue;
        }
        let end = survey.tail.as_ref().map_or(survey.bytes.len(), |tail| tail.start) as u64;
        let cut_bytes = survey.bytes.len() as u64 - end;
        found.damage.extend(set_aside(&path, &survey, false));
        found.skip_past(survey.contents.last.max(first - 1) + 1, cut_bytes);
        if cut_bytes > 0 {
            found.damage.push(Damage::TornTail { file: path.clone(), cut_bytes });
        }
        let known = Known { bytes: end, contents: Some(survey.contents) };
        return (Some(Arc::new(Segment::new(first, path, known))), cut_bytes);
    }
    (None, 0)
}

/// What was read must be on the disk before anybody acts on it: the last writer may have been cut off
/// between writing and syncing. False: this file is not written any more, a new one is begun.
fn settle(disk: &dyn Disk, last: &Segment) -> bool {
    let bytes = last.known().bytes;
    disk.open(&last.path)
        .and_then(|mut file| {
            file.truncate(bytes)?;
            file.sync()
        })
        .is_ok()
}

struct Hint {
    next: u64,
    last: Option<(u64, u64)>,
}

impl Hint {
    fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(HINT)).ok()?;
        let mut numbers = text.split_whitespace().map(|word| word.parse::<u64>().ok());
        let next = numbers.next()??;
        let last = match (numbers.next(), numbers.next()) {
            (Some(first), Some(bytes)) => Some((first?, bytes?)),
            _ => None,
        };
        // A hint that was damaged into a huge number would end the journal.
        (next < u64::MAX / 2).then_some(Self { next, last })
    }
}

/// Says that the journal ended as it should. Losing this costs one sync at the next open.
pub(crate) fn write_hint(folder: &Path, next: u64, last: Option<(u64, u64)>) {
    let last = last.map_or_else(String::new, |(first, bytes)| format!(" {first} {bytes}"));
    let _ = durable::write(&folder.join(HINT), format!("{next}{last}\n").as_bytes());
}
