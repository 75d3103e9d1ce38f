//! What an upsert needs to know of the rows that are there before it: which of them clash with what
//! is written, and whether a row that clashes would have been allowed as a new one. PostgreSQL asks
//! that of every row, even of those that it then leaves out.
//! Never: a change that stays; what is tried here is undone here.

use super::constraint::{quoted, values_of};
use super::{Bound, Dialect, Failed, constraint, fetch, number, unrendered};
use crate::connect::Link;
use crate::{error, types};
use mag_adapter::EngineError;
use mag_model::catalog::{Table, table::Index};
use mag_model::{ColumnId, Type, Value, literal};
use mag_query::plan::{Cell, Insert, OnConflict};
use mag_query::{Expr, Plan, Work};
use mag_sql::{Dialect as _, Fate, Steps};
use std::borrow::Cow;
use std::collections::HashSet;

/// A row that clashes has the key of the row that it clashes with: setting it changes nothing, but
/// SQLite then looks for rows that pointed to the old key, and refuses one that points to itself.
pub(super) fn without_keys(plan: &Plan) -> Cow<'_, Plan> {
    let Work::Insert(insert) = &plan.work else { return Cow::Borrowed(plan) };
    let Some((conflict, merge)) =
        insert.on_conflict.as_ref().and_then(|conflict| Some((conflict, conflict.merge.as_ref()?)))
    else {
        return Cow::Borrowed(plan);
    };
    let others: Vec<ColumnId> =
        merge.iter().copied().filter(|column| !conflict.columns.contains(column)).collect();
    let stays = stays(plan);
    // There must be something to set: a key alone is set to itself.
    if others.len() == merge.len() || (others.is_empty() && !stays) {
        return Cow::Borrowed(plan);
    }
    let merge = if stays { None } else { Some(others) };
    let on_conflict = Some(OnConflict { merge, ..conflict.clone() });
    let insert = Insert { on_conflict, ..(**insert).clone() };
    Cow::Owned(Plan { work: Work::Insert(Box::new(insert)), ..plan.clone() })
}

/// Whether a row that clashes is best left as it is: nothing but its key would be set to itself,
/// nobody asks whether that is allowed, and its table points to itself.
pub(super) fn stays(plan: &Plan) -> bool {
    let Work::Insert(insert) = &plan.work else { return false };
    let Some(conflict) = &insert.on_conflict else { return false };
    let Some(merge) = &conflict.merge else { return false };
    let open = |rule: &Option<Expr>| rule.as_ref().is_none_or(Expr::is_always);
    let table = plan.catalog.table(insert.table);
    merge.iter().all(|column| conflict.columns.contains(column))
        && open(&conflict.using)
        && open(&conflict.check)
        && table.foreign.iter().any(|key| key.to == insert.table)
}

/// The keys of the rows that are there already.
#[derive(Default)]
pub(super) struct There {
    shown: HashSet<String>,
    /// One for each row that clashes.
    pub(super) keys: Vec<Vec<Value>>,
}

impl There {
    pub(super) fn count(&self) -> u64 {
        super::amount(self.shown.len())
    }
    /// Keys of rows that were made, and of rows that were changed.
    pub(super) fn divide(&self, keys: Vec<Vec<Value>>) -> (Vec<Vec<Value>>, Vec<Vec<Value>>) {
        keys.into_iter().partition(|key| !self.shown.contains(&shown(key)))
    }
}

fn shown(key: &[Value]) -> String {
    let parts: Vec<String> = key.iter().map(|part| format!("{:?}", literal::text(part))).collect();
    parts.join(",")
}

/// The rows that clash, when the plan says what to do with them.
pub(super) fn look(link: &Link, plan: &Plan) -> Result<There, EngineError> {
    let mut there = There::default();
    let Work::Insert(insert) = &plan.work else { return Ok(there) };
    let Some(conflict) = &insert.on_conflict else { return Ok(there) };
    let table = plan.catalog.table(insert.table);
    let asked = insert.check.as_ref().is_some_and(|check| !check.is_always());
    let needs_check = asked && !mag_sql::checks_inside(insert, table, &Dialect);
    let clashes = keys_meant(table, conflict);
    for row in &insert.rows {
        for columns in &clashes {
            let Some(values) = values_of(insert, row, columns) else { continue };
            let Some(key) = key_of(link, table, columns, &values)? else { continue };
            if needs_check {
                try_as_new(link, plan, insert, row, (columns, &values))?;
            }
            there.shown.insert(shown(&key));
            there.keys.push(key);
            break;
        }
    }
    Ok(there)
}

/// The keys by which a row may clash: that which is named, or any.
fn keys_meant<'a>(table: &'a Table, conflict: &'a OnConflict) -> Vec<&'a [ColumnId]> {
    if !conflict.columns.is_empty() {
        return vec![&conflict.columns];
    }
    let keys = table.primary.iter().chain(&table.unique).map(|key| &*key.columns);
    let whole = |index: &&Index| index.unique && index.condition.is_none();
    let indexes = table.indexes.iter().filter(whole).map(|index| &*index.columns);
    keys.chain(indexes).filter(|columns| !columns.is_empty()).collect()
}

