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
use mag_query::select::{Output, Select, Sort};
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
pub(super) fn odd_query(query: &ast::Query) -> bool {
    query.fetch.is_some() || !query.locks.is_empty()
}

fn odd(body: &ast::Select) -> bool {
    body.having.is_some()
        || body.into.is_some()
        || body.top.is_some()
        || body.exclude.is_some()
        || body.prewhere.is_some()
        || body.qualify.is_some()
        || !body.lateral_views.is_empty()
        || !body.named_window.is_empty()
        || !body.connect_by.is_empty()
}

const NOT_GUARDED: &str = "only [WITH ...] SELECT ... FROM ... WHERE ... GROUP BY ... ORDER BY ... \
     LIMIT, and several of them with UNION, INTERSECT or EXCEPT, can be guarded: no HAVING, named \
     window or lock";

fn has_window(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| found |= matches!(expr, Expr::Window { .. }));
    found
}

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
    fn reading(
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
        if odd_query(query) {
            return Err(NOT_GUARDED.into());
        }
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
        let reading = self.read(query, body, wanted);
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
        let windows = std::mem::replace(&mut self.windows, true);
        let plain = self.projection(&body.projection, true);
        self.windows = windows;
        let plain = plain?;
        self.told(&plain, wanted, &mut select)?;
        let distinct = match &body.distinct {
            None | Some(ast::Distinct::All) => false,
            Some(ast::Distinct::Distinct) => true,
            Some(ast::Distinct::On(_)) => return Err("DISTINCT ON cannot be guarded".into()),
        };
        self.gathered(body, distinct, &plain, &mut select)?;
        if select.grouped && plain.iter().any(|(_, expr)| has_window(expr)) {
            return Err("a window over rows that are gathered cannot be guarded".into());
        }
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

    fn number(&mut self, ast: Option<&Ast>) -> Result<Option<Expr>, Problem> {
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

    fn picked(&mut self, expr: &Ast, aggregates: bool) -> Result<Expr, Problem> {
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

    fn gathered(
        &mut self,
        body: &ast::Select,
        distinct: bool,
        plain: &[(String, Expr)],
        select: &mut Select,
    ) -> Result<(), Problem> {
        let ast::GroupByExpr::Expressions(group, modifiers) = &body.group_by else {
            return Err("GROUP BY ALL cannot be guarded".into());
        };
        if !modifiers.is_empty() {
            return Err("GROUP BY can name columns and nothing else".into());
        }
        let mut keys = Vec::with_capacity(group.len());
        for ast in group {
            let at = self.place(ast, plain)?;
            keys.push(at.ok_or_else(|| format!("`{ast}` is grouped by and not shown"))?);
        }
        let gathers = plain.iter().any(|(_, expr)| expr.has_aggregate());
        if gathers && distinct {
            return Err("DISTINCT over aggregates cannot be guarded".into());
        }
        select.grouped = gathers || distinct || !group.is_empty();
        if !select.grouped {
            return Ok(());
        }
        for (at, (_, expr)) in plain.iter().enumerate() {
            let mut outside = expr.clone();
            outside.replace(&mut |inner| {
                matches!(inner, Expr::Aggregate { .. })
                    .then(|| Expr::value(mag_model::Value::Null, Type::Text))
            });
            let mut speaks = false;
            outside.visit(&mut |inner| speaks |= matches!(inner, Expr::Column(_)));
            if speaks && !distinct && !keys.contains(&at) {
                return Err("a column is shown that is neither grouped by nor gathered".into());
            }
        }
        let shown =
            plain.iter().zip(&select.outputs).filter(|((_, expr), _)| !expr.has_aggregate());
        select.group = shown.map(|(_, output)| output.expr.clone()).collect();
        Ok(())
    }

    fn sorted(
        &mut self,
        query: &ast::Query,
        plain: &[(String, Expr)],
        select: &mut Select,
    ) -> Result<(), Problem> {
        let Some(order) = &query.order_by else { return Ok(()) };
        let ast::OrderByKind::Expressions(terms) = &order.kind else {
            return Err("ORDER BY ALL cannot be guarded".into());
        };
        for term in terms {
            let descending = term.options.asc == Some(false);
            let expr = match self.place(&term.expr, plain)? {
                Some(at) => select.outputs[at].expr.clone(),
                None => settled(self.picked(&term.expr, select.grouped)?),
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
        let expr = self.picked(ast, true)?;
        Ok(plain.iter().position(|(_, known)| *known == expr))
    }
}
