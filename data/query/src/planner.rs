//! From a call to a plan. One planner a call: it hands out the numbers of tables and counts what
//! the limits bound.

mod clock;
mod embed;
mod field;
mod filter;
mod first;
mod invoke;
mod order;
mod pick;
mod relation;
mod write;

use crate::call::{Act, Call, Query};
use crate::error::Error;
use crate::expr::{Expr, Ref};
use crate::limits::{Limits, Options};
use crate::plan::{Plan, Rules, Work};
use crate::select::{Select, Shape, Source};
use crate::sight::Sight;
use crate::slot::{Reading, Slot, Slots};
use mag_model::catalog::Catalog;
use mag_model::{TableId, Type, Value};
use std::sync::Arc;

pub fn plan(
    call: &Call,
    catalog: &Arc<Catalog>,
    sight: &dyn Sight,
    options: &Options,
) -> Result<Plan, Error> {
    plan_with_slots(call, catalog, sight, options).map(|(plan, _)| plan)
}

/// The plan, and which literals of the call its values were read from.
pub fn plan_with_slots(
    call: &Call,
    catalog: &Arc<Catalog>,
    sight: &dyn Sight,
    options: &Options,
) -> Result<(Plan, Slots), Error> {
    let mut planner = Planner {
        catalog,
        sight,
        limits: &options.limits,
        aggregates: options.aggregates,
        engine_decides: options.engine_decides,
        schema: &call.schema,
        searched: &call.searched,
        next_ref: 0,
        filters: 0,
        embeds: 0,
        picks: 0,
        values: 0,
        slots: Slots::default(),
        next_alias: None,
        late: None,
    };
    let work = planner.work(&call.act).and_then(|work| match planner.late.take() {
        Some((_, mistake)) => Err(mistake),
        None => Ok(work),
    });
    let work = work.map_err(|mistake| planner.first_told(call, mistake))?;
    let plan = Plan {
        catalog: catalog.clone(),
        work,
        count: call.count,
        max_affected: call.max_affected,
        wish: call.wish.clone(),
        rules: Rules::default(),
        next_ref: planner.next_ref,
    };
    Ok((plan, planner.slots))
}

struct Planner<'a> {
    catalog: &'a Catalog,
    sight: &'a dyn Sight,
    limits: &'a Limits,
    aggregates: bool,
    engine_decides: bool,
    schema: &'a str,
    searched: &'a [String],
    next_ref: u32,
    filters: usize,
    embeds: usize,
    picks: usize,
    values: usize,
    slots: Slots,
    /// What errors call the rows of the next select, as PostgREST does.
    next_alias: Option<Arc<str>>,
    /// The first mistake that an engine would find only when all names have their meaning.
    late: Option<(Late, Error)>,
}

/// When an engine finds a mistake. Of several the earliest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Late {
    /// The statement is written anew, for views and columns that fill themselves.
    Rewritten,
    /// The literals are read.
    Bound,
    /// A way to the rows is chosen.
    Planned,
    /// The cells of the payload are read.
    Run,
    /// Rows are merged.
    Merged,
}

/// The rows that the names of a select are looked up in.
#[derive(Clone)]
struct Scope {
    id: Ref,
    table: Option<TableId>,
    /// Columns of a function that gives no rows of a table.
    columns: Arc<[(Arc<str>, Type)]>,
    /// What errors call it.
    label: Arc<str>,
    /// What it is called in errors about columns.
    alias: Arc<str>,
}

