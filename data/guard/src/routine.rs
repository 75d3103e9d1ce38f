//! A function of the rules in a call: its steps with the arguments of the call in them, under numbers
//! of their own. What it does is then guarded as if the caller had said it.

use crate::guard::Guard;
use crate::policy::out_of_range;
use crate::refusal::Refusal;
use crate::session::Session;
use mag_model::{BadValue, Value};
use mag_query::expr::Literal;
use mag_query::plan::{Cell, Invoke};
use mag_query::select::{Argument, Body, From, Select};
use mag_query::{Error, Expr, Plan, Ref, Slot, Work};

/// A function whose body could be read.
#[derive(Clone, Debug)]
pub(crate) struct Routine {
    /// Of each argument, in their order.
    pub(crate) defaults: Vec<Option<Expr>>,
    pub(crate) steps: Vec<Step>,
    pub(crate) answer: Whence,
    /// How many numbers of tables there are in it.
    pub(crate) refs: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Read(Box<Reading>),
    Write(Box<Work>),
}

/// Where the answer comes from.
#[derive(Clone, Debug)]
pub(crate) enum Whence {
    Nothing,
    Select(Box<Reading>),
    /// The last step tells it.
    Last,
}

#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) select: Select,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    /// It gives one row, whatever there is.
    pub(crate) first_only: bool,
}

impl Guard {
    /// Puts what a function does into the plan that calls it.
    pub(crate) fn unfold(&self, plan: &mut Plan, session: &Session) -> Result<(), Refusal> {
        let Work::Invoke(invoke) = &mut plan.work else { return Ok(()) };
        let Some(routine) = self.functions.get(&invoke.function) else { return Ok(()) };
        let Some(routine) = routine else {
            let function = self.catalog.function(invoke.function).name.to_string();
            return Err(Refusal::BrokenFunction { function });
        };
        let base = plan.next_ref;
        plan.next_ref += routine.refs;
        unfold(routine, invoke, base, session)
    }
}

fn unfold(
    routine: &Routine,
    invoke: &mut Invoke,
    base: u32,
    session: &Session,
) -> Result<(), Refusal> {
    let Some(source) = invoke.select.sources.first_mut() else { return Ok(()) };
    let From::Function { arguments, body, .. } = &mut source.from else { return Ok(()) };
    let call = Call { arguments: given(routine, arguments, session), base, session };
    for step in &routine.steps {
        invoke.steps.push(match step {
            Step::Read(reading) => Work::Read(Box::new(call.reading(reading)?)),
            Step::Write(work) => call.work(work)?,
        });
    }
    *body = Some(Box::new(match &routine.answer {
        Whence::Nothing => Body::Told(Vec::new()),
        Whence::Select(reading) => Body::Select(call.reading(reading)?),
        Whence::Last => Body::Steps,
    }));
    Ok(())
}

/// The arguments in their order; one that is not given has its default.
fn given(routine: &Routine, arguments: &[Argument], session: &Session) -> Vec<Expr> {
    let each = routine.defaults.iter().enumerate().map(|(place, default)| {
        let named = arguments.iter().find(|argument| argument.place == place);
        let mut expr = match (named, default) {
            (Some(argument), _) => argument.value.clone(),
            (None, Some(default)) => default.clone(),
            (None, None) => Expr::value(Value::Null, mag_model::Type::Unknown),
        };
        expr.visit_deep_mut(&mut |expr| {
            if let Expr::Session(asker) = expr {
                *expr = session.value(*asker);
            }
        });
        expr
    });
    each.collect()
}

struct Call<'a> {
    arguments: Vec<Expr>,
    base: u32,
    session: &'a Session,
}

