//! Connections on which short reads are run at once, where they are asked for. Each keeps the moment
//! that it reads at: while nothing is written, the next read needs no lock of the file.
//! Never: a moment that is older than an answered write, or that keeps the log from being emptied.

use crate::connect::{Link, Opener, Place, Use};
use crate::error;
use mag_adapter::EngineError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// More could not run at once.
const MOST: usize = 8;
/// What another program writes is seen this much later at most; our own writes at once.
const KEPT: Duration = Duration::from_millis(1);
/// Twice what SQLite leaves of a log that was emptied: above it nobody keeps a moment, so that it
/// can be emptied.
const LOG_MAX: u64 = 128 << 20;

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    /// The number of this thread among those that have read.
    static HERE: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) struct Near {
    links: Vec<Mutex<Link>>,
    keeps: AtomicBool,
}

/// A transaction that reads.
pub(crate) struct Moment {
    changes: u64,
    since: Instant,
}

impl Near {
    pub(crate) fn open(opener: &Opener) -> Result<Arc<Self>, EngineError> {
        let most = opener.settings.readers.saturating_sub(2).clamp(1, MOST);
        let links = (0..most).map(|_| opener.open(Use::ReadNow).map(Mutex::new));
        // In someone's file that has no log, who reads keeps others from writing.
        let keeps = AtomicBool::new(matches!(opener.settings.place, Place::Managed(_)));
        Ok(Arc::new(Self { links: links.collect::<Result<_, _>>()?, keeps }))
    }

    /// A connection that nobody uses; the same one for the same thread where that can be. Its pages
    /// and statements lie in the memory nearest to that thread's core.
    pub(crate) fn one(&self) -> Option<MutexGuard<'_, Link>> {
        let first = HERE.with(|here| *here);
        let from = |n: usize| self.links.get((first + n) % self.links.len());
        (0..self.links.len()).find_map(|n| from(n)?.try_lock().ok())
    }

    /// Reads at the moment of before, or at that of now when something was written since.
    pub(crate) fn settle(&self, link: &mut Link, opener: &Opener, now: Instant) -> Settled {
        // Before the transaction begins: it sees this change, or later ones as well.
        let changes = opener.changes();
        let is_new = |kept: &Moment| kept.changes == changes && now - kept.since < KEPT;
        let keeps = self.keeps.load(Ordering::Relaxed);
        if keeps && link.kept.as_ref().is_some_and(is_new) {
            return Ok(());
        }
        link.let_go()?;
        if keeps {
            link.keep(Moment { changes, since: now })?;
        }
        Ok(())
    }

    /// Lets go of moments that no read will use again.
    pub(crate) fn let_go_of_old(&self, opener: &Opener) {
        let changes = opener.changes();
        for link in &self.links {
            // One that is in use sees to it by itself.
            if let Ok(mut link) = link.try_lock()
                && link.kept.as_ref().is_some_and(|kept| kept.changes != changes)
            {
                let _ = link.let_go();
            }
        }
    }

    /// Lets go of all of them: someone needs the file for himself.
    pub(crate) fn let_go_of_all(&self) {
        for link in &self.links {
            // Reads on these are short.
            let _ = link.lock().unwrap_or_else(PoisonError::into_inner).let_go();
        }
    }

    /// Moments are kept as long as the log is short.
    pub(crate) fn look_at_log(&self, opener: &Opener) {
        let Place::Managed(_) = opener.settings.place else { return };
        let short = opener.log_bytes() <= LOG_MAX;
        if self.keeps.swap(short, Ordering::Relaxed) && !short {
            self.let_go_of_all();
        }
    }
}

type Settled = Result<(), EngineError>;

impl Link {
    fn keep(&mut self, moment: Moment) -> Settled {
        self.say("BEGIN")?;
        self.kept = Some(moment);
        Ok(())
    }
    /// Ends the transaction that reads, if there is one.
    pub(crate) fn let_go(&mut self) -> Settled {
        match self.kept.take() {
            Some(_) => self.say("COMMIT"),
            None => Ok(()),
        }
    }
    fn say(&self, sql: &str) -> Settled {
        let mut statement = self.db.prepare_cached(sql).map_err(error::of)?;
        statement.raw_execute().map(drop).map_err(error::of)
    }
}
