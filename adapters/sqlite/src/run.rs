//! Plans are run: rendered into statements, their values bound, their rows read. A write goes step by
//! step inside the transaction of the caller, so that a policy sees each row as it has become.
//! Never: a thread, a lock, a commit. Whoever calls has seen to these.

mod constraint;
pub(crate) mod shape;
mod upsert;

use crate::connect::Link;
use crate::readers::Pace;
use crate::{error, types};
use mag_adapter::EngineError;
use mag_contract::codes;
use mag_guard::Authorised;
use mag_model::Value;
use mag_query::call::Count;
use mag_query::{Answer, Body, Plan, Rows, Work};
use mag_sql::{Arg, Error as RenderError, Sqlite as Dialect, Statement, Steps};
use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;
use shape::{Shapes, Template};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What one answer may hold in memory; a plan without limits on a large table ends here.
const ANSWER_MAX: usize = 512 << 20;
/// A plan as statements, before a connection is taken.
pub(crate) enum Ready {
    /// A shape that was rendered before, with the values of this plan.
    Known {
        template: Arc<Template>,
        values: Vec<Value>,
    },
    Read {
        rows: Statement,
        count: Counting,
    },
    Write(Steps),
}

pub(crate) enum Counting {
    Nothing,
    Known(u64),
    Ask(Statement),
}

/// The statements of a plan.
pub(crate) fn prepare(plan: &Plan, shapes: &Shapes) -> Result<Ready, EngineError> {
    match &plan.work {
        Work::Read(select) => {
            if plan.count.is_none()
                && let Some((template, values)) = shapes.of(plan, select)?
            {
                return Ok(Ready::Known { template, values });
            }
            let rows = mag_sql::read(plan, &Dialect).map_err(unrendered)?;
            Ok(Ready::Read { rows, count: counting(plan)? })
        }
        Work::Invoke(invoke) => {
            let function = plan.catalog.function(invoke.function);
            Err(EngineError::of_state(
                "42883",
                format!("function {}.{} does not exist", function.schema, function.name),
            ))
        }
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => {
            let plan = upsert::without_keys(plan);
            mag_sql::steps(&plan, &Dialect).map(Ready::Write).map_err(unrendered)
        }
    }
}

pub(crate) fn unrendered(error: RenderError) -> EngineError {
    let message = error.to_string();
    match error {
        RenderError::Unsupported { .. } => EngineError::unsupported(message),
        RenderError::NoType { .. } => EngineError::of_state("42704", message),
        RenderError::TooManyValues { .. } => EngineError {
            state: Some("54000".into()),
            ..EngineError::new(codes::CALL_TOO_LARGE, message)
        },
    }
}

/// Statistics tell how many rows a table has, and nothing about conditions.
fn counting(plan: &Plan) -> Result<Counting, EngineError> {
    let Some(count) = plan.count else { return Ok(Counting::Nothing) };
    if let (Count::Planned, Work::Read(select)) = (count, &plan.work) {
        let whole = select.filter.is_none() && select.sources.iter().all(|s| s.rule.is_none());
        let estimate = plan.table().and_then(|table| plan.catalog.table(table).rows_estimate);
        if let (true, [_], Some(rows)) = (whole, &*select.sources, estimate) {
            return Ok(Counting::Known(rows));
        }
    }
    mag_sql::count(plan, &Dialect).map(Counting::Ask).map_err(unrendered)
}

impl Ready {
    /// Tells statements apart, whatever their values.
    pub(crate) fn kind(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Known { template, .. } => template.statement.text.hash(&mut hasher),
            Self::Read { rows, count } => {
                rows.text.hash(&mut hasher);
                matches!(count, Counting::Ask(_)).hash(&mut hasher);
            }
            Self::Write(steps) => {
                for step in &steps.writes {
                    step.text.hash(&mut hasher);
                }
            }
        }
        hasher.finish()
    }
    /// How long it took before, where that is kept with the statement.
    pub(crate) fn pace(&self) -> Option<Pace> {
        match self {
            Self::Known { template, .. } => Some(template.pace.clone()),
            Self::Read { .. } | Self::Write(_) => None,
        }
    }
    /// Whether it takes more than one statement to read.
    pub(crate) fn needs_moment(&self) -> bool {
        matches!(self, Self::Read { count: Counting::Ask(_), .. })
    }
}

pub(crate) fn run(
    link: &Link,
    plan: &Authorised<Plan>,
    ready: &Ready,
) -> Result<Answer, EngineError> {
    match ready {
        Ready::Known { template, values } => {
            let rows =
                fetch_with(link, &template.statement, values.iter()).map_err(Failed::told)?;
            let read = amount(rows.rows.len());
            Ok(Answer { body: Body::Rows(rows), rows: read, ..Answer::default() })
        }
        Ready::Read { rows, count } => read(link, rows, count),
        Ready::Write(steps) => write(link, plan, steps),
    }
}

fn read(link: &Link, rows: &Statement, count: &Counting) -> Result<Answer, EngineError> {
    let rows = fetch(link, rows).map_err(Failed::told)?;
    let count = match count {
        Counting::Nothing => None,
        Counting::Known(rows) => Some(*rows),
        Counting::Ask(statement) => Some(number(link, statement)?),
    };
    let read = amount(rows.rows.len());
    Ok(Answer { body: Body::Rows(rows), count, rows: read, ..Answer::default() })
}

