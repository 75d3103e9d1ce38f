//! AI agents as every request meets them: what each is bound to, what it has spent, what it asked
//! for beyond its risk level. In memory, because every request asks; kept in the home of its
//! project by a task, so that a restart forgets nothing of weight.
//! Never: a row of an app, a decision about what a role may see.

mod asks;
mod bounds;
mod keep;
mod leash;
mod spending;
mod ward;

pub(crate) use asks::{Ask, AskState};
pub(crate) use bounds::{Bounds, Risk};
pub(crate) use keep::WRITTEN_EVERY;
pub(crate) use spending::Tally;
pub(crate) use ward::Warden;

use crate::settings::Prices;
use asks::Asks;
use leash::OnLeash;
use mag_contract::{Clock, Fault, Timestamp};
use mag_guard::Leash;
use spending::Spending;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use uuid::Uuid;

pub(crate) struct Agents {
    clock: Clock,
    prices: Prices,
    held: RwLock<HashMap<Uuid, Arc<Bounds>>>,
    spending: Spending,
    asks: Asks,
    /// What agents were refused, until it is written down.
    refused: Mutex<Vec<Refused>>,
    /// Something waits to be written.
    pub(crate) wake: tokio::sync::Notify,
    /// One at a time writes what is asked for: an ask that is new is told of once.
    asks_written: tokio::sync::Mutex<()>,
}

/// An agent was told no.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) agent: Uuid,
    pub(crate) project: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) why: String,
    pub(crate) code: &'static str,
}

/// Refusals that wait to be written; an agent that goes on asking is told the same.
const REFUSED_MAX: usize = 1_000;

impl Agents {
    pub(crate) fn new(clock: Clock, prices: Prices) -> Self {
        Self {
            clock,
            prices,
            held: RwLock::default(),
            spending: Spending::default(),
            asks: Asks::default(),
            refused: Mutex::default(),
            wake: tokio::sync::Notify::new(),
            asks_written: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn keep(&self, bounds: Bounds) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.insert(bounds.id, Arc::new(bounds));
    }

    pub(crate) fn forget(&self, agent: Uuid) {
        self.held.write().unwrap_or_else(PoisonError::into_inner).remove(&agent);
    }

    pub(crate) fn bounds(&self, agent: Uuid) -> Option<Arc<Bounds>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).get(&agent).cloned()
    }

    pub(crate) fn owner(&self, agent: Uuid) -> Option<Uuid> {
        self.bounds(agent).and_then(|bounds| bounds.owner)
    }

    /// May it come in by this door at all? Nothing is counted.
    pub(crate) fn admits(&self, agent: Uuid, door: Option<&str>) -> Result<(), Fault> {
        let Some(bounds) = self.bounds(agent) else { return Ok(()) };
        let admitted = bounds.acts(self.clock.now()).and_then(|()| bounds.comes_by(door));
        admitted.map_err(|fault| self.refuse(&bounds, fault))
    }

    /// Counts a call, and refuses the one that is too many.
    pub(crate) fn counts(&self, agent: Uuid) -> Result<(), Fault> {
        let Some(bounds) = self.bounds(agent) else { return Ok(()) };
        let price = Tally { calls: 1, rows: 0, cost: u64::from(self.prices.call) };
        let counted = self.spending.count(&bounds, price, self.clock.now());
        counted.map_err(|fault| self.refuse(&bounds, fault))
    }

    /// Rows and work of a call, once they are known.
    pub(crate) fn spent(&self, agent: Uuid, rows: u64, took: std::time::Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let work = millis.saturating_mul(u64::from(self.prices.second)) / 1_000;
        let cost = rows.saturating_mul(u64::from(self.prices.row)).saturating_add(work);
        self.spending.add(agent, Tally { calls: 0, rows, cost }, self.clock.now());
    }

    /// What something outside has cost, such as a model that was asked: in thousandths.
    pub(crate) fn charge(&self, agent: Uuid, cost: u64) {
        self.spending.add(agent, Tally { calls: 0, rows: 0, cost }, self.clock.now());
    }

    /// This hour, and this day.
    pub(crate) fn tallies(&self, agent: Uuid) -> (Tally, Tally) {
        self.spending.now(agent, self.clock.now())
    }

    pub(crate) fn leash(self: &Arc<Self>, agent: Uuid) -> Arc<dyn Leash> {
        Arc::new(OnLeash { agents: self.clone(), agent })
    }

    /// Somebody decides about an ask that waits; nothing when it does not wait any more.
    pub(crate) fn decide(&self, id: Uuid, change: impl FnOnce(&mut Ask)) -> Option<Ask> {
        self.asks.decide(id, change)
    }

    fn refuse(&self, bounds: &Bounds, fault: Fault) -> Fault {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < REFUSED_MAX {
            refused.push(Refused {
                agent: bounds.id,
                project: bounds.project,
                at: self.clock.now(),
                why: fault.message().to_owned(),
                code: fault.code().id,
            });
        }
        fault
    }

    /// Hands over what was refused since the last time.
    pub(crate) fn take_refused(&self) -> Vec<Refused> {
        std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
