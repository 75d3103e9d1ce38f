//! Statements that write: all in one where the engine can, else step by step inside a transaction.
//!
//! Step by step: what a delete answers is read `before`, rows are held against their policy as they
//! are `proposed`, so that no key or reference of a row that is refused is looked at; each of `writes`
//! gives the keys of the rows that it touched; then `refused` counts those that a policy does not
//! allow, and `answer` reads the rest by their keys.

use super::{Renderer, RowOf, WRITTEN, Written};
use crate::dialect::{Dialect, Error, Piece};
use crate::statement::{Origin, Statement};
use mag_model::catalog::table::Identity;
use mag_model::catalog::{Column, Table};
use mag_model::{ColumnId, TableId, Type, Value};
use mag_query::plan::{Cell, Delete, Insert, Update};
use mag_query::{Expr, Plan, Ref, Select, Slot, Work};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    /// What is answered of rows that will be gone.
    pub before: Option<Statement>,
    /// How many of the rows that are to be written a policy does not allow. PostgreSQL asks that before
    /// it looks at keys and references, and of those rows of an upsert as well that clash. Absent
    /// where it is asked inside the statement.
    pub proposed: Vec<Statement>,
    /// In this order; each gives a row of key values for each row that it touched.
    pub writes: Vec<Statement>,
    /// Behind the key each row says whether it was made (and not changed).
    pub tells_made: bool,
    /// So many rows must be touched in all: fewer means that a row is there that may not be
    /// overwritten.
    pub must_touch: Option<u64>,
}

/// One statement that writes and answers. Only where row rules are held by the engine, and where the
/// dialect can write inside `WITH`.
pub fn one_statement(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let returning = plan.answer();
    let tail = match (returning, plan.table()) {
        (Some(select), Some(table)) => returned(select, plan.catalog.table(table), dialect),
        _ => String::new(),
    };
    let tail = tail.as_str();
    renderer.counts_changed = true;
    let write = match &plan.work {
        Work::Insert(insert) if insert.from.is_some() => return Err(not_read(dialect)),
        Work::Insert(insert) => renderer.insert(insert, tail)?,
        Work::Update(update) => renderer.update(update, tail)?,
        Work::Delete(delete) => renderer.delete(delete, tail)?,
        Work::Read(_) | Work::Invoke(_) => return Err(not_a_write(dialect)),
    };
    let Some(select) = returning else { return Ok(renderer.finish(write, Vec::new())) };
    let (mut rows, mut columns) = renderer.formed(select, &plan.wish.form)?;
    if counts_touched(plan) {
        rows = format!(
            "SELECT told.*, counted.touched FROM (SELECT count(*) AS touched FROM {WRITTEN}) AS counted \
             LEFT JOIN (SELECT r.*, TRUE AS told FROM ({rows}) AS r) AS told ON TRUE"
        );
        columns.extend([("told".into(), Type::Bool), ("touched".into(), Type::Int8)]);
    }
    Ok(renderer.finish(format!("WITH {WRITTEN} AS ({write}) {rows}"), columns))
}

/// Whether the one statement says behind each row whether it is one that is told, and how many were
/// touched: where those are bounded, and the answer may leave some of them out. Where it leaves out
/// all, there is one row that is not told.
pub fn counts_touched(plan: &Plan) -> bool {
    let writes = matches!(plan.work, Work::Insert(_) | Work::Update(_) | Work::Delete(_));
    let leaves_out = |select: &Select| {
        select.sources.len() > 1
            || select.filter.is_some()
            || select.limit.is_some()
            || select.offset > 0
    };
    writes
        && plan.max_affected.is_some()
        && plan.wish.explain.is_none()
        && plan.answer().is_some_and(leaves_out)
}

