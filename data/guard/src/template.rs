//! A plan that the guard has seen, without its values: made once for a role and a shape of calls,
//! filled for each call of it. What a policy asks of the asker is asked of the session at hand each
//! time, so nothing of one session reaches another.
//! Never: a template for another role, catalog or set of rules than those it was made with. Whoever
//! keeps templates sees to that.

use crate::authorised::Authorised;
use crate::may::May;
use crate::session::Session;
use mag_query::expr::Asker;
use mag_query::shape::Written;
use mag_query::{Filling, Plan, Slots};
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub struct Template {
    /// Its slots are empty.
    plan: Plan,
    slots: Slots,
    askers: Vec<Asker>,
    pub(crate) time_max: Option<Duration>,
    pub(crate) may: May,
    pub(crate) quiet: bool,
    /// What an engine has made of it: its statement, most likely.
    kept: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Template({:?})", self.plan.work)
    }
}

impl Template {
    /// Of a plan whose slots these are.
    pub fn of(plan: &Authorised<Plan>, slots: Slots) -> Arc<Self> {
        let mut empty: Plan = (**plan).clone();
        let askers = empty.askers();
        empty.empty();
        let (time_max, may, quiet) = (plan.time_max(), plan.may().clone(), plan.is_quiet());
        Arc::new(Self { plan: empty, slots, askers, time_max, may, quiet, kept: OnceLock::new() })
    }

    /// The plan with empty slots: for looking at what it does, not for running it.
    pub fn outline(&self) -> &Plan {
        &self.plan
    }

    /// The plan of a call with these literals, for this session, whose role is the template's.
    /// Nothing when a literal is no value of its type.
    pub fn fill(
        self: &Arc<Self>,
        literals: &[Written<'_>],
        session: &Arc<Session>,
    ) -> Option<Authorised<Plan>> {
        let given = self.slots.read(literals)?;
        let askers = self.askers.iter().map(|asker| (*asker, session.known(*asker))).collect();
        let filling = Filling { given, askers };
        Some(Authorised::filled(self.clone(), filling, session.clone()))
    }

    pub(crate) fn filled(&self, filling: &Filling) -> Plan {
        let mut plan = self.plan.clone();
        plan.fill(filling);
        plan
    }

    /// What an engine keeps with the template; another engine's is not touched.
    pub fn keep<T: Any + Send + Sync>(&self, made: Arc<T>) {
        // Whoever came first has made the same.
        let _ = self.kept.set(made);
    }
    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.kept.get().and_then(|kept| kept.clone().downcast().ok())
    }

    /// Bytes, roughly, with what an engine makes of it.
    pub fn weight(&self) -> usize {
        self.plan.weight() * 2 + self.slots.weight()
    }
}
