//! The one thread that writes. It takes what waits in its queue as one group, writes it, syncs once,
//! and only then tells the callers. After a failure it never trusts what it cannot know: a segment
//! whose sync failed is left, and the group is written again in a new one.

use crate::chain::{self, Seal};
use crate::disk::{Disk, DiskFile, write_all};
use crate::faults;
use crate::frame;
use crate::limits::Limits;
use crate::open;
use crate::record::{Draft, Position};
use crate::segment::{self, Contents, HEADER};
use crate::shelf::{Known, Segment, Shelf};
use mag_contract::{Fault, Timestamp};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

pub(crate) enum Order {
    Append {
        draft: Draft,
        answer: Option<oneshot::Sender<Result<Position, Fault>>>,
    },
    /// Answered when everything before it is on the disk or was refused.
    Flush(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// Facts in one sync: past this a sync costs less than the write before it.
const GROUP_MAX: usize = 512;
/// A group and the segment it ends have a bound together: 1 MiB and one largest fact.
const GROUP_BYTES_MAX: usize = 1024 * 1024;
/// A buffer that grew for one large group is given back.
const BUFFER_KEEP: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) appended: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) refused_unseen: AtomicU64,
}

pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) limits: Limits,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) newest: watch::Sender<Position>,
    pub(crate) counters: Arc<Counters>,
    /// The seal of the last record, when this journal is a chain.
    pub(crate) seal: Option<Seal>,
    pub(crate) seals: watch::Sender<Option<Seal>>,
    pub(crate) active: Option<Active>,
    pub(crate) buffer: Vec<u8>,
}

/// The segment that is written now. Everything in it before `Known::bytes` is acknowledged.
pub(crate) struct Active {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: Box<dyn DiskFile>,
}

type Waiting = Vec<(Draft, Option<oneshot::Sender<Result<Position, Fault>>>)>;

/// A group as bytes: where each record begins in them, and the seal of the last.
struct Encoded {
    offsets: Vec<usize>,
    seal: Option<Seal>,
}

impl Writer {
    pub(crate) fn run(mut self) {
        let mut flushed = Vec::new();
        let mut closed = None;
        while closed.is_none() {
            let Some(order) = self.orders.blocking_recv() else { break };
            let mut group = Waiting::new();
            let mut bytes = 0;
            let mut order = Some(order);
            while let Some(taken) = order {
                match taken {
                    Order::Append { draft, answer } => {
                        bytes += draft.payload.len() + draft.topic.len() + draft.source.len();
                        group.push((draft, answer));
                    }
                    Order::Flush(answer) => flushed.push(answer),
                    Order::Close(answer) => closed = Some(answer),
                }
                let full = group.len() >= GROUP_MAX || bytes >= GROUP_BYTES_MAX || closed.is_some();
                order = if full { None } else { self.orders.try_recv().ok() };
            }
            if !group.is_empty() {
                self.commit(group);
            }
            for answer in flushed.drain(..) {
                // Who asked may have gone.
                let _ = answer.send(());
            }
        }
        let last = self.active.as_ref().map(|a| (a.segment.first, a.segment.known().bytes));
        let last = last.or_else(|| {
            self.shelf.segments().last().map(|segment| (segment.first, segment.known().bytes))
        });
        open::write_hint(&self.shelf.folder, self.shelf.next(), last);
        if let Some(answer) = closed {
            let _ = answer.send(());
        }
    }

