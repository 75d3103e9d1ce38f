//! What a connection is doing, noted by those who touch it and judged by its own clock tick: no
//! timer is set or reset for a request.

use crate::settings::Limits;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

/// Moments are milliseconds since the connection was opened, counted from 1; 0 is "not now".
pub(crate) struct Pulse {
    born: Instant,
    in_flight: AtomicU32,
    /// Requests that have ended.
    ended: AtomicU32,
    quiet_since: AtomicU64,
    head_since: AtomicU64,
    body_awaited_since: AtomicU64,
    write_blocked_since: AtomicU64,
    /// Requests that have begun.
    begun: AtomicU32,
    /// The number of the one whose body could be read in two ways.
    unclear: AtomicU32,
    /// The number of the first whose head is larger than the limit.
    large: AtomicU32,
    /// What follows is no HTTP/1.
    taken_over: AtomicBool,
    unread: AtomicBool,
    large_head: AtomicBool,
    /// The status with which the library refuses a head that it cannot read.
    refused: AtomicU16,
    /// When a piece of a body came or one of an answer went out. Only of streams.
    moved: AtomicU64,
    /// Over HTTP/2 each stream has a window of its own: one that is not moved blocks no write.
    waits: Option<Mutex<Vec<Arc<Wait>>>>,
}

/// One direction of a stream. An answer that nobody takes ends the connection when nothing else of it
/// moves either: on a slow one its streams take turns, and a proxy's has many people's. A body that does
/// not come is told to its door alone.
#[derive(Default)]
struct Wait {
    /// Since when the other side is awaited.
    since: AtomicU64,
    /// Who reads a body.
    reader: Mutex<Option<Waker>>,
    late: AtomicBool,
}

