//! What the body of a function writes: INSERT, UPDATE and DELETE as works of a plan, with what is told
//! of the written rows.

use super::Problem;
use super::body::coerced;
use super::derived::whole;
use super::literals::settled;
use super::scope::{Named, Of, Scopes, folded, names};
use mag_model::catalog::Table;
use mag_model::{ColumnId, TableId, Type};
use mag_query::expr::Literal;
use mag_query::plan::{Cell, Delete, Insert, Update};
use mag_query::select::{From, Select, Source};
use mag_query::{Expr, Ref, Work};
use sqlparser::ast::{self, Expr as Ast, SetExpr};
use std::sync::Arc;

/// Rows that one INSERT of a body writes.
const ROWS_MAX: usize = 1_000;

fn cell(expr: Expr) -> Cell {
    match settled(expr) {
        Expr::Value(Literal { value, slot: None, .. }) => Cell::Value(value),
        other => Cell::Expr(Box::new(other)),
    }
}

fn is_default(ast: &Ast) -> bool {
    matches!(ast, Ast::Identifier(ident)
        if ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default"))
}

impl Scopes<'_> {
    fn writable(
        &mut self,
        name: &ast::ObjectName,
        may: fn(&Table) -> bool,
    ) -> Result<(TableId, Ref), Problem> {
        let table = self.find_table(name)?;
        if !may(self.catalog.table(table)) {
            return Err(format!("`{name}` cannot be written so"));
        }
        Ok((table, self.fresh()))
    }

    fn find_column(&self, table: TableId, name: &ast::ObjectName) -> Result<ColumnId, Problem> {
        let column = names(name)?.pop().unwrap_or_default();
        let known = self.catalog.table(table);
        known.find(&column).ok_or_else(|| {
            format!("column \"{column}\" of relation \"{}\" does not exist", known.name)
        })
    }

    /// What is told of the rows that were written.
    fn returning(
        &mut self,
        (table, called): (TableId, &str),
        items: Option<&Vec<ast::SelectItem>>,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<Option<Select>, Problem> {
        let Some(wanted) = wanted else { return Ok(None) };
        let items = items.ok_or("the last statement must be a SELECT, or write with RETURNING")?;
        let id = self.fresh();
        self.levels.push(vec![Named { name: called.to_owned(), of: Of::Table(table), id }]);
        let plain = self.projection(items, false);
        self.levels.pop();
        let mut select = Select {
            sources: vec![Source { id, from: From::Written(table), rule: None, join: None }],
            ..Select::default()
        };
        self.told(&plain?, Some(wanted), &mut select)?;
        Ok(Some(select))
    }

    pub(super) fn insert(
        &mut self,
        insert: &ast::Insert,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<Work, Problem> {
        let ast::TableObject::TableName(name) = &insert.table else {
            return Err("INSERT needs a table".into());
        };
        let (table, target) = self.writable(name, |table| table.insertable)?;
        let catalog = self.catalog;
        let known = catalog.table(table);
        let mut columns: Vec<ColumnId> = insert
            .columns
            .iter()
            .map(|name| self.find_column(table, name))
            .collect::<Result<_, _>>()?;
        let (written, from) = match insert.source.as_deref() {
            None => {
                columns.clear();
                (vec![Vec::new()], None)
            }
            Some(query) => match &*query.body {
                SetExpr::Values(values) if super::body::is_bare(query) => {
                    (self.values(table, &mut columns, values)?, None)
                }
                SetExpr::Values(_) => {
                    return Err("INSERT takes VALUES without WITH, ORDER BY and LIMIT".into());
                }
                _ => (Vec::new(), Some(Box::new(self.read_first(table, &mut columns, query)?))),
            },
        };
        let alias = insert.table_alias.as_ref().map(|alias| folded(&alias.alias));
        let called = alias.unwrap_or_else(|| known.name.to_string());
        let on_conflict = self.on_conflict(insert, (table, target, &called))?;
        let returning = self.returning((table, &called), insert.returning.as_ref(), wanted)?;
        Ok(Work::Insert(Box::new(Insert {
            table,
            target,
            columns,
            rows: written,
            from,
            first: None,
            on_conflict,
            check: None,
            returning,
        })))
    }

    fn values(
        &mut self,
        table: TableId,
        columns: &mut Vec<ColumnId>,
        values: &ast::Values,
    ) -> Result<Vec<Vec<Cell>>, Problem> {
        let known = self.catalog.table(table);
        let rows: Vec<&Vec<Ast>> = values.rows.iter().map(|row| &**row).collect();
        if rows.len() > ROWS_MAX {
            return Err(format!("INSERT writes more than {ROWS_MAX} rows"));
        }
        if columns.is_empty() {
            let width = rows.first().map_or(0, |row| row.len());
            *columns = known.ids().take(width).collect();
        }
        let mut written = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.len() != columns.len() {
                return Err(format!(
                    "INSERT has {} values for {} columns",
                    row.len(),
                    columns.len()
                ));
            }
            let cells = row.iter().zip(&*columns).map(|(ast, id)| match is_default(ast) {
                true => Ok(Cell::Default),
                false => coerced(self.lower(ast)?, &known.column(*id).ty).map(cell),
            });
            written.push(cells.collect::<Result<Vec<_>, Problem>>()?);
        }
        Ok(written)
    }

    /// The select whose rows are written: it is read before the first of them is, as the caller may
    /// read it.
    fn read_first(
        &mut self,
        table: TableId,
        columns: &mut Vec<ColumnId>,
        query: &ast::Query,
    ) -> Result<Select, Problem> {
        let width = self.by_itself(|scopes| scopes.reading(query, None))?.select.outputs.len();
        let known = self.catalog.table(table);
        if columns.is_empty() {
            *columns = known.ids().take(width).collect();
        }
        if columns.len() != width {
            return Err(format!("INSERT has {width} values for {} columns", columns.len()));
        }
        let wanted: Vec<(Arc<str>, Type)> = columns
            .iter()
            .map(|id| (known.column(*id).name.clone(), known.column(*id).ty.clone()))
            .collect();
        let reading = self.by_itself(|scopes| scopes.reading(query, Some(&wanted)))?;
        let mut select = reading.select;
        select.limit = whole(reading.limit.as_ref())?;
        select.offset = whole(reading.offset.as_ref())?.unwrap_or(0);
        Ok(select)
    }

    /// The table that is changed, and its name in the statement.
    fn target(
        &mut self,
        table: &ast::TableWithJoins,
        may: fn(&Table) -> bool,
    ) -> Result<(TableId, Ref, String), Problem> {
        let ast::TableFactor::Table { name, alias, args: None, .. } = &table.relation else {
            return Err(format!("`{table}` is not a table"));
        };
        if !table.joins.is_empty() {
            return Err("a write is of one table".into());
        }
        let (id, target) = self.writable(name, may)?;
        let called = match alias {
            Some(alias) => folded(&alias.name),
            None => names(name)?.pop().unwrap_or_default(),
        };
        Ok((id, target, called))
    }

    pub(super) fn update(
        &mut self,
        update: &ast::Update,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<Work, Problem> {
        if update.from.is_some() || update.limit.is_some() || !update.order_by.is_empty() {
            return Err("UPDATE can have SET, WHERE and RETURNING: write what FROM would say as \
                        selects, SET x = (SELECT ...) WHERE id IN (SELECT ...)"
                .into());
        }
        let (table, target, called) = self.target(&update.table, |table| table.updatable)?;
        self.levels.push(vec![Named { name: called.clone(), of: Of::Table(table), id: target }]);
        let parts = self.changed(table, &update.assignments, update.selection.as_ref());
        self.levels.pop();
        let (set, filter) = parts?;
        let returning = self.returning((table, &called), update.returning.as_ref(), wanted)?;
        let (using, check) = (None, None);
        Ok(Work::Update(Box::new(Update {
            table,
            target,
            set,
            first: None,
            filter,
            using,
            check,
            returning,
        })))
    }

    #[expect(clippy::type_complexity, reason = "the two parts of one statement")]
    pub(super) fn changed(
        &mut self,
        table: TableId,
        assignments: &[ast::Assignment],
        selection: Option<&Ast>,
    ) -> Result<(Vec<(ColumnId, Cell)>, Option<Expr>), Problem> {
        let mut set: Vec<(ColumnId, Cell)> = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let ast::AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err("SET names one column at a time".into());
            };
            let id = self.find_column(table, name)?;
            if set.iter().any(|(known, _)| *known == id) {
                return Err(format!("multiple assignments to same column \"{name}\""));
            }
            let ty = &self.catalog.column(table, id).ty;
            let value = match is_default(&assignment.value) {
                true => Cell::Default,
                false => cell(coerced(self.lower(&assignment.value)?, ty)?),
            };
            set.push((id, value));
        }
        let filter = selection.map(|ast| self.condition(ast)).transpose()?;
        Ok((set, filter.map(settled)))
    }

    pub(super) fn delete(
        &mut self,
        delete: &ast::Delete,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<Work, Problem> {
        let (ast::FromTable::WithFromKeyword(tables) | ast::FromTable::WithoutKeyword(tables)) =
            &delete.from;
        let [only] = &**tables else { return Err("DELETE is from one table".into()) };
        if delete.using.is_some() || delete.limit.is_some() || !delete.order_by.is_empty() {
            return Err(
                "DELETE can have WHERE and RETURNING: write what USING would say as a select, \
                        WHERE id IN (SELECT ...)"
                    .into(),
            );
        }
        let (table, target, called) = self.target(only, |table| table.deletable)?;
        self.levels.push(vec![Named { name: called.clone(), of: Of::Table(table), id: target }]);
        let filter = delete.selection.as_ref().map(|ast| self.condition(ast)).transpose();
        self.levels.pop();
        let filter = filter?.map(settled);
        let returning = self.returning((table, &called), delete.returning.as_ref(), wanted)?;
        Ok(Work::Delete(Box::new(Delete { table, target, filter, using: None, returning })))
    }
}
