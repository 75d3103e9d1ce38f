//! What agents have spent in this hour and this day: counted under one lock, so that of two calls
//! at the same time the last one that is left goes to one of them.
//! Pure but for the lock: the time is handed in.

use super::bounds::Bounds;
use mag_contract::{Fault, Timestamp, codes};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Cost is in thousandths of a credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) rows: u64,
    pub(crate) cost: u64,
}

/// What may be spent; nothing said is no bound. Cost is in credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) calls: Option<u64>,
    pub(crate) rows: Option<u64>,
    pub(crate) cost: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    /// Hours or days since 1970.
    began: i64,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    hour: Span,
    day: Span,
}

#[derive(Default)]
struct Counts {
    by_agent: HashMap<Uuid, Spent>,
    /// Changed since they were written.
    changed: HashSet<Uuid>,
}

/// An agent, its hour and its day: when each began, and what was spent in it.
type Changed = (Uuid, (i64, Tally), (i64, Tally));

#[derive(Default)]
pub(super) struct Spending(Mutex<Counts>);

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 86_400_000;
pub(super) const CREDIT: u64 = 1_000;

impl Span {
    /// As it is in the span that `now` is in.
    fn at(self, now: Timestamp, length: i64) -> Self {
        let began = now.millis().div_euclid(length);
        if self.began == began { self } else { Self { began, tally: Tally::default() } }
    }
    fn with(mut self, more: Tally) -> Self {
        let tally = &mut self.tally;
        tally.calls = tally.calls.saturating_add(more.calls);
        tally.rows = tally.rows.saturating_add(more.rows);
        tally.cost = tally.cost.saturating_add(more.cost);
        self
    }
}

impl Spent {
    fn at(self, now: Timestamp) -> Self {
        Self { hour: self.hour.at(now, HOUR_MS), day: self.day.at(now, DAY_MS) }
    }
    fn with(self, more: Tally) -> Self {
        Self { hour: self.hour.with(more), day: self.day.with(more) }
    }
}

impl Spending {
    /// Counts, when nothing of the budget is spent already.
    pub(super) fn count(&self, of: &Bounds, more: Tally, now: Timestamp) -> Result<(), Fault> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = counts.by_agent.get(&of.id).copied().unwrap_or_default().at(now);
        within(of, &spent, now)?;
        counts.by_agent.insert(of.id, spent.with(more));
        counts.changed.insert(of.id);
        Ok(())
    }

    /// Whether anything is left, without counting.
    pub(super) fn left(&self, of: &Bounds, now: Timestamp) -> Result<(), Fault> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut spent = counts.by_agent.get(&of.id).copied().unwrap_or_default().at(now);
        // The call itself was counted when it came in.
        spent.hour.tally.calls = spent.hour.tally.calls.saturating_sub(1);
        spent.day.tally.calls = spent.day.tally.calls.saturating_sub(1);
        within(of, &spent, now)
    }

    pub(super) fn add(&self, agent: Uuid, more: Tally, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = counts.by_agent.get(&agent).copied().unwrap_or_default().at(now);
        counts.by_agent.insert(agent, spent.with(more));
        counts.changed.insert(agent);
    }

    pub(super) fn now(&self, agent: Uuid, now: Timestamp) -> (Tally, Tally) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = counts.by_agent.get(&agent).copied().unwrap_or_default().at(now);
        (spent.hour.tally, spent.day.tally)
    }

    /// What was kept before the last stop: it counts when nothing was counted since.
    pub(super) fn recall(&self, agent: Uuid, hour: (i64, Tally), day: (i64, Tally)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.by_agent.entry(agent).or_insert(Spent {
            hour: Span { began: hour.0, tally: hour.1 },
            day: Span { began: day.0, tally: day.1 },
        });
    }

    /// Hands over what has changed: agent, hour, day.
    pub(super) fn take_changed(&self) -> Vec<Changed> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = std::mem::take(&mut counts.changed);
        let of = |agent| {
            let spent = counts.by_agent.get(&agent).copied().unwrap_or_default();
            (agent, (spent.hour.began, spent.hour.tally), (spent.day.began, spent.day.tally))
        };
        changed.into_iter().map(of).collect()
    }

    /// What could not be written is tried again.
    pub(super) fn changed(&self, agent: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).changed.insert(agent);
    }
}