impl Wait {
    fn reader(&self) -> MutexGuard<'_, Option<Waker>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    SlowHead,
    Idle,
    Stalled,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self {
            born: Instant::now(),
            in_flight: AtomicU32::new(0),
            ended: AtomicU32::new(0),
            quiet_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            body_awaited_since: AtomicU64::new(0),
            write_blocked_since: AtomicU64::new(0),
            begun: AtomicU32::new(0),
            unclear: AtomicU32::new(0),
            large: AtomicU32::new(0),
            taken_over: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            large_head: AtomicBool::new(false),
            refused: AtomicU16::new(0),
            moved: AtomicU64::new(0),
            waits: None,
        }
    }
    /// Of a connection with many streams.
    pub(crate) fn of_streams() -> Self {
        Self { waits: Some(Mutex::default()), ..Self::new() }
    }
    /// Nothing where a connection has one request at a time.
    pub(crate) fn waiting(self: &Arc<Self>) -> Option<Waiting> {
        let wait = Arc::new(Wait::default());
        self.waits()?.push(wait.clone());
        Some(Waiting { pulse: self.clone(), wait })
    }
    fn waits(&self) -> Option<MutexGuard<'_, Vec<Arc<Wait>>>> {
        Some(self.waits.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// A piece of a body came, or one of an answer went out.
    pub(crate) fn moves(&self) {
        if self.waits.is_some() {
            let now = self.now();
            self.moved.store(now, Relaxed);
            // What is left of answers whose requests have ended.
            self.quiet_since.store(now, Relaxed);
        }
    }
    /// Those who read bodies that do not come are woken, and told.
    pub(crate) fn wake_late(&self, limits: &Limits) {
        let now = self.now();
        for wait in self.waits().iter().flat_map(|waits| waits.iter()) {
            if let Some(reader) = &*wait.reader()
                && waited(&wait.since, now) >= limits.stall
            {
                wait.late.store(true, Relaxed);
                reader.wake_by_ref();
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }
    fn begin(&self, moment: &AtomicU64) {
        if moment.load(Relaxed) == 0 {
            moment.store(self.now(), Relaxed);
        }
    }
    fn end(moment: &AtomicU64) {
        if moment.load(Relaxed) != 0 {
            moment.store(0, Relaxed);
        }
    }

    /// A piece of a request's head came.
    pub(crate) fn head_comes(&self) {
        self.begin(&self.head_since);
    }
    pub(crate) fn body_awaited(&self) {
        self.begin(&self.body_awaited_since);
    }
    pub(crate) fn body_came(&self) {
        Self::end(&self.body_awaited_since);
    }
    pub(crate) fn write_blocked(&self) {
        self.begin(&self.write_blocked_since);
    }
    pub(crate) fn wrote(&self) {
        Self::end(&self.write_blocked_since);
    }
    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight.load(Relaxed) == 0
    }
    pub(crate) fn begun(&self) -> u32 {
        self.begun.load(Relaxed)
    }
    pub(crate) fn ended(&self) -> u32 {
        self.ended.load(Relaxed)
    }
    /// The so many-th request of the connection, counted from 1, has a body that could be read in two
    /// ways.
    pub(crate) fn unclear(&self, number: u32) {
        self.unclear.store(number, Relaxed);
    }
    /// Whether all before it have begun.
    pub(crate) fn comes_next(&self, number: u32) -> bool {
        self.begun.load(Relaxed).saturating_add(1) == number
    }
    fn is_now(&self, number: &AtomicU32) -> bool {
        let number = number.load(Relaxed);
        number > 0 && number == self.begun.load(Relaxed)
    }
    /// Whether the unclear one is answered now.
    pub(crate) fn is_unclear(&self) -> bool {
        self.is_now(&self.unclear)
    }
    /// The so many-th request of the connection, counted from 1, has a head that is too large.
    pub(crate) fn large(&self, number: u32) {
        self.large.store(number, Relaxed);
    }
    /// Whether the large one is answered now.
    pub(crate) fn is_large(&self) -> bool {
        self.is_now(&self.large)
    }
    /// A door has answered that it takes the connection for another protocol.
    pub(crate) fn taken_over(&self) {
        self.taken_over.store(true, Relaxed);
    }
    pub(crate) fn is_taken_over(&self) -> bool {
        self.taken_over.load(Relaxed)
    }
    /// A head came that is larger than the limit.
    pub(crate) fn large_head(&self) {
        self.large_head.store(true, Relaxed);
    }
    pub(crate) fn has_large_head(&self) -> bool {
        self.large_head.load(Relaxed)
    }
    /// A head came that the library cannot read, and refuses with this status.
    pub(crate) fn refused(&self, status: u16) {
        self.refused.store(status, Relaxed);
    }
    pub(crate) fn refusal(&self) -> Option<u16> {
        Some(self.refused.load(Relaxed)).filter(|status| *status > 0)
    }
    pub(crate) fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }
    /// A request was answered before its body was read.
    pub(crate) fn left_unread(&self) {
        self.unread.store(true, Relaxed);
    }
    pub(crate) fn has_unread(&self) -> bool {
        self.unread.load(Relaxed)
    }

    /// Whether it has been quiet for so long, with every answer written and every body read.
    pub(crate) fn rests(&self, quiet_for: Duration) -> bool {
        let since = |moment: &AtomicU64| moment.load(Relaxed);
        let quiet = Duration::from_millis(self.now().saturating_sub(since(&self.quiet_since)));
        self.is_quiet()
            && self.ended() > 0
            && quiet >= quiet_for
            && since(&self.head_since) == 0
            && since(&self.write_blocked_since) == 0
            && !self.has_unread()
    }

    pub(crate) fn verdict(&self, limits: &Limits) -> Option<Verdict> {
        let now = self.now();
        let over = |since: &AtomicU64, limit: Duration| {
            since.load(Relaxed) != 0 && waited(since, now) >= limit
        };
        let quiet = self.is_quiet();
        let untaken = |wait: &Arc<Wait>| over(&wait.since, limits.stall) && wait.reader().is_none();
        let moves = waited(&self.moved, now) < limits.stall && self.moved.load(Relaxed) != 0;
        let unmoved = !moves && self.waits().is_some_and(|waits| waits.iter().any(untaken));
        if over(&self.write_blocked_since, limits.stall)
            || unmoved
            || (!quiet && over(&self.body_awaited_since, limits.stall))
        {
            return Some(Verdict::Stalled);
        }
        if quiet && over(&self.head_since, limits.header) {
            return Some(Verdict::SlowHead);
        }
        (quiet && over(&self.quiet_since, limits.idle)).then_some(Verdict::Idle)
    }
}

/// How long, or no time at all.
fn waited(since: &AtomicU64, now: u64) -> Duration {
    match since.load(Relaxed) {
        0 => Duration::ZERO,
        since => Duration::from_millis(now.saturating_sub(since)),
    }
}

/// One direction of a stream, in which the other side may be awaited.
pub(crate) struct Waiting {
    pulse: Arc<Pulse>,
    wait: Arc<Wait>,
}

impl Waiting {
    /// Nobody has asked for the next piece of an answer.
    fn begins(&self) {
        self.pulse.begin(&self.wait.since);
    }
    fn ends(&self) {
        Pulse::end(&self.wait.since);
        self.pulse.moves();
    }
    /// The next piece of a body is awaited; whether that lasts for too long.
    pub(crate) fn is_late(&self, reader: &Waker) -> bool {
        *self.wait.reader() = Some(reader.clone());
        self.pulse.begin(&self.wait.since);
        self.wait.late.load(Relaxed)
    }
    pub(crate) fn came(&self) {
        // It may come when it was just found late: what comes goes on.
        self.wait.late.store(false, Relaxed);
        self.ends();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(mut waits) = self.pulse.waits() {
            waits.retain(|other| !Arc::ptr_eq(other, &self.wait));
        }
    }
}

