//! The one who writes: a thread with the one connection that may. Writes that come at the same time
//! share a transaction and with it one wait for the disk. The failure of one is nobody else's: a
//! statement that fails has left nothing behind, and when it has after all the group
//! is undone and done again, each write in a savepoint of its own, as are those that come next. A
//! caller hears nothing before the commit.
//! Never: an answer for something that is not on the disk.

use crate::connect::{Link, Opener, Use};
use crate::error;
use crate::leash::{Wanting, Wish};
use crate::near::Near;
use crate::readers::take_place;
use crate::watch::Structure;
use mag_adapter::EngineError;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// When the last group had many, so will this one: its callers have just been answered, and it is
/// worth this long to let them come.
const GATHER: Duration = Duration::from_micros(150);
/// After a write that had to be undone so many have savepoints. It costs a tenth of a write, and to do
/// a whole group again as much as the group.
const CAREFUL: u32 = 4_096;
/// Groups between two looks at the log, and at who keeps an old moment of it.
const GROUPS_BETWEEN_LOOKS: u64 = 64;

pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    /// Its other end goes with the thread.
    ended: oneshot::Receiver<Infallible>,
    room: Arc<Semaphore>,
    queue_wait: Duration,
    counts: Arc<Counts>,
}

/// How much was written in how many commits.
#[derive(Debug, Default)]
struct Counts {
    commits: AtomicU64,
    writes: AtomicU64,
    undone: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Transactions that went to the disk, each with one wait for it.
    pub commits: u64,
    /// Writes that these have made durable.
    pub writes: u64,
    /// Writes that failed, or were only to be tried.
    pub undone: u64,
}

enum Order {
    Shared(Box<dyn Shared>),
    Alone(Lone),
}

/// Work that shares nothing.
type Lone = Box<dyn FnOnce(&Arc<Opener>) + Send>;

/// A write in a group, whatever it answers.
trait Shared: Send {
    fn is_wanted(&self) -> bool;
    /// Can be called again when the group was lost to the fault of another.
    fn run(&mut self, link: &mut Link);
    /// Whether what it did stays, if it was run.
    fn keeps(&self) -> bool;
    fn failure(&self) -> Option<&EngineError>;
    fn end(self: Box<Self>, committed: Result<(), EngineError>);
}

/// What a piece of work gives, and whether it stays.
pub(crate) enum Done<T> {
    Keep(T),
    Undo(T),
}

struct Write<T, F> {
    work: F,
    within: Option<Duration>,
    wish: Wish,
    outcome: Option<Result<Done<T>, EngineError>>,
    answer: oneshot::Sender<Result<T, EngineError>>,
    _place: OwnedSemaphorePermit,
}

impl<T: Send, F> Shared for Write<T, F>
where
    F: FnMut(&mut Link) -> Result<Done<T>, EngineError> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.wish.is_gone()
    }
    fn run(&mut self, link: &mut Link) {
        let leash = link.leash.clone();
        leash.put_on(self.within, Some(self.wish.clone()));
        self.outcome = Some((self.work)(link).map_err(|error| leash.reason(error)));
        leash.take_off();
    }
    fn keeps(&self) -> bool {
        matches!(self.outcome, Some(Ok(Done::Keep(_))))
    }
    fn failure(&self) -> Option<&EngineError> {
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
    }
    fn end(self: Box<Self>, committed: Result<(), EngineError>) {
        let outcome = match (self.outcome, committed) {
            (Some(Ok(Done::Keep(answer))), Ok(())) => Ok(answer),
            (Some(Ok(Done::Keep(_))) | None, Err(error)) => Err(error),
            (Some(Ok(Done::Undo(answer))), _) => Ok(answer),
            (Some(Err(error)), _) => Err(error),
            (None, Ok(())) => Err(error::cancelled()),
        };
        // Nobody waits when the caller has gone.
        let _ = self.answer.send(outcome);
    }
}

