//! The audit log: a journal whose records are chained by hashes, and that is kept for good.
//! The chain shows that a record was changed, taken out or put in. Somebody who can write the folder
//! can also make a whole new chain: against that, keep the `seal` of the day somewhere else.

use crate::chain::{self, Seal};
use crate::disk::{Disk, Machine};
use crate::journal::Journal;
use crate::limits::Limits;
use crate::open::{self, OpenReport};
use crate::read::{self, Batch, Filter};
use crate::record::{Draft, Position, Record};
use mag_contract::Fault;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone)]
pub struct Audit {
    journal: Journal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub records: u64,
    /// The seal of the last record that was looked at.
    pub seal: Option<Seal>,
    /// The first record that does not fit.
    pub broken: Option<Broken>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The record is not what was sealed.
    Changed(Position),
    /// The record does not follow the one before it: something was taken out or put in.
    Unchained(Position),
    /// The log does not hold the seal that was kept elsewhere.
    Replaced,
}

/// Read in one go while verifying.
const VERIFY_BATCH: usize = 1000;

impl Audit {
    pub fn open(folder: &Path, limits: Limits) -> Result<(Self, OpenReport), Fault> {
        Self::open_on(Arc::new(Machine), folder, limits)
    }

    pub fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        limits: Limits,
    ) -> Result<(Self, OpenReport), Fault> {
        let opened = open::open(disk.as_ref(), folder)?;
        let (journal, report) = Journal::start(disk, opened, limits, |shelf| {
            let last = read::last(shelf);
            let own = last.as_ref().and_then(|last| Some(chain::split(&last.payload)?.1));
            Some(own.unwrap_or(Seal::FIRST))
        })?;
        Ok((Self { journal }, report))
    }

    /// Returns when the line is on the disk.
    pub async fn append(&self, draft: Draft) -> Result<Position, Fault> {
        self.journal.append(draft).await
    }

    /// Lines from a position on, without their seals. What is forgotten is passed over.
    pub async fn read(&self, from: Position, filter: Filter, max: usize) -> Result<Batch, Fault> {
        let mut batch = self.journal.read_kept(from, filter, max).await?;
        for record in &mut batch.records {
            let content = record.payload.len().min(2 * Seal::BYTES);
            record.payload = record.payload.slice(content..);
        }
        Ok(batch)
    }

    /// What proves the log up to now, when it is kept somewhere else.
    pub fn seal(&self) -> Seal {
        self.journal.seal().unwrap_or(Seal::FIRST)
    }

    /// Reads the whole log. With a seal that was kept elsewhere, the log must hold that one as well.
    pub async fn verify(&self, kept: Option<Seal>) -> Result<Verdict, Fault> {
        let mut verdict = Verdict { records: 0, seal: None, broken: None };
        let mut kept_found = kept.is_none_or(|seal| seal == Seal::FIRST);
        let mut from = Position::OLDEST;
        let mut last = Position::OLDEST;
        let newest = self.journal.newest();
        loop {
            let batch = self.journal.read_kept(from, Filter::all(), VERIFY_BATCH).await?;
            for record in &batch.records {
                // All that was looked at is forgotten meanwhile, and what came after it.
                if record.position.0 > last.0 + 1 && last < self.journal.oldest() {
                    (verdict.records, verdict.seal) = (0, None);
                }
                last = record.position;
                let previous =
                    verdict.seal.or((record.position == Position(1)).then_some(Seal::FIRST));
                match check(record, previous) {
                    Ok(own) => {
                        kept_found |= kept == Some(own);
                        verdict.seal = Some(own);
                        verdict.records += 1;
                    }
                    Err(broken) => {
                        verdict.broken = Some(broken);
                        return Ok(verdict);
                    }
                }
            }
            if batch.next > newest || batch.next == from {
                break;
            }
            from = batch.next;
        }
        if !kept_found {
            verdict.broken = Some(Broken::Replaced);
        }
        Ok(verdict)
    }

    /// Everything else that a journal can do: watch, sweep, stats, consumers.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

fn check(record: &Record, previous: Option<Seal>) -> Result<Seal, Broken> {
    let changed = Broken::Changed(record.position);
    let Some((before, own, content)) = chain::split(&record.payload) else { return Err(changed) };
    let draft = Draft {
        at: record.at,
        topic: record.topic.clone(),
        source: record.source.clone(),
        payload: record.payload.slice_ref(content),
    };
    if chain::seal(before, record.position.0, &draft) != own {
        return Err(changed);
    }
    if previous.is_some_and(|previous| previous != before) {
        return Err(Broken::Unchained(record.position));
    }
    Ok(own)
}