    /// Writes a group, syncs it, answers it.
    fn commit(&mut self, group: Waiting) {
        match self.store(&group) {
            Ok(()) => {
                let first = self.shelf.next() - group.len() as u64;
                self.counters.appended.fetch_add(group.len() as u64, Ordering::Relaxed);
                self.newest.send_replace(Position(self.shelf.next() - 1));
                for (position, (_, answer)) in (first..).zip(group) {
                    if let Some(answer) = answer {
                        let _ = answer.send(Ok(Position(position)));
                    }
                }
            }
            Err(fault) => {
                self.counters.refused.fetch_add(group.len() as u64, Ordering::Relaxed);
                for (_, answer) in group {
                    match answer {
                        Some(answer) => drop(answer.send(Err(fault.clone()))),
                        None => {
                            self.counters.refused_unseen.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
        }
        if self.buffer.capacity() > BUFFER_KEEP {
            self.buffer = Vec::new();
        }
    }

    fn store(&mut self, group: &Waiting) -> Result<(), Fault> {
        self.roll_when_due(&group[0].0)?;
        let encoded = self.encode(group);
        let folder = self.shelf.folder.clone();
        let cannot = |e: io::Error| faults::io("write facts in", &folder, e);
        self.write().map_err(cannot)?;
        if self.sync().is_err() {
            // What this file holds now is anybody's guess, and asking the kernel to sync it again
            // would be answered with a lie. The group goes to a new segment.
            self.abandon();
            self.begin()?;
            let again = self.encode(group);
            self.write().map_err(cannot)?;
            if let Err(e) = self.sync() {
                self.abandon();
                return Err(faults::io("sync facts in", &folder, e));
            }
            self.publish(group, again);
        } else {
            self.publish(group, encoded);
        }
        Ok(())
    }

    fn encode(&mut self, group: &Waiting) -> Encoded {
        self.buffer.clear();
        let mut encoded = Encoded { offsets: Vec::with_capacity(group.len()), seal: self.seal };
        for (position, (draft, _)) in (self.shelf.next()..).zip(group) {
            encoded.offsets.push(self.buffer.len());
            match encoded.seal {
                None => frame::encode(&mut self.buffer, position, draft, &[&draft.payload]),
                Some(previous) => {
                    let own = chain::seal(previous, position, draft);
                    let payload = [&previous.0[..], &own.0[..], &draft.payload];
                    frame::encode(&mut self.buffer, position, draft, &payload);
                    encoded.seal = Some(own);
                }
            }
        }
        encoded
    }

    /// Behind the last acknowledged record. A failure leaves the segment as it was, or leaves the segment.
    fn write(&mut self) -> io::Result<()> {
        let active = self.active.as_mut().expect("`roll_when_due` or `begin` came before");
        let end = active.segment.known().bytes;
        let written = write_all(active.file.as_mut(), end, &self.buffer);
        if written.is_err() && active.file.truncate(end).is_err() {
            self.abandon();
        }
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        let active = self.active.as_mut().expect("`write` came before");
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        active.file.sync()
    }

    /// From here on the group can be read.
    fn publish(&mut self, group: &Waiting, encoded: Encoded) {
        let active = self.active.as_ref().expect("`write` came before");
        let mut known = active.segment.known();
        let base = known.bytes;
        let contents = known.contents.get_or_insert_with(Contents::default);
        let first = self.shelf.next();
        for ((position, (draft, _)), offset) in (first..).zip(group).zip(encoded.offsets) {
            contents.add(position, base + offset as u64, draft.at);
        }
        known.bytes = base + self.buffer.len() as u64;
        drop(known);
        self.shelf.set_next(first + group.len() as u64);
        self.seal = encoded.seal;
        self.seals.send_replace(self.seal);
    }

    fn roll_when_due(&mut self, draft: &Draft) -> Result<(), Fault> {
        let due = self.active.as_ref().is_none_or(|active| {
            let known = active.segment.known();
            let begun = known.contents.as_ref().and_then(|contents| contents.first_at);
            known.bytes >= self.limits.segment_bytes_max
                || begun.is_some_and(|at| age(draft.at, at) >= self.limits.segment_age_max)
        });
        if due { self.begin() } else { Ok(()) }
    }

    /// Leaves the active segment at its last acknowledged record.
    fn abandon(&mut self) {
        let Some(mut active) = self.active.take() else { return };
        let known = active.segment.known().clone();
        if known.contents.is_none_or(|contents| contents.last == 0) {
            self.shelf.take_away(active.segment.first);
            // When it cannot be removed, `begin` takes the next name.
            let _ = self.disk.remove(&active.segment.path);
        } else {
            // When this fails too, the positions tell: the next segment holds them again.
            let _ = active.file.truncate(known.bytes);
        }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        let mut first = self.shelf.next();
        let mut path = self.shelf.folder.join(segment::file_name(first));
        if path.exists() && self.disk.remove(&path).is_err() {
            first += 1;
            path = self.shelf.folder.join(segment::file_name(first));
        }
        let file = self.create(first, &path).map_err(|e| {
            let _ = self.disk.remove(&path);
            faults::io("begin the segment", &path, e)
        })?;
        self.shelf.set_next(first);
        // A segment that was opened without a record and could not be gone on with.
        self.shelf.take_away(first);
        let known = Known { bytes: HEADER as u64, contents: Some(Contents::default()) };
        let segment = Arc::new(Segment::new(first, path, known));
        self.shelf.add(Arc::clone(&segment));
        self.active = Some(Active { segment, file });
        Ok(())
    }

    fn create(&self, first: u64, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut file = self.disk.create(path)?;
        write_all(file.as_mut(), 0, &segment::header(first))?;
        file.sync()?;
        self.disk.sync_folder(&self.shelf.folder)?;
        Ok(file)
    }
}

/// The times are the callers': any number may come.
fn age(now: Timestamp, begun: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(now.millis().saturating_sub(begun.millis())).unwrap_or(0))
}