impl Writer {
    pub(crate) fn start(
        opener: Arc<Opener>,
        link: Link,
        structure: Arc<Structure>,
        near: Arc<Near>,
    ) -> Result<Self, EngineError> {
        let queue = opener.settings.queue.max(1);
        let (orders, incoming) = mpsc::channel(queue);
        let counts = Arc::new(Counts::default());
        let (end, ended) = oneshot::channel::<Infallible>();
        let writer = Self {
            ended,
            orders,
            room: Arc::new(Semaphore::new(queue)),
            queue_wait: opener.settings.queue_wait,
            counts: counts.clone(),
        };
        let keeper = Keeper {
            near,
            opener,
            link: Some(link),
            incoming,
            counts,
            structure,
            last_group: 1,
            careful: 0,
        };
        let serve = move || {
            keeper.serve();
            drop(end);
        };
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(serve).map_err(|e| {
            EngineError::gone("the machine gives no thread to write with").details(e.to_string())
        })?;
        Ok(writer)
    }

    /// Writes in the next group. The answer comes when it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        work: impl FnMut(&mut Link) -> Result<Done<T>, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let place = self.place(within).await?;
        let wanting = Wanting::default();
        let (answer, answered) = oneshot::channel();
        let wish = wanting.wish();
        let write = Write { work, within, wish, outcome: None, answer, _place: place };
        self.send(Order::Shared(Box::new(write)))?;
        let outcome = answered.await.unwrap_or_else(|_| Err(lost_work()));
        drop(wanting);
        outcome
    }

    /// Works while nobody else writes, with connections of its own.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        work: impl FnOnce(&Arc<Opener>, Wish) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let place = self.place(within).await?;
        let wanting = Wanting::default();
        let wish = wanting.wish();
        let (answer, answered) = oneshot::channel();
        self.send(Order::Alone(Box::new(move |opener| {
            let outcome = match wish.is_gone() {
                true => Err(error::cancelled()),
                false => opener.is_there().and_then(|()| work(opener, wish)),
            };
            opener.changed();
            drop(place);
            let _ = answer.send(outcome);
        })))?;
        let outcome = answered.await.unwrap_or_else(|_| Err(lost_work()));
        drop(wanting);
        outcome
    }

    /// Ends after what was begun, and closes the file.
    pub(crate) async fn close(self) {
        let Self { orders, ended, .. } = self;
        drop(orders);
        // Nothing is ever sent: the end of it is the answer.
        let _ = ended.await;
    }

    pub(crate) fn written(&self) -> Written {
        Written {
            commits: self.counts.commits.load(Ordering::Relaxed),
            writes: self.counts.writes.load(Ordering::Relaxed),
            undone: self.counts.undone.load(Ordering::Relaxed),
        }
    }

    async fn place(&self, within: Option<Duration>) -> Result<OwnedSemaphorePermit, EngineError> {
        let wait = within.map_or(self.queue_wait, |within| within.min(self.queue_wait));
        take_place(&self.room, wait).await
    }
    fn send(&self, order: Order) -> Result<(), EngineError> {
        // Everyone who sends holds a place, and there are as many as the channel takes.
        self.orders.try_send(order).map_err(|_| error::closed())
    }
}

fn lost_work() -> EngineError {
    EngineError::broken("the write ended without an answer; it was undone")
}

struct Keeper {
    /// Before the link: whoever closes the last connection brings the pages home.
    near: Arc<Near>,
    opener: Arc<Opener>,
    /// Opened anew after the machine failed it.
    link: Option<Link>,
    incoming: mpsc::Receiver<Order>,
    counts: Arc<Counts>,
    structure: Arc<Structure>,
    last_group: usize,
    /// So many writes from here on have a savepoint each.
    careful: u32,
}

/// What became of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ran {
    Well,
    /// It is there, and must not stay: it takes the group along.
    Undoes,
    /// The whole transaction went with it.
    Lost,
}

/// How a group came to its end.
enum Fate {
    Committed,
    /// No write of it is there. The write at this place is to blame, and only it.
    LostBy(usize),
    /// One of them must not stay, and cannot be undone alone.
    Again,
    /// Something that is checked at the commit alone: each has to be tried by itself.
    Unclear(EngineError),
    Refused(EngineError),
}

impl Ran {
    /// What it means for the group when it happened to the write at this place.
    fn fate(self, place: usize) -> Option<Fate> {
        match self {
            Self::Well => None,
            Self::Undoes => Some(Fate::Again),
            Self::Lost => Some(Fate::LostBy(place)),
        }
    }
}