pub fn steps(plan: &Plan, dialect: &dyn Dialect) -> Result<Steps, Error> {
    let mut steps = Steps::default();
    let keyed = |table: TableId| {
        let known = plan.catalog.table(table);
        let names = key_names(known, dialect);
        (format!(" RETURNING {}", names.join(", ")), key_columns(known, dialect))
    };
    match &plan.work {
        Work::Insert(insert) if insert.from.is_some() => return Err(not_read(dialect)),
        Work::Insert(insert) => {
            let (mut tail, mut columns) = keyed(insert.table);
            let table = plan.catalog.table(insert.table);
            if insert.on_conflict.is_some()
                && let Some(made) = dialect.tells_made(table)
            {
                tail.push_str(&format!(", {made} AS made"));
                columns.push((Arc::from("made"), Type::Bool));
                steps.tells_made = true;
            }
            let mut first = insert.first;
            for rows in batches(insert, dialect) {
                let values = rows.iter().flatten().filter(|c| matches!(c, Cell::Value(_))).count();
                let of_part = first;
                first = first.zip(u32::try_from(values).ok()).map(|(n, more)| n + more);
                let part = Insert {
                    rows,
                    table: insert.table,
                    target: insert.target,
                    first: of_part,
                    columns: insert.columns.clone(),
                    from: None,
                    on_conflict: insert.on_conflict.clone(),
                    check: insert.check.clone(),
                    returning: None,
                };
                if let Some(check) = asked_before(&part, table, dialect) {
                    let mut renderer = Renderer::new(&plan.catalog, dialect);
                    let text = renderer.proposed(&part, check)?;
                    let count = vec![(Arc::from("refused"), Type::Int8)];
                    steps.proposed.push(renderer.finish(text, count));
                }
                let mut renderer = Renderer::new(&plan.catalog, dialect);
                let text = renderer.insert(&part, &tail)?;
                steps.writes.push(renderer.finish(text, columns.clone()));
            }
            let merges = insert.on_conflict.as_ref().is_some_and(|c| c.merge.is_some());
            if merges {
                steps.must_touch = u64::try_from(insert.rows.len()).ok();
            }
        }
        Work::Update(update) if update.set.is_empty() => {}
        Work::Update(update) => {
            let (tail, columns) = keyed(update.table);
            if let Some(check) = changes_asked_before(update, plan.catalog.table(update.table))
                && !can_refuse(dialect)
            {
                let mut renderer = Renderer::new(&plan.catalog, dialect);
                let text = renderer.changes(update, check)?;
                let count = vec![(Arc::from("refused"), Type::Int8)];
                steps.proposed.push(renderer.finish(text, count));
            }
            let mut renderer = Renderer::new(&plan.catalog, dialect);
            let text = renderer.update(update, &tail)?;
            steps.writes.push(renderer.finish(text, columns));
        }
        Work::Delete(delete) => {
            if let Some(select) = &delete.returning {
                let mut renderer = Renderer::new(&plan.catalog, dialect);
                let doomed = renderer.doomed(delete)?;
                renderer.written = Written::Where(doomed);
                let (text, columns) = renderer.whole(select)?;
                steps.before = Some(renderer.finish(text, columns));
            }
            let (tail, columns) = keyed(delete.table);
            let mut renderer = Renderer::new(&plan.catalog, dialect);
            let text = renderer.delete(delete, &tail)?;
            steps.writes.push(renderer.finish(text, columns));
        }
        Work::Read(_) | Work::Invoke(_) => return Err(not_a_write(dialect)),
    }
    Ok(steps)
}

/// What must be read before rows can be written: the select whose rows they are, or the cells of each
/// row that are worked out, when a clash is to be seen before it happens. A row of values for each row
/// that is written; NULL where the table fills a cell by itself.
pub fn filling(plan: &Plan, dialect: &dyn Dialect) -> Result<Vec<Statement>, Error> {
    let Work::Insert(insert) = &plan.work else { return Ok(Vec::new()) };
    let table = plan.catalog.table(insert.table);
    if let Some(select) = &insert.from {
        let mut renderer = Renderer::new(&plan.catalog, dialect);
        let (text, columns) = renderer.whole(select)?;
        return Ok(vec![renderer.finish(text, columns)]);
    }
    let worked_out = |cell: &Cell| matches!(cell, Cell::Expr(_));
    if insert.on_conflict.is_none() || !insert.rows.iter().flatten().any(worked_out) {
        return Ok(Vec::new());
    }
    let mut statements = Vec::with_capacity(insert.rows.len());
    for row in &insert.rows {
        let mut renderer = Renderer::new(&plan.catalog, dialect);
        let (mut cells, mut columns) = (Vec::new(), Vec::new());
        for (n, (cell, id)) in row.iter().zip(&insert.columns).enumerate() {
            let ty = &table.column(*id).ty;
            let value = match cell {
                Cell::Value(value) => renderer.bind(value.clone(), ty.clone())?,
                Cell::Expr(expr) => renderer.expr(expr, &[])?,
                Cell::Default => dialect.null_of(ty),
            };
            cells.push(format!("{value} AS c{n}"));
            columns.push((Arc::from(format!("c{n}")), ty.clone()));
        }
        statements.push(renderer.finish(format!("SELECT {}", cells.join(", ")), columns));
    }
    Ok(statements)
}

/// What a write has done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Made,
    /// It was there, and clashed.
    Changed,
    /// One of both: it must be allowed as either.
    Unknown,
}

