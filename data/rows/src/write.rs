//! Writing: rows are made, changed and taken away one by one, each checked as PostgreSQL checks it.
//! Conditions see the tables as they were before the write began.

use crate::constraints;
use crate::database::{Database, Error, Row};
use crate::eval::Here;
use crate::select::Reader;
use mag_model::catalog::table::Identity;
use mag_model::{BadValue, ColumnId, TableId, Value, literal};
use mag_query::plan::{Cell, Delete, Insert, Update};
use mag_query::{Expr, Ref};

pub(crate) struct Writer<'a> {
    pub(crate) before: &'a Database,
    pub(crate) after: Database,
}

impl Writer<'_> {
    fn holds(&self, condition: Option<&Expr>, of: Ref, row: &Row) -> Result<bool, Error> {
        let Some(condition) = condition else { return Ok(true) };
        let reader = Reader { database: self.before, written: &[] };
        let rows = [(of, row.clone())];
        Here { reader: &reader, rows: &rows, embeds: None, group: &[] }.holds(condition)
    }

    fn must_hold(
        &self,
        condition: Option<&Expr>,
        (table, of): (TableId, Ref),
        row: &Row,
        using: bool,
    ) -> Result<(), Error> {
        if self.holds(condition, of, row)? {
            return Ok(());
        }
        let table = self.before.catalog.table(table).name.to_string();
        Err(Error::RowRefused { table, using })
    }

    pub(crate) fn insert(&mut self, insert: &Insert) -> Result<Vec<Row>, Error> {
        let place = (insert.table, insert.target);
        let odd = insert.on_conflict.as_ref().is_some_and(|conflict| conflict.change.is_some());
        if odd || insert.from.is_some() {
            return Err(Error::Unsupported { what: "calling a function" });
        }
        let mut written = Vec::new();
        let mut merged: Vec<usize> = Vec::new();
        for cells in &insert.rows {
            let row = self.proposed(insert.table, &insert.columns, cells)?;
            self.must_hold(insert.check.as_ref(), place, &row, false)?;
            // Of a row that then clashes as well.
            constraints::check_values(&self.after, insert.table, &row)?;
            let clash = insert.on_conflict.as_ref().and_then(|c| {
                Some((c, constraints::same_key(&self.after, insert.table, &c.columns, &row)?))
            });
            let Some((conflict, at)) = clash else {
                constraints::check_row(&self.after, insert.table, &row, None)?;
                let rows = self.after.tables.entry(insert.table).or_default();
                merged.push(rows.len());
                rows.push(row.clone());
                written.push(row);
                continue;
            };
            let Some(merge) = &conflict.merge else { continue };
            if merged.contains(&at) {
                return Err(BadValue::new(
                    "21000",
                    "ON CONFLICT DO UPDATE command cannot affect row a second time",
                )
                .into());
            }
            let old = self.after.rows(insert.table)[at].clone();
            self.must_hold(conflict.using.as_ref(), place, &old, true)?;
            let mut new = old.to_vec();
            for column in merge {
                new[usize::from(column.0)] = row[usize::from(column.0)].clone();
            }
            let new = Row::from(new);
            self.must_hold(conflict.check.as_ref(), place, &new, false)?;
            self.put(insert.table, at, new.clone())?;
            merged.push(at);
            written.push(new);
        }
        Ok(written)
    }

    fn proposed(
        &mut self,
        table: TableId,
        columns: &[ColumnId],
        cells: &[Cell],
    ) -> Result<Row, Error> {
        let known = self.before.catalog.table(table);
        let mut row = vec![Value::Null; known.columns.len()];
        for column in known.ids() {
            let given = columns.iter().position(|c| *c == column).and_then(|at| cells.get(at));
            row[usize::from(column.0)] = match given {
                Some(Cell::Value(value)) => value.clone(),
                Some(Cell::Expr(_)) => {
                    return Err(Error::Unsupported { what: "calling a function" });
                }
                Some(Cell::Default) | None => self.default(table, column)?,
            };
        }
        Ok(Row::from(row))
    }

    /// Literals and running numbers; a default that needs a function is NULL in memory.
    fn default(&mut self, table: TableId, column: ColumnId) -> Result<Value, Error> {
        let known = self.before.catalog.column(table, column);
        let counts = known.identity != Identity::None
            || known.default.as_deref().is_some_and(|text| text.starts_with("nextval("));
        if counts {
            let highest = self.after.rows(table).iter();
            let highest = highest.filter_map(|row| row[usize::from(column.0)].as_int()).max();
            let next = self.after.numbers.entry(table).or_insert(highest.unwrap_or(0));
            *next += 1;
            return Ok(Value::Int(*next));
        }
        let Some(text) = known.default.as_deref() else { return Ok(Value::Null) };
        let bare = text.split("::").next().unwrap_or(text).trim();
        let quoted = bare.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        let plain = match quoted {
            Some(inner) => inner.replace("''", "'"),
            None if bare.eq_ignore_ascii_case("null") || bare.contains('(') => {
                return Ok(Value::Null);
            }
            None => bare.to_owned(),
        };
        Ok(literal::parse(&plain, &known.ty)?)
    }

    /// A changed row in the place of an old one, with what follows for rows that point to it.
    fn put(&mut self, table: TableId, at: usize, row: Row) -> Result<(), Error> {
        constraints::check_row(&self.after, table, &row, Some(at))?;
        if let Some(rows) = self.after.tables.get_mut(&table) {
            rows[at] = row;
        }
        Ok(())
    }

    pub(crate) fn update(&mut self, update: &Update) -> Result<Vec<Row>, Error> {
        let place = (update.table, update.target);
        let mut written = Vec::new();
        if update.set.is_empty() {
            return Ok(written);
        }
        for at in 0..self.before.rows(update.table).len() {
            let old = self.before.rows(update.table)[at].clone();
            if !self.holds(update.using.as_ref(), update.target, &old)?
                || !self.holds(update.filter.as_ref(), update.target, &old)?
            {
                continue;
            }
            let mut new = old.to_vec();
            for (column, cell) in &update.set {
                new[usize::from(column.0)] = match cell {
                    Cell::Value(value) => value.clone(),
                    Cell::Expr(_) => return Err(Error::Unsupported { what: "calling a function" }),
                    Cell::Default => self.default(update.table, *column)?,
                };
            }
            let new = Row::from(new);
            self.must_hold(update.check.as_ref(), place, &new, false)?;
            self.put(update.table, at, new.clone())?;
            written.push(new);
        }
        Ok(written)
    }

    pub(crate) fn delete(&mut self, delete: &Delete) -> Result<Vec<Row>, Error> {
        let mut taken = Vec::new();
        let mut kept = Vec::new();
        for row in self.before.rows(delete.table) {
            let goes = self.holds(delete.using.as_ref(), delete.target, row)?
                && self.holds(delete.filter.as_ref(), delete.target, row)?;
            if goes { taken.push(row.clone()) } else { kept.push(row.clone()) }
        }
        self.after.tables.insert(delete.table, kept);
        constraints::follow_deletes(&mut self.after, delete.table, &taken);
        Ok(taken)
    }
}
