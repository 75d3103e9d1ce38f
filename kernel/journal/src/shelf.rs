//! The segments that are there, and what is known of each: shared by the one who writes and the
//! ones who read. Locks are held for a look or a note, never while the disk works, but for the
//! first survey of an old segment, which only readers wait for.

use crate::damage::Damage;
use crate::segment::{self, Contents};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Reports beyond these say nothing new.
const DAMAGE_MAX: usize = 100;

pub(crate) struct Shelf {
    pub(crate) folder: PathBuf,
    segments: RwLock<Vec<Arc<Segment>>>,
    damage: Mutex<Vec<Damage>>,
    /// The position that the next record gets.
    next: AtomicU64,
}

pub(crate) struct Segment {
    /// No record in it has a smaller position.
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What may be read: everything before this was acknowledged.
    pub(crate) bytes: u64,
    /// Old segments are surveyed when somebody first reads them, so that opening stays fast.
    pub(crate) contents: Option<Contents>,
}

impl Segment {
    pub(crate) fn new(first: u64, path: PathBuf, known: Known) -> Self {
        Self { first, path, known: Mutex::new(known) }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    pub(crate) fn new(
        folder: PathBuf,
        segments: Vec<Arc<Segment>>,
        damage: Vec<Damage>,
        next: u64,
    ) -> Self {
        Self {
            folder,
            segments: RwLock::new(segments),
            damage: Mutex::new(damage),
            next: AtomicU64::new(next),
        }
    }

    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push(segment);
    }

    pub(crate) fn take_away(&self, first: u64) {
        self.segments
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|segment| segment.first != first);
    }

    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    pub(crate) fn set_next(&self, next: u64) {
        self.next.store(next, Ordering::Release);
    }

    /// The smallest position that can be asked for: with nothing kept, the one that comes next.
    pub(crate) fn oldest(&self) -> u64 {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        segments.first().map_or_else(|| self.next(), |segment| segment.first)
    }

    pub(crate) fn report(&self, damage: Damage) {
        let mut all = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < DAMAGE_MAX && !all.contains(&damage) {
            all.push(damage);
        }
    }

    pub(crate) fn damage(&self) -> Vec<Damage> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a segment holds; a survey, and a report of what it found, the first time. `below` is the
    /// first position of the segment that follows.
    pub(crate) fn contents(&self, segment: &Segment, below: u64) -> io::Result<Known> {
        let mut known = segment.known();
        if known.contents.is_none() {
            let survey = segment::survey(&segment.path, segment.first, below)?;
            for damage in set_aside(&segment.path, &survey, true) {
                self.report(damage);
            }
            let after = survey.contents.last.max(segment.first - 1) + 1;
            if after < below {
                self.report(Damage::Hole { from: after, to: below - 1 });
            }
            known.contents = Some(survey.contents);
        }
        Ok(known.clone())
    }
}

/// What a survey found broken. The unreadable stretches are copied beside the segment once, so that
/// a person can look at them after the segment was swept.
pub(crate) fn set_aside(path: &Path, survey: &segment::Survey, with_tail: bool) -> Vec<Damage> {
    let mut damage = Vec::new();
    if !survey.header_ok {
        damage.push(Damage::Header { file: path.to_path_buf() });
    }
    let tail = survey.tail.clone().filter(|_| with_tail && !survey.tail_is_rewritten);
    let stretches: Vec<_> = survey.gaps.iter().cloned().chain(tail).collect();
    if stretches.is_empty() {
        return damage;
    }
    let copy = path.with_extension("facts.damaged");
    let bytes: Vec<u8> =
        stretches.iter().flat_map(|stretch| &survey.bytes[stretch.clone()]).copied().collect();
    // A copy that fails is worth no fault: the stretch is still where it was.
    let copied = copy.exists() || mag_contract::durable::write(&copy, &bytes).is_ok();
    damage.extend(stretches.into_iter().map(|stretch| Damage::Stretch {
        file: path.to_path_buf(),
        from: stretch.start as u64,
        bytes: stretch.len() as u64,
        copy: copied.then(|| copy.clone()),
    }));
    damage
}
