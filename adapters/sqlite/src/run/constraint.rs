//! Which rule of the structure a write broke, by its name and with the values that broke it: what
//! PostgreSQL says by itself and SQLite does not. Asked only after a failure, on its connection.
//! Never: a change; what is tried again to find the culprit is undone.

use super::{Bound, Dialect, fetch};
use crate::connect::Link;
use crate::error::{self, Broken};
use mag_adapter::EngineError;
use mag_model::catalog::{ForeignKey, Table};
use mag_model::{ColumnId, TableId, Value, literal};
use mag_query::plan::{Cell, Insert};
use mag_query::{Plan, Work};
use mag_sql::{Dialect as _, Piece, Steps};
use std::collections::HashSet;

/// Looks of the leash that the search for a culprit may cost: a few million steps of SQLite's
/// machine, some tens of milliseconds. After it the rule is told without its values.
const LOOKS: u64 = 1_000;

pub(super) fn explain(
    failed: rusqlite::Error,
    plan: &Plan,
    steps: &Steps,
    link: &Link,
) -> EngineError {
    let Some(broken) = error::broken_rule(&failed) else { return error::of(failed) };
    let Some(id) = plan.table() else { return error::of(failed) };
    let table = plan.catalog.table(id);
    match broken {
        Broken::Unique { table: of, columns } if of == *table.name => {
            let ids: Option<Vec<ColumnId>> = columns.iter().map(|name| table.find(name)).collect();
            match ids {
                Some(ids) => unique(plan, table, &ids, link),
                None => error::of(failed),
            }
        }
        Broken::NotNull { table: of, column } => error::missing(&of, &column),
        Broken::RowKey => match key_without_value(plan, table) {
            Some(column) => error::missing(&table.name, column),
            None => error::of(failed),
        },
        Broken::Check(told) => check(table, &told),
        Broken::Foreign => {
            // The rest of the time of the statement may be over; this has its own.
            link.leash.put_on_short(LOOKS);
            let found = missing_partner(plan, id, link)
                .or_else(|| left_behind(plan, id, steps, link))
                .unwrap_or_else(|| error::of(failed));
            link.leash.take_off();
            found
        }
        Broken::Unique { .. } | Broken::UniqueIndex(_) => error::of(failed),
    }
}

/// The column of the key that was to have no value.
fn key_without_value<'t>(plan: &Plan, table: &'t Table) -> Option<&'t str> {
    let Work::Update(update) = &plan.work else { return None };
    let none = |id: &ColumnId| {
        let mut set = update.set.iter().filter(|(known, _)| known == id);
        set.any(|(_, cell)| matches!(cell, Cell::Value(value) if value.is_null()))
    };
    let key = table.primary_columns().iter().find(|id| none(id))?;
    Some(&table.column(*key).name)
}

fn names(table: &Table, columns: &[ColumnId]) -> String {
    let names = columns.iter().map(|id| &*table.column(*id).name);
    names.collect::<Vec<_>>().join(", ")
}

fn texts(values: &[Value]) -> String {
    values.iter().map(literal::text).collect::<Vec<_>>().join(", ")
}

fn unique(plan: &Plan, table: &Table, columns: &[ColumnId], link: &Link) -> EngineError {
    let keys = table.primary.iter().chain(&table.unique);
    let same = |known: &[ColumnId]| {
        known.len() == columns.len() && known.iter().all(|column| columns.contains(column))
    };
    let told = keys.clone().find(|key| same(&key.columns));
    // Of several keys that are taken PostgreSQL tells the first, SQLite any.
    let earlier = told.and_then(|told| {
        keys.take_while(|key| key.columns != told.columns)
            .find(|key| is_taken(plan, table, &key.columns, link))
    });
    let key = earlier.or(told);
    let (name, columns) = match key {
        Some(key) => (key.name.to_string(), &*key.columns),
        None => {
            (format!("{}_{}_key", table.name, names(table, columns).replace(", ", "_")), columns)
        }
    };
    let named = names(table, columns);
    let details = match clashing_values(plan, table, columns, link) {
        Some(values) => format!("Key ({named})=({}) already exists.", texts(&values)),
        None => format!("Key ({named}) already exists."),
    };
    error::duplicate(&table.name, &name).details(details)
}

fn is_taken(plan: &Plan, table: &Table, columns: &[ColumnId], link: &Link) -> bool {
    let Some(values) = clashing_values(plan, table, columns, link) else { return false };
    let is_insert = matches!(plan.work, Work::Insert(_));
    is_insert || exists(link, table, columns, &values).unwrap_or(false)
}

