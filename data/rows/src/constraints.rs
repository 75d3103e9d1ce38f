//! What a table demands of its rows: values, keys, checks, and rows that are pointed to.

use crate::compare::equal;
use crate::database::{Database, Error, Row};
use crate::eval::Here;
use crate::select::Reader;
use mag_guard::policy;
use mag_model::catalog::{ForeignKey, Table};
use mag_model::{About, BadValue, ColumnId, TableId, Value, literal};

/// `replaces` is the place of the row whose new form this is.
pub(crate) fn check_row(
    database: &Database,
    table: TableId,
    row: &Row,
    replaces: Option<usize>,
) -> Result<(), Error> {
    check_values(database, table, row)?;
    check_keys(database, table, row, replaces)
}

/// What the row must be by itself, whatever others there are.
pub(crate) fn check_values(database: &Database, table: TableId, row: &Row) -> Result<(), Error> {
    let known = database.catalog.table(table);
    for column in known.ids() {
        let declared = known.column(column);
        if !declared.nullable && row[usize::from(column.0)].is_null() {
            let bad = BadValue::new(
                "23502",
                format!(
                    "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                    declared.name, known.name
                ),
            );
            let bad = bad.details(format!("Failing row contains ({}).", shown(row)));
            return Err(Error::broken(bad, about(known).column(&declared.name)));
        }
    }
    for check in &known.checks {
        // A check in words that only an engine knows is the engine's to keep.
        let Ok(condition) = policy::expression(&check.expression, table, &database.catalog) else {
            continue;
        };
        let reader = Reader { database, written: &[] };
        let rows = [(policy::ROW, row.clone())];
        let here = Here { reader: &reader, rows: &rows, embeds: None, group: &[] };
        if here.value(&condition)? == Value::Bool(false) {
            let bad = BadValue::new(
                "23514",
                format!(
                    "new row for relation \"{}\" violates check constraint \"{}\"",
                    known.name, check.name
                ),
            );
            let bad = bad.details(format!("Failing row contains ({}).", shown(row)));
            return Err(Error::broken(bad, about(known).constraint(&check.name)));
        }
    }
    Ok(())
}

fn check_keys(
    database: &Database,
    table: TableId,
    row: &Row,
    replaces: Option<usize>,
) -> Result<(), Error> {
    let known = database.catalog.table(table);
    let keys = known.primary.iter().chain(&known.unique);
    let keys = keys.map(|key| (&key.name, &key.columns));
    let indexes = known.indexes.iter().filter(|i| i.unique && i.condition.is_none());
    for (name, columns) in keys.chain(indexes.map(|i| (&i.name, &i.columns))) {
        if columns.is_empty() {
            continue;
        }
        let found = same_key_but(database, table, columns, row, replaces);
        if found.is_some() {
            let bad = BadValue::new(
                "23505",
                format!("duplicate key value violates unique constraint \"{name}\""),
            );
            let bad = bad.details(format!("Key {} already exists.", key_text(known, columns, row)));
            return Err(Error::broken(bad, about(known).constraint(name)));
        }
    }
    Ok(())
}

/// The place of the row with the same values in the columns; NULL is never the same.
pub(crate) fn same_key(
    database: &Database,
    table: TableId,
    columns: &[ColumnId],
    row: &Row,
) -> Option<usize> {
    same_key_but(database, table, columns, row, None)
}

fn same_key_but(
    database: &Database,
    table: TableId,
    columns: &[ColumnId],
    row: &Row,
    except: Option<usize>,
) -> Option<usize> {
    let known = database.catalog.table(table);
    database.rows(table).iter().enumerate().position(|(at, other)| {
        Some(at) != except
            && columns.iter().all(|column| {
                let (a, b) = (&row[usize::from(column.0)], &other[usize::from(column.0)]);
                !a.is_null() && !b.is_null() && equal(a, b, &known.column(*column).ty)
            })
    })
}

