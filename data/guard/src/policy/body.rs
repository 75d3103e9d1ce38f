//! The body of a function becomes steps of plans, once, when a ruleset is loaded: what has no meaning
//! there cannot be guarded, and is refused. An argument stands in it as an empty slot.
//! Never: a text that reaches an engine.

use super::literals::{comparable, settled, typed};
use super::scope::{Arguments, Of, Scopes, folded, names};
use super::{DEPTH_MAX, Problem};
use crate::routine::{Reading, Routine, Step, Whence};
use crate::ruleset::FunctionRule;
use mag_model::catalog::{Catalog, Function, Returns, Volatility};
use mag_model::{FunctionId, Type};
use mag_query::Expr;
use mag_query::select::{Output, Select};
use sqlparser::ast::{self, Expr as Ast, SetExpr, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::sync::Arc;

/// A longer body is a program.
const STATEMENTS_MAX: usize = 32;
const LENGTH_MAX: usize = 65_536;

type Columns = Vec<(Arc<str>, Type)>;

pub(crate) fn routine(
    rule: &FunctionRule,
    id: FunctionId,
    catalog: &Catalog,
) -> Result<Routine, Problem> {
    let function = catalog.function(id);
    let columns = columns(function, catalog)?;
    for argument in &function.arguments {
        if argument.row_of.is_some() {
            return Err("an argument cannot be a row of a table".into());
        }
        known(&argument.ty)?;
    }
    if rule.body.len() > LENGTH_MAX {
        return Err(format!("the body is longer than {LENGTH_MAX} bytes"));
    }
    let dialect = PostgreSqlDialect {};
    let statements = Parser::new(&dialect)
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(&rule.body)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|e| e.to_string())?;
    if statements.is_empty() || statements.len() > STATEMENTS_MAX {
        return Err(format!("a body has between one and {STATEMENTS_MAX} statements"));
    }
    let mut scopes = Scopes::of(catalog, &rule.schema);
    let defaults = defaults(rule, function, &mut scopes)?;
    scopes.function = Some(id);
    scopes.arguments = Arguments { function: &rule.name, known: &function.arguments };
    let mut routine = Routine { defaults, steps: Vec::new(), answer: Whence::Nothing, refs: 0 };
    let last = statements.len() - 1;
    for (at, statement) in statements.iter().enumerate() {
        let wanted = (at == last && function.returns != Returns::Void).then_some(&*columns);
        let writes = !matches!(statement, Statement::Query(_));
        if writes && function.volatility != Volatility::Volatile {
            return Err("only a VOLATILE function may write".into());
        }
        match (statement, wanted) {
            (Statement::Query(query), Some(_)) => {
                let mut reading = scopes.reading(query, wanted)?;
                reading.first_only = !function.set;
                routine.answer = Whence::Select(Box::new(reading));
            }
            (Statement::Query(query), None) => {
                routine.steps.push(Step::Read(Box::new(scopes.reading(query, None)?)));
            }
            (statement, wanted) => {
                let work = match statement {
                    Statement::Insert(insert) => scopes.insert(insert, wanted)?,
                    Statement::Update(update) => scopes.update(update, wanted)?,
                    Statement::Delete(delete) => scopes.delete(delete, wanted)?,
                    _ => {
                        return Err(
                            "a body is made of SELECT, INSERT, UPDATE and DELETE; nothing \
                                    else can be guarded"
                                .into(),
                        );
                    }
                };
                routine.steps.push(Step::Write(Box::new(work)));
                if wanted.is_some() {
                    routine.answer = Whence::Last;
                }
            }
        }
    }
    routine.refs = scopes.given();
    Ok(routine)
}

/// The columns of what it gives.
fn columns(function: &Function, catalog: &Catalog) -> Result<Columns, Problem> {
    let columns: Columns = match &function.returns {
        Returns::Void => Vec::new(),
        Returns::Scalar(ty) => vec![(Arc::from("value"), ty.clone())],
        Returns::Rows(table) => {
            let columns = catalog.table(*table).columns.iter();
            return Ok(columns.map(|column| (column.name.clone(), column.ty.clone())).collect());
        }
        Returns::Columns(columns) => columns.to_vec(),
    };
    columns.iter().try_for_each(|(_, ty)| known(ty))?;
    Ok(columns)
}

fn known(ty: &Type) -> Result<(), Problem> {
    match ty.base() {
        Type::Other(name) => Err(format!("type \"{name}\" does not exist")),
        _ => Ok(()),
    }
}