/// The values that are there already, or come twice in what was to be written.
fn clashing_values(
    plan: &Plan,
    table: &Table,
    columns: &[ColumnId],
    link: &Link,
) -> Option<Vec<Value>> {
    match &plan.work {
        Work::Insert(insert) => {
            let mut seen = HashSet::new();
            insert.rows.iter().find_map(|row| {
                let values = values_of(insert, row, columns)?;
                let again = !seen.insert(texts(&values));
                let there = again || exists(link, table, columns, &values).unwrap_or(false);
                there.then_some(values)
            })
        }
        Work::Update(update) => {
            let of = |id: &ColumnId| {
                let cell = update.set.iter().find(|(known, _)| known == id)?;
                match &cell.1 {
                    Cell::Value(value) => Some(value.clone()),
                    Cell::Default | Cell::Expr(_) => None,
                }
            };
            columns.iter().map(of).collect()
        }
        Work::Read(_) | Work::Delete(_) | Work::Invoke(_) => None,
    }
}

/// The values of a row for these columns, when it has them all.
pub(super) fn values_of(insert: &Insert, row: &[Cell], columns: &[ColumnId]) -> Option<Vec<Value>> {
    let of = |id: &ColumnId| {
        let place = insert.columns.iter().position(|known| known == id)?;
        match row.get(place)? {
            Cell::Value(value) => Some(value.clone()),
            Cell::Default | Cell::Expr(_) => None,
        }
    };
    columns.iter().map(of).collect()
}

/// Whether a row with these values is there.
pub(super) fn exists(
    link: &Link,
    table: &Table,
    columns: &[ColumnId],
    values: &[Value],
) -> Result<bool, EngineError> {
    if values.iter().any(Value::is_null) {
        return Ok(false);
    }
    let sql = format!("SELECT 1 FROM {} WHERE {}", place(table), conditions(table, columns));
    let mut statement = link.db.prepare_cached(&sql).map_err(error::of)?;
    for (n, value) in (1..).zip(values) {
        statement.raw_bind_parameter::<usize, _>(n, Bound(value)).map_err(error::of)?;
    }
    let found = statement.raw_query().next().map_err(error::of)?.is_some();
    Ok(found)
}

