//! What is kept with the template of a plan: its statements, rendered once for all plans of the
//! shape, and how long they took before. It goes when the template goes.
//! Never: a value of a call. A statement is rendered from a plan with empty slots.

use super::json::Objects;
use super::{Counting, Dialect, counting, unrendered};
use mag_adapter::EngineError;
use mag_adapter::Pace;
use mag_guard::Authorised;
use mag_model::Value;
use mag_model::catalog::table::Identity;
use mag_model::catalog::{Table, TableKind};
use mag_query::{Plan, Work};
use mag_sql::{Dialect as _, Fate, Form};
use std::sync::Arc;

pub(crate) struct Kept {
    pub(crate) pace: Arc<Pace>,
    pub(crate) what: What,
}

pub(crate) enum What {
    Read { rows: Shown, count: Counting<Form> },
    Write(Write),
}

/// A statement whose rows are answered.
pub(crate) struct Shown {
    pub(crate) form: Form,
    pub(crate) objects: Objects,
}

/// A write in one statement whose touched rows are answered, if at all, by their keys.
pub(crate) struct Write {
    pub(crate) step: Form,
    /// The one row that it makes is known by its number, so the statement tells no key.
    pub(crate) numbers: bool,
    /// For one touched row: whether a policy refuses it, and what is answered of it.
    pub(crate) refused: Option<Form>,
    pub(crate) answer: Option<Shown>,
    pub(crate) max_affected: Option<u64>,
    pub(crate) exactly: Option<u64>,
    pub(crate) counts: bool,
}

impl Kept {
    /// What is kept with the plan's template, made now when this is the first plan of it. Nothing
    /// for a plan without a template, and for one that takes more than these statements.
    pub(super) fn of(plan: &Authorised<Plan>) -> Result<Option<Arc<Self>>, EngineError> {
        let Some((template, _)) = plan.template() else { return Ok(None) };
        if let Some(kept) = template.kept() {
            return Ok(Some(kept));
        }
        let Some(what) = What::of(template.outline())? else { return Ok(None) };
        let kept = Arc::new(Self { pace: Arc::default(), what });
        template.keep(kept.clone());
        Ok(Some(kept))
    }
}

impl Shown {
    fn of(statement: mag_sql::Statement) -> Self {
        let form = Form::of(statement);
        let objects = Objects::of(&form.columns);
        Self { form, objects }
    }
}

impl What {
    fn of(plan: &Plan) -> Result<Option<Self>, EngineError> {
        match &plan.work {
            Work::Read(_) => {
                let rows = mag_sql::read(plan, &Dialect).map_err(unrendered)?;
                let count = match counting(plan)? {
                    Counting::Nothing => Counting::Nothing,
                    Counting::Known(rows) => Counting::Known(rows),
                    Counting::Ask(statement) => Counting::Ask(Form::of(statement)),
                };
                Ok(Some(Self::Read { rows: Shown::of(rows), count }))
            }
            Work::Insert(insert) if insert.on_conflict.is_some() => Ok(None),
            Work::Insert(_) | Work::Update(_) | Work::Delete(_) => Write::of(plan),
            Work::Invoke(_) => Ok(None),
        }
    }
}

impl Write {
    fn of(plan: &Plan) -> Result<Option<What>, EngineError> {
        let steps = mag_sql::steps(plan, &Dialect).map_err(unrendered)?;
        let plain = steps.before.is_none() && steps.proposed.is_empty() && !steps.tells_made;
        let (true, None, Ok([mut step])) =
            (plain, steps.must_touch, <[_; 1]>::try_from(steps.writes))
        else {
            return Ok(None);
        };
        let Some(table) = plan.table() else { return Ok(None) };
        let told = telling_number(plan, plan.catalog.table(table));
        let bare = told.and_then(|told| step.text.strip_suffix(&told).map(str::to_owned));
        let numbers = bare.is_some();
        if let Some(bare) = bare {
            step.text = bare;
        }
        let width = mag_sql::found_by(plan.catalog.table(table)).len().max(1);
        // Only the number of its parts matters: each says that it is a part of a key.
        let key = [vec![Value::Null; width]];
        let refused = mag_sql::refused(plan, &Dialect, &key, Fate::Made).map_err(unrendered)?;
        let answer = match &plan.work {
            Work::Delete(_) => None,
            _ => mag_sql::answer(plan, &Dialect, &key).map_err(unrendered)?,
        };
        Ok(Some(What::Write(Self {
            step: Form::of(step),
            numbers,
            refused: refused.map(Form::of),
            answer: answer.map(Shown::of),
            max_affected: plan.max_affected,
            exactly: plan.wish.exactly,
            counts: plan.count.is_some(),
        })))
    }
}

/// What a statement ends with that makes one row of a table whose key is the number of the row. SQLite
/// gathers what `RETURNING` tells in a table of its own, which takes longer than the row itself; the
/// number of the last row it knows anyway.
fn telling_number(plan: &Plan, table: &Table) -> Option<String> {
    let Work::Insert(insert) = &plan.work else { return None };
    let [key] = table.primary_columns() else { return None };
    let key = table.column(*key);
    let numbered = table.kind == TableKind::Table && key.identity != Identity::None;
    let one = insert.rows.len() == 1 && insert.on_conflict.is_none();
    (numbered && one).then(|| format!(" RETURNING {}", Dialect.quote(&key.name)))
}
