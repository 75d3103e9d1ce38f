//! A reader with a name, whose position survives restarts. At least once: what was delivered and not
//! acknowledged is delivered again after a restart, so a consumer must not mind to see a fact twice.

use crate::damage::Damage;
use crate::faults;
use crate::journal::Journal;
use crate::read::Filter;
use crate::record::{Position, Record};
use mag_contract::{Fault, codes, durable};
use std::io;
use std::path::{Path, PathBuf};
use tokio::sync::watch;

pub(crate) const FOLDER: &str = "positions";
/// Acknowledged facts that a `kill -9` may deliver again. Writing each position would cost a sync a
/// fact; an idle consumer's position is always written.
const WRITE_EVERY: u64 = 256;

/// Where a consumer begins that was never here before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Oldest,
    /// With the first fact after now.
    Newest,
    At(Position),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    pub records: Vec<Record>,
    /// Positions that were swept before this consumer came to them. It should read the state again.
    pub missed: u64,
}

pub struct Consumer {
    journal: Journal,
    name: String,
    file: PathBuf,
    filter: Filter,
    newest: watch::Receiver<Position>,
    /// The next position to deliver.
    next: Position,
    /// The last position that was acknowledged, and the last that was written to the disk.
    acked: Position,
    written: Position,
}

impl Consumer {
    pub(crate) async fn open(
        journal: Journal,
        name: &str,
        filter: Filter,
        start: Start,
    ) -> Result<Self, Fault> {
        if !is_name(name) {
            return Err(faults::bad_consumer(name));
        }
        let owned = name.to_owned();
        let (file, found) = journal
            .ask(move |shelf| {
                let folder = shelf.folder.join(FOLDER);
                let file = folder.join(&owned);
                durable::create_folder(&folder)
                    .map_err(|e| faults::io("make the folder", &folder, e))?;
                let found = read_position(&file);
                if found == Found::Damaged {
                    shelf.report(Damage::Consumer { name: owned });
                }
                Ok::<_, Fault>((file, found))
            })
            .await??;
        let acked = match (found, start) {
            (Found::At(position), _) => position,
            (Found::Damaged, _) | (Found::Never, Start::Oldest) => before(journal.oldest()),
            (Found::Never, Start::Newest) => journal.newest(),
            (Found::Never, Start::At(position)) => before(position),
        };
        let newest = journal.watch();
        let mut consumer = Self {
            journal,
            name: name.to_owned(),
            file,
            filter,
            newest,
            next: acked.next(),
            acked,
            written: acked,
        };
        if !matches!(found, Found::At(_)) {
            // From now on it has been here: "newest" means the newest of this moment.
            consumer.write().await?;
        }
        Ok(consumer)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last position that was acknowledged.
    pub fn position(&self) -> Position {
        self.acked
    }

    /// How many positions lie between this consumer and the newest fact.
    pub fn behind(&self) -> u64 {
        self.newest.borrow().0.saturating_sub(self.acked.0)
    }

    /// The next facts; waits until there are some. Dropping the wait loses nothing.
    pub async fn next_batch(&mut self, max: usize) -> Result<Delivery, Fault> {
        loop {
            if let Some(delivery) = self.try_batch(max).await? {
                return Ok(delivery);
            }
            self.save().await?;
            let next = self.next;
            self.newest.wait_for(|newest| *newest >= next).await.map_err(|_| faults::closed())?;
        }
    }

    /// The next facts, or none when there are none now.
    pub async fn try_batch(&mut self, max: usize) -> Result<Option<Delivery>, Fault> {
        let mut missed = 0;
        while *self.newest.borrow_and_update() >= self.next || self.next < self.journal.oldest() {
            match self.journal.read(self.next, self.filter.clone(), max.max(1)).await {
                Ok(batch) => {
                    // What the filter left out needs nobody's acknowledgement, unless facts before
                    // it still wait for theirs.
                    if batch.records.is_empty() && self.acked.next() == self.next {
                        self.acked = before(batch.next);
                    }
                    self.next = batch.next;
                    if !batch.records.is_empty() {
                        return Ok(Some(Delivery { records: batch.records, missed }));
                    }
                }
                Err(fault) if fault.code() == codes::POSITION_GONE => {
                    let oldest = self.journal.oldest();
                    missed += oldest.0.saturating_sub(self.next.0);
                    if self.acked.next() == self.next {
                        self.acked = before(oldest);
                    }
                    self.next = oldest;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok((missed > 0).then(|| Delivery { records: Vec::new(), missed }))
    }

    /// Everything up to this position is dealt with.
    pub async fn ack(&mut self, position: Position) -> Result<(), Fault> {
        if position >= self.next {
            return Err(Fault::new(
                codes::STATE_CONFLICT,
                format!("`{}` cannot acknowledge {position}: it was not delivered", self.name),
            ));
        }
        self.acked = self.acked.max(position);
        if self.acked.0 - self.written.0 >= WRITE_EVERY { self.save().await } else { Ok(()) }
    }

    /// Delivers again what was not acknowledged.
    pub fn rewind(&mut self) {
        self.next = self.acked.next();
    }

    /// Begins somewhere else: a replay.
    pub async fn seek(&mut self, position: Position) -> Result<(), Fault> {
        self.next = position.max(Position(1));
        self.acked = before(self.next);
        self.write().await
    }

    /// Writes the position now.
    pub async fn save(&mut self) -> Result<(), Fault> {
        if self.written == self.acked { Ok(()) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<(), Fault> {
        let (file, acked) = (self.file.clone(), self.acked);
        self.journal.ask(move |_| write_position(&file, acked)).await??;
        self.written = acked;
        Ok(())
    }
}

/// A consumer that is dropped writes its position when there is room to ask for it; else it sees a
/// few facts again.
impl Drop for Consumer {
    fn drop(&mut self) {
        if self.written != self.acked {
            let (file, acked) = (self.file.clone(), self.acked);
            self.journal.tell(move |_| drop(write_position(&file, acked)));
        }
    }
}

fn before(position: Position) -> Position {
    Position(position.0.saturating_sub(1))
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    (1..=64).contains(&name.len())
        && name.bytes().all(plain)
        && name.as_bytes()[0].is_ascii_alphanumeric()
        && !name.ends_with(".draft")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    At(Position),
    Never,
    Damaged,
}

/// `<position> <its crc32>`: a number that was damaged into another number is found out.
fn read_position(file: &Path) -> Found {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Found::Never,
        Err(_) => return Found::Damaged,
    };
    let read = text.trim_end().split_once(' ').and_then(|(position, crc)| {
        let crc = u32::from_str_radix(crc, 16).ok()?;
        (crc == crc32fast::hash(position.as_bytes())).then(|| position.parse().ok())?
    });
    read.map_or(Found::Damaged, |position| Found::At(Position(position)))
}

fn write_position(file: &Path, position: Position) -> Result<(), Fault> {
    let crc = crc32fast::hash(position.to_string().as_bytes());
    durable::write(file, format!("{position} {crc:08x}\n").as_bytes())
        .map_err(|e| faults::io("write the position", file, e))
}

/// The highest position that any consumer has acknowledged.
pub(crate) fn highest(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder.join(FOLDER)) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| match read_position(&entry.path()) {
            Found::At(position) => Some(position.0),
            Found::Never | Found::Damaged => None,
        })
        .max()
        .unwrap_or(0)
}
