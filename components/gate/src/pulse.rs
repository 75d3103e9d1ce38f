//! What a connection is doing, noted by those who touch it and judged by its own clock tick: no
//! timer is set or reset for a request.

use crate::settings::Limits;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Over HTTP/2 each stream has a window of its own: one that is not moved blocks no write, and what
    /// others move says nothing of it. Since when the other side of each is awaited.
    waits: Option<Mutex<Vec<Arc<AtomicU64>>>>,
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
            waits: None,
        }
    }
    /// Of a connection with many streams.
    pub(crate) fn of_streams() -> Self {
        Self { waits: Some(Mutex::default()), ..Self::new() }
    }
    /// Nothing where a connection has one request at a time.
    pub(crate) fn waiting(self: &Arc<Self>) -> Option<Waiting> {
        let waits = self.waits.as_ref()?;
        let since = Arc::new(AtomicU64::new(0));
        waits.lock().unwrap_or_else(PoisonError::into_inner).push(since.clone());
        Some(Waiting { pulse: self.clone(), since })
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
            let since = since.load(Relaxed);
            since != 0 && Duration::from_millis(now.saturating_sub(since)) >= limit
        };
        let quiet = self.is_quiet();
        let waits = self.waits.as_ref().map(|of| of.lock().unwrap_or_else(PoisonError::into_inner));
        let unmoved =
            waits.is_some_and(|waits| waits.iter().any(|since| over(since, limits.stall)));
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

/// One direction of a stream, in which the other side may be awaited.
pub(crate) struct Waiting {
    pulse: Arc<Pulse>,
    since: Arc<AtomicU64>,
}

impl Waiting {
    pub(crate) fn begins(&self) {
        self.pulse.begin(&self.since);
    }
    pub(crate) fn ends(&self) {
        Pulse::end(&self.since);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(waits) = &self.pulse.waits {
            let mut waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
            waits.retain(|other| !Arc::ptr_eq(other, &self.since));
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
        slow.is_asked();
        assert_eq!(pulse.verdict(&limits), None);
        tokio::time::advance(ms(299)).await;
        assert_eq!(pulse.verdict(&limits), Some(Verdict::Stalled));
        drop(quick);
        assert_eq!(pulse.verdict(&limits), None);
    }
}