fn write(link: &Link, plan: &Authorised<Plan>, steps: &Steps) -> Result<Answer, EngineError> {
    let broken = |failed: Failed| match failed {
        Failed::Sqlite(error) => constraint::explain(error, plan, steps, link),
        Failed::Own(error) => error,
    };
    let doomed = steps.before.as_ref().map(|before| fetch(link, before)).transpose();
    let doomed = doomed.map_err(Failed::told)?;
    let there = upsert::look(link, plan)?;
    let mut keys: Vec<Vec<Value>> = Vec::new();
    for step in &steps.writes {
        keys.extend(fetch(link, step).map_err(broken)?.rows);
    }
    if upsert::stays(plan) {
        keys.extend_from_slice(&there.keys);
    }
    upsert::each_once(plan, &keys)?;
    let touched = amount(keys.len());
    if plan.max_affected.is_some_and(|most| touched > most) {
        return Err(EngineError::too_many_affected(touched));
    }
    if plan.wish.exactly.is_some_and(|wanted| touched != wanted) {
        return Err(EngineError::wrong_row_count(touched));
    }
    if steps.must_touch.is_some_and(|least| touched < least) {
        // A row is there that the caller may not overwrite.
        let table = plan.table().map(|table| plan.catalog.table(table));
        return Err(EngineError::row_refused(table.map_or("", |table| &table.name)));
    }
    upsert::allowed(link, plan, &there, &keys)?;
    let body = match doomed {
        Some(rows) => Body::Rows(rows),
        None => answer_of(link, plan, &keys)?,
    };
    Ok(Answer {
        body,
        count: plan.count.map(|_| touched),
        rows: touched,
        inserted: merges(plan).then(|| touched.saturating_sub(there.count())),
        ..Answer::default()
    })
}

fn merges(plan: &Plan) -> bool {
    match &plan.work {
        Work::Insert(insert) => {
            insert.on_conflict.as_ref().is_some_and(|conflict| conflict.merge.is_some())
        }
        Work::Read(_) | Work::Update(_) | Work::Delete(_) | Work::Invoke(_) => false,
    }
}

/// What is told of the rows that were written.
fn answer_of(link: &Link, plan: &Plan, keys: &[Vec<Value>]) -> Result<Body, EngineError> {
    if let Work::Delete(_) = plan.work {
        return Ok(Body::default());
    }
    let Some(statement) = mag_sql::answer(plan, &Dialect, keys).map_err(unrendered)? else {
        return Ok(Body::default());
    };
    fetch(link, &statement).map(Body::Rows).map_err(Failed::told)
}

/// Why rows did not come.
pub(crate) enum Failed {
    Sqlite(rusqlite::Error),
    Own(EngineError),
}

impl Failed {
    pub(crate) fn told(self) -> EngineError {
        match self {
            Self::Sqlite(failed) => error::of(failed),
            Self::Own(failed) => failed,
        }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(types::bind(self.0))
    }
}

pub(crate) fn fetch(link: &Link, statement: &Statement) -> Result<Rows, Failed> {
    fetch_with(link, statement, statement.args.iter().map(|Arg { value, .. }| value))
}

fn fetch_with<'a>(
    link: &Link,
    statement: &Statement,
    values: impl Iterator<Item = &'a Value>,
) -> Result<Rows, Failed> {
    let mut prepared = link.db.prepare_cached(&statement.text)?;
    for (place, value) in (1..).zip(values) {
        prepared.raw_bind_parameter::<usize, _>(place, Bound(value))?;
    }
    let mut rows = Vec::new();
    let mut held = 0usize;
    let mut found = prepared.raw_query();
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(statement.columns.len());
        for (place, (_, ty)) in statement.columns.iter().enumerate() {
            let cell = row.get_ref(place)?;
            held = held.saturating_add(types::size(&cell));
            values.push(types::read(cell, ty));
        }
        if held > ANSWER_MAX {
            let large = EngineError::of_state("54000", "the answer is larger than memory allows");
            return Err(Failed::Own(large.hint("ask for fewer rows at a time")));
        }
        rows.push(values);
    }
    Ok(Rows { columns: statement.columns.clone(), rows })
}

fn number(link: &Link, statement: &Statement) -> Result<u64, EngineError> {
    let rows = fetch(link, statement).map_err(Failed::told)?;
    let first = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_int);
    Ok(first.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// The statements, and SQLite's own plan for each.
pub(crate) fn explain(link: &Link, ready: &Ready) -> Result<String, EngineError> {
    let statements: Vec<&Statement> = match ready {
        Ready::Known { template, .. } => vec![&template.statement],
        Ready::Read { rows, count: Counting::Ask(count) } => vec![rows, count],
        Ready::Read { rows, .. } => vec![rows],
        Ready::Write(steps) => steps.before.iter().chain(&steps.writes).collect(),
    };
    let mut told = String::new();
    for statement in statements {
        told.push_str(&statement.text);
        told.push('\n');
        let mut plan = link
            .db
            .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text))
            .map_err(error::of)?;
        let mut depths = std::collections::HashMap::new();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().map_err(error::of)? {
            let (id, parent): (i64, i64) =
                (row.get(0).map_err(error::of)?, row.get(1).map_err(error::of)?);
            let detail: String = row.get(3).map_err(error::of)?;
            let depth = depths.get(&parent).map_or(0, |depth: &usize| depth + 1);
            depths.insert(id, depth);
            told.push_str(&format!("{}-> {detail}\n", "   ".repeat(depth)));
        }
    }
    Ok(told)
}

fn amount(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
