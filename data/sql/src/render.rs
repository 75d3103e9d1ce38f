//! From plans to statements: one walk, whatever the dialect.

mod conflict;
mod expr;
pub(crate) mod read;
mod routine;
mod select;
mod window;
pub(crate) mod write;

use crate::dialect::{Dialect, Error};
use crate::statement::{Arg, Origin, Statement};
use mag_model::catalog::{Catalog, Column, TableId};
use mag_model::{Type, Value};
use mag_query::Ref;
use mag_query::select::Shape;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(crate) struct Renderer<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) args: Vec<Arg>,
    /// What each number stands for: its columns have names only there.
    pub(crate) rows: HashMap<Ref, RowOf>,
    /// Rows that a function gives: as they are told, not as a table stores them.
    told: HashSet<Ref>,
    /// What the rows that a write has touched are read from.
    pub(crate) written: Written,
    /// In the place of a row as it is, the row as a write makes it: these of its columns have other
    /// values.
    pub(crate) merging: Option<(Ref, Vec<(mag_model::ColumnId, String)>)>,
    /// Rows that have a name of their own in the place of their alias.
    pub(crate) called: Option<(Ref, String)>,
    /// The row that an upsert was to write, in what it changes instead.
    pub(crate) excluded: Option<Ref>,
    /// What is rendered is a condition of which an index may tell.
    pub(crate) by_index: bool,
    /// Rows that an upsert changes rather than makes are counted in the engine.
    pub(crate) counts_changed: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum RowOf {
    Table(TableId),
    /// The touched rows inside one statement: they have the table's columns but not its type.
    Touched(TableId),
    Columns(Arc<[(Arc<str>, Type)]>),
    Scalar,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Written {
    /// The part of the same statement that writes.
    #[default]
    InWith,
    /// The table itself, where this condition (over the alias) holds.
    Where(String),
}

/// The name of the part of a statement that writes.
pub(crate) const WRITTEN: &str = "written";

impl<'a> Renderer<'a> {
    pub(crate) fn new(catalog: &'a Catalog, dialect: &'a dyn Dialect) -> Self {
        Self {
            catalog,
            dialect,
            args: Vec::new(),
            rows: HashMap::new(),
            told: HashSet::new(),
            written: Written::default(),
            merging: None,
            called: None,
            excluded: None,
            by_index: false,
            counts_changed: false,
        }
    }

    pub(crate) fn alias(id: Ref) -> String {
        format!("t{}", id.0)
    }

    /// As `alias`, in an expression.
    pub(crate) fn called(&self, id: Ref) -> String {
        match &self.called {
            Some((of, name)) if *of == id => name.clone(),
            _ => Self::alias(id),
        }
    }

    pub(crate) fn bind(&mut self, value: Value, ty: Type) -> Result<String, Error> {
        self.bind_from(value, ty, Origin::Fixed)
    }

    pub(crate) fn bind_from(
        &mut self,
        value: Value,
        ty: Type,
        origin: Origin,
    ) -> Result<String, Error> {
        let limit = self.dialect.values_max();
        if self.args.len() >= limit {
            return Err(Error::TooManyValues { limit });
        }
        let placeholder = self.dialect.placeholder(self.args.len() + 1, &ty)?;
        self.args.push(Arg { value, ty, origin });
        Ok(placeholder)
    }

    pub(crate) fn finish(self, text: String, columns: Vec<(Arc<str>, Type)>) -> Statement {
        Statement { text, args: self.args, columns }
    }

    pub(crate) fn column_name(&self, of: Ref, column: mag_model::ColumnId) -> String {
        match self.rows.get(&of) {
            Some(RowOf::Table(table) | RowOf::Touched(table)) => {
                self.dialect.quote(&self.catalog.column(*table, column).name)
            }
            Some(RowOf::Columns(columns)) => {
                let name = columns.get(usize::from(column.0)).map_or("", |(name, _)| name);
                self.dialect.quote(name)
            }
            Some(RowOf::Scalar) | None => "value".to_owned(),
        }
    }

    /// Whether a plan should be made for the value at hand, and not once for all. What a key holds is
    /// found the same way whichever it is.
    pub(crate) fn is_varied(&self, of: Ref, column: mag_model::ColumnId) -> bool {
        let Some(RowOf::Table(table) | RowOf::Touched(table)) = self.rows.get(&of) else {
            return false;
        };
        let table = self.catalog.table(*table);
        let names = |columns: &[mag_model::ColumnId]| columns.contains(&column);
        let in_key = table.primary.iter().chain(&table.unique).any(|key| names(&key.columns))
            || table.foreign.iter().any(|key| names(&key.columns));
        let counted =
            table.rows_estimate.is_some() && table.indexes.iter().any(|i| names(&i.columns));
        table.indexes.iter().any(|index| index.condition.is_some()) || (counted && !in_key)
    }

    /// Whether the column stores moments in the other of their two forms.
    pub(crate) fn is_spaced(&self, of: Ref, column: mag_model::ColumnId) -> bool {
        let Some(RowOf::Table(table) | RowOf::Touched(table)) = self.rows.get(&of) else {
            return false;
        };
        !self.told.contains(&of) && self.storing(self.catalog.column(*table, column)).spaced
    }

    /// The column that holds what a column shows: a view shows it as its table has it.
    pub(crate) fn storing<'c>(&'c self, mut column: &'c Column) -> &'c Column {
        while let Some((table, origin)) = column.origin {
            column = self.catalog.column(table, origin);
        }
        column
    }

    pub(crate) fn know(&mut self, id: Ref, shape: &Shape) {
        let row = match shape {
            Shape::Row(table) => RowOf::Table(*table),
            Shape::Columns(columns) => RowOf::Columns(columns.clone()),
            Shape::Scalar(_) => RowOf::Scalar,
        };
        self.rows.insert(id, row);
        self.told.insert(id);
    }
}