/// How many of the touched rows a policy does not allow as they are now. Nothing to ask when absent.
/// Only rows of an upsert may have had different fates.
pub fn refused(
    plan: &Plan,
    dialect: &dyn Dialect,
    keys: &[Vec<Value>],
    fate: Fate,
) -> Result<Option<Statement>, Error> {
    let (table, target, check) = match &plan.work {
        Work::Insert(insert) => {
            let known = plan.catalog.table(insert.table);
            let as_made =
                || insert.check.clone().filter(|_| !checks_inside(insert, known, dialect));
            let check = match &insert.on_conflict {
                None => as_made(),
                Some(conflict) => {
                    // Where the engine can say so in mid-statement, a merge was looked at there.
                    let as_changed = || {
                        let asked =
                            |check: &Expr| can_refuse(dialect) && kept(insert, known, check);
                        conflict.check.clone().filter(|check| !asked(check))
                    };
                    match fate {
                        Fate::Made => as_made(),
                        Fate::Changed => as_changed(),
                        Fate::Unknown => match (as_made(), as_changed()) {
                            (Some(a), Some(b)) => Some(a.and(b)),
                            (a, b) => a.or(b),
                        },
                    }
                }
            };
            (insert.table, insert.target, check)
        }
        Work::Update(update) => {
            let asked = changes_asked_before(update, plan.catalog.table(update.table));
            let check = update.check.clone().filter(|_| asked.is_none() || !can_refuse(dialect));
            (update.table, update.target, check)
        }
        Work::Delete(_) | Work::Read(_) | Work::Invoke(_) => return Ok(None),
    };
    let Some(check) = check.filter(|check| !check.is_always() && !keys.is_empty()) else {
        return Ok(None);
    };
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    renderer.rows.insert(target, RowOf::Table(table));
    let of_keys = renderer.of_keys(table, keys)?;
    let alias = Renderer::alias(target);
    let of_keys = of_keys.replace("{alias}", &alias);
    let check = renderer.expr(&check, &[])?;
    let named = dialect.table(plan.catalog.table(table));
    let text = format!(
        "SELECT count(*) AS refused FROM {named} AS {alias} WHERE {of_keys} AND ({check}) IS NOT TRUE"
    );
    Ok(Some(renderer.finish(text, vec![(Arc::from("refused"), Type::Int8)])))
}

/// The answer about touched rows that are still there.
pub fn answer(
    plan: &Plan,
    dialect: &dyn Dialect,
    keys: &[Vec<Value>],
) -> Result<Option<Statement>, Error> {
    let (Some(select), Some(table)) = (plan.answer(), plan.table()) else { return Ok(None) };
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let of_keys = renderer.of_keys(table, keys)?;
    renderer.written = Written::Where(of_keys);
    let (text, columns) = renderer.whole(select)?;
    Ok(Some(renderer.finish(text, columns)))
}

/// Whether the dialect can refuse a row in the midst of a statement.
pub(super) fn can_refuse(dialect: &dyn Dialect) -> bool {
    dialect.must("TRUE", "", false).is_some()
}

/// Whether the rows that an insert proposes are held against their policy inside its statement.
pub fn checks_inside(insert: &Insert, table: &Table, dialect: &dyn Dialect) -> bool {
    // A row of defaults alone has no list of values that could be looked at.
    let given = |row: &Vec<Cell>| row.iter().any(|cell| matches!(cell, Cell::Value(_)));
    let asked = can_refuse(dialect) && insert.rows.iter().all(given);
    let check = insert.check.as_ref().filter(|_| asked);
    check.is_some_and(|check| known_before(insert, table, check))
}

/// The check of new rows, when it is to be asked by a statement of its own.
fn asked_before<'i>(insert: &'i Insert, table: &Table, dialect: &dyn Dialect) -> Option<&'i Expr> {
    let check = insert.check.as_ref().filter(|check| !check.is_always())?;
    let asked = !insert.rows.is_empty() && !can_refuse(dialect);
    (asked && known_before(insert, table, check)).then_some(check)
}

/// The check of changed rows, when their columns have their values before the engine has seen them.
fn changes_asked_before<'u>(update: &'u Update, table: &Table) -> Option<&'u Expr> {
    let check = update.check.as_ref().filter(|check| !check.is_always())?;
    let mut known = !update.set.is_empty();
    check.clone().visit_deep_mut(&mut |expr| match expr {
        Expr::Column(column) if column.of == update.target => {
            let declared = table.column(column.id);
            let set = update.set.iter().find(|(id, _)| *id == column.id);
            let counts = counts(declared) && set.is_some_and(|(_, cell)| *cell == Cell::Default);
            known &= declared.generated.is_none() && !counts;
        }
        Expr::Row(of) | Expr::Computed { of, .. } if *of == update.target => known = false,
        _ => {}
    });
    known.then_some(check)
}

