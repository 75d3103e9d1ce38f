//! A source as it is at one moment: its structure, and the rules made ready for it. Whoever holds
//! a view plans and authorises against the same catalog, however the source changes meanwhile.
//! Pure: this is the part of the data path before the engine.

use crate::plans::Plans;
use crate::trouble::Trouble;
use mag_base::Base;
use mag_guard::{Authorised, Guard, May, Session, Template};
use mag_model::TableId;
use mag_model::catalog::{Catalog, Table};
use mag_query::select::{From, Select};
use mag_query::sight::Everything;
use mag_query::{Call, Error, Options, Plan, Rules, Shape, Slots};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Descriptions of a large structure are some megabytes each; they differ by role and by settings,
/// and there are few of both.
const TEXTS_MAX: usize = 12;

/// Tables that stand where MagAuth has made its own, and hardly anywhere else.
const SIGNS: [&str; 2] = ["auth_users", "auth_mfa_amr_claims"];

type Texts = Mutex<HashMap<String, Arc<str>>>;
type Memory = Arc<dyn Any + Send + Sync>;

pub struct View {
    pub catalog: Arc<Catalog>,
    pub guard: Arc<Guard>,
    /// Who holds the row rules of this source.
    pub rules: Rules,
    plans: Plans,
    texts: Texts,
    memories: RwLock<Vec<Memory>>,
    /// Tables that say how people sign in.
    kept: Box<[TableId]>,
}

impl View {
    pub fn new(catalog: Arc<Catalog>, guard: Arc<Guard>, rules: Rules) -> Self {
        let (plans, texts, memories) = (Plans::new(), Texts::default(), RwLock::default());
        Self { catalog, guard, rules, plans, texts, memories, kept: Box::default() }
    }

    /// Without the tables in which this base says how people sign in. Where a database has no
    /// schemas they stand among an app's own, and no door for apps reaches them, as none reaches
    /// schema `auth` elsewhere.
    #[must_use]
    pub fn keeping(mut self, base: &Base) -> Self {
        let is_one = |schema: &str, table: &str| base.is_identity(schema, table);
        let all = self.catalog.tables().filter(|(_, table)| is_one(&table.schema, &table.name));
        // A table of that name in a database of others is theirs.
        let signs = |table: &Table| {
            SIGNS.iter().all(|name| self.catalog.find_table(&table.schema, name).is_some())
        };
        self.kept = all.filter(|(_, table)| signs(table)).map(|(id, _)| id).collect();
        self
    }

    /// Whether no door for apps knows the table, whatever the role.
    pub fn keeps(&self, id: TableId) -> bool {
        self.kept.contains(&id)
    }

    /// A document for apps tells nothing of what is kept from them.
    pub fn told(&self, may: May) -> May {
        if self.kept.is_empty() { may } else { may.without(self.kept.iter().copied()) }
    }

    /// `prepare` for a call of an app, which names no table that is kept from apps.
    pub fn prepare_for_app(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Authorised<Plan>, Trouble> {
        let plan = self.prepare(call, session, options)?;
        let outline = plan.outline();
        // A write that tells nothing of its rows names its table all the same.
        let own = outline.table().filter(|id| self.keeps(*id));
        match own.or_else(|| outline.answer().and_then(|select| self.kept_in(select))) {
            None => Ok(plan),
            Some(id) => {
                let table = self.catalog.table(id);
                let (schema, table) = (table.schema.to_string(), table.name.to_string());
                Err(Error::NoTable { schema, table, nearest: None }.into())
            }
        }
    }

    /// What the caller names itself: what policies and functions ask for it is their writers' matter.
    fn kept_in(&self, select: &Select) -> Option<TableId> {
        if self.kept.is_empty() {
            return None;
        }
        let mut tables = select.sources.iter().filter_map(|source| match source.from {
            From::Table(id) => Some(id),
            From::Function { .. } | From::Written(_) | From::Again { .. } => None,
        });
        let own = tables.find(|id| self.keeps(*id));
        own.or_else(|| select.embeds.iter().find_map(|embed| self.kept_in(&embed.select)))
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

    /// What decides the plan of a call, and the literals that only fill it.
    pub fn shape<'c>(
        &self,
        call: &'c Call,
        session: &Session,
        options: &Options,
    ) -> Option<Shape<'c>> {
        Shape::of(call, &session.role, &self.options(options))
    }

    /// What a door keeps for as long as the view holds: one of each type.
    pub fn memory<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let of_door = |all: &[Memory]| all.iter().find_map(|one| one.clone().downcast::<T>().ok());
        if let Some(known) = of_door(&self.memories.read().unwrap_or_else(PoisonError::into_inner))
        {
            return known;
        }
        let mut all = self.memories.write().unwrap_or_else(PoisonError::into_inner);
        of_door(&all).unwrap_or_else(|| {
            let made = Arc::<T>::default();
            all.push(made.clone());
            made
        })
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
    use mag_guard::ruleset::RoleRule;
    use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};

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

    #[test]
    fn no_call_of_an_app_names_a_table_of_who_signs_in() {
        let id = || ColumnDraft { name: "id".into(), ty: "integer".into(), ..Default::default() };
        let table = |name: &str| TableDraft {
            name: name.into(),
            columns: vec![id()],
            ..Default::default()
        };
        let tables = ["auth_users", "auth_mfa_amr_claims", "notes"].map(table).to_vec();
        let catalog = Arc::new(Draft { tables, ..Draft::default() }.build(1).unwrap());
        let all = RoleRule { name: "service_role".into(), bypass: true, ..RoleRule::default() };
        let rules = Ruleset { roles: vec![all], ..Ruleset::default() };
        let guard = || Arc::new(Guard::new(&rules, &catalog));
        let session = Arc::new(Session::system(mag_contract::Timestamp(0)));
        let asked = |view: &View, line: &str| {
            let call = mag_query::notation::parse("public", line).unwrap();
            view.prepare_for_app(&call, &session, &Options::default())
                .map(drop)
                .map_err(|e| e.to_string())
        };
        let whole = View::new(catalog.clone(), guard(), Rules::Compiled);
        let view =
            View::new(catalog.clone(), guard(), Rules::Compiled).keeping(&mag_base::ON_SQLITE);
        for line in [
            "read auth_users?select=id",
            "insert auth_users {\"id\":1}",
            "update auth_users?id=eq.1 {\"id\":2}",
            "delete auth_users?id=eq.1",
            "delete auth_users?id=eq.1&select=id",
        ] {
            assert_eq!(asked(&whole, line), Ok(()), "{line}");
            assert!(asked(&view, line).is_err(), "{line}");
        }
        for line in ["read notes?select=id", "delete notes?id=eq.1"] {
            assert_eq!(asked(&view, line), Ok(()), "{line}");
        }
    }
}
