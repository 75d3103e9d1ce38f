//! What agents have asked for beyond the risk that they take alone: each waits until somebody
//! decides, and an approval is good for so many calls and for a while. Pure but for the lock: time
//! and ids are handed in.

use super::bounds::{Bounds, Risk};
use mag_contract::{Fault, Timestamp, codes};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskState {
    Waiting,
    Approved,
    Denied,
    /// It was approved, and every call that it was good for was made.
    Used,
}

impl AskState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Approved, Self::Denied, Self::Used]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) id: Uuid,
    pub(crate) agent: Uuid,
    /// `policy:create`, `rows:write public.orders`
    pub(crate) what: String,
    /// The same call again has the same one.
    pub(crate) fingerprint: String,
    pub(crate) door: String,
    pub(crate) risk: Risk,
    /// What the call says, secrets hidden, for whoever decides.
    pub(crate) input: Json,
    pub(crate) state: AskState,
    pub(crate) times: u64,
    pub(crate) why: Option<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) good_until: Option<Timestamp>,
    pub(crate) uses_left: Option<u64>,
    pub(crate) created_at: Timestamp,
}

/// What is asked for, before anybody knows whether it was asked before.
pub(crate) struct Wanted {
    pub(crate) what: String,
    pub(crate) fingerprint: String,
    pub(crate) door: String,
    pub(crate) risk: Risk,
    pub(crate) input: Json,
}

#[derive(Default)]
pub(super) struct Asks(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// By agent and fingerprint: the newest one.
    by_call: HashMap<(Uuid, String), Ask>,
    /// As they are to be written; one that was asked for anew since is written as it ended.
    changed: HashMap<Uuid, Ask>,
}

/// An agent with so many asks that wait asks for nothing more: nobody reads a longer list.
const WAITING_MAX: usize = 50;
/// A denial is an answer for so long; then the agent may ask again.
const DENIED_LASTS_MS: i64 = 3_600_000;
/// Asks in memory of all agents; those that are over are forgotten first.
const HELD_MAX: usize = 10_000;

impl Asks {
    /// Whether somebody has approved it; otherwise it is written down, and refused.
    pub(super) fn allow(
        &self,
        of: &Bounds,
        wanted: Wanted,
        now: Timestamp,
        id: Uuid,
    ) -> Result<(), Fault> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (of.id, wanted.fingerprint.clone());
        if let Some(ask) = held.by_call.get_mut(&key) {
            match ask.state {
                AskState::Approved if ask.good_until.is_none_or(|until| now < until) => {
                    if let Some(left) = &mut ask.uses_left {
                        *left = left.saturating_sub(1);
                        if *left == 0 {
                            ask.state = AskState::Used;
                        }
                    }
                    let ask = ask.clone();
                    held.changed.insert(ask.id, ask);
                    return Ok(());
                }
                AskState::Waiting => {
                    ask.times = ask.times.saturating_add(1);
                    let ask = ask.clone();
                    let fault = waits(of, &ask);
                    held.changed.insert(ask.id, ask);
                    return Err(fault);
                }
                AskState::Denied if still_denied(ask, now) => return Err(denied(of, ask)),
                // It was used, or its time is over: it is asked for anew.
                AskState::Approved | AskState::Denied | AskState::Used => {}
            }
        }
        let mine = |ask: &&Ask| ask.agent == of.id && ask.state == AskState::Waiting;
        if held.by_call.values().filter(mine).count() >= WAITING_MAX {
            let message = format!("agent `{}` has {WAITING_MAX} asks that wait already", of.name);
            return Err(Fault::new(codes::NEEDS_APPROVAL, message)
                .hint("wait until the owner has decided about some of them"));
        }
        if held.by_call.len() >= HELD_MAX {
            held.by_call.retain(|_, ask| ask.state == AskState::Waiting);
        }
        let ask = Ask {
            id,
            agent: of.id,
            what: wanted.what,
            fingerprint: wanted.fingerprint,
            door: wanted.door,
            risk: wanted.risk,
            input: wanted.input,
            state: AskState::Waiting,
            times: 1,
            why: None,
            decided_by: None,
            decided_at: None,
            good_until: None,
            uses_left: None,
            created_at: now,
        };
        let fault = waits(of, &ask);
        held.changed.insert(id, ask.clone());
        held.by_call.insert(key, ask);
        Err(fault)
    }

    /// Somebody has decided; the ask as it is now, when it still waited.
    pub(super) fn decide(&self, id: Uuid, change: impl FnOnce(&mut Ask)) -> Option<Ask> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = held.by_call.values_mut().find(|ask| ask.id == id)?;
        if ask.state != AskState::Waiting {
            return None;
        }
        change(ask);
        let decided = ask.clone();
        held.changed.insert(id, decided.clone());
        Some(decided)
    }

    /// What was kept before the last stop.
    pub(super) fn recall(&self, asks: Vec<Ask>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ask in asks {
            let key = (ask.agent, ask.fingerprint.clone());
            held.by_call.entry(key).or_insert(ask);
        }
    }

    /// Hands over what has changed, the oldest first.
    pub(super) fn take_changed(&self) -> Vec<Ask> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed: Vec<Ask> = std::mem::take(&mut held.changed).into_values().collect();
        changed.sort_by_key(|ask| (ask.created_at, ask.id));
        changed
    }

    /// What could not be written is tried again, unless it has changed since.
    pub(super) fn unwritten(&self, ask: Ask) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.changed.entry(ask.id).or_insert(ask);
    }
}

