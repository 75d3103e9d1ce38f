//! A source as it is at one moment: its structure, and the rules made ready for it. Whoever holds
//! a view plans and authorises against the same catalog, however the source changes meanwhile.
//! Pure: this is the part of the data path before the engine.

use crate::trouble::Trouble;
use mag_guard::{Authorised, Guard, Session};
use mag_model::catalog::Catalog;
use mag_query::sight::Everything;
use mag_query::{Call, Options, Plan, Rules};
use std::sync::Arc;

pub struct View {
    pub catalog: Arc<Catalog>,
    pub guard: Arc<Guard>,
    /// Who holds the row rules of this source.
    pub rules: Rules,
}

impl View {
    pub fn new(catalog: Arc<Catalog>, guard: Arc<Guard>, rules: Rules) -> Self {
        Self { catalog, guard, rules }
    }

    /// `plan → authorise`. What comes out is the only thing that an engine takes.
    pub fn prepare(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Authorised<Plan>, Trouble> {
        let native = self.rules == Rules::Native;
        let options = Options { engine_decides: options.engine_decides || native, ..*options };
        let plan = if native {
            mag_query::plan(call, &self.catalog, &Everything, &options)?
        } else {
            let sight = self.guard.sight(&session.role);
            mag_query::plan(call, &self.catalog, &*sight, &options)?
        };
        Ok(self.guard.authorise(plan, session, self.rules)?)
    }
}
