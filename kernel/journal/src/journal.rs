//! The handle of a journal: cheap to clone, and it can only ask. One thread writes, one reads; the
//! last handle ends both. One process at a time: the board's lock on its data folder sees to that.

use crate::chain::Seal;
use crate::consumer::{Consumer, Start};
use crate::damage::Damage;
use crate::disk::{Disk, Machine};
use crate::faults;
use crate::limits::Limits;
use crate::open::{self, OpenReport, Opened};
use crate::read::{self, Batch, Filter};
use crate::record::{Draft, Position};
use crate::shelf::Shelf;
use crate::sweep::{self, Swept};
use crate::writer::{Active, Counters, Order, Writer};
use mag_contract::{Fault, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    orders: Option<mpsc::Sender<Order>>,
    questions: Option<mpsc::Sender<Question>>,
    newest: watch::Receiver<Position>,
    seals: watch::Receiver<Option<Seal>>,
    shelf: Arc<Shelf>,
    counters: Arc<Counters>,
    limits: Limits,
    threads: Vec<JoinHandle<()>>,
}

type Question = Box<dyn FnOnce(&Shelf) + Send>;

/// Reads that wait for the reading thread; who asks one more waits until there is room.
const QUESTIONS: usize = 256;
/// The threads encode and compare; they do not recurse.
const STACK: usize = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    pub segments: usize,
    pub bytes: u64,
    pub oldest: Position,
    pub newest: Position,
    pub appended: u64,
    pub syncs: u64,
    /// Appends that the disk refused.
    pub refused: u64,
    /// Those among them whose caller did not wait for the answer.
    pub refused_unseen: u64,
}

impl Journal {
    /// Opens or makes the journal in this folder. Blocks for the few milliseconds that takes.
    pub fn open(folder: &Path, limits: Limits) -> Result<(Self, OpenReport), Fault> {
        Self::open_on(Arc::new(Machine), folder, limits)
    }