fn defaults(
    rule: &FunctionRule,
    function: &Function,
    scopes: &mut Scopes<'_>,
) -> Result<Vec<Option<Expr>>, Problem> {
    let dialect = PostgreSqlDialect {};
    let mut defaults = Vec::with_capacity(rule.arguments.len());
    for (argument, known) in rule.arguments.iter().zip(&function.arguments) {
        let Some(text) = &argument.default else {
            defaults.push(None);
            continue;
        };
        let mut parser = Parser::new(&dialect)
            .with_recursion_limit(DEPTH_MAX)
            .try_with_sql(text)
            .map_err(|e| e.to_string())?;
        let parsed = parser.parse_expr().map_err(|e| e.to_string())?;
        let lowered = coerced(scopes.lower(&parsed)?, &known.ty)?;
        defaults.push(Some(settled(lowered)));
    }
    Ok(defaults)
}

/// As PostgreSQL converts what a statement gives to what was declared.
pub(super) fn coerced(expr: Expr, to: &Type) -> Result<Expr, Problem> {
    let expr = typed(expr, to)?;
    let from = expr.ty();
    if from == *to {
        return Ok(expr);
    }
    if !(comparable(&from, to) || from.is_json() && to.is_json()) {
        return Err(format!("a value of type {from} stands where {to} is declared; cast it"));
    }
    Ok(Expr::Cast { expr: Box::new(expr), to: to.clone() })
}

/// What of a query no part of it here stands for.
fn odd_query(query: &ast::Query) -> Result<(), Problem> {
    if query.fetch.is_some() {
        return Err("FETCH cannot be guarded: write LIMIT".into());
    }
    if !query.locks.is_empty() {
        return Err(
            "FOR UPDATE and the like cannot be guarded, and need not be said: one writer at a \
                    time is at work here, and a call is one transaction"
                .into(),
        );
    }
    Ok(())
}

/// It says nothing beside its select.
pub(super) fn is_bare(query: &ast::Query) -> bool {
    query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.locks.is_empty()
}

fn odd(body: &ast::Select) -> bool {
    body.into.is_some()
        || body.top.is_some()
        || body.exclude.is_some()
        || body.prewhere.is_some()
        || body.qualify.is_some()
        || !body.lateral_views.is_empty()
        || !body.connect_by.is_empty()
}

const NOT_GUARDED: &str = "only [WITH ...] SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... \
     WINDOW ... ORDER BY ... LIMIT, and several of them with UNION, INTERSECT or EXCEPT, can be guarded";

/// Each column of rows that are no table, by its name.
pub(super) fn columns_of(
    of: mag_query::Ref,
    columns: &super::scope::Columns,
) -> impl Iterator<Item = (String, Expr)> {
    (0_u16..).zip(columns.iter()).map(move |(n, (name, ty))| {
        (name.to_string(), Expr::column(of, mag_model::ColumnId(n), ty.clone()))
    })
}

