//! A source as it is at one moment: its structure, and the rules made ready for it. Whoever holds
//! a view plans and authorises against the same catalog, however the source changes meanwhile.
//! Pure: this is the part of the data path before the engine.

use crate::plans::Plans;
use crate::trouble::Trouble;
use mag_guard::{Authorised, Guard, Session, Template};
use mag_model::catalog::Catalog;
use mag_query::sight::Everything;
use mag_query::{Call, Options, Plan, Rules, Shape, Slots};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Descriptions of a large structure are some megabytes each; they differ by role and by settings,
/// and there are few of both.
const TEXTS_MAX: usize = 12;

type Texts = Mutex<HashMap<String, Arc<str>>>;

pub struct View {
    pub catalog: Arc<Catalog>,
    pub guard: Arc<Guard>,
    /// Who holds the row rules of this source.
    pub rules: Rules,
    plans: Plans,
    texts: Texts,
}

impl View {
    pub fn new(catalog: Arc<Catalog>, guard: Arc<Guard>, rules: Rules) -> Self {
        Self { catalog, guard, rules, plans: Plans::new(), texts: Texts::default() }
    }

    /// `plan → authorise`. What comes out is the only thing that an engine takes. A call of a shape
    /// that the role has asked before is not planned again: its literals are read, and put into the
    /// plan of then.
    pub fn prepare(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Authorised<Plan>, Trouble> {
        let options = self.options(options);
        let Some(shape) = Shape::of(call, &session.role, &options) else {
            return self.plan(call, session, &options).map(|(plan, _)| plan);
        };
        // A literal that is no value of its type is the planner's to tell, in the order of the call.
        if let Some(template) = self.plans.get(&shape.key)
            && let Some(plan) = template.fill(&shape.literals, session)
        {
            return Ok(plan);
        }
        let (plan, slots) = self.plan(call, session, &options)?;
        if !slots.fit(&shape.literals) {
            return Ok(plan);
        }
        let template = Template::of(&plan, slots);
        let filled = template.fill(&shape.literals, session);
        self.plans.keep(shape.key, template);
        Ok(filled.unwrap_or(plan))
    }

    /// A text that follows from this view and from what the key says: made once for it.
    pub fn text(&self, key: String, make: impl FnOnce() -> String) -> Arc<str> {
        let held = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held().get(&key) {
            return known.clone();
        }
        // Made outside of the lock: others need not wait, and make the same.
        let made: Arc<str> = Arc::from(make());
        let mut texts = held();
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        texts.insert(key, made.clone());
        made
    }

    /// As `prepare`, whatever was asked before.
    pub fn prepare_anew(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Authorised<Plan>, Trouble> {
        self.plan(call, session, &self.options(options)).map(|(plan, _)| plan)
    }

    fn options(&self, options: &Options) -> Options {
        let native = self.rules == Rules::Native;
        Options { engine_decides: options.engine_decides || native, ..*options }
    }

    fn plan(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<(Authorised<Plan>, Slots), Trouble> {
        let (plan, slots) = if self.rules == Rules::Native {
            mag_query::plan_with_slots(call, &self.catalog, &Everything, options)?
        } else {
            let sight = self.guard.sight(&session.role);
            mag_query::plan_with_slots(call, &self.catalog, &*sight, options)?
        };
        Ok((self.guard.authorise(plan, session, self.rules)?, slots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_guard::Ruleset;

    #[test]
    fn a_text_of_a_view_is_made_once() {
        let catalog = Arc::new(Catalog::default());
        let guard = Arc::new(Guard::new(&Ruleset::default(), &catalog));
        let view = View::new(catalog, guard, Rules::Compiled);
        let made =
            |key: &str, text: &str| view.text(key.to_owned(), || text.to_owned()).to_string();
        assert_eq!(made("a", "first"), "first");
        assert_eq!(made("a", "second"), "first");
        assert_eq!(made("b", "third"), "third");
        for n in 0..TEXTS_MAX * 3 {
            made(&n.to_string(), "x");
        }
        assert!(view.texts.lock().unwrap().len() <= TEXTS_MAX);
    }
}