impl Call<'_> {
    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Value(Literal { slot: Some(Slot::Given(n)), .. }) => {
                if let Some(argument) = self.arguments.get(*n as usize) {
                    *expr = argument.clone();
                }
            }
            Expr::Session(asker) => *expr = self.session.value(*asker),
            Expr::Column(column) => self.shift(&mut column.of),
            Expr::Computed { of, .. } | Expr::Row(of) => self.shift(of),
            _ => {}
        }
    }
    fn shift(&self, id: &mut Ref) {
        id.0 += self.base;
    }
    /// The tables of sub-selects.
    fn inner_sources(&self, expr: &mut Expr) {
        expr.visit_mut(&mut |expr| {
            if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } =
                expr
            {
                select.each_source_mut(&mut |source| self.shift(&mut source.id));
            }
        });
    }

    fn select(&self, select: &mut Select) {
        select.each_source_mut(&mut |source| self.shift(&mut source.id));
        select.each_expr_deep_mut(&mut |expr| self.expr(expr));
    }

    /// Numbers that a window cannot be told with: arguments are looked at now that they are known.
    fn windows_hold(select: &mut Select) -> Result<(), Refusal> {
        let mut bad = None;
        select.each_expr_deep_mut(&mut |expr| {
            if bad.is_none() {
                bad = out_of_range(expr);
            }
        });
        bad.map_or(Ok(()), |bad| Err(Refusal::Hidden(Error::Value(bad))))
    }

    fn reading(&self, reading: &Reading) -> Result<Select, Refusal> {
        let mut select = reading.select.clone();
        self.select(&mut select);
        Self::windows_hold(&mut select)?;
        select.limit =
            self.number(reading.limit.as_ref(), ("2201W", "LIMIT must not be negative"))?;
        let offset = ("2201X", "OFFSET must not be negative");
        select.offset = self.number(reading.offset.as_ref(), offset)?.unwrap_or(0);
        if reading.first_only {
            select.limit = Some(select.limit.unwrap_or(1).min(1));
        }
        Ok(select)
    }

    fn number(
        &self,
        expr: Option<&Expr>,
        (state, message): (&'static str, &str),
    ) -> Result<Option<u64>, Refusal> {
        let Some(mut expr) = expr.cloned() else { return Ok(None) };
        self.expr(&mut expr);
        let Expr::Value(literal) = &expr else { return Ok(None) };
        match literal.value.as_int() {
            None => Ok(None),
            Some(n) => match u64::try_from(n) {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(Refusal::Hidden(Error::Value(BadValue::new(state, message)))),
            },
        }
    }

    fn work(&self, work: &Work) -> Result<Work, Refusal> {
        let mut work = work.clone();
        let (filter, returning) = match &mut work {
            Work::Insert(insert) => {
                self.shift(&mut insert.target);
                insert.rows.iter_mut().flatten().for_each(|cell| self.cell(cell));
                if let Some(from) = &mut insert.from {
                    self.select(from);
                    Self::windows_hold(from)?;
                }
                let conflict = insert.on_conflict.as_mut();
                let filter = match conflict.and_then(|conflict| conflict.change.as_deref_mut()) {
                    Some(change) => {
                        self.shift(&mut change.excluded);
                        change.set.iter_mut().for_each(|(_, cell)| self.cell(cell));
                        change.filter.as_mut()
                    }
                    None => None,
                };
                (filter, insert.returning.as_mut())
            }
            Work::Update(update) => {
                self.shift(&mut update.target);
                update.set.iter_mut().for_each(|(_, cell)| self.cell(cell));
                (update.filter.as_mut(), update.returning.as_mut())
            }
            Work::Delete(delete) => {
                self.shift(&mut delete.target);
                (delete.filter.as_mut(), delete.returning.as_mut())
            }
            // A function calls no other.
            Work::Read(_) | Work::Invoke(_) => (None, None),
        };
        if let Some(filter) = filter {
            self.inner_sources(filter);
            filter.visit_deep_mut(&mut |expr| self.expr(expr));
        }
        if let Some(returning) = returning {
            self.select(returning);
        }
        Ok(work)
    }

    /// What has become a plain value is one.
    fn cell(&self, cell: &mut Cell) {
        let Cell::Expr(expr) = cell else { return };
        self.inner_sources(expr);
        expr.visit_deep_mut(&mut |expr| self.expr(expr));
        if let Expr::Value(literal) = &**expr {
            *cell = Cell::Value(literal.value.clone());
        }
    }
}