/// Whether the condition speaks of what a row has before the engine has changed it: of no column that
/// is calculated out of others.
pub(super) fn kept(insert: &Insert, table: &Table, check: &Expr) -> bool {
    let mut kept = true;
    check.clone().visit_deep_mut(&mut |expr| match expr {
        Expr::Column(column) if column.of == insert.target => {
            kept &= table.column(column.id).generated.is_none();
        }
        Expr::Row(of) | Expr::Computed { of, .. } if *of == insert.target => kept = false,
        _ => {}
    });
    kept
}

/// Whether a row without a value for the column gets a running number.
fn counts(column: &Column) -> bool {
    column.identity != Identity::None
        || column.default.as_deref().is_some_and(|text| text.starts_with("nextval("))
}

/// Whether the columns that the condition speaks of have their values before the engine has seen
/// the row: not those that it counts or calculates by itself.
fn known_before(insert: &Insert, table: &Table, check: &Expr) -> bool {
    let mut known = true;
    check.clone().visit_deep_mut(&mut |expr| match expr {
        Expr::Column(column) if column.of == insert.target => {
            let declared = table.column(column.id);
            let given = insert.columns.iter().position(|id| *id == column.id).is_some_and(|at| {
                let given =
                    |cell: Option<&Cell>| matches!(cell, Some(Cell::Value(_) | Cell::Expr(_)));
                insert.rows.iter().all(|row| given(row.get(at)))
            });
            known &= given || (declared.generated.is_none() && !counts(declared));
        }
        Expr::Row(of) | Expr::Computed { of, .. } if *of == insert.target => known = false,
        _ => {}
    });
    known
}

fn not_read(dialect: &dyn Dialect) -> Error {
    Error::Unsupported {
        engine: dialect.name(),
        what: "writing the rows of a select before it was read".into(),
    }
}

fn not_a_write(dialect: &dyn Dialect) -> Error {
    Error::Unsupported { engine: dialect.name(), what: "writing with a plan that reads".into() }
}

/// The columns that the answer speaks of and no others: a role may be allowed to read only some.
fn returned(select: &Select, table: &Table, dialect: &dyn Dialect) -> String {
    let main = select.main().id;
    let (mut columns, mut whole) = (BTreeSet::new(), false);
    select.visit(&mut |inner| {
        inner.each_expr(&mut |top| {
            top.visit(&mut |expr| match expr {
                Expr::Column(column) if column.of == main => {
                    columns.insert(column.id);
                }
                Expr::Row(of) | Expr::Computed { of, .. } if *of == main => whole = true,
                _ => {}
            });
        });
    });
    let names: Vec<String> =
        columns.into_iter().map(|id| dialect.quote(&table.column(id).name)).collect();
    match &*names {
        _ if whole => " RETURNING *".to_owned(),
        [] => " RETURNING NULL AS \"nothing\"".to_owned(),
        names => format!(" RETURNING {}", names.join(", ")),
    }
}

/// The columns by which touched rows are found again; none where the engine marks rows by itself, and
/// their key may have no value. It does not mark those of a view.
pub fn found_by(table: &Table) -> Vec<ColumnId> {
    match table.telling_columns() {
        [] if table.is_view() => table.ids().collect(),
        _ if table.loose_key => Vec::new(),
        columns => columns.to_vec(),
    }
}

fn key_names(table: &Table, dialect: &dyn Dialect) -> Vec<String> {
    match &*found_by(table) {
        [] => vec![dialect.row_id(table).to_owned()],
        columns => columns.iter().map(|c| dialect.quote(&table.column(*c).name)).collect(),
    }
}

/// An engine whose columns hold what they were given tells keys as they come, so that a row is found
/// again whose key has another form than its column.
fn key_columns(table: &Table, dialect: &dyn Dialect) -> Vec<(Arc<str>, Type)> {
    match &*found_by(table) {
        [] => vec![(Arc::from("row"), Type::Unknown)],
        columns => {
            let known = columns.iter().map(|c| table.column(*c));
            let ty = |column: &Column| match dialect.keys_as_they_come() {
                true => Type::Unknown,
                false => column.ty.clone(),
            };
            known.map(|column| (column.name.clone(), ty(column))).collect()
        }
    }
}

/// A row with one of the keys, of which any part may have no value. A row more makes a list longer and
/// no expression deeper.
fn same_key(names: &[String], keys: &[Vec<String>]) -> String {
    let same = |values: &[String]| {
        let pairs = names.iter().zip(values);
        let parts =
            pairs.map(|(name, value)| format!("{{alias}}.{name} IS NOT DISTINCT FROM {value}"));
        parts.collect::<Vec<_>>().join(" AND ")
    };
    if let [key] = keys {
        return format!("({})", same(key));
    }
    let places: Vec<String> = (1..=names.len()).map(|n| format!("given.column{n}")).collect();
    let rows: Vec<String> = keys.iter().map(|key| format!("({})", key.join(", "))).collect();
    let same = same(&places);
    format!("EXISTS (SELECT 1 FROM (VALUES {}) AS given WHERE {same})", rows.join(", "))
}