impl Scopes<'_> {
    /// A SELECT; `wanted` are the columns that it must give.
    pub(super) fn reading(
        &mut self,
        query: &ast::Query,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<Reading, Problem> {
        self.named_reading(query, wanted).map(|(reading, _)| reading)
    }

    /// The same with the names that its columns have.
    pub(super) fn named_reading(
        &mut self,
        query: &ast::Query,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<(Reading, Vec<String>), Problem> {
        odd_query(query)?;
        let before = self.withs.len();
        let made = self.with(query).and_then(|()| match &*query.body {
            SetExpr::Select(body) => self.selected(Some(query), body, wanted),
            SetExpr::SetOperation { .. } | SetExpr::Query(_) => self.combined(query, wanted),
            _ => Err("VALUES and the like cannot be guarded as a statement".into()),
        });
        self.withs.truncate(before);
        made
    }

    /// A plain SELECT, with what its query says of order and page.
    pub(super) fn selected(
        &mut self,
        query: Option<&ast::Query>,
        body: &ast::Select,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<(Reading, Vec<String>), Problem> {
        if odd(body) {
            return Err(NOT_GUARDED.into());
        }
        self.levels.push(Vec::new());
        let windows = std::mem::take(&mut self.named_windows);
        let reading = self.read(query, body, wanted);
        self.named_windows = windows;
        self.levels.pop();
        reading
    }

    fn read(
        &mut self,
        query: Option<&ast::Query>,
        body: &ast::Select,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<(Reading, Vec<String>), Problem> {
        let mut select = Select::default();
        for table in &body.from {
            self.joined(table, &mut select)?;
        }
        if let Some(condition) = &body.selection {
            let condition = settled(self.condition(condition)?);
            select.keep(condition);
        }
        let aggregates = std::mem::replace(&mut self.aggregates, true);
        let named = self.name_windows(&body.named_window);
        self.aggregates = aggregates;
        named?;
        let windows = std::mem::replace(&mut self.windows, true);
        let plain = self.projection(&body.projection, true);
        self.windows = windows;
        let plain = plain?;
        self.told(&plain, wanted, &mut select)?;
        let distinct = match &body.distinct {
            None | Some(ast::Distinct::All) => false,
            Some(ast::Distinct::Distinct) => true,
            Some(ast::Distinct::On(_)) => {
                return Err("DISTINCT ON cannot be guarded: number the rows by row_number() OVER \
                            (PARTITION BY ...) in a select in brackets, and keep those with 1"
                    .into());
            }
        };
        self.gathered(body, distinct, &plain, &mut select)?;
        let reading = self.paged(query, &plain, select)?;
        Ok((reading, plain.into_iter().map(|(name, _)| name).collect()))
    }

    /// With the order and the page that the query says.
    pub(super) fn paged(
        &mut self,
        query: Option<&ast::Query>,
        plain: &[(String, Expr)],
        mut select: Select,
    ) -> Result<Reading, Problem> {
        let Some(query) = query else {
            return Ok(Reading { select, limit: None, offset: None, first_only: false });
        };
        self.sorted(query, plain, &mut select)?;
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by })
                if limit_by.is_empty() =>
            {
                let offset = offset.as_ref().map(|offset| &offset.value);
                (limit.as_ref(), offset)
            }
            Some(other) => return Err(format!("`{other}` cannot be guarded")),
        };
        let (limit, offset) = (self.number(limit)?, self.number(offset)?);
        Ok(Reading { select, limit, offset, first_only: false })
    }

    /// A whole number, or an argument that is one.
    pub(super) fn number(&mut self, ast: Option<&Ast>) -> Result<Option<Expr>, Problem> {
        let Some(ast) = ast else { return Ok(None) };
        match self.lower(ast)? {
            number @ Expr::Value(_)
                if matches!(number.ty().base(), Type::Int2 | Type::Int4 | Type::Int8) =>
            {
                Ok(Some(number))
            }
            _ => Err(format!("`{ast}` is neither a whole number nor an argument that is one")),
        }
    }

    /// What is picked, with the name that it has.
    pub(super) fn projection(
        &mut self,
        items: &[ast::SelectItem],
        aggregates: bool,
    ) -> Result<Vec<(String, Expr)>, Problem> {
        let mut plain = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ast::SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        Ast::Identifier(ident) => folded(ident),
                        Ast::CompoundIdentifier(idents) => {
                            idents.last().map(folded).unwrap_or_default()
                        }
                        _ => String::new(),
                    };
                    plain.push((name, self.picked(expr, aggregates)?));
                }
                ast::SelectItem::ExprWithAlias { expr, alias } => {
                    plain.push((folded(alias), self.picked(expr, aggregates)?));
                }
                ast::SelectItem::Wildcard(_) => self.all_of(None, &mut plain)?,
                ast::SelectItem::QualifiedWildcard(
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let table = names(name)?.pop().unwrap_or_default();
                    self.all_of(Some(&table), &mut plain)?;
                }
                other => return Err(format!("`{other}` cannot be guarded")),
            }
        }
        Ok(plain)
    }

    pub(super) fn picked(&mut self, expr: &Ast, aggregates: bool) -> Result<Expr, Problem> {
        let before = std::mem::replace(&mut self.aggregates, aggregates);
        let lowered = self.lower(expr);
        self.aggregates = before;
        lowered
    }

    fn all_of(&self, table: Option<&str>, plain: &mut Vec<(String, Expr)>) -> Result<(), Problem> {
        let here = self.levels.last().map_or(&[][..], Vec::as_slice);
        let before = plain.len();
        for named in here.iter().filter(|named| table.is_none_or(|table| named.name == table)) {
            match &named.of {
                Of::Table(table) => {
                    let known = self.catalog.table(*table);
                    for id in known.ids() {
                        let column = known.column(id);
                        let expr = Expr::column(named.id, id, column.ty.clone());
                        plain.push((column.name.to_string(), expr));
                    }
                }
                Of::Columns(columns) => plain.extend(columns_of(named.id, columns)),
            }
        }
        if plain.len() == before {
            return Err("`*` stands where there is no such table".into());
        }
        Ok(())
    }

    /// The outputs, as the columns that are wanted.
    pub(super) fn told(
        &self,
        plain: &[(String, Expr)],
        wanted: Option<&[(Arc<str>, Type)]>,
        select: &mut Select,
    ) -> Result<(), Problem> {
        let output = |name: Arc<str>, expr| Output { name, expr, shown: true, from_star: false };
        let Some(wanted) = wanted else {
            let each = plain.iter().enumerate();
            select.outputs = each
                .map(|(n, (_, expr))| output(Arc::from(format!("o{n}")), settled(expr.clone())))
                .collect();
            return Ok(());
        };
        if plain.len() != wanted.len() {
            return Err(format!(
                "the last statement gives {} columns, and {} are declared",
                plain.len(),
                wanted.len()
            ));
        }
        for ((_, expr), (name, ty)) in plain.iter().zip(wanted) {
            select.outputs.push(output(name.clone(), coerced(expr.clone(), ty)?));
        }
        Ok(())
    }
}