/// What the row with these values is found again by, as a write would give it.
fn key_of(
    link: &Link,
    table: &Table,
    columns: &[ColumnId],
    values: &[Value],
) -> Result<Option<Vec<Value>>, EngineError> {
    if values.iter().any(Value::is_null) {
        return Ok(None);
    }
    let names: Vec<String> = match &*mag_sql::found_by(table) {
        [] => vec![Dialect.row_id(table).to_owned()],
        key => key.iter().map(|id| quoted(&table.column(*id).name)).collect(),
    };
    let sql = format!(
        "SELECT {} FROM {} WHERE {}",
        names.join(", "),
        quoted(&table.name),
        constraint::conditions(table, columns)
    );
    let mut statement = link.db.prepare_cached(&sql).map_err(error::of)?;
    for (n, value) in (1..).zip(values) {
        statement.raw_bind_parameter::<usize, _>(n, Bound(value)).map_err(error::of)?;
    }
    let mut rows = statement.raw_query();
    let Some(row) = rows.next().map_err(error::of)? else { return Ok(None) };
    let mut key = Vec::with_capacity(names.len());
    for place in 0..names.len() {
        key.push(types::read(row.get_ref(place).map_err(error::of)?, &Type::Unknown));
    }
    Ok(Some(key))
}

/// Puts the row in the place of the one it clashes with, asks whether that is allowed, and takes
/// all of it back.
fn try_as_new(
    link: &Link,
    plan: &Plan,
    insert: &Insert,
    row: &[Cell],
    (columns, values): (&[ColumnId], &[Value]),
) -> Result<(), EngineError> {
    let batch = |sql: &str| link.db.execute_batch(sql).map_err(error::of);
    let table = plan.catalog.table(insert.table);
    let alone =
        Insert { rows: vec![row.to_vec()], on_conflict: None, returning: None, ..insert.clone() };
    let alone = Plan { work: Work::Insert(Box::new(alone)), ..plan.clone() };
    // What points to the row that makes room is not to notice.
    batch("SAVEPOINT proposed; PRAGMA defer_foreign_keys = ON")?;
    let tried = (|| {
        let sql = format!(
            "DELETE FROM {} WHERE {}",
            quoted(&table.name),
            constraint::conditions(table, columns)
        );
        let bound: Vec<Bound<'_>> = values.iter().map(Bound).collect();
        link.db.execute(&sql, rusqlite::params_from_iter(bound)).map_err(error::of)?;
        let steps: Steps = mag_sql::steps(&alone, &Dialect).map_err(unrendered)?;
        let mut keys = Vec::new();
        for step in &steps.writes {
            keys.extend(
                fetch(link, step)
                    .map_err(|failed| match failed {
                        Failed::Sqlite(failed) => constraint::explain(failed, &alone, &steps, link),
                        Failed::Own(failed) => failed,
                    })?
                    .rows,
            );
        }
        refused(link, &alone, &keys, Fate::Made)
    })();
    batch("ROLLBACK TO proposed; RELEASE proposed; PRAGMA defer_foreign_keys = OFF")?;
    tried
}

/// The refusal, when a policy does not allow one of the rows with these keys.
pub(super) fn refused(
    link: &Link,
    plan: &Plan,
    keys: &[Vec<Value>],
    fate: Fate,
) -> Result<(), EngineError> {
    for some in keys.chunks(keys_at_once(plan)) {
        if let Some(check) = mag_sql::refused(plan, &Dialect, some, fate).map_err(unrendered)?
            && number(link, &check)? > 0
        {
            let table = plan.table().map(|table| plan.catalog.table(table));
            return Err(EngineError::row_refused(table.map_or("", |table| &table.name)));
        }
    }
    Ok(())
}

/// As many keys as one statement can bind, with room for the values of a policy.
fn keys_at_once(plan: &Plan) -> usize {
    let width = plan.table().map_or(1, |table| plan.catalog.table(table).primary_columns().len());
    8_192 / width.max(1)
}

/// Each row that was written satisfies the policies of what happened to it: of an insert when it was
/// made, of an update when it was changed.
pub(super) fn allowed(
    link: &Link,
    plan: &Plan,
    there: &There,
    keys: &[Vec<Value>],
) -> Result<(), EngineError> {
    let (made, changed) = there.divide(keys.to_vec());
    refused(link, plan, &made, Fate::Made)?;
    refused(link, plan, &changed, Fate::Changed)
}

/// PostgreSQL refuses to change the same row twice in one statement.
pub(super) fn each_once(plan: &Plan, keys: &[Vec<Value>]) -> Result<(), EngineError> {
    let Work::Insert(insert) = &plan.work else { return Ok(()) };
    if insert.on_conflict.as_ref().is_none_or(|conflict| !conflict.changes()) {
        return Ok(());
    }
    let mut seen = HashSet::new();
    if keys.iter().all(|key| seen.insert(shown(key))) {
        return Ok(());
    }
    let twice = "ON CONFLICT DO UPDATE command cannot affect row a second time";
    Err(EngineError::of_state("21000", twice).hint(
        "Ensure that no rows proposed for insertion within the same command have duplicate \
         constrained values.",
    ))
}
