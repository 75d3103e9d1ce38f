//! What the body of a function writes: INSERT, UPDATE and DELETE as works of a plan, with what is told
//! of the written rows.

use super::Problem;
use super::body::coerced;
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
            sources: vec![Source { id, from: From::Written(table), rule: None, left: None }],
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
        if insert.on.is_some() || insert.or.is_some() || insert.replace_into {
            return Err("ON CONFLICT cannot be guarded in a function".into());
        }
        let (table, target) = self.writable(name, |table| table.insertable)?;
        let catalog = self.catalog;
        let known = catalog.table(table);
        let mut columns: Vec<ColumnId> = insert
            .columns
            .iter()
            .map(|name| self.find_column(table, name))
            .collect::<Result<_, _>>()?;
        let pages = |query: &ast::Query| {
            query.with.is_some() || query.order_by.is_some() || query.limit_clause.is_some()
        };
        if insert.source.as_deref().is_some_and(pages) {
            return Err("INSERT takes VALUES without WITH, ORDER BY and LIMIT".into());
        }
        let rows: Vec<&Vec<Ast>> = match insert.source.as_deref().map(|query| &*query.body) {
            None => {
                columns.clear();
                Vec::new()
            }
            Some(SetExpr::Values(values)) => values.rows.iter().map(|row| &**row).collect(),
            Some(_) => return Err("INSERT takes VALUES; a SELECT in it cannot be guarded".into()),
        };
        if rows.len() > ROWS_MAX {
            return Err(format!("INSERT writes more than {ROWS_MAX} rows"));
        }
        if columns.is_empty() {
            let width = rows.first().map_or(0, |row| row.len());
            columns = known.ids().take(width).collect();
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
            let cells = row.iter().zip(&columns).map(|(ast, id)| match is_default(ast) {
                true => Ok(Cell::Default),
                false => coerced(self.lower(ast)?, &known.column(*id).ty).map(cell),
            });
            written.push(cells.collect::<Result<Vec<_>, Problem>>()?);
        }
        if rows.is_empty() {
            written.push(Vec::new());
        }
        let alias = insert.table_alias.as_ref().map(|alias| folded(&alias.alias));
        let called = alias.unwrap_or_else(|| known.name.to_string());
        let returning = self.returning((table, &called), insert.returning.as_ref(), wanted)?;
        Ok(Work::Insert(Box::new(Insert {
            table,
            target,
            columns,
            rows: written,
            first: None,
            on_conflict: None,
            check: None,
            returning,
        })))
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
            return Err("UPDATE can have SET, WHERE and RETURNING".into());
        }
        let (table, target, called) = self.target(&update.table, |table| table.updatable)?;
        self.levels.push(vec![Named { name: called.clone(), of: Of::Table(table), id: target }]);
        let parts = self.changes(table, update);
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
    fn changes(
        &mut self,
        table: TableId,
        update: &ast::Update,
    ) -> Result<(Vec<(ColumnId, Cell)>, Option<Expr>), Problem> {
        let mut set: Vec<(ColumnId, Cell)> = Vec::with_capacity(update.assignments.len());
        for assignment in &update.assignments {
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
        let filter = update.selection.as_ref().map(|ast| self.condition(ast)).transpose()?;
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
            return Err("DELETE can have WHERE and RETURNING".into());
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
