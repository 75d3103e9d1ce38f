//! The proof that the guard has seen a plan. Engines take nothing else, so a path that forgets to
//! ask does not compile.

use crate::may::May;
use crate::session::Session;
use crate::template::Template;
use mag_query::call::Wish;
use mag_query::{Filling, Plan, Work};
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
    quiet: bool,
    in_json: Option<&'static str>,
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
    pub fn in_json(self) -> Self {
        self.in_json_with(",")
    }
    /// With these characters between the objects: a comma, and blanks if at all.
    #[must_use]
    pub fn in_json_with(mut self, between: &'static str) -> Self {
        self.in_json = Some(between);
        self
    }
    /// What is wanted between the objects, when JSON is wanted.
    pub fn wants_json(&self) -> Option<&'static str> {
        self.in_json
    }
    /// It can run no code of anyone's own: it looks at rows, claims and role alone, and leaves
    /// nothing behind in its connection.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
    #[must_use]
    pub(crate) fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
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
        let (filled, quiet, in_json) = (None, false, None);
        Self { whole, filled, session, time_max, may, quiet, in_json }
    }
    pub(crate) fn filled(template: Arc<Template>, filling: Filling, session: Arc<Session>) -> Self {
        let (time_max, may, quiet) = (template.time_max, template.may.clone(), template.quiet);
        let (whole, filled, in_json) = (OnceLock::new(), Some((template, filling)), None);
        Self { whole, filled, session, time_max, may, quiet, in_json }
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
    /// What a function of the rules does before it answers, each step by itself: the guard has seen
    /// them with the whole.
    pub fn steps(&self) -> Vec<Self> {
        let Work::Invoke(invoke) = &self.work else { return Vec::new() };
        let of_step = |work: &Work| {
            let plan = Plan {
                catalog: self.catalog.clone(),
                work: work.clone(),
                count: None,
                max_affected: None,
                wish: Wish::default(),
                rules: self.rules,
                next_ref: self.next_ref,
            };
            Self::whole(plan, self.session.clone(), self.time_max, self.may.clone())
        };
        invoke.steps.iter().map(of_step).collect()
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