impl Keeper {
    fn serve(mut self) {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| self.incoming.blocking_recv()) {
            match order {
                Order::Alone(work) => {
                    let opener = &self.opener;
                    self.near.let_go_of_all();
                    // Its caller hears of a panic by the drop of the sender.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(opener)));
                    self.look_at_structure();
                }
                Order::Shared(first) => next = self.group(first),
            }
        }
    }

    /// Runs one group; gives back an order that came in and does not belong to one.
    fn group(&mut self, first: Box<dyn Shared>) -> Option<Order> {
        let mut writes = Vec::with_capacity(self.last_group);
        let mut left_over = None;
        let fate = match self.begin() {
            Ok(()) => self.take_in(first, &mut writes, &mut left_over),
            Err(error) => {
                writes.push(first);
                Some(Fate::Refused(error))
            }
        };
        let fate = fate.unwrap_or_else(|| self.commit());
        self.last_group = writes.len();
        self.settle(fate, writes);
        left_over
    }

    /// Runs what comes until the group is full, its time is over or nobody is there any more.
    fn take_in(
        &mut self,
        first: Box<dyn Shared>,
        writes: &mut Vec<Box<dyn Shared>>,
        left_over: &mut Option<Order>,
    ) -> Option<Fate> {
        let begun = Instant::now();
        let settings = &self.opener.settings;
        let (most, within) = (settings.group.max(1), settings.group_within);
        let mut next = Some(first);
        loop {
            if let Some(mut write) = next.take() {
                let ran = if write.is_wanted() { self.run_one(&mut *write) } else { Ran::Well };
                writes.push(write);
                if let Some(fate) = ran.fate(writes.len() - 1) {
                    return Some(fate);
                }
            }
            let waited = begun.elapsed();
            if writes.len() >= most || waited >= within {
                return None;
            }
            match self.incoming.try_recv() {
                Ok(Order::Shared(write)) => next = Some(write),
                Ok(order) => {
                    *left_over = Some(order);
                    return None;
                }
                Err(_) if writes.len() < self.last_group && waited < GATHER => {
                    std::thread::yield_now();
                }
                Err(_) => return None,
            }
        }
    }

    fn run_one(&mut self, write: &mut dyn Shared) -> Ran {
        let Some(link) = &mut self.link else { return Ran::Lost };
        link.set_moment(&self.opener.settings.clock);
        let careful = self.careful > 0;
        self.careful = self.careful.saturating_sub(1);
        let before = link.db.total_changes();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            (!careful || savepoint(link, "SAVEPOINT one").is_ok()) && {
                write.run(link);
                true
            }
        }));
        if !matches!(ran, Ok(true)) || link.db.is_autocommit() {
            return Ran::Lost;
        }
        let end = match (careful, write.keeps()) {
            (true, true) => savepoint(link, "RELEASE one"),
            (true, false) => {
                if link.db.total_changes() != before {
                    self.careful = CAREFUL;
                }
                savepoint(link, "ROLLBACK TO one").and_then(|()| savepoint(link, "RELEASE one"))
            }
            // What a failed statement has done is undone already, and not counted.
            (false, false) if link.db.total_changes() != before || leaves(link) => {
                return Ran::Undoes;
            }
            (false, _) => Ok(()),
        };
        if end.is_err() { Ran::Lost } else { Ran::Well }
    }

    fn begin(&mut self) -> Result<(), EngineError> {
        if self.link.is_none() {
            self.link = Some(self.opener.open(Use::Write)?);
        }
        self.opener.is_there()?;
        let Some(link) = &mut self.link else { return Err(error::closed()) };
        savepoint(link, "BEGIN IMMEDIATE").inspect_err(|error| {
            if error::is_of_the_machine(error) {
                self.link = None;
            }
        })
    }

    fn commit(&mut self) -> Fate {
        let Some(link) = &mut self.link else { return Fate::Refused(error::closed()) };
        match savepoint(link, "COMMIT") {
            Ok(()) => Fate::Committed,
            Err(error) if error.state.as_deref() == Some("23503") => Fate::Unclear(error),
            Err(error) => Fate::Refused(error),
        }
    }

    fn settle(&mut self, fate: Fate, mut writes: Vec<Box<dyn Shared>>) {
        match fate {
            Fate::Committed => {
                let kept = u64::try_from(writes.iter().filter(|w| w.keeps()).count()).unwrap_or(0);
                let all = u64::try_from(writes.len()).unwrap_or(0);
                self.counts.commits.fetch_add(u64::from(kept > 0), Ordering::Relaxed);
                self.counts.writes.fetch_add(kept, Ordering::Relaxed);
                self.counts.undone.fetch_add(all - kept, Ordering::Relaxed);
                self.opener.changed();
                if self.opener.changes().is_multiple_of(GROUPS_BETWEEN_LOOKS) {
                    self.near.look_at_log(&self.opener);
                    self.near.let_go_of_old(&self.opener);
                }
                writes.into_iter().for_each(|write| write.end(Ok(())));
            }
            Fate::LostBy(place) => {
                let failure = writes[place].failure();
                if let Some(error) = failure.filter(|e| error::is_of_the_machine(e)).cloned() {
                    // What the machine refused to one it would refuse to all.
                    self.recover(Some(&error));
                    return self.refuse(writes, &error);
                }
                let guilty = writes.remove(place);
                self.recover(None);
                self.counts.undone.fetch_add(1, Ordering::Relaxed);
                guilty.end(Err(lost_work()));
                self.again(writes);
            }
            Fate::Again => {
                // At least as many as are done again, or this would have no end.
                self.careful = u32::try_from(writes.len()).unwrap_or(u32::MAX).max(CAREFUL);
                self.recover(None);
                self.again(writes);
            }
            Fate::Unclear(error) if writes.len() < 2 => {
                self.recover(Some(&error));
                self.refuse(writes, &error);
            }
            Fate::Unclear(error) => {
                self.recover(Some(&error));
                for write in writes {
                    self.again(vec![write]);
                }
            }
            Fate::Refused(error) => {
                self.recover(Some(&error));
                self.refuse(writes, &error);
            }
        }
    }

    /// Runs writes once more after one of their group was taken out: each round is one shorter.
    fn again(&mut self, mut writes: Vec<Box<dyn Shared>>) {
        if writes.is_empty() {
            return;
        }
        let fate = match self.begin() {
            Err(error) => Fate::Refused(error),
            Ok(()) => {
                let mut wanted = writes.iter_mut().enumerate().filter(|(_, w)| w.is_wanted());
                let fate = wanted.find_map(|(place, write)| self.run_one(&mut **write).fate(place));
                fate.unwrap_or_else(|| self.commit())
            }
        };
        self.settle(fate, writes);
    }

    fn refuse(&self, writes: Vec<Box<dyn Shared>>, error: &EngineError) {
        let all = u64::try_from(writes.len()).unwrap_or(0);
        self.counts.undone.fetch_add(all, Ordering::Relaxed);
        writes.into_iter().for_each(|write| write.end(Err(error.clone())));
    }

    /// Leaves a connection on which the next group can begin.
    fn recover(&mut self, after: Option<&EngineError>) {
        let Some(link) = &mut self.link else { return };
        let open = !link.db.is_autocommit();
        let undone = !open || savepoint(link, "ROLLBACK").is_ok();
        if !undone || after.is_some_and(error::is_of_the_machine) {
            self.link = None;
        }
    }

    fn look_at_structure(&mut self) {
        if self.link.is_none() {
            self.link = self.opener.open(Use::Write).ok();
        }
        if let Some(link) = &self.link {
            self.structure.look(&link.db);
        }
    }
}

/// Whether anything in the file stops a statement halfway and lets stand what it has done so far
/// (`OR FAIL`, `RAISE(FAIL)`): that is not always counted. Only asked when a write has failed.
fn leaves(link: &Link) -> bool {
    let asked = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE sql LIKE '%fail%')";
    let found = link.db.prepare_cached(asked).and_then(|mut s| s.query_row([], |row| row.get(0)));
    found.unwrap_or(true)
}

fn savepoint(link: &mut Link, sql: &str) -> Result<(), EngineError> {
    let mut statement = link.db.prepare_cached(sql).map_err(error::of)?;
    statement.raw_execute().map(drop).map_err(error::of)
}
