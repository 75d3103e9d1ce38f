//! Sub-selects of policies: tables joined by conditions, one value out.

use super::Problem;
use super::literals::{comparable, typed};
use super::lower::unnamed;
use super::scope::{Named, Of, Scopes, folded, names};
use mag_model::Type;
use mag_query::Expr;
use mag_query::select::{Output, Select, Sort, Source};
use sqlparser::ast::{self, Expr as Ast, SetExpr, TableFactor};

/// Tables of one sub-select; more make a policy that no one can read.
const TABLES_MAX: usize = 8;

impl Scopes<'_> {
    pub(super) fn in_select(&mut self, expr: &Ast, query: &ast::Query) -> Result<Expr, Problem> {
        let select = self.subselect(query, true)?;
        let output = select.outputs.first().map_or(Type::Unknown, |o| o.expr.ty());
        let expr = typed(self.lower(expr)?, &output)?;
        if !comparable(&expr.ty(), &output) {
            return Err(format!("operator does not exist: {} = {output}", expr.ty()));
        }
        Ok(Expr::InSelect { expr: Box::new(expr), select: Box::new(select) })
    }

    /// `(select auth.uid())` without a table is the expression itself.
    pub(super) fn scalar(&mut self, query: &ast::Query) -> Result<Expr, Problem> {
        if let Ok(body) = plain_body(query)
            && body.from.is_empty()
            && body.selection.is_none()
        {
            return match &*body.projection {
                [
                    ast::SelectItem::UnnamedExpr(expr)
                    | ast::SelectItem::ExprWithAlias { expr, .. },
                ] => self.lower(expr),
                _ => Err(format!("`{query}` does not give one value")),
            };
        }
        Ok(Expr::Scalar(Box::new(self.subselect(query, true)?)))
    }

    pub(super) fn subselect(&mut self, query: &ast::Query, value: bool) -> Result<Select, Problem> {
        let body = match plain_body(query) {
            Err(_) if self.function.is_some() => return self.more_than_plain(query, value),
            plain => plain?,
        };
        let mut select = Select::default();
        self.levels.push(Vec::new());
        let outside = std::mem::replace(&mut self.aggregates, false);
        let windows = std::mem::replace(&mut self.windows, false);
        let done = self.fill(query, body, value, &mut select);
        (self.aggregates, self.windows) = (outside, windows);
        self.levels.pop();
        done.map(|()| select)
    }

    /// A select of a function that gathers, or is made of several: it stands as rows of its own.
    fn more_than_plain(&mut self, query: &ast::Query, value: bool) -> Result<Select, Problem> {
        let derived = self.derived(query, &[]).map_err(|problem| {
            format!(
                "{problem} (a select with WITH, UNION, GROUP BY, DISTINCT or windows that stands in an \
                 expression sees no row of the one around it)"
            )
        })?;
        let columns = derived.1.clone();
        if value && columns.len() != 1 {
            return Err(format!("`{query}` does not give one column"));
        }
        let mut select = Select::default();
        self.levels.push(Vec::new());
        let made = self.rows_named(String::new(), derived, &mut select);
        self.levels.pop();
        made?;
        let id = select.main().id;
        for (_, expr) in super::body::columns_of(id, &columns).filter(|_| value) {
            let name = unnamed();
            select.outputs.push(Output { name, expr, shown: true, from_star: false });
        }
        Ok(select)
    }

    fn fill(
        &mut self,
        query: &ast::Query,
        body: &ast::Select,
        value: bool,
        select: &mut Select,
    ) -> Result<(), Problem> {
        for table in &body.from {
            self.joined(table, select)?;
        }
        if select.sources.is_empty() {
            return Err(format!("`{query}` reads no table"));
        }
        if let Some(condition) = &body.selection {
            let condition = self.condition(condition)?;
            select.keep(condition);
        }
        if value {
            let expr = match &*body.projection {
                [
                    ast::SelectItem::UnnamedExpr(expr)
                    | ast::SelectItem::ExprWithAlias { expr, .. },
                ] => self.output(expr)?,
                _ => return Err(format!("`{query}` does not give one column")),
            };
            select.grouped = expr.has_aggregate();
            let name = unnamed();
            select.outputs.push(Output { name, expr, shown: true, from_star: false });
        }
        self.order_and_limit(query, select)
    }

    pub(super) fn source(
        &mut self,
        factor: &TableFactor,
        select: &mut Select,
    ) -> Result<(), Problem> {
        let (name, alias) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => (name, alias),
            // PostgreSQL tells every join of a policy in brackets: `FROM (a JOIN b ON …)`.
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.joined(table_with_joins, select);
            }
            TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None }
                if self.function.is_some() =>
            {
                let columns: Vec<String> = alias.columns.iter().map(|c| folded(&c.name)).collect();
                let derived = self.derived(subquery, &columns)?;
                return self.rows_named(Self::alias(&alias.name), derived, select);
            }
            _ => return Err(format!("`{factor}` is not a table")),
        };
        if let Some(itself) = self.itself(name)? {
            let called = match alias {
                Some(alias) if alias.columns.is_empty() => Self::alias(&alias.name),
                Some(_) => return Err("the columns of a WITH are named where it is made".into()),
                None => names(name)?.pop().unwrap_or_default(),
            };
            return self.again_named(called, &itself, select);
        }
        if let Some(derived) = self.with_named(name)? {
            let called = match alias {
                Some(alias) if alias.columns.is_empty() => Self::alias(&alias.name),
                Some(_) => return Err("the columns of a WITH are named where it is made".into()),
                None => names(name)?.pop().unwrap_or_default(),
            };
            return self.rows_named(called, derived, select);
        }
        let table = self.find_table(name)?;
        let id = self.fresh();
        let called = match alias {
            Some(alias) => Self::alias(&alias.name),
            None => names(name)?.pop().unwrap_or_default(),
        };
        select.sources.push(Source::table(id, table));
        if select.sources.len() > TABLES_MAX {
            return Err(format!("a sub-select reads more than {TABLES_MAX} tables"));
        }
        if let Some(level) = self.levels.last_mut() {
            level.push(Named { name: called, of: Of::Table(table), id });
        }
        Ok(())
    }

    /// One value: an expression, or an aggregate over the rows.
    pub(super) fn output(&mut self, ast: &Ast) -> Result<Expr, Problem> {
        let Ast::Function(function) = ast else { return self.lower(ast) };
        if function.over.is_some() && self.function.is_some() {
            return Err(format!("`{function}`: a window is not allowed here"));
        }
        match self.gathering(function)? {
            Some(gathered) => Ok(gathered),
            None => self.lower(ast),
        }
    }

    fn order_and_limit(&mut self, query: &ast::Query, select: &mut Select) -> Result<(), Problem> {
        if let Some(order) = &query.order_by {
            let ast::OrderByKind::Expressions(terms) = &order.kind else {
                return Err("ORDER BY ALL is not part of the language of policies".into());
            };
            for term in terms {
                let descending = term.options.asc == Some(false);
                select.order.push(Sort {
                    expr: self.lower(&term.expr)?,
                    descending,
                    nulls_first: term.options.nulls_first.unwrap_or(descending),
                });
            }
        }
        match &query.limit_clause {
            None => Ok(()),
            Some(ast::LimitClause::LimitOffset {
                limit: Some(Ast::Value(limit)),
                offset: None,
                ..
            }) => match &limit.value {
                ast::Value::Number(digits, _) => {
                    let limit = digits.parse();
                    select.limit = Some(limit.map_err(|_| format!("`{digits}` is no limit"))?);
                    Ok(())
                }
                other => Err(format!("`{other}` is no limit")),
            },
            Some(other) => Err(format!("`{other}` is not part of the language of policies")),
        }
    }
}

/// A plain SELECT: no WITH, UNION, GROUP BY, DISTINCT or window.
fn plain_body(query: &ast::Query) -> Result<&ast::Select, Problem> {
    let SetExpr::Select(select) = &*query.body else {
        return Err(format!("`{query}` is not a plain SELECT"));
    };
    let grouped = !matches!(
        &select.group_by,
        ast::GroupByExpr::Expressions(exprs, modifiers) if exprs.is_empty() && modifiers.is_empty()
    );
    let odd = query.with.is_some()
        || query.fetch.is_some()
        || grouped
        || select.having.is_some()
        || select.distinct.is_some()
        || select.into.is_some()
        || !select.lateral_views.is_empty()
        || !select.named_window.is_empty()
        || select.qualify.is_some();
    if odd {
        return Err(format!("`{query}` is more than a plain SELECT with conditions"));
    }
    Ok(select)
}