    pub fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        limits: Limits,
    ) -> Result<(Self, OpenReport), Fault> {
        let opened = open::open(disk.as_ref(), folder)?;
        Self::start(disk, opened, limits, |_| None)
    }

    pub(crate) fn start(
        disk: Arc<dyn Disk>,
        opened: Opened,
        limits: Limits,
        seal: impl FnOnce(&Shelf) -> Option<Seal>,
    ) -> Result<(Self, OpenReport), Fault> {
        let Opened { shelf, resume, report } = opened;
        let seal = seal(&shelf);
        let shelf = Arc::new(shelf);
        let (orders, waiting) = mpsc::channel(limits.queue.max(1));
        let (questions, asked) = mpsc::channel::<Question>(QUESTIONS);
        let (newest_sender, newest) = watch::channel(report.newest);
        let (seals_sender, seals) = watch::channel(seal);
        let counters = Arc::new(Counters::default());
        // A file that cannot be opened for writing is left as it is; a new one is begun.
        let active = resume.and_then(|segment| {
            let file = disk.open(&segment.path).ok()?;
            Some(Active { segment, file })
        });
        let writer = Writer {
            disk,
            shelf: Arc::clone(&shelf),
            limits,
            orders: waiting,
            newest: newest_sender,
            counters: Arc::clone(&counters),
            seal,
            seals: seals_sender,
            active,
            buffer: Vec::new(),
        };
        let reading = Arc::clone(&shelf);
        let threads = vec![
            spawn("journal-writer", move || writer.run())?,
            spawn("journal-reader", move || answer_all(asked, &reading))?,
        ];
        let inner = Inner {
            orders: Some(orders),
            questions: Some(questions),
            newest,
            seals,
            shelf,
            counters,
            limits,
            threads,
        };
        Ok((Self { inner: Arc::new(inner) }, report))
    }

    /// Resolves when the fact is on the disk. It stands in the queue when this returns, so facts get
    /// their positions in the order of the calls; only with a full queue they wait for their turn, in
    /// the order in which they are first polled.
    pub fn append(
        &self,
        draft: Draft,
    ) -> impl Future<Output = Result<Position, Fault>> + Send + use<> {
        let (answer, stored) = oneshot::channel();
        let queued = draft.check().and_then(|()| {
            match self.orders().try_send(Order::Append { draft, answer: Some(answer) }) {
                Ok(()) => Ok(None),
                // The journal is held with the order, so that it does not end before its turn comes.
                Err(mpsc::error::TrySendError::Full(order)) => Ok(Some((self.clone(), order))),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(faults::closed()),
            }
        });
        async move {
            if let Some((journal, order)) = queued? {
                journal.order(order).await?;
            }
            stored.await.map_err(|_| faults::closed())?
        }
    }

    /// Hands the fact in and does not wait for the disk. Refused at once when the queue is full;
    /// what the disk refuses later is counted in `Stats::refused_unseen`.
    pub fn append_nowait(&self, draft: Draft) -> Result<(), Fault> {
        draft.check()?;
        self.orders().try_send(Order::Append { draft, answer: None }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => faults::queue_full(self.inner.limits.queue),
            mpsc::error::TrySendError::Closed(_) => faults::closed(),
        })
    }

    /// Returns when everything that was handed in before is on the disk or was refused.
    pub async fn flush(&self) -> Result<(), Fault> {
        let (answer, flushed) = oneshot::channel();
        self.order(Order::Flush(answer)).await?;
        flushed.await.map_err(|_| faults::closed())
    }

    /// Writes what waits, and notes that the journal ended as it should. Appends after it are refused.
    pub async fn close(&self) {
        let (answer, closed) = oneshot::channel();
        if self.order(Order::Close(answer)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// At most `max` facts from a position on; `Position::OLDEST` is wherever the journal begins.
    /// A position that is swept already is the fault `POSITION_GONE`.
    pub async fn read(&self, from: Position, filter: Filter, max: usize) -> Result<Batch, Fault> {
        self.ask(move |shelf| read::read(shelf, from, &filter, max)).await?
    }

    /// As `read`, for who wants what is kept and not a certain position: what is swept already, or is
    /// while this reads, is passed over.
    pub async fn read_kept(
        &self,
        from: Position,
        filter: Filter,
        max: usize,
    ) -> Result<Batch, Fault> {
        self.ask(move |shelf| read::read_kept(shelf, from, &filter, max)).await?
    }

    /// Where the facts of a time begin.
    pub async fn position_at(&self, time: Timestamp) -> Result<Position, Fault> {
        self.ask(move |shelf| read::position_at(shelf, time)).await?
    }

    pub fn oldest(&self) -> Position {
        Position(self.inner.shelf.oldest())
    }

    /// The last fact that was acknowledged; `Position(0)` before the first.
    pub fn newest(&self) -> Position {
        *self.inner.newest.borrow()
    }

    /// Changes whenever facts were acknowledged, so that a follower can wait for them.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.inner.newest.clone()
    }

    /// Forgets what is old enough.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, Fault> {
        let limits = self.inner.limits;
        self.ask(move |shelf| sweep::sweep(shelf, &limits, now)).await
    }

    /// A reader whose position survives restarts.
    pub async fn consumer(
        &self,
        name: &str,
        filter: Filter,
        start: Start,
    ) -> Result<Consumer, Fault> {
        Consumer::open(self.clone(), name, filter, start).await
    }

    /// Reads every segment and says what is broken; `damage` alone says what was met so far.
    pub async fn check(&self) -> Result<Vec<Damage>, Fault> {
        self.ask(|shelf| {
            let segments = shelf.segments();
            for (i, segment) in segments.iter().enumerate() {
                let below = segments.get(i + 1).map_or(u64::MAX, |next| next.first);
                if shelf.contents(segment, below).is_err() {
                    shelf.report(Damage::Vanished { file: segment.path.clone() });
                }
            }
            shelf.damage()
        })
        .await
    }

    pub fn damage(&self) -> Vec<Damage> {
        self.inner.shelf.damage()
    }

    pub fn stats(&self) -> Stats {
        let segments = self.inner.shelf.segments();
        let counters = &self.inner.counters;
        Stats {
            segments: segments.len(),
            bytes: segments.iter().map(|segment| segment.known().bytes).sum(),
            oldest: self.oldest(),
            newest: self.newest(),
            appended: counters.appended.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            refused_unseen: counters.refused_unseen.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn seal(&self) -> Option<Seal> {
        *self.inner.seals.borrow()
    }

    /// Has the reading thread do something. It is done even when nobody waits for the answer.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Shelf) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |shelf| drop(answer.send(question(shelf))));
        self.questions().send(question).await.map_err(|_| faults::closed())?;
        answered.await.map_err(|_| faults::closed())
    }

    /// The same from a place that cannot wait, when there is room.
    pub(crate) fn tell(&self, question: impl FnOnce(&Shelf) + Send + 'static) {
        let _ = self.questions().try_send(Box::new(question));
    }

    async fn order(&self, order: Order) -> Result<(), Fault> {
        self.orders().send(order).await.map_err(|_| faults::closed())
    }

    fn orders(&self) -> &mpsc::Sender<Order> {
        self.inner.orders.as_ref().expect("only the drop takes it")
    }

    fn questions(&self) -> &mpsc::Sender<Question> {
        self.inner.questions.as_ref().expect("only the drop takes it")
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Fault> {
    std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(work).map_err(|e| {
        Fault::new(mag_contract::codes::JOURNAL, "could not start a thread").because(e)
    })
}

fn answer_all(mut asked: mpsc::Receiver<Question>, shelf: &Shelf) {
    while let Some(question) = asked.blocking_recv() {
        // A bug in one read must not end the reads of all the others; the asker sees a fault.
        let _ = catch_unwind(AssertUnwindSafe(|| question(shelf)));
    }
}

/// Waits until what was handed in is on the disk: at most one queue of facts and one sync. A task
/// that minds calls `close` first.
impl Drop for Inner {
    fn drop(&mut self) {
        self.orders.take();
        self.questions.take();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
