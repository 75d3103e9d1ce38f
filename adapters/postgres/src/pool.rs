//! A bounded number of connections to one target. Who waits for one waits a bounded time; who asks
//! while the server is known to be gone is told at once. A connection that someone let go of in the
//! middle of a statement is cancelled before its place is given to another.

use crate::connect::Target;
use crate::error::not_reached;
use crate::wire::{Manner, Who, Wire};
use mag_adapter::EngineError;
use mag_contract::codes;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Beyond a few per core a PostgreSQL only gets slower.
    pub connections_max: usize,
    /// Longer than this a caller of an API does not want to wait for its turn.
    pub acquire_within: Duration,
    /// Callers that wait at the same time: more of them would all come too late.
    pub waiting_max: usize,
    /// A connection that nobody used for so long is closed when it is next looked at.
    pub idle_max: Duration,
    /// Server processes grow with what they have seen.
    pub lifetime_max: Duration,
    /// Prepared statements a connection keeps.
    pub statements_max: usize,
    /// What one call may bring into memory.
    pub answer_bytes_max: usize,
    /// Reads that take no longer share a connection when many come at the same time. Who shares a
    /// way waits for those before him on it.
    pub short_read: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            connections_max: 16,
            acquire_within: Duration::from_secs(3),
            waiting_max: 1024,
            idle_max: Duration::from_secs(300),
            lifetime_max: Duration::from_secs(1800),
            statements_max: 256,
            answer_bytes_max: 256 * 1024 * 1024,
            short_read: Duration::from_millis(1),
        }
    }
}

/// Two settings, on a connection that was at rest.
const NOBODY_WITHIN: Duration = Duration::from_secs(5);
/// After a failed attempt nobody tries again for so long; it doubles up to the second bound.
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    target: Target,
    limits: PoolLimits,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    idle: Mutex<Vec<Wire>>,
    outage: Mutex<Option<Outage>>,
    /// What goes on without those who asked for it: cancellations, and what many share.
    orphans: Mutex<JoinSet<()>>,
    runtime: Handle,
}

#[derive(Clone)]
struct Outage {
    error: EngineError,
    wait: Duration,
    until: Instant,
}

/// How full the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    pub connections_max: usize,
    pub in_use: usize,
    pub idle: usize,
    pub waiting: usize,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing inside these locks can panic halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Opens nothing yet. Must be called inside a runtime, which cancels what is left behind.
    pub(crate) fn new(target: Target, limits: PoolLimits) -> Self {
        let places = Arc::new(Semaphore::new(limits.connections_max.max(1)));
        Self(Arc::new(Inner {
            target,
            limits,
            places,
            waiting: AtomicUsize::new(0),
            idle: Mutex::default(),
            outage: Mutex::default(),
            orphans: Mutex::default(),
            runtime: Handle::current(),
        }))
    }

    pub(crate) fn target(&self) -> &Target {
        &self.0.target
    }
    pub(crate) fn state(&self) -> PoolState {
        let connections_max = self.0.limits.connections_max;
        PoolState {
            connections_max,
            in_use: connections_max.saturating_sub(self.0.places.available_permits()),
            idle: held(&self.0.idle).len(),
            waiting: self.0.waiting.load(Ordering::Relaxed),
        }
    }

    /// A connection that is at rest and nobody in particular, for one piece of work.
    pub(crate) async fn lease(&self) -> Result<Lease, EngineError> {
        self.borrow(Borrow::Plain).await
    }

    pub(crate) async fn borrow(&self, how: Borrow<'_>) -> Result<Lease, EngineError> {
        let mut place = self.place().await?;
        while let Some(wire) = self.pop(how) {
            let Some(wire) = self.usable(wire) else { continue };
            let lease = self.lend(wire, place, false);
            match how {
                Borrow::Plain if !lease.is_nobody() => match lease.made_nobody().await {
                    Ok(lease) => return Ok(lease),
                    Err(free) => place = free,
                },
                Borrow::Plain | Borrow::Any | Borrow::As(_) => return Ok(lease),
            }
        }
        self.open(place).await
    }

    fn lend(&self, mut wire: Wire, place: OwnedSemaphorePermit, fresh: bool) -> Lease {
        // Whoever wants it otherwise says so; nobody inherits the manner of the one before.
        if !self.0.target.pooler {
            wire.want(Manner::PLAIN);
        }
        wire.bound_answers(self.0.limits.answer_bytes_max);
        Lease { wire: Some(wire), pool: self.clone(), place: Some(place), fresh, worn: false }
    }

    /// One that was at rest turned out dead: the others most likely are, too.
    pub(crate) fn forget_idle(&self) {
        held(&self.0.idle).clear();
    }

    async fn open(&self, place: OwnedSemaphorePermit) -> Result<Lease, EngineError> {
        self.fail_fast()?;
        match self.0.target.connect(self.0.limits.statements_max).await {
            Ok(wire) => {
                *held(&self.0.outage) = None;
                Ok(self.lend(wire, place, true))
            }
            Err(error) => {
                self.note_outage(&error);
                Err(error)
            }
        }
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, EngineError> {
        if let Ok(place) = self.0.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        let waiting = Waiting::enter(&self.0.waiting);
        if waiting.before >= self.0.limits.waiting_max {
            return Err(self.busy("too many callers wait already"));
        }
        let turn = timeout(self.0.limits.acquire_within, self.0.places.clone().acquire_owned());
        match turn.await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(EngineError::gone("the pool is closed")),
            Err(_) => {
                let within = self.0.limits.acquire_within;
                Err(self.busy(&format!("none became free within {within:?}")))
            }
        }
    }

    fn busy(&self, why: &str) -> EngineError {
        let max = self.0.limits.connections_max;
        EngineError::new(
            codes::ENGINE_BUSY,
            format!("all {max} connections to PostgreSQL are in use"),
        )
        .details(why)
        .hint("try again in a second, or allow the source more connections")
    }

    /// One that is who it is to be, if there is one; else the one that was used last.
    fn pop(&self, how: Borrow<'_>) -> Option<Wire> {
        let mut idle = held(&self.0.idle);
        let found = match how {
            Borrow::Any => None,
            Borrow::Plain => idle.iter().rposition(Wire::is_nobody),
            Borrow::As(who) => idle.iter().rposition(|wire| wire.who() == who),
        };
        match found {
            Some(place) => Some(idle.remove(place)),
            None => idle.pop(),
        }
    }

    fn usable(&self, mut wire: Wire) -> Option<Wire> {
        let limits = &self.0.limits;
        let young = wire.born.elapsed() < limits.lifetime_max;
        let fresh = wire.rested.elapsed() < limits.idle_max;
        (young && fresh && !wire.ended()).then_some(wire)
    }

    /// While the server is known to be gone, callers are told so instead of each trying again.
    fn fail_fast(&self) -> Result<(), EngineError> {
        let outage = held(&self.0.outage);
        match &*outage {
            Some(outage) if Instant::now() < outage.until => Err(outage.error.clone()),
            _ => Ok(()),
        }
    }

    fn note_outage(&self, error: &EngineError) {
        let mut outage = held(&self.0.outage);
        let wait = match &*outage {
            Some(outage) => (outage.wait * 2).min(BACK_OFF_MAX),
            None => BACK_OFF_FIRST,
        };
        tracing::warn!(place = %self.0.target.place, "PostgreSQL at `{}` does not let us in: {error}", self.0.target.place);
        *outage = Some(Outage { error: error.clone(), wait, until: Instant::now() + wait });
    }

    fn give_back(&self, mut wire: Wire, place: OwnedSemaphorePermit) {
        if wire.at_rest() {
            wire.rest();
            held(&self.0.idle).push(wire);
            drop(place);
        } else if wire.at_work() {
            self.cancel(wire, place);
        }
        // Otherwise it is dropped: the server undoes what was open when the line ends.
    }

    /// The place stays taken until the server has heard, so that no more statements run than there
    /// are places.
    fn cancel(&self, wire: Wire, place: OwnedSemaphorePermit) {
        let target = self.0.target.clone();
        self.go_on(async move {
            if let Err(error) = target.cancel(wire.process, wire.secret).await {
                tracing::debug!("a statement could not be cancelled: {error}");
            }
            drop(wire);
            drop(place);
        });
    }

    /// Works to the end, whoever goes away meanwhile.
    pub(crate) fn go_on(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut orphans = held(&self.0.orphans);
        while orphans.try_join_next().is_some() {}
        orphans.spawn_on(work, &self.0.runtime);
    }
}