/// Every foreign key of every table, once the write to `written` is done.
pub(crate) fn check_references(database: &Database, written: TableId) -> Result<(), Error> {
    for (id, table) in database.catalog.tables() {
        for key in &table.foreign {
            for row in database.rows(id) {
                let values = values(row, &key.columns);
                if values.iter().any(|v| v.is_null()) || points_somewhere(database, key, &values) {
                    continue;
                }
                let target = database.catalog.table(key.to);
                if key.to == written && id != written {
                    return Err(still_referenced(key, target, table, &values));
                }
                let bad = BadValue::new(
                    "23503",
                    format!(
                        "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
                        table.name, key.name
                    ),
                );
                let bad = bad.details(format!(
                    "Key {} is not present in table \"{}\".",
                    key_text(table, &key.columns, row),
                    target.name
                ));
                return Err(Error::broken(bad, about(table).constraint(&key.name)));
            }
        }
    }
    Ok(())
}

fn still_referenced(key: &ForeignKey, target: &Table, from: &Table, values: &[Value]) -> Error {
    let names: Vec<&str> = key.to_columns.iter().map(|c| &*target.column(*c).name).collect();
    let values: Vec<String> = values.iter().map(literal::text).collect();
    let bad = BadValue::new(
        "23503",
        format!(
            "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
            target.name, key.name, from.name
        ),
    );
    let bad = bad.details(format!(
        "Key ({})=({}) is still referenced from table \"{}\".",
        names.join(", "),
        values.join(", "),
        from.name
    ));
    Error::broken(bad, about(from).constraint(&key.name))
}

fn about(table: &Table) -> About {
    About::table(&table.schema, &table.name)
}

fn values(row: &Row, columns: &[ColumnId]) -> Vec<Value> {
    columns.iter().map(|column| row[usize::from(column.0)].clone()).collect()
}

fn points_somewhere(database: &Database, key: &ForeignKey, values: &[Value]) -> bool {
    let target = database.catalog.table(key.to);
    database.rows(key.to).iter().any(|row| {
        key.to_columns
            .iter()
            .zip(values)
            .all(|(c, v)| equal(&row[usize::from(c.0)], v, &target.column(*c).ty))
    })
}

/// Cascades follow a chain of tables at most so long; a longer one is a circle.
const CHAIN_MAX: usize = 32;

/// `ON DELETE CASCADE` and `SET NULL` for rows that pointed to the taken ones. What no such rule
/// covers is found by `check_references`.
pub(crate) fn follow_deletes(database: &mut Database, table: TableId, taken: &[Row]) {
    follow(database, table, taken, 0);
}

fn follow(database: &mut Database, table: TableId, taken: &[Row], depth: usize) {
    if taken.is_empty() || depth > CHAIN_MAX {
        return;
    }
    let catalog = database.catalog.clone();
    for (id, other) in catalog.tables() {
        for key in other.foreign.iter().filter(|key| key.to == table) {
            let action = key.on_delete.as_deref().unwrap_or("").to_ascii_uppercase();
            let points = |row: &Row| {
                let near = values(row, &key.columns);
                taken.iter().any(|gone| {
                    let far = values(gone, &key.to_columns);
                    let types = key.columns.iter().map(|c| &other.column(*c).ty);
                    near.iter()
                        .zip(&far)
                        .zip(types)
                        .all(|((a, b), ty)| !a.is_null() && equal(a, b, ty))
                })
            };
            let rows = database.tables.entry(id).or_default();
            match action.as_str() {
                "CASCADE" => {
                    let (gone, kept): (Vec<Row>, Vec<Row>) =
                        std::mem::take(rows).into_iter().partition(points);
                    *rows = kept;
                    follow(database, id, &gone, depth + 1);
                }
                "SET NULL" => {
                    for row in rows.iter_mut().filter(|row| points(row)) {
                        let mut changed = row.to_vec();
                        for column in &key.columns {
                            changed[usize::from(column.0)] = Value::Null;
                        }
                        *row = Row::from(changed);
                    }
                }
                _ => {}
            }
        }
    }
}

fn key_text(table: &Table, columns: &[ColumnId], row: &Row) -> String {
    let names: Vec<&str> = columns.iter().map(|c| &*table.column(*c).name).collect();
    let values: Vec<String> =
        columns.iter().map(|c| literal::text(&row[usize::from(c.0)])).collect();
    format!("({})=({})", names.join(", "), values.join(", "))
}

fn shown(row: &Row) -> String {
    let each = row.iter().map(|value| match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => if *b { "t" } else { "f" }.to_owned(),
        other => literal::text(other),
    });
    each.collect::<Vec<_>>().join(", ")
}