/// Rows that one statement can take: as many as it may bind, and alike in what they leave to the
/// table where the dialect has no word for that.
fn batches(insert: &Insert, dialect: &dyn Dialect) -> Vec<Vec<Vec<Cell>>> {
    let width = insert.columns.len().max(1);
    // Half of the values are left for policies and conflicts.
    let most = (dialect.values_max() / 2 / width).max(1);
    let gaps = |row: &[Cell]| -> Vec<bool> {
        row.iter().map(|cell| matches!(cell, Cell::Default)).collect()
    };
    let mut batches: Vec<Vec<Vec<Cell>>> = Vec::new();
    for row in &insert.rows {
        let fits = batches.last().is_some_and(|batch| {
            let alike = dialect.default_among_values()
                || batch.first().is_none_or(|first| gaps(first) == gaps(row));
            batch.len() < most && alike && !insert.columns.is_empty()
        });
        match batches.last_mut().filter(|_| fits) {
            Some(batch) => batch.push(row.clone()),
            None => batches.push(vec![row.clone()]),
        }
    }
    batches
}

/// The slots of written cells, one after the other.
struct Origins(Option<u32>);

impl Origins {
    fn next(&mut self) -> Origin {
        let Some(slot) = self.0 else { return Origin::Fixed };
        self.0 = slot.checked_add(1);
        Origin::Slot(Slot::Given(slot))
    }
}