/// Who a connection is to be when it is lent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Borrow<'a> {
    /// The one who entered.
    Plain,
    /// Whoever: all is said by the work itself.
    Any,
    /// The work tells who it is when the connection is someone else.
    As(&'a Who),
}

/// Counts one that waits, also when it stops waiting.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self { before: count.fetch_add(1, Ordering::Relaxed), count }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection on loan.
pub(crate) struct Lease {
    wire: Option<Wire>,
    pool: Pool,
    place: Option<OwnedSemaphorePermit>,
    /// It was opened for this loan: that it is dead is no accident of the time before.
    pub(crate) fresh: bool,
    worn: bool,
}

impl Lease {
    /// The next one to use the connection sweeps it first.
    pub(crate) fn wear_after(&mut self) {
        self.worn = true;
    }
    /// Makes the session the one who entered again; gives back the place when that fails.
    async fn made_nobody(mut self) -> Result<Self, OwnedSemaphorePermit> {
        let asks = [Who::Nobody.ask()];
        if let Ok(Ok(_)) = timeout(NOBODY_WITHIN, self.exchange(&asks)).await {
            self.know_who(&Who::Nobody);
            return Ok(self);
        }
        // The line is broken, or worse: nobody shall use it.
        self.wire = None;
        Err(self.place.take().expect("a lease holds its place until it ends"))
    }
    /// Ends the connection instead of giving it back: what was done on it may have left traces.
    pub(crate) fn end(mut self) {
        match (self.wire.take(), self.place.take()) {
            (Some(wire), Some(place)) if wire.at_work() => self.pool.cancel(wire, place),
            _ => {}
        }
    }
}

impl Deref for Lease {
    type Target = Wire;
    fn deref(&self) -> &Wire {
        self.wire.as_ref().expect("a lease holds its connection until it ends")
    }
}
impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Wire {
        self.wire.as_mut().expect("a lease holds its connection until it ends")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (Some(mut wire), Some(place)) = (self.wire.take(), self.place.take()) {
            if self.worn {
                wire.wear();
            }
            self.pool.give_back(wire, place);
        }
    }
}

/// What a caller is told whose statement took longer than it may.
pub(crate) fn too_late(target: &Target, within: Duration) -> EngineError {
    let error =
        EngineError::of_state("57014", format!("PostgreSQL did not answer within {within:?}"));
    error.details(format!("the statement at {} was cancelled", target.place))
}

/// A wait for a dead line that ends in time.
pub(crate) async fn bounded<T>(
    target: &Target,
    within: Duration,
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    match timeout(within, work).await {
        Ok(done) => done,
        Err(_) => {
            Err(not_reached(&target.place.to_string(), format!("no answer within {within:?}")))
        }
    }
}
