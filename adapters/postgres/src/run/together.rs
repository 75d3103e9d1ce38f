//! Short reads that come at the same time share a connection and a way to the server: one of those
//! who ask leads, and takes along all who came while the leaders before were on their way. Half as
//! many again lead at once as this machine has cores; alone on it, everyone leads at once.
//!
//! Each read of a group is a statement by itself, after the telling of who asks for it. When one of
//! them fails, nobody of the group has an answer and each asks alone.
//! Never: a read that was long before, a wait for a leader that is stuck.

use super::errand::{Errand, no_answer};
use super::quick::alone;
use super::{Attempt, Ended, attempts};
use crate::engine::Postgres;
use crate::pool::{Borrow, PoolLimits};
use crate::wire::{Manner, Sink, Wire};
use mag_adapter::EngineError;
use mag_adapter::engine::Access;
use mag_query::Answer;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// All reads of a group may take as long as so many of the longest that may be in it.
const SHORTS: u32 = 4;
const GROUP_MAX: usize = 32;
/// A group that took this long had one in it that is not short.
const LONG: Duration = Duration::from_millis(20);
/// Who has waited this long goes alone.
pub(super) const PATIENCE: Duration = Duration::from_millis(20);
/// Disks that take longer are none to wait for in company.
const SHORT_MAKING: Duration = Duration::from_millis(50);
/// More than wait for a connection by themselves.
const WAITING_MAX: usize = 1_024;

pub(crate) struct Together(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    leading: usize,
    leaders_max: usize,
    short: Duration,
    taken_along: u64,
    /// Everyone goes alone from now on.
    ended: bool,
    waiting: VecDeque<Waiting>,
}

pub(super) struct Waiting {
    pub(super) errand: Arc<Errand>,
    pub(super) turn: oneshot::Sender<Turn>,
}

pub(super) enum Turn {
    Answered(Answer),
    Refused(EngineError),
    /// It surely has not happened, and will not in company.
    Alone,
    Lead(Baton),
}

/// Whoever has it leads. It is handed on when it is dropped, whatever has happened.
pub(super) struct Baton(Option<Arc<Mutex<State>>>);

pub(super) enum Place {
    Lead(Baton),
    Wait(oneshot::Receiver<Turn>),
    Alone,
}

fn held(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Nothing inside these locks can panic halfway.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Together {
    pub(crate) fn of_reads(limits: &PoolLimits) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        // A core is idle when its leader waits for the server and the server has done: with only as
        // many leaders as cores an eighth of the machine was.
        Self::new(limits, (cores + cores.div_ceil(2)).max(2), limits.short_read)
    }
    /// Those who make rows wait for the disk, and more of them can.
    pub(crate) fn of_makings(limits: &PoolLimits) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self::new(limits, (cores * 2).max(2), SHORT_MAKING.max(limits.short_read))
    }
    fn new(limits: &PoolLimits, leaders: usize, short: Duration) -> Self {
        let leaders_max = leaders.min(limits.connections_max.max(1));
        Self(Arc::new(Mutex::new(State { leaders_max, short, ..State::default() })))
    }
    /// Errands that went with another's.
    pub(crate) fn taken_along(&self) -> u64 {
        held(&self.0).taken_along
    }

    pub(super) fn enter(&self, errand: &Arc<Errand>) -> Place {
        let mut state = held(&self.0);
        if state.ended || errand.kept.pace.last() > state.short {
            return Place::Alone;
        }
        if state.leading < state.leaders_max {
            state.leading += 1;
            return Place::Lead(Baton(Some(self.0.clone())));
        }
        if state.waiting.len() >= WAITING_MAX {
            return Place::Alone;
        }
        let (turn, mine) = oneshot::channel();
        state.waiting.push_back(Waiting { errand: errand.clone(), turn });
        Place::Wait(mine)
    }

    /// Leaves the queue again; not when a leader has taken it along, or it is to lead.
    pub(super) fn leave(&self, errand: &Arc<Errand>) -> bool {
        let mut state = held(&self.0);
        let place = state.waiting.iter().position(|next| Arc::ptr_eq(&next.errand, errand));
        place.is_some_and(|place| state.waiting.remove(place).is_some())
    }
}

impl Baton {
    /// Nobody goes in company any more.
    pub(super) fn end_company(&self) {
        if let Some(state) = &self.0 {
            held(state).ended = true;
        }
    }

    /// Those who go along with this one.
    pub(super) fn others(&self, leader: &Errand) -> Vec<Waiting> {
        let Some(state) = &self.0 else { return Vec::new() };
        let mut state = held(state);
        let (mut others, mut stay) = (Vec::new(), VecDeque::new());
        let mut takes = leader.kept.pace.last();
        let within = state.short * SHORTS;
        while let Some(next) = state.waiting.pop_front() {
            if next.turn.is_closed() {
                continue;
            }
            let with_it = takes.saturating_add(next.errand.kept.pace.last());
            if others.len() + 1 >= GROUP_MAX || with_it > within {
                stay.push_back(next);
                break;
            }
            if next.errand.goes_with(leader) {
                takes = with_it;
                others.push(next);
            } else {
                stay.push_back(next);
            }
        }
        // Those that stay are still before those behind them.
        while let Some(last) = stay.pop_back() {
            state.waiting.push_front(last);
        }
        state.taken_along += u64::try_from(others.len()).unwrap_or(0);
        others
    }
}

