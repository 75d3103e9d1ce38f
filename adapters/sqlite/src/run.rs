//! Plans are run: rendered into statements, their values bound, their rows read. A write goes step by
//! step inside the transaction of the caller, so that a policy sees each row as it has become.
//! Never: a thread, a lock, a commit. Whoever calls has seen to these.

mod constraint;
mod explain;
mod json;
mod kept;
mod upsert;

use crate::connect::Link;
use crate::{error, types};
pub(crate) use explain::explain;
use kept::{Kept, Shown, What};
use mag_adapter::EngineError;
use mag_adapter::Pace;
use mag_contract::codes;
use mag_guard::Authorised;
use mag_model::{Type, Value};
use mag_query::call::Count;
use mag_query::plan::{Cell, Invoke};
use mag_query::select::Body as Whence;
use mag_query::{Answer, Body, Plan, Rows, Work};
use mag_sql::{Arg, Error as RenderError, Fate, Form, Sqlite as Dialect, Statement, Steps};
use rusqlite::types::ToSqlOutput;
use rusqlite::{CachedStatement, ToSql};
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What one answer may hold in memory; a plan without limits on a large table ends here.
const ANSWER_MAX: usize = 512 << 20;
/// A plan as statements, before a connection is taken.
pub(crate) enum Ready {
    /// A shape that was rendered before: the values are the plan's.
    Known(Arc<Kept>),
    Read {
        rows: Statement,
        count: Counting<Statement>,
    },
    Write(Steps),
    /// An insert whose rows are read first, or worked out.
    Fill(Vec<Statement>),
    /// A function of the rules: what it does before it answers.
    Invoke(Vec<(Authorised<Plan>, Ready)>),
}

pub(crate) enum Counting<S> {
    Nothing,
    Known(u64),
    Ask(S),
}

/// The statements of a plan.
pub(crate) fn prepare(plan: &Authorised<Plan>) -> Result<Ready, EngineError> {
    if let Some(kept) = Kept::of(plan)? {
        return Ok(Ready::Known(kept));
    }
    match &plan.work {
        Work::Read(_) => {
            let rows = mag_sql::read(plan, &Dialect).map_err(unrendered)?;
            Ok(Ready::Read { rows, count: counting(plan)? })
        }
        Work::Invoke(invoke) => invoked(plan, invoke),
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => {
            meets_no_view(plan)?;
            let filling = mag_sql::filling(plan, &Dialect).map_err(unrendered)?;
            if !filling.is_empty() {
                return Ok(Ready::Fill(filling));
            }
            let plan = upsert::without_keys(plan);
            mag_sql::steps(&plan, &Dialect).map(Ready::Write).map_err(unrendered)
        }
    }
}

/// A view has no key of its own that a row could meet, and SQLite runs its triggers for rows that are
/// made or changed, and not for one that may be either. PostgreSQL says so of views with triggers.
fn meets_no_view(plan: &Plan) -> Result<(), EngineError> {
    match &plan.work {
        Work::Insert(insert)
            if insert.on_conflict.is_some() && plan.catalog.table(insert.table).is_view() =>
        {
            let message =
                "there is no unique or exclusion constraint matching the ON CONFLICT specification";
            Err(EngineError::of_state("42P10", message)
                .hint("make the row with POST, or change it with PATCH"))
        }
        _ => Ok(()),
    }
}

fn invoked(plan: &Authorised<Plan>, invoke: &Invoke) -> Result<Ready, EngineError> {
    let function = plan.catalog.function(invoke.function);
    if invoke.select.main().body().is_none() {
        return Err(EngineError::of_state(
            "42883",
            format!("function {}.{} does not exist", function.schema, function.name),
        ));
    }
    let written = invoke.steps.iter().find_map(|step| match step {
        Work::Insert(_) => Some("INSERT"),
        Work::Update(_) => Some("UPDATE"),
        Work::Delete(_) => Some("DELETE"),
        Work::Read(_) | Work::Invoke(_) => None,
    });
    if let Some(word) = written.filter(|_| invoke.read_only) {
        return Err(EngineError::of_state(
            "25006",
            format!("cannot execute {word} in a read-only transaction"),
        ));
    }
    let steps = plan.steps().into_iter().map(|step| prepare(&step).map(|ready| (step, ready)));
    steps.collect::<Result<_, _>>().map(Ready::Invoke)
}