fn within(of: &Bounds, spent: &Spent, now: Timestamp) -> Result<(), Fault> {
    for (span, budget, word, length) in
        [(spent.hour, of.hour, "hour", HOUR_MS), (spent.day, of.day, "day", DAY_MS)]
    {
        let tally = span.tally;
        let over = |spent: u64, max: Option<u64>| max.filter(|max| spent >= *max);
        let what = if let Some(max) = over(tally.calls, budget.calls) {
            format!("has made its {max} calls of this {word}")
        } else if let Some(max) = over(tally.rows, budget.rows) {
            format!("has read and written its {max} rows of this {word}")
        } else if let Some(max) = over(tally.cost / CREDIT, budget.cost) {
            format!("has spent its {max} credits of this {word}")
        } else {
            continue;
        };
        let ends = Timestamp((now.millis().div_euclid(length) + 1) * length);
        let (name, id) = (&of.name, of.id);
        return Err(Fault::new(codes::AGENT_SPENT, format!("agent `{name}` {what}"))
            .hint(format!("wait until {ends}, or ask the owner to run `mobo agent:limit {id}`")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::bounds::scout;
    use super::*;

    fn call() -> Tally {
        Tally { calls: 1, rows: 0, cost: 100 }
    }

    #[test]
    fn an_agent_spends_what_it_has_and_waits_for_the_next_hour() {
        let spending = Spending::default();
        let of = Bounds { hour: Budget { calls: Some(2), ..Budget::default() }, ..scout() };
        let at = |minutes: i64| Timestamp(minutes * 60_000);
        assert!(spending.count(&of, call(), at(0)).is_ok());
        assert!(spending.count(&of, call(), at(1)).is_ok());
        let refused = spending.count(&of, call(), at(2)).unwrap_err();
        assert_eq!(refused.code(), codes::AGENT_SPENT);
        assert_eq!(refused.message(), "agent `scout` has made its 2 calls of this hour");
        assert!(refused.hint_text().unwrap_or_default().contains("1970-01-01T01:00:00"));
        assert_eq!(spending.now(of.id, at(2)).0.calls, 2, "a refused call is not counted");
        assert!(spending.count(&of, call(), at(60)).is_ok());
        let (hour, day) = spending.now(of.id, at(60));
        assert_eq!((hour.calls, day.calls), (1, 3));
    }

    #[test]
    fn rows_and_cost_are_budgets_too() {
        let spending = Spending::default();
        let day = Budget { rows: Some(10), cost: Some(2), ..Budget::default() };
        let of = Bounds { day, ..scout() };
        let now = Timestamp(0);
        spending.add(of.id, Tally { calls: 0, rows: 9, cost: 0 }, now);
        assert!(spending.count(&of, call(), now).is_ok());
        spending.add(of.id, Tally { calls: 0, rows: 5, cost: 0 }, now);
        let refused = spending.count(&of, call(), now).unwrap_err();
        assert!(refused.message().contains("its 10 rows of this day"), "{refused}");
        let later = Timestamp(DAY_MS);
        spending.add(of.id, Tally { calls: 0, rows: 0, cost: 1_999 }, later);
        assert!(spending.left(&of, later).is_ok());
        spending.add(of.id, Tally { calls: 0, rows: 0, cost: 1 }, later);
        let refused = spending.left(&of, later).unwrap_err();
        assert!(refused.message().contains("its 2 credits of this day"), "{refused}");
    }

    #[test]
    fn of_many_at_the_same_time_exactly_as_many_come_through_as_are_left() {
        let spending = Spending::default();
        let of = Bounds { hour: Budget { calls: Some(100), ..Budget::default() }, ..scout() };
        let through = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        (0..50)
                            .filter(|_| spending.count(&of, call(), Timestamp(0)).is_ok())
                            .count()
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap_or(0)).sum::<usize>()
        });
        assert_eq!(through, 100);
        assert_eq!(spending.now(of.id, Timestamp(0)).0.calls, 100);
    }

    #[test]
    fn what_was_kept_counts_after_a_restart_within_the_same_span() {
        let (spending, of) = (Spending::default(), scout());
        let kept = |calls| Tally { calls, rows: 0, cost: 0 };
        spending.recall(of.id, (0, kept(5)), (0, kept(50)));
        assert_eq!(spending.now(of.id, Timestamp(1)).1.calls, 50);
        let (hour, day) = spending.now(of.id, Timestamp(HOUR_MS));
        assert_eq!((hour.calls, day.calls), (0, 50));
        spending.add(of.id, kept(1), Timestamp(HOUR_MS));
        spending.recall(of.id, (0, kept(900)), (0, kept(900)));
        assert_eq!(spending.now(of.id, Timestamp(HOUR_MS)).1.calls, 51, "only the first time");
        assert_eq!(spending.take_changed().len(), 1);
        assert!(spending.take_changed().is_empty());
    }
}