/// The columns have the values that are bound, each in the form in which its column stores it.
pub(super) fn conditions(table: &Table, columns: &[ColumnId]) -> String {
    let each = (1..).zip(columns).map(|(n, id)| {
        let column = table.column(*id);
        let value = Piece::plain(format!("?{n}"), column.ty.clone());
        format!("{} = {}", quoted(&column.name), Dialect.stored(value, column))
    });
    each.collect::<Vec<_>>().join(" AND ")
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn place(table: &Table) -> String {
    quoted(&table.name)
}

fn check(table: &Table, told: &str) -> EngineError {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let known = table
        .checks
        .iter()
        .find(|check| &*check.name == told || squeezed(&check.expression) == squeezed(told));
    let name = known.map_or(told, |check| &*check.name);
    EngineError::of_state(
        "23514",
        format!("new row for relation \"{}\" violates check constraint \"{name}\"", table.name),
    )
    .about(error::about(&table.name).constraint(name))
}

/// A row that was written points to one that is not there.
fn missing_partner(plan: &Plan, id: TableId, link: &Link) -> Option<EngineError> {
    let table = plan.catalog.table(id);
    let wanted = |key: &ForeignKey| -> Vec<Vec<Value>> {
        match &plan.work {
            Work::Insert(insert) => {
                let rows = insert.rows.iter();
                rows.filter_map(|row| values_of(insert, row, &key.columns)).collect()
            }
            Work::Update(_) => {
                clashing_values(plan, table, &key.columns, link).into_iter().collect()
            }
            Work::Read(_) | Work::Delete(_) | Work::Invoke(_) => Vec::new(),
        }
    };
    table.foreign.iter().find_map(|key| {
        let partner = plan.catalog.table(key.to);
        let values = wanted(key).into_iter().find(|values| {
            !values.iter().any(Value::is_null)
                && exists(link, partner, &key.to_columns, values) == Ok(false)
        })?;
        Some(not_present(table, key, partner, &values))
    })
}

fn not_present(table: &Table, key: &ForeignKey, partner: &Table, values: &[Value]) -> EngineError {
    let (name, of) = (&table.name, names(table, &key.columns));
    EngineError::of_state(
        "23503",
        format!(
            "insert or update on table \"{name}\" violates foreign key constraint \"{}\"",
            key.name
        ),
    )
    .details(format!(
        "Key ({of})=({}) is not present in table \"{}\".",
        texts(values),
        partner.name
    ))
    .about(error::about(name).constraint(&key.name))
}

/// A row of the table itself, of whose reference only a part was written.
fn lost(plan: &Plan, id: TableId, link: &Link) -> Option<EngineError> {
    let Work::Update(update) = &plan.work else { return None };
    let written =
        |key: &&ForeignKey| update.set.iter().any(|(column, _)| key.columns.contains(column));
    let table = plan.catalog.table(id);
    table.foreign.iter().filter(written).find_map(|key| {
        let partner = plan.catalog.table(key.to);
        Some(not_present(table, key, partner, &without_partner(table, key, partner, link)?))
    })
}

/// Rows elsewhere point to one that would have gone: the write is done once more with the check put
/// off, and then the orphan is looked for.
fn left_behind(plan: &Plan, id: TableId, steps: &Steps, link: &Link) -> Option<EngineError> {
    let batch = |sql: &str| link.db.execute_batch(sql).ok();
    batch("SAVEPOINT culprit; PRAGMA defer_foreign_keys = ON")?;
    let done = steps.writes.iter().all(|step| fetch(link, step).is_ok());
    let found = if done { lost(plan, id, link).or_else(|| orphan(plan, id, link)) } else { None };
    batch("ROLLBACK TO culprit; RELEASE culprit; PRAGMA defer_foreign_keys = OFF")?;
    found.or_else(|| only_candidate(plan, id))
}

fn keys_to(plan: &Plan, id: TableId) -> impl Iterator<Item = (&Table, &ForeignKey)> {
    plan.catalog
        .tables()
        .flat_map(|(_, child)| child.foreign.iter().map(move |key| (child, key)))
        .filter(move |(_, key)| key.to == id)
}

fn orphan(plan: &Plan, id: TableId, link: &Link) -> Option<EngineError> {
    let table = plan.catalog.table(id);
    keys_to(plan, id).find_map(|(child, key)| {
        let values = without_partner(child, key, table, link)?;
        Some(still_referenced(table, child, key).details(format!(
            "Key ({})=({}) is still referenced from table \"{}\".",
            names(table, &key.to_columns),
            texts(&values),
            child.name
        )))
    })
}

/// The reference of a row that leads nowhere.
fn without_partner(
    child: &Table,
    key: &ForeignKey,
    partner: &Table,
    link: &Link,
) -> Option<Vec<Value>> {
    let pairs = key.columns.iter().zip(&key.to_columns);
    let alike: Vec<String> = pairs
        .map(|(from, to)| {
            let (from, to) = (&child.column(*from).name, &partner.column(*to).name);
            format!("p.{} = c.{}", quoted(to), quoted(from))
        })
        .collect();
    let columns: Vec<String> =
        key.columns.iter().map(|c| format!("c.{}", quoted(&child.column(*c).name))).collect();
    let set: Vec<String> = columns.iter().map(|c| format!("{c} IS NOT NULL")).collect();
    let sql = format!(
        "SELECT {} FROM {} AS c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {}) LIMIT 1",
        columns.join(", "),
        place(child),
        set.join(" AND "),
        place(partner),
        alike.join(" AND "),
    );
    let mut statement = link.db.prepare(&sql).ok()?;
    let mut rows = statement.raw_query();
    let row = rows.next().ok()??;
    (0..)
        .zip(&key.columns)
        .map(|(n, c)| Some(crate::types::read(row.get_ref(n).ok()?, &child.column(*c).ty)))
        .collect()
}

fn only_candidate(plan: &Plan, id: TableId) -> Option<EngineError> {
    let mut candidates = keys_to(plan, id)
        .filter(|(_, key)| matches!(key.on_delete.as_deref(), None | Some("RESTRICT")));
    let (child, key) = candidates.next()?;
    candidates.next().is_none().then(|| still_referenced(plan.catalog.table(id), child, key))
}

fn still_referenced(table: &Table, child: &Table, key: &ForeignKey) -> EngineError {
    EngineError::of_state(
        "23503",
        format!(
            "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
            table.name, key.name, child.name
        ),
    )
    .about(error::about(&child.name).constraint(&key.name))
}