/// What a function does, one after the other, and then its rows.
fn invoke(
    link: &Link,
    plan: &Authorised<Plan>,
    steps: &[(Authorised<Plan>, Ready)],
) -> Result<Answer, EngineError> {
    let mut last = Body::default();
    for (step, ready) in steps {
        last = run(link, step, ready)?.body;
    }
    let told = |plan: &Plan| {
        let mut plan = plan.clone();
        if let Work::Invoke(invoke) = &mut plan.work
            && let Body::Rows(rows) = last
        {
            invoke.tell(rows.rows);
        }
        plan
    };
    let plan = match &plan.work {
        Work::Invoke(invoke) if matches!(invoke.select.main().body(), Some(Whence::Steps)) => {
            Cow::Owned(told(plan))
        }
        _ => Cow::Borrowed(&**plan),
    };
    let rows = mag_sql::read(&plan, &Dialect).map_err(unrendered)?;
    let answer = read(link, &rows, &counting(&plan)?)?;
    // What the steps have done is undone with the transaction.
    if plan.max_affected.is_some_and(|most| answer.rows > most) {
        return Err(EngineError::too_many_affected(answer.rows));
    }
    Ok(answer)
}

pub(crate) fn unrendered(error: RenderError) -> EngineError {
    let message = error.to_string();
    match error {
        RenderError::Unsupported { .. } => EngineError::unsupported(message),
        RenderError::Misfit(bad) => bad.into(),
        RenderError::NoType { .. } => EngineError::of_state("42704", message),
        RenderError::TooManyValues { .. } => EngineError {
            state: Some("54000".into()),
            ..EngineError::new(codes::CALL_TOO_LARGE, message)
        },
    }
}

/// Statistics tell how many rows a table has, and nothing about conditions.
fn counting(plan: &Plan) -> Result<Counting<Statement>, EngineError> {
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
            // Its pace is kept with it.
            Self::Known(_) => {}
            Self::Read { rows, count } => {
                rows.text.hash(&mut hasher);
                matches!(count, Counting::Ask(_)).hash(&mut hasher);
            }
            Self::Write(steps) => {
                for step in &steps.writes {
                    step.text.hash(&mut hasher);
                }
            }
            Self::Fill(rows) => rows.iter().for_each(|rows| rows.text.hash(&mut hasher)),
            Self::Invoke(steps) => steps.len().hash(&mut hasher),
        }
        hasher.finish()
    }
    /// How long it took before, where that is kept with the statement.
    pub(crate) fn pace(&self) -> Option<Arc<Pace>> {
        match self {
            Self::Known(kept) => Some(kept.pace.clone()),
            Self::Read { .. } | Self::Write(_) | Self::Fill(_) | Self::Invoke(_) => None,
        }
    }
    /// Whether it takes more than one statement to read.
    pub(crate) fn needs_moment(&self) -> bool {
        match self {
            Self::Known(kept) => matches!(&kept.what, What::Read { count: Counting::Ask(_), .. }),
            Self::Read { count, .. } => matches!(count, Counting::Ask(_)),
            Self::Write(_) => false,
            Self::Fill(_) | Self::Invoke(_) => true,
        }
    }
}

pub(crate) fn run(
    link: &Link,
    plan: &Authorised<Plan>,
    ready: &Ready,
) -> Result<Answer, EngineError> {
    if let Some(wanted) = plan.outline().wish.explain {
        return explain::told(link, plan, ready, wanted);
    }
    match ready {
        Ready::Known(kept) => match &kept.what {
            What::Read { rows, count } => {
                read_known(link, plan, rows, count).and_then(|answer| counted(plan, answer))
            }
            What::Write(known) => write_known(link, plan, known),
        },
        Ready::Read { rows, count } => {
            read(link, rows, count).and_then(|answer| counted(plan, answer))
        }
        Ready::Write(steps) => write(link, plan, steps),
        Ready::Fill(rows) => fill(link, plan, rows),
        Ready::Invoke(steps) => invoke(link, plan, steps),
    }
}

/// Another number of rows than the caller wants undoes all.
fn counted(plan: &Authorised<Plan>, answer: Answer) -> Result<Answer, EngineError> {
    match plan.outline().wish.exactly {
        Some(wanted) if wanted != answer.rows => Err(EngineError::wrong_row_count(answer.rows)),
        _ => Ok(answer),
    }
}

fn read(link: &Link, rows: &Statement, count: &Counting<Statement>) -> Result<Answer, EngineError> {
    let rows = fetch(link, rows).map_err(Failed::told)?;
    let count = match count {
        Counting::Nothing => None,
        Counting::Known(rows) => Some(*rows),
        Counting::Ask(statement) => Some(number(link, statement)?),
    };
    let read = amount(rows.rows.len());
    Ok(Answer { body: Body::Rows(rows), count, rows: read, ..Answer::default() })
}

fn read_known(
    link: &Link,
    plan: &Authorised<Plan>,
    rows: &Shown,
    count: &Counting<Form>,
) -> Result<Answer, EngineError> {
    let (body, read) = shown(link, plan, rows, &[]).map_err(Failed::told)?;
    let count = match count {
        Counting::Nothing => None,
        Counting::Known(rows) => Some(*rows),
        Counting::Ask(form) => Some(number_of(link, plan, form, &[])?),
    };
    Ok(Answer { body, count, rows: read, ..Answer::default() })
}