impl Planner<'_> {
    fn work(&mut self, act: &Act) -> Result<Work, Error> {
        Ok(match act {
            Act::Read(read) => {
                let table = self.table(&read.table)?;
                let id = self.fresh();
                Work::Read(Box::new(self.root(Source::table(id, table), &read.query)?))
            }
            Act::Insert(insert) => Work::Insert(Box::new(self.insert(insert)?)),
            Act::Update(update) => Work::Update(Box::new(self.update(update)?)),
            Act::Delete(delete) => Work::Delete(Box::new(self.delete(delete)?)),
            Act::Invoke(invoke) => Work::Invoke(Box::new(self.invoke(invoke)?)),
        })
    }

    /// A mistake that is told when nothing worse turns up.
    fn later(&mut self, when: Late, mistake: Error) {
        if self.late.as_ref().is_none_or(|(known, _)| when < *known) {
            self.late = Some((when, mistake));
        }
    }

    fn fresh(&mut self) -> Ref {
        let id = Ref(self.next_ref);
        self.next_ref += 1;
        id
    }

    fn table(&self, name: &str) -> Result<TableId, Error> {
        let known = |id: TableId| self.sight.table(id);
        self.catalog.find_table(self.schema, name).filter(|id| known(*id)).ok_or_else(|| {
            Error::NoTable {
                schema: self.schema.to_owned(),
                table: name.to_owned(),
                nearest: self.catalog.nearest_table(self.schema, name, known).map(str::to_owned),
            }
        })
    }

    fn scope(&self, source: &Source) -> Scope {
        let (table, columns, label) = match &source.from {
            crate::select::From::Table(id) | crate::select::From::Written(id) => {
                (Some(*id), Arc::default(), self.catalog.table(*id).name.clone())
            }
            crate::select::From::Function { id, shape, .. } => {
                let label = self.catalog.function(*id).name.clone();
                match shape {
                    // Its rows are the table's, and so is their name.
                    Shape::Row(table) => {
                        (Some(*table), Arc::default(), self.catalog.table(*table).name.clone())
                    }
                    Shape::Columns(columns) => (None, columns.clone(), label),
                    Shape::Scalar(ty) => (None, Arc::from([(label.clone(), ty.clone())]), label),
                }
            }
            // Only in functions of the rules, which are not planned here.
            crate::select::From::Again { columns, .. } => (None, columns.clone(), Arc::default()),
        };
        let alias = label.clone();
        Scope { id: source.id, table, columns, label, alias }
    }

    /// The outermost select: nothing is hoisted out of it.
    fn root(&mut self, source: Source, query: &Query) -> Result<Select, Error> {
        Ok(self.select(source, query, 0, false)?.select)
    }

    /// A misfit that comes to light later than the names.
    fn late_misfit(&mut self, when: Late, checked: Result<(), Error>) {
        if let (Err(mistake), false) = (checked, self.engine_decides) {
            self.later(when, mistake);
        }
    }

    /// A misfit is an error here, or the engine's to tell.
    fn misfit(&self, checked: Result<(), Error>) -> Result<(), Error> {
        if self.engine_decides { Ok(()) } else { checked }
    }

    /// A literal of the type; one that is none goes to the engine as it is, when that decides.
    fn literal(&mut self, text: &str, ty: Type) -> Result<Expr, Error> {
        match mag_model::literal::parse(text, &ty) {
            Ok(value) => {
                let slot = self.slots.take_text(text, &ty, Reading::Literal);
                Ok(Expr::slotted(value, ty, Slot::Given(slot)))
            }
            Err(_) if self.engine_decides && !text.contains('\0') => {
                self.slots.lose();
                Ok(Expr::value(Value::text(text), Type::Unknown))
            }
            Err(bad) => match clock::read(text, &ty) {
                Some(asked) => {
                    self.slots.lose();
                    Ok(asked)
                }
                None => {
                    self.slots.lose();
                    self.later(Late::Bound, bad.into());
                    Ok(Expr::value(Value::Null, ty))
                }
            },
        }
    }

    fn count(
        counter: &mut usize,
        by: usize,
        limit: usize,
        what: &'static str,
    ) -> Result<(), Error> {
        *counter += by;
        if *counter > limit { Err(Error::TooMany { what, limit }) } else { Ok(()) }
    }
}
