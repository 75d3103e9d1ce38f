//! The proof that the guard has seen a plan. Engines take nothing else, so a path that forgets to
//! ask does not compile.

use crate::may::May;
use crate::session::Session;
use crate::template::Template;
use mag_query::{Filling, Plan};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Only this crate can make one. It is a whole plan, or a template with what stands in its slots,
/// which becomes a whole plan only for those who look at it: an engine that keeps its statement with
/// the template does not.
#[derive(Clone, Debug)]
pub struct Authorised<T> {
    whole: OnceLock<T>,
    filled: Option<(Arc<Template>, Filling)>,
    session: Arc<Session>,
    time_max: Option<Duration>,
    may: May,
    in_json: bool,
}

impl<T> Authorised<T> {
    /// For whom it was authorised: an engine that holds row rules itself takes role and claims
    /// from here.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }
    /// How long the engine may work on it, by the budget of the role.
    pub fn time_max(&self) -> Option<Duration> {
        self.time_max
    }
    /// What its role may do: an answer tells no more than that.
    pub fn may(&self) -> &May {
        &self.may
    }
    /// Its rows are wanted as JSON and in no other form: an engine may then write them as such and
    /// spare the cells.
    #[must_use]
    pub fn in_json(mut self) -> Self {
        self.in_json = true;
        self
    }
    pub fn is_in_json(&self) -> bool {
        self.in_json
    }
}

impl Authorised<Plan> {
    pub(crate) fn whole(
        plan: Plan,
        session: Arc<Session>,
        time_max: Option<Duration>,
        may: May,
    ) -> Self {
        let whole = OnceLock::from(plan);
        Self { whole, filled: None, session, time_max, may, in_json: false }
    }
    pub(crate) fn filled(template: Arc<Template>, filling: Filling, session: Arc<Session>) -> Self {
        let (time_max, may) = (template.time_max, template.may.clone());
        let filled = Some((template, filling));
        Self { whole: OnceLock::new(), filled, session, time_max, may, in_json: false }
    }

    /// The template that it was made from, and what stands in its slots.
    pub fn template(&self) -> Option<(&Arc<Template>, &Filling)> {
        self.filled.as_ref().map(|(template, filling)| (template, filling))
    }
    /// What it does, without its values where these are not put in yet.
    pub fn outline(&self) -> &Plan {
        match (&self.filled, self.whole.get()) {
            (Some((template, _)), None) => template.outline(),
            _ => self,
        }
    }
    pub fn writes(&self) -> bool {
        self.outline().writes()
    }
}

impl Deref for Authorised<Plan> {
    type Target = Plan;
    fn deref(&self) -> &Plan {
        self.whole.get_or_init(|| {
            let (template, filling) =
                self.filled.as_ref().expect("it was made whole, or from a template");
            template.filled(filling)
        })
    }
}