/// The rows of a kept statement, in the form that the plan wants them in, and how many they are.
fn shown(
    link: &Link,
    plan: &Authorised<Plan>,
    shown: &Shown,
    key: &[Value],
) -> Result<(Body, u64), Failed> {
    let Shown { form, objects } = shown;
    let Some(between) = plan.wants_json() else {
        let rows = cells(link, plan, form, key)?;
        let read = amount(rows.rows.len());
        return Ok((Body::Rows(rows), read));
    };
    let (mut out, mut read) = (String::with_capacity(512), 0u64);
    out.push('[');
    each_row(link, &form.text, values_of(plan, form, key), |row| {
        if read > 0 {
            out.push_str(between);
        }
        read += 1;
        objects.write(&mut out, row)?;
        bounded(out.len())
    })?;
    out.push(']');
    Ok((Body::Json(out.into_bytes()), read))
}

fn cells(link: &Link, plan: &Authorised<Plan>, form: &Form, key: &[Value]) -> Result<Rows, Failed> {
    rows_of(link, &form.text, &form.columns, values_of(plan, form, key))
}

fn values_of<'a>(
    plan: &'a Authorised<Plan>,
    form: &'a Form,
    key: &'a [Value],
) -> impl Iterator<Item = Cow<'a, Value>> {
    plan.template().into_iter().flat_map(|(_, filling)| form.values(filling, key))
}

/// Makes one row, and tells its number; a trigger may have made none of it.
fn number_made(
    link: &Link,
    plan: &Authorised<Plan>,
    step: &Form,
) -> Result<Vec<Vec<Value>>, Failed> {
    let mut prepared = bound(link, &step.text, values_of(plan, step, &[]))?;
    let made = prepared.raw_execute()?;
    Ok((0..made).map(|_| vec![Value::Int(link.db.last_insert_rowid())]).collect())
}

/// One statement that writes, and what a policy and the answer say about what it touched.
fn write_known(
    link: &Link,
    plan: &Authorised<Plan>,
    known: &kept::Write,
) -> Result<Answer, EngineError> {
    let keys = match known.numbers {
        true => number_made(link, plan, &known.step),
        false => cells(link, plan, &known.step, &[]).map(|told| told.rows),
    };
    let keys = keys.map_err(|failed| match failed {
        // The statements for people are made of the whole plan.
        Failed::Sqlite(error) => match mag_sql::steps(plan, &Dialect) {
            Ok(steps) => constraint::explain(error, plan, &steps, link),
            Err(_) => error::of(error),
        },
        Failed::Own(error) => error,
    })?;
    let touched = amount(keys.len());
    let one = match &*keys {
        [key] => Some(key),
        _ => None,
    };
    match (&known.refused, one) {
        (None, _) => {}
        (Some(refused), Some(key)) => {
            if number_of(link, plan, refused, key)? > 0 {
                let table = plan.table().map(|table| plan.catalog.table(table));
                return Err(EngineError::row_refused(table.map_or("", |table| &table.name)));
            }
        }
        (Some(_), None) => upsert::refused(link, plan, &keys, Fate::Made)?,
    }
    let (body, told) = match (&known.answer, one) {
        (None, _) => (Body::default(), touched),
        (Some(answer), Some(key)) => shown(link, plan, answer, key).map_err(Failed::told)?,
        (Some(_), None) => answer_of(link, plan, &keys)?.unwrap_or((Body::default(), touched)),
    };
    bounded_by((touched, told), known.max_affected, known.exactly)?;
    let count = known.counts.then_some(told);
    Ok(Answer { body, count, rows: told, ..Answer::default() })
}

/// As many rows as the caller wants. A condition on what is embedded in them may leave some untold:
/// they are touched all the same.
fn bounded_by(
    (touched, told): (u64, u64),
    max_affected: Option<u64>,
    exactly: Option<u64>,
) -> Result<(), EngineError> {
    let affected = touched.max(told);
    if max_affected.is_some_and(|most| affected > most) {
        return Err(EngineError::too_many_affected(affected));
    }
    match exactly {
        Some(wanted) if told != wanted => Err(EngineError::wrong_row_count(told)),
        _ => Ok(()),
    }
}