fn still_denied(ask: &Ask, now: Timestamp) -> bool {
    ask.decided_at.is_some_and(|at| now.millis() - at.millis() < DENIED_LASTS_MS)
}

fn waits(of: &Bounds, ask: &Ask) -> Fault {
    let (name, id) = (&of.name, ask.id);
    let message = format!(
        "`{}` is of {} risk, and agent `{name}` takes {} alone: it waits for approval {id}",
        ask.what,
        ask.risk.name(),
        of.risk.name()
    );
    Fault::new(codes::NEEDS_APPROVAL, message).hint(format!(
        "tell the owner that `mobo agent:approve {id}` allows it, wait, and make the same call again"
    ))
}

fn denied(of: &Bounds, ask: &Ask) -> Fault {
    let why = ask.why.as_deref().unwrap_or("no reason was given");
    let message = format!("somebody has denied `{}` to agent `{}`: {why}", ask.what, of.name);
    Fault::new(codes::NEEDS_APPROVAL, message)
        .hint("do without it; it can be asked for again in an hour")
}

#[cfg(test)]
mod tests {
    use super::super::bounds::scout;
    use super::*;

    fn wanted(what: &str) -> Wanted {
        Wanted {
            what: what.into(),
            fingerprint: what.into(),
            door: "http".into(),
            risk: Risk::High,
            input: Json::Null,
        }
    }
    fn ask(asks: &Asks, what: &str, at: i64) -> Result<(), Fault> {
        asks.allow(&scout(), wanted(what), Timestamp(at), Uuid::new_v4())
    }
    fn approve(asks: &Asks, uses: Option<u64>, until: Option<i64>) {
        let id = asks.take_changed()[0].id;
        let decided = asks.decide(id, |ask| {
            ask.state = AskState::Approved;
            ask.uses_left = uses;
            ask.good_until = until.map(Timestamp);
        });
        assert!(decided.is_some());
    }

    #[test]
    fn a_call_waits_is_approved_and_goes_through_as_often_as_somebody_said() {
        let asks = Asks::default();
        let refused = ask(&asks, "policy:create", 0).unwrap_err();
        assert_eq!(refused.code(), codes::NEEDS_APPROVAL);
        let again = ask(&asks, "policy:create", 1).unwrap_err();
        assert_eq!(refused.message(), again.message(), "the same ask, and the same number");
        let waiting = asks.take_changed();
        assert_eq!((waiting.len(), waiting[0].times), (1, 2));
        assert!(refused.message().contains(&waiting[0].id.to_string()));
        asks.unwritten(waiting[0].clone());
        approve(&asks, Some(2), None);
        assert!(ask(&asks, "policy:drop", 2).is_err(), "another call is another ask");
        assert!(ask(&asks, "policy:create", 2).is_ok() && ask(&asks, "policy:create", 3).is_ok());
        let third = ask(&asks, "policy:create", 4).unwrap_err();
        assert_ne!(third.message(), refused.message(), "it is asked for anew");
    }

    #[test]
    fn an_approval_ends_and_a_denial_is_an_answer_for_an_hour() {
        let asks = Asks::default();
        ask(&asks, "a:b", 0).unwrap_err();
        approve(&asks, None, Some(100));
        assert!(ask(&asks, "a:b", 99).is_ok() && ask(&asks, "a:b", 99).is_ok());
        assert!(ask(&asks, "a:b", 100).is_err());
        asks.take_changed();
        ask(&asks, "c:d", 0).unwrap_err();
        let id = asks.take_changed()[0].id;
        let deny = |ask: &mut Ask| {
            ask.state = AskState::Denied;
            ask.why = Some("not on Fridays".into());
            ask.decided_at = Some(Timestamp(0));
        };
        assert!(asks.decide(id, deny).is_some());
        assert!(asks.decide(id, deny).is_none(), "it is decided once");
        let refused = ask(&asks, "c:d", 1).unwrap_err();
        assert!(refused.message().contains("not on Fridays"), "{refused}");
        let later = ask(&asks, "c:d", DENIED_LASTS_MS).unwrap_err();
        assert!(later.message().contains("waits for approval"), "{later}");
    }

    #[test]
    fn an_agent_does_not_fill_the_list() {
        let asks = Asks::default();
        for n in 0..WAITING_MAX {
            ask(&asks, &format!("a:{n}"), 0).unwrap_err();
        }
        let refused = ask(&asks, "a:more", 0).unwrap_err();
        assert!(refused.message().contains("50 asks that wait"), "{refused}");
        assert_eq!(asks.take_changed().len(), WAITING_MAX);
    }

    #[test]
    fn of_two_calls_at_the_same_time_one_gets_the_last_use() {
        let asks = Asks::default();
        ask(&asks, "a:b", 0).unwrap_err();
        approve(&asks, Some(1), None);
        let through = std::thread::scope(|scope| {
            let hands: Vec<_> =
                (0..8).map(|_| scope.spawn(|| ask(&asks, "a:b", 1).is_ok())).collect();
            hands.into_iter().filter_map(|hand| hand.join().ok()).filter(|ok| *ok).count()
        });
        assert_eq!(through, 1);
    }
}