impl Drop for Baton {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        let mut state = held(&shared);
        while let Some(next) = state.waiting.pop_front() {
            // Not under the lock: one that was handed over and not taken is dropped, and comes here.
            drop(state);
            match next.turn.send(Turn::Lead(Self(Some(shared.clone())))) {
                Err(Turn::Lead(mut back)) => back.0 = None,
                Ok(()) | Err(_) => return,
            }
            state = held(&shared);
        }
        state.leading = state.leading.saturating_sub(1);
    }
}

/// Reads with others when it was short before, else alone.
pub(super) async fn read(engine: &Postgres, read: &Arc<Errand>) -> Result<Answer, EngineError> {
    match engine.together().enter(read) {
        Place::Lead(baton) => lead(engine, baton, read).await,
        Place::Wait(turn) => match timeout(PATIENCE, turn).await {
            Ok(Ok(Turn::Answered(answer))) => Ok(answer),
            Ok(Ok(Turn::Lead(baton))) => lead(engine, baton, read).await,
            // The group has failed, or its leader has gone or is stuck.
            Ok(Ok(Turn::Refused(_) | Turn::Alone) | Err(_)) | Err(_) => alone(engine, read).await,
        },
        Place::Alone => alone(engine, read).await,
    }
}

async fn lead(engine: &Postgres, baton: Baton, read: &Arc<Errand>) -> Result<Answer, EngineError> {
    let others = baton.others(read);
    if others.is_empty() {
        let answer = alone(engine, read).await;
        drop(baton);
        return answer;
    }
    let with_them = others.iter().map(|other| other.errand.clone());
    let group = Group { reads: std::iter::once(read.clone()).chain(with_them).collect() };
    let answers = attempts(engine, &group).await;
    drop(baton);
    let mut answers = match answers {
        Ok(answers) => answers.into_iter(),
        Err(_) => {
            drop(others);
            return alone(engine, read).await;
        }
    };
    let own = answers.next().ok_or_else(no_answer);
    for (other, answer) in others.into_iter().zip(answers) {
        // Nobody waits when the caller has gone.
        let _ = other.turn.send(Turn::Answered(answer));
    }
    own
}

struct Group {
    reads: Vec<Arc<Errand>>,
}

impl Group {
    fn first(&self) -> &Errand {
        &self.reads[0]
    }
}

impl Attempt for Group {
    type Answer = Vec<Answer>;

    fn access(&self) -> Access {
        Access::Read
    }
    fn within(&self) -> Duration {
        self.first().within
    }
    fn manner(&self) -> Option<Manner> {
        Some(Manner { read_only: true, timeout_ms: self.within().as_millis().max(1) })
    }
    fn borrow(&self) -> Borrow<'_> {
        Borrow::As(&self.first().who)
    }
    fn wears(&self) -> bool {
        false
    }

    async fn run(&self, wire: &mut Wire) -> Result<Vec<Answer>, Ended> {
        let begun = Instant::now();
        let mut who = wire.who();
        let mut asks = Vec::with_capacity(self.reads.len() + 2);
        let mut places = Vec::with_capacity(self.reads.len());
        for read in &self.reads {
            if *who != read.who {
                asks.push(read.who.ask());
                who = &read.who;
            }
            places.push(asks.len());
            asks.push(read.ask()?);
        }
        let who = who.clone();
        if asks.len() > self.reads.len() {
            // Until the server has answered nobody knows.
            wire.forget_who();
        }
        let mut lists: Vec<_> = self.reads.iter().map(|read| read.list()).collect();
        let mut sinks: Vec<Sink<'_>> = asks.iter().map(|_| None).collect();
        for (place, list) in places.iter().zip(&mut lists) {
            sinks[*place] = list.as_mut().map(|list| list as _);
        }
        let replies = wire.exchange_each(&asks, &mut sinks).await?;
        drop(sinks);
        let mut answers = Vec::with_capacity(self.reads.len());
        for ((read, place), list) in self.reads.iter().zip(places).zip(lists) {
            answers.push(read.answer(replies.get(place), list)?);
        }
        wire.know_who(&who);
        self.learn(begun.elapsed());
        Ok(answers)
    }
}

impl Group {
    fn learn(&self, took: Duration) {
        let each = took / u32::try_from(self.reads.len()).unwrap_or(1).max(1);
        for read in &self.reads {
            match took < LONG {
                true => read.kept.pace.saw(each),
                false => read.kept.pace.forget(),
            }
        }
    }
}
