//! Rows that are gathered: GROUP BY, HAVING and DISTINCT. What is shown of a group is what all its rows
//! have alike, or what they make together.

use super::Problem;
use super::literals::settled;
use super::scope::{Scopes, folded};
use super::window::has_window;
use mag_model::Value;
use mag_query::select::{From, Select, Sort};
use mag_query::{Expr, Ref};
use sqlparser::ast::{self, Expr as Ast};

impl Scopes<'_> {
    pub(super) fn gathered(
        &mut self,
        body: &ast::Select,
        distinct: bool,
        plain: &[(String, Expr)],
        select: &mut Select,
    ) -> Result<(), Problem> {
        let ast::GroupByExpr::Expressions(group, modifiers) = &body.group_by else {
            return Err("GROUP BY ALL cannot be guarded: name what rows are gathered by".into());
        };
        if !modifiers.is_empty() {
            return Err("GROUP BY can name columns and nothing else".into());
        }
        let mut keys = Vec::with_capacity(group.len());
        for ast in group {
            keys.push(self.gathered_by(ast, plain)?);
        }
        select.having = match &body.having {
            None => None,
            Some(having) => {
                let aggregates = std::mem::replace(&mut self.aggregates, true);
                let condition = self.condition(having);
                self.aggregates = aggregates;
                Some(settled(condition?))
            }
        };
        let told = plain.iter().map(|(_, expr)| expr).chain(&select.having);
        let gathers = told.clone().any(Expr::has_aggregate);
        if select.having.is_some() && group.is_empty() && !gathers {
            return Err(
                "HAVING without GROUP BY and without an aggregate: say it behind WHERE".into()
            );
        }
        if distinct && (gathers || !group.is_empty() || told.clone().any(has_window)) {
            return Err(
                "DISTINCT over rows that are gathered or have windows cannot be guarded: put \
                        the select in brackets behind FROM, and say DISTINCT outside"
                    .into(),
            );
        }
        select.grouped = gathers || distinct || !group.is_empty();
        if distinct {
            select.group = select.outputs.iter().map(|output| output.expr.clone()).collect();
            return Ok(());
        }
        for expr in told.filter(|_| select.grouped) {
            if !self.is_alike(expr, &keys, select) {
                return Err(format!(
                    "{} must appear in the GROUP BY clause or be used in an aggregate function",
                    "a column that is neither grouped by nor gathered"
                ));
            }
        }
        select.group = keys;
        Ok(())
    }

    /// A name is first that of a column, and then that of what is shown.
    fn gathered_by(&mut self, ast: &Ast, plain: &[(String, Expr)]) -> Result<Expr, Problem> {
        let shown = |name: &str| plain.iter().find(|(known, _)| known == name);
        let key = match (ast, self.picked(ast, true)) {
            (Ast::Value(_), _) => match self.place(ast, plain)? {
                Some(at) => plain[at].1.clone(),
                None => return Err(format!("`{ast}` is nothing that rows can be gathered by")),
            },
            (Ast::Identifier(ident), Err(missing)) => {
                shown(&folded(ident)).map(|(_, expr)| expr.clone()).ok_or(missing)?
            }
            (_, lowered) => lowered?,
        };
        if key.has_aggregate() || has_window(&key) {
            return Err("aggregates and windows are not allowed in GROUP BY".into());
        }
        Ok(settled(key))
    }

    /// Whether all rows of a group have the same of it: it is made of what they are gathered by, of
    /// what they make together, and of columns of a row whose key they are gathered by.
    pub(super) fn is_alike(&self, expr: &Expr, keys: &[Expr], select: &Select) -> bool {
        let mut rest = settled(expr.clone());
        rest.replace(&mut |inner| {
            let settles = matches!(inner, Expr::Aggregate { .. }) || keys.contains(inner);
            settles.then(|| Expr::value(Value::Null, inner.ty()))
        });
        let whole: Vec<Ref> = select
            .sources
            .iter()
            .filter(|source| self.is_one(source, keys))
            .map(|s| s.id)
            .collect();
        let own: Vec<Ref> = select.sources.iter().map(|source| source.id).collect();
        let mut alike = true;
        // In a select inside as well: it may speak of the row around it.
        rest.visit_deep_mut(&mut |inner| {
            if let Expr::Column(column) = &*inner
                && own.contains(&column.of)
            {
                alike &= whole.contains(&column.of) || keys.contains(inner);
            }
        });
        alike
    }

    /// Whether rows that are gathered by these have one and the same row of the source.
    fn is_one(&self, source: &mag_query::select::Source, keys: &[Expr]) -> bool {
        let From::Table(id) = source.from else { return false };
        let table = self.catalog.table(id);
        let primary = table.primary_columns();
        let named = |id: &mag_model::ColumnId| {
            let column = table.column(*id);
            !column.nullable && keys.contains(&Expr::column(source.id, *id, column.ty.clone()))
        };
        !primary.is_empty() && primary.iter().all(named)
    }

    pub(super) fn sorted(
        &mut self,
        query: &ast::Query,
        plain: &[(String, Expr)],
        select: &mut Select,
    ) -> Result<(), Problem> {
        let Some(order) = &query.order_by else { return Ok(()) };
        let ast::OrderByKind::Expressions(terms) = &order.kind else {
            return Err("ORDER BY ALL cannot be guarded: name what to sort by".into());
        };
        for term in terms {
            let descending = term.options.asc == Some(false);
            let expr = match self.place(&term.expr, plain)? {
                Some(at) => select.outputs[at].expr.clone(),
                None => {
                    let windows = std::mem::replace(&mut self.windows, true);
                    let expr = self.picked(&term.expr, select.grouped);
                    self.windows = windows;
                    let expr = settled(expr?);
                    if select.grouped && !self.is_alike(&expr, &select.group, select) {
                        return Err(format!(
                            "`{}` is sorted by and neither grouped by nor gathered",
                            term.expr
                        ));
                    }
                    expr
                }
            };
            let nulls_first = term.options.nulls_first.unwrap_or(descending);
            select.order.push(Sort { expr, descending, nulls_first });
        }
        Ok(())
    }

    /// Which of the outputs is meant: by its name, by its place, or because it is the same.
    fn place(&mut self, ast: &Ast, plain: &[(String, Expr)]) -> Result<Option<usize>, Problem> {
        match ast {
            Ast::Identifier(ident) => {
                let name = folded(ident);
                if let Some(at) = plain.iter().position(|(known, _)| *known == name) {
                    return Ok(Some(at));
                }
            }
            Ast::Value(value) => {
                if let ast::Value::Number(digits, _) = &value.value {
                    let at = digits.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                    return match at.filter(|at| *at < plain.len()) {
                        Some(at) => Ok(Some(at)),
                        None => Err(format!("there is no column {digits}")),
                    };
                }
            }
            _ => {}
        }
        let windows = std::mem::replace(&mut self.windows, true);
        let expr = self.picked(ast, true);
        self.windows = windows;
        let expr = expr?;
        Ok(plain.iter().position(|(_, known)| *known == expr))
    }
}