/// A request under way, until the last byte of its answer was handed over.
pub(crate) struct Flight {
    pulse: Arc<Pulse>,
    /// For the next piece of its answer to be asked for.
    taken: Option<Waiting>,
}

impl Flight {
    pub(crate) fn begin(pulse: &Arc<Pulse>) -> Self {
        pulse.in_flight.fetch_add(1, Relaxed);
        pulse.begun.fetch_add(1, Relaxed);
        Pulse::end(&pulse.head_since);
        Self { pulse: pulse.clone(), taken: pulse.waiting() }
    }

    /// Whether it is one of many streams.
    pub(crate) fn is_stream(&self) -> bool {
        self.taken.is_some()
    }
    /// There is a piece of the answer, and it is not asked for yet.
    pub(crate) fn offers(&self) {
        if let Some(taken) = &self.taken {
            taken.begins();
        }
    }
    pub(crate) fn is_asked(&self) {
        if let Some(taken) = &self.taken {
            taken.ends();
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let pulse = &self.pulse;
        pulse.quiet_since.store(pulse.now(), Relaxed);
        Pulse::end(&pulse.body_awaited_since);
        pulse.ended.fetch_add(1, Relaxed);
        pulse.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_slowness_is_told_apart() {
        let ms = Duration::from_millis;
        let limits = Limits {
            header_bytes: 8192,
            header: ms(100),
            body_bytes: 1,
            stall: ms(300),
            idle: ms(500),
        };
        let pulse = Arc::new(Pulse::new());
        pulse.head_comes();
        assert_eq!(pulse.verdict(&limits), None);
        tokio::time::advance(ms(100)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::SlowHead));

        let flight = Flight::begin(&pulse);
        tokio::time::advance(ms(1_000)).await;
        assert_eq!(pulse.verdict(&limits), None, "a door may think as long as it likes");
        pulse.body_awaited();
        tokio::time::advance(ms(300)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
        pulse.body_came();
        pulse.write_blocked();
        tokio::time::advance(ms(300)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
        pulse.wrote();
        drop(flight);
        assert_eq!(pulse.verdict(&limits), None);
        tokio::time::advance(ms(500)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Idle));

        let pulse = Arc::new(Pulse::of_streams());
        let (slow, quick) = (Flight::begin(&pulse), Flight::begin(&pulse));
        slow.offers();
        tokio::time::advance(ms(299)).await;
        quick.offers();
        assert_eq!(pulse.verdict(&limits), None);
        tokio::time::advance(ms(1)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
        // As long as others move, it may be that its turn has not come.
        for _ in 0..10 {
            quick.is_asked();
            quick.offers();
            tokio::time::advance(ms(299)).await;
            assert_eq!(pulse.verdict(&limits), None);
            pulse.moves();
            tokio::time::advance(ms(299)).await;
            assert_eq!(pulse.verdict(&limits), None);
        }
        tokio::time::advance(ms(1)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
        slow.is_asked();
        assert_eq!(pulse.verdict(&limits), None);
        drop((slow, quick));
        tokio::time::advance(ms(499)).await;
        // The last of an answer is still on its way.
        pulse.moves();
        tokio::time::advance(ms(499)).await;
        assert_eq!(pulse.verdict(&limits), None);
        tokio::time::advance(ms(1)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Idle));

        let pulse = Arc::new(Pulse::of_streams());
        let (_flight, body) = (Flight::begin(&pulse), pulse.waiting().unwrap());
        let nobody = Waker::noop();
        assert!(!body.is_late(nobody));
        tokio::time::advance(ms(299)).await;
        pulse.wake_late(&limits);
        assert!(!body.is_late(nobody));
        tokio::time::advance(ms(1)).await;
        assert_eq!(pulse.verdict(&limits), None, "its door is told, and nobody else");
        pulse.wake_late(&limits);
        assert!(body.is_late(nobody));
        body.came();
        assert!(!body.is_late(nobody), "it came after all, and the next piece has its own time");

        let pulse = Arc::new(Pulse::of_streams());
        let (untaken, body) = (Flight::begin(&pulse), pulse.waiting().unwrap());
        untaken.offers();
        for _ in 0..5 {
            tokio::time::advance(ms(299)).await;
            assert_eq!(pulse.verdict(&limits), None, "another stream brings its body");
            body.came();
        }
        tokio::time::advance(ms(300)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
    }
}