impl Renderer<'_> {
    fn insert(&mut self, insert: &Insert, tail: &str) -> Result<String, Error> {
        let table = self.catalog.table(insert.table);
        self.rows.insert(insert.target, RowOf::Table(insert.table));
        let into = self.dialect.table(table);
        let alias = Self::alias(insert.target);
        if insert.rows.is_empty() {
            return Ok(self.nothing(insert.table, tail));
        }
        // A column that every row leaves to the table is better not named.
        let places_defaults = self.dialect.default_among_values();
        let left = |at: usize| {
            !places_defaults
                && insert.rows.iter().all(|row| matches!(row.get(at), Some(Cell::Default)))
        };
        let places: Vec<usize> = (0..insert.columns.len()).filter(|at| !left(*at)).collect();
        let quoted = |id: ColumnId| self.dialect.quote(&table.column(id).name);
        let names: Vec<String> = places.iter().map(|at| quoted(insert.columns[*at])).collect();
        let mut text = format!("INSERT INTO {into} AS {alias}");
        if names.is_empty() && insert.rows.len() > 1 && self.dialect.writes_in_with() {
            // A row of defaults for each row that names nothing.
            text.push_str(&format!(" SELECT FROM generate_series(1, {})", insert.rows.len()));
        } else if names.is_empty() && insert.on_conflict.is_some() && !places_defaults {
            // Such an engine has no clash of a row of defaults alone: a column that would have no
            // value is named instead, which says the same.
            let empty = table.ids().find(|id| {
                let column = table.column(*id);
                column.default.is_none() && column.generated.is_none() && column.writable()
            });
            let Some(empty) = empty else { return Ok(text + " DEFAULT VALUES" + tail) };
            text.push_str(&format!(" ({}) VALUES (NULL)", quoted(empty)));
        } else if names.is_empty() {
            text.push_str(" DEFAULT VALUES");
        } else {
            let mut rows = Vec::with_capacity(insert.rows.len());
            let mut origins = Origins(insert.first);
            for row in &insert.rows {
                let cells = places.iter().map(|at| match row.get(*at) {
                    Some(Cell::Value(value)) => {
                        let column = table.column(insert.columns[*at]);
                        self.bind_cell(value, column, origins.next())
                    }
                    Some(Cell::Expr(expr)) => {
                        let piece = self.piece(expr, &[])?;
                        Ok(self.stored(piece, table.column(insert.columns[*at])))
                    }
                    Some(Cell::Default) | None => Ok("DEFAULT".to_owned()),
                });
                rows.push(format!("({})", cells.collect::<Result<Vec<_>, _>>()?.join(", ")));
            }
            let values = format!("VALUES {}", rows.join(", "));
            let check = insert.check.as_ref().filter(|check| !check.is_always());
            let rows = match check {
                Some(check) if checks_inside(insert, table, self.dialect) => {
                    self.checked(insert, &places, &values, check)?
                }
                _ => values,
            };
            text.push_str(&format!(" ({}) {rows}", names.join(", ")));
        }
        if let Some(conflict) = &insert.on_conflict {
            text.push_str(&self.on_conflict(insert, conflict)?);
        }
        Ok(text + tail)
    }

    /// The proposed rows, whether they clash or not, each of which must satisfy the check.
    fn checked(
        &mut self,
        insert: &Insert,
        places: &[usize],
        values: &str,
        check: &Expr,
    ) -> Result<String, Error> {
        let table = self.catalog.table(insert.table);
        let alias = Self::alias(insert.target);
        let given = places.iter().map(|at| {
            let name = self.dialect.quote(&table.column(insert.columns[*at]).name);
            format!("{alias}.{name}")
        });
        let given = given.collect::<Vec<_>>().join(", ");
        let check = self.expr(check, &[])?;
        let must = self.dialect.must(&check, &table.name, false).unwrap_or(check);
        let rows = self.whole_rows(insert, places, values);
        Ok(format!("SELECT {given} FROM {rows} WHERE {must}"))
    }

    /// A value as the column stores it, or that which a column of a view shows.
    fn stored(&self, value: Piece, column: &Column) -> String {
        self.dialect.stored(value, self.storing(column))
    }

    /// A value for a column, and the function of the engine that reads it, of which it is JSON until
    /// then.
    fn bind_read(
        &mut self,
        value: &Value,
        column: &Column,
        origin: Origin,
    ) -> Result<(String, Option<String>), Error> {
        let Some(by) = self.catalog.representation(&Type::Json, &column.ty) else {
            let bound = self.bind_from(value.clone(), column.ty.clone(), origin)?;
            return Ok((self.stored(Piece::plain(bound, column.ty.clone()), column), None));
        };
        let name = self.dialect.function(&by.schema, &by.function)?;
        Ok((self.bind_from(value.clone(), Type::Json, origin)?, Some(name)))
    }

    fn bind_cell(
        &mut self,
        value: &Value,
        column: &Column,
        origin: Origin,
    ) -> Result<String, Error> {
        Ok(match self.bind_read(value, column, origin)? {
            (value, None) => value,
            (value, Some(name)) => format!("{name}({value})"),
        })
    }

    /// As `bind_cell`. Where no row is changed no value is read: a function that reads one is asked
    /// by the first row, and the fence keeps the planner from asking it before.
    fn bind_change(
        &mut self,
        value: &Value,
        column: &Column,
        origin: Origin,
    ) -> Result<String, Error> {
        Ok(match self.bind_read(value, column, origin)? {
            (value, None) => value,
            (value, Some(name)) => {
                format!("(SELECT {name}(v) FROM (SELECT {value} AS v OFFSET 0) AS given)")
            }
        })
    }

    /// How many of the rows that are to be written the check does not allow as new ones.
    fn proposed(&mut self, insert: &Insert, check: &Expr) -> Result<String, Error> {
        self.rows.insert(insert.target, RowOf::Touched(insert.table));
        let table = self.catalog.table(insert.table);
        let mut rows = Vec::with_capacity(insert.rows.len());
        let mut origins = Origins(insert.first);
        for row in &insert.rows {
            let cells = insert.columns.iter().zip(row).map(|(id, cell)| match cell {
                Cell::Value(value) => self.bind_cell(value, table.column(*id), origins.next()),
                Cell::Expr(expr) => {
                    let piece = self.piece(expr, &[])?;
                    Ok(self.stored(piece, table.column(*id)))
                }
                Cell::Default => Ok(self.own_default(table.column(*id))),
            });
            rows.push(format!("({})", cells.collect::<Result<Vec<_>, _>>()?.join(", ")));
        }
        let values = match insert.columns.is_empty() {
            true => "SELECT 1".to_owned(),
            false => format!("VALUES {}", rows.join(", ")),
        };
        let places: Vec<usize> = (0..insert.columns.len()).collect();
        let check = self.expr(check, &[])?;
        let rows = self.whole_rows(insert, &places, &values);
        Ok(format!("SELECT count(*) AS refused FROM {rows} WHERE ({check}) IS NOT TRUE"))
    }

    /// Proposed rows with all columns of their table, under the alias of the row that is written: a
    /// column that is not given has its default.
    fn whole_rows(&self, insert: &Insert, places: &[usize], values: &str) -> String {
        let table = self.catalog.table(insert.table);
        let alias = Self::alias(insert.target);
        let mut columns = Vec::with_capacity(table.columns.len());
        for id in table.ids() {
            let column = table.column(id);
            let value = match places.iter().position(|at| insert.columns[*at] == id) {
                Some(n) => format!("column{}", n + 1),
                None => self.own_default(column),
            };
            columns.push(format!("{value} AS {}", self.dialect.quote(&column.name)));
        }
        format!("(SELECT {} FROM ({values}) AS given) AS {alias}", columns.join(", "))
    }

    /// The default of a column in the engine's own words for it, as a value.
    fn own_default(&self, column: &Column) -> String {
        match &column.default {
            Some(default) if !default.starts_with("nextval(") => format!("({default})"),
            _ => self.dialect.null_of(&column.ty),
        }
    }

    fn update(&mut self, update: &Update, tail: &str) -> Result<String, Error> {
        let table = self.catalog.table(update.table);
        self.rows.insert(update.target, RowOf::Table(update.table));
        if update.set.is_empty() {
            return Ok(self.nothing(update.table, tail));
        }
        let named = self.changed_rows(table, update.target);
        let set = self.set(update, |_| true)?;
        let texts = set.iter().map(|(id, value)| {
            format!("{} = {value}", self.dialect.quote(&table.column(*id).name))
        });
        let texts = texts.collect::<Vec<_>>().join(", ");
        let mut text = format!("UPDATE {named} SET {texts}");
        let conditions = self.conditions(&update.using, &update.filter)?;
        text.push_str(&conditions);
        if let Some(check) = changes_asked_before(update, table)
            && can_refuse(self.dialect)
        {
            self.merging = Some((update.target, set));
            let check = self.expr(check, &[])?;
            self.merging = None;
            let must = self.dialect.must(&check, &table.name, false).unwrap_or(check);
            // Only of rows that would be changed: an engine asks its conditions in any order.
            match conditions.strip_prefix(" WHERE ") {
                None => text.push_str(&format!(" WHERE {must}")),
                Some(wanted) => {
                    text.push_str(&format!(" AND CASE WHEN {wanted} THEN {must} ELSE FALSE END"));
                }
            }
        }
        self.called = None;
        Ok(text + tail)
    }

    /// The rows that a statement changes, with the name that they have in the rest of it.
    fn changed_rows(&mut self, table: &Table, target: Ref) -> String {
        let named = self.dialect.table(table);
        if table.is_view() && !self.dialect.renames_changed_views() {
            self.called = Some((target, named.clone()));
            return named;
        }
        format!("{named} AS {}", Self::alias(target))
    }

    /// The new values of those columns that an update changes and that are wanted.
    fn set(
        &mut self,
        update: &Update,
        wanted: impl Fn(ColumnId) -> bool,
    ) -> Result<Vec<(ColumnId, String)>, Error> {
        let table = self.catalog.table(update.table);
        let mut origins = Origins(update.first);
        let mut set = Vec::with_capacity(update.set.len());
        for (id, cell) in &update.set {
            let column = table.column(*id);
            let origin = match cell {
                Cell::Value(_) => origins.next(),
                Cell::Default | Cell::Expr(_) => Origin::Fixed,
            };
            if !wanted(*id) {
                continue;
            }
            let value = match cell {
                Cell::Value(value) => self.bind_change(value, column, origin)?,
                Cell::Expr(_) | Cell::Default => self.changed(cell, column)?,
            };
            set.push((*id, value));
        }
        Ok(set)
    }

    /// The new value of a column that is no value of a call.
    pub(super) fn changed(&mut self, cell: &Cell, column: &Column) -> Result<String, Error> {
        Ok(match cell {
            Cell::Value(value) => self.bind_change(value, column, Origin::Fixed)?,
            Cell::Expr(expr) => {
                let piece = self.piece(expr, &[])?;
                self.stored(piece, column)
            }
            Cell::Default if self.dialect.default_among_values() => "DEFAULT".to_owned(),
            // The engine's own words for the default, from its own catalog.
            Cell::Default => match &column.default {
                Some(default) => format!("({default})"),
                None => "NULL".to_owned(),
            },
        })
    }

    /// How many of the rows that an update would change the check does not allow as they would be.
    fn changes(&mut self, update: &Update, check: &Expr) -> Result<String, Error> {
        let table = self.catalog.table(update.table);
        self.rows.insert(update.target, RowOf::Table(update.table));
        // A value that the check does not speak of would be bound for nothing, and an engine could
        // not tell its type.
        let mut spoken_of = BTreeSet::new();
        check.clone().visit_deep_mut(&mut |expr| {
            if let Expr::Column(column) = expr
                && column.of == update.target
            {
                spoken_of.insert(column.id);
            }
        });
        let mut set = self.set(update, |id| spoken_of.contains(&id))?;
        for (id, value) in &mut set {
            if update.set.iter().any(|(known, cell)| known == id && *cell == Cell::Default) {
                *value = self.own_default(table.column(*id));
            }
        }
        let conditions = self.conditions(&update.using, &update.filter)?;
        self.merging = Some((update.target, set));
        let check = self.expr(check, &[])?;
        self.merging = None;
        let (named, alias) = (self.dialect.table(table), Self::alias(update.target));
        let joint = if conditions.is_empty() { " WHERE" } else { " AND" };
        Ok(format!(
            "SELECT count(*) AS refused FROM {named} AS {alias}{conditions}{joint} ({check}) IS NOT TRUE"
        ))
    }

    fn delete(&mut self, delete: &Delete, tail: &str) -> Result<String, Error> {
        self.rows.insert(delete.target, RowOf::Table(delete.table));
        let named = self.changed_rows(self.catalog.table(delete.table), delete.target);
        let conditions = self.conditions(&delete.using, &delete.filter)?;
        self.called = None;
        Ok(format!("DELETE FROM {named}{conditions}{tail}"))
    }

    fn conditions(&mut self, using: &Option<Expr>, filter: &Option<Expr>) -> Result<String, Error> {
        let wanted = using.iter().chain(filter).filter(|condition| !condition.is_always());
        let texts =
            wanted.map(|condition| self.wanted(condition, &[])).collect::<Result<Vec<_>, _>>()?;
        Ok(if texts.is_empty() { String::new() } else { format!(" WHERE {}", texts.join(" AND ")) })
    }

    /// A statement that touches nothing, in the shape of one that does.
    fn nothing(&self, table: TableId, tail: &str) -> String {
        let known = self.catalog.table(table);
        let what = tail.trim_start().strip_prefix("RETURNING ").unwrap_or("NULL AS \"nothing\"");
        format!("SELECT {what} FROM {} WHERE FALSE", self.dialect.table(known))
    }

    /// The rows that a delete will take, as a condition over `{alias}`.
    fn doomed(&mut self, delete: &Delete) -> Result<String, Error> {
        self.rows.insert(delete.target, RowOf::Table(delete.table));
        let table = self.catalog.table(delete.table);
        if table.is_view() {
            // Its keys may have no value, and may be those of several rows.
            self.called = Some((delete.target, "{alias}".to_owned()));
            let conditions = self.conditions(&delete.using, &delete.filter)?;
            self.called = None;
            return Ok(conditions.strip_prefix(" WHERE ").unwrap_or("TRUE").to_owned());
        }
        let names = key_names(table, self.dialect);
        let alias = Self::alias(delete.target);
        let outer: Vec<String> = names.iter().map(|name| format!("{{alias}}.{name}")).collect();
        let inner: Vec<String> = names.iter().map(|name| format!("{alias}.{name}")).collect();
        let conditions = self.conditions(&delete.using, &delete.filter)?;
        let named = self.dialect.table(table);
        Ok(format!(
            "({}) IN (SELECT {} FROM {named} AS {alias}{conditions})",
            outer.join(", "),
            inner.join(", ")
        ))
    }

    /// The rows with these keys, as a condition over `{alias}`.
    fn of_keys(&mut self, table: TableId, keys: &[Vec<Value>]) -> Result<String, Error> {
        let known = self.catalog.table(table);
        let names = key_names(known, self.dialect);
        let types = key_columns(known, self.dialect).into_iter().map(|(_, ty)| ty);
        let types: Vec<Type> = types.collect();
        let columns = match self.dialect.keys_as_they_come() {
            true => Vec::new(),
            false => found_by(known),
        };
        if keys.is_empty() {
            return Ok("FALSE".to_owned());
        }
        let mut rows = Vec::with_capacity(keys.len());
        let mut part = 0..;
        for key in keys {
            let values = types.iter().enumerate().map(|(n, ty)| {
                let origin = part.next().map_or(Origin::Fixed, Origin::Key);
                let value = key.get(n).cloned().unwrap_or(Value::Null);
                let bound = self.bind_from(value, ty.clone(), origin)?;
                Ok(match columns.get(n) {
                    Some(id) => self.stored(Piece::plain(bound, ty.clone()), known.column(*id)),
                    None => bound,
                })
            });
            rows.push(values.collect::<Result<Vec<_>, Error>>()?);
        }
        if known.is_view() {
            return Ok(same_key(&names, &rows));
        }
        let rows: Vec<String> = rows.iter().map(|row| row.join(", ")).collect();
        if let [name] = &*names {
            return Ok(format!("{{alias}}.{name} IN ({})", rows.join(", ")));
        }
        let names: Vec<String> = names.iter().map(|name| format!("{{alias}}.{name}")).collect();
        let rows: Vec<String> = rows.iter().map(|row| format!("({row})")).collect();
        Ok(format!("({}) IN (VALUES {})", names.join(", "), rows.join(", ")))
    }
}