/// Reads what is to be written, and writes it. Each row is then known before it meets one that is there
/// and the policies of its table.
fn fill(link: &Link, plan: &Plan, filling: &[Statement]) -> Result<Answer, EngineError> {
    let Work::Insert(insert) = &plan.work else {
        return Err(EngineError::broken("rows were read for what writes none"));
    };
    let mut read = Vec::new();
    for statement in filling {
        read.extend(fetch(link, statement).map_err(Failed::told)?.rows);
    }
    let mut insert = (**insert).clone();
    let of_select = insert.from.take().is_some();
    let left = |at: usize, n: usize| {
        let cell = insert.rows.get(at).and_then(|row| row.get(n));
        !of_select && matches!(cell, Some(Cell::Default))
    };
    let rows = read.into_iter().enumerate().map(|(at, row)| {
        let cells = row.into_iter().enumerate();
        cells
            .map(|(n, value)| if left(at, n) { Cell::Default } else { Cell::Value(value) })
            .collect()
    });
    insert.rows = rows.collect();
    let plan = Plan { work: Work::Insert(Box::new(insert)), ..plan.clone() };
    let rendered = upsert::without_keys(&plan);
    let steps = mag_sql::steps(&rendered, &Dialect).map_err(unrendered)?;
    write(link, &plan, &steps)
}

fn write(link: &Link, plan: &Plan, steps: &Steps) -> Result<Answer, EngineError> {
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
    if steps.must_touch.is_some_and(|least| touched < least) {
        // A row is there that the caller may not overwrite.
        let table = plan.table().map(|table| plan.catalog.table(table));
        return Err(EngineError::row_refused(table.map_or("", |table| &table.name)));
    }
    upsert::allowed(link, plan, &there, &keys)?;
    let (body, told) = match doomed {
        Some(rows) => {
            let told = amount(rows.rows.len());
            (Body::Rows(rows), told)
        }
        None => answer_of(link, plan, &keys)?.unwrap_or((Body::default(), touched)),
    };
    bounded_by((touched, told), plan.max_affected, plan.wish.exactly)?;
    Ok(Answer {
        body,
        count: plan.count.map(|_| told),
        rows: told,
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

/// What is told of the rows that were written, and of how many; nothing where nobody asks.
fn answer_of(
    link: &Link,
    plan: &Plan,
    keys: &[Vec<Value>],
) -> Result<Option<(Body, u64)>, EngineError> {
    if let Work::Delete(_) = plan.work {
        return Ok(None);
    }
    let Some(statement) = mag_sql::answer(plan, &Dialect, keys).map_err(unrendered)? else {
        return Ok(None);
    };
    let rows = fetch(link, &statement).map_err(Failed::told)?;
    let told = amount(rows.rows.len());
    Ok(Some((Body::Rows(rows), told)))
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
    let values = statement.args.iter().map(|Arg { value, .. }| Cow::Borrowed(value));
    rows_of(link, &statement.text, &statement.columns, values)
}

fn rows_of<'a>(
    link: &Link,
    text: &str,
    columns: &[(Arc<str>, Type)],
    values: impl Iterator<Item = Cow<'a, Value>>,
) -> Result<Rows, Failed> {
    let mut rows = Vec::new();
    let mut held = 0usize;
    each_row(link, text, values, |row| {
        let mut values = Vec::with_capacity(columns.len());
        for (place, (_, ty)) in columns.iter().enumerate() {
            let cell = row.get_ref(place)?;
            held = held.saturating_add(types::size(&cell));
            values.push(types::read(cell, ty));
        }
        rows.push(values);
        bounded(held)
    })?;
    Ok(Rows { columns: columns.to_vec(), rows, ..Rows::default() })
}

fn each_row<'a>(
    link: &Link,
    text: &str,
    values: impl Iterator<Item = Cow<'a, Value>>,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let mut prepared = bound(link, text, values)?;
    let mut found = prepared.raw_query();
    while let Some(row) = found.next()? {
        take(row)?;
    }
    Ok(())
}

fn bound<'a, 'l>(
    link: &'l Link,
    text: &str,
    values: impl Iterator<Item = Cow<'a, Value>>,
) -> Result<CachedStatement<'l>, Failed> {
    let mut prepared = link.db.prepare_cached(text)?;
    for (place, value) in (1..).zip(values) {
        prepared.raw_bind_parameter::<usize, _>(place, Bound(&value))?;
    }
    Ok(prepared)
}

fn bounded(held: usize) -> Result<(), Failed> {
    if held <= ANSWER_MAX {
        return Ok(());
    }
    let large = EngineError::of_state("54000", "the answer is larger than memory allows");
    Err(Failed::Own(large.hint("ask for fewer rows at a time")))
}

fn number(link: &Link, statement: &Statement) -> Result<u64, EngineError> {
    fetch(link, statement).map(|rows| first_number(&rows)).map_err(Failed::told)
}

fn number_of(
    link: &Link,
    plan: &Authorised<Plan>,
    form: &Form,
    key: &[Value],
) -> Result<u64, EngineError> {
    cells(link, plan, form, key).map(|rows| first_number(&rows)).map_err(Failed::told)
}

fn first_number(rows: &Rows) -> u64 {
    let first = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_int);
    first.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

fn amount(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
