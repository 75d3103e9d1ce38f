//! Selects that stand where a table could: named by WITH, in brackets behind FROM, or put together by
//! UNION, INTERSECT and EXCEPT. Each of them becomes selects of plans, and so the guard meets each table
//! in them as if it stood alone.
//! Never: rows that the guard has not been asked for, a select that writes.

use super::Problem;
use super::body::{coerced, columns_of};
use super::literals::comparable;
use super::recursive::names_itself;
use super::scope::{Columns, Named, Of, Scopes, With, folded, names};
use crate::routine::Reading;
use mag_model::Type;
use mag_query::expr::Literal;
use mag_query::select::{Body, Both, From, Output, Select, Shape, Source};
use mag_query::{Expr, Ref};
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};
use std::sync::Arc;

/// Selects inside each other.
const INSIDE_MAX: usize = 8;
/// Tables and selects of one function, each counted as often as it is named.
const NAMED_MAX: u32 = 256;

pub(super) type Derived = (Body, Columns);

impl Scopes<'_> {
    /// The names that stand before a query. Each is read here once, so that one that cannot be guarded
    /// is refused although nobody names it.
    pub(super) fn with(&mut self, query: &ast::Query) -> Result<(), Problem> {
        let Some(with) = &query.with else { return Ok(()) };
        let first = self.withs.len();
        for cte in &with.cte_tables {
            let name = folded(&cte.alias.name);
            if self.withs[first..].iter().any(|known| known.name == name) {
                return Err(format!("WITH query name \"{name}\" specified more than once"));
            }
            let columns: Vec<String> = cte.alias.columns.iter().map(|c| folded(&c.name)).collect();
            let (query, before) = ((*cte.query).clone(), self.withs.len());
            let recursive = with.recursive;
            let made = With { name, columns, query, before, recursive, itself: None };
            self.of_with(&made)?;
            self.withs.push(made);
        }
        Ok(())
    }

    /// The rows of a name of WITH, when it is one.
    pub(super) fn with_named(
        &mut self,
        name: &ast::ObjectName,
    ) -> Result<Option<Derived>, Problem> {
        let parts = names(name)?;
        let [only] = &*parts else { return Ok(None) };
        let Some(found) = self.withs.iter().rev().find(|known| known.name == *only).cloned() else {
            return Ok(None);
        };
        // It speaks of the names before it, and not of those behind.
        let behind = self.withs.split_off(found.before);
        let derived = self.of_with(&found);
        self.withs.extend(behind);
        derived.map(Some)
    }

    fn of_with(&mut self, with: &With) -> Result<Derived, Problem> {
        match with.recursive && names_itself(with) {
            true => self.recursive(with),
            false => self.derived(&with.query, &with.columns),
        }
    }

    /// A select by itself: it sees the arguments, and no row of the one around it.
    pub(super) fn derived(
        &mut self,
        query: &ast::Query,
        names: &[String],
    ) -> Result<Derived, Problem> {
        let (reading, known) = self.by_itself(|scopes| scopes.named_reading(query, None))?;
        let mut select = reading.select;
        select.limit = whole(reading.limit.as_ref())?;
        select.offset = whole(reading.offset.as_ref())?.unwrap_or(0);
        let columns = named(&select, &known, names)?;
        Ok((Body::Select(select), columns))
    }

    /// What `read` reads sees the arguments, and nothing of the select around it.
    pub(super) fn by_itself<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if self.inside >= INSIDE_MAX || self.given() > NAMED_MAX {
            return Err("there are too many selects inside each other".into());
        }
        self.inside += 1;
        let levels = std::mem::take(&mut self.levels);
        let aggregates = std::mem::replace(&mut self.aggregates, false);
        let windows = std::mem::replace(&mut self.windows, false);
        let named = std::mem::take(&mut self.named_windows);
        let made = read(self);
        (self.levels, self.aggregates, self.windows) = (levels, aggregates, windows);
        self.named_windows = named;
        self.inside -= 1;
        made
    }

    /// UNION, INTERSECT and EXCEPT, with the order and the page of the whole.
    pub(super) fn combined(
        &mut self,
        query: &ast::Query,
        wanted: Option<&[(Arc<str>, Type)]>,
    ) -> Result<(Reading, Vec<String>), Problem> {
        let (body, columns) = self.set(&query.body)?;
        let mut select = Select::default();
        self.levels.push(Vec::new());
        let made = self.rows_named(String::new(), (body, columns.clone()), &mut select);
        let id = select.sources.first().map_or(Ref(0), |source| source.id);
        let plain: Vec<(String, Expr)> = columns_of(id, &columns).collect();
        let reading = made.and_then(|()| {
            self.told(&plain, wanted, &mut select)?;
            self.paged(Some(query), &plain, select)
        });
        self.levels.pop();
        Ok((reading?, plain.into_iter().map(|(name, _)| name).collect()))
    }

    pub(super) fn set(&mut self, expr: &SetExpr) -> Result<Derived, Problem> {
        match expr {
            SetExpr::Query(query) => self.derived(query, &[]),
            SetExpr::Select(body) => {
                let (reading, known) = self.selected(None, body, None)?;
                let columns = named(&reading.select, &known, &[])?;
                Ok((Body::Select(reading.select), columns))
            }
            SetExpr::SetOperation { op, set_quantifier, left, right } => {
                let how = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => Both::UnionAll,
                    (SetOperator::Union, SetQuantifier::None | SetQuantifier::Distinct) => {
                        Both::Union
                    }
                    (SetOperator::Intersect, SetQuantifier::None | SetQuantifier::Distinct) => {
                        Both::Intersect
                    }
                    (SetOperator::Except, SetQuantifier::None | SetQuantifier::Distinct) => {
                        Both::Except
                    }
                    _ => {
                        return Err(format!(
                            "{op} {set_quantifier} cannot be guarded: SQLite counts no equal rows \
                             there; write {op} without it, or tell the rows apart by row_number()"
                        ));
                    }
                };
                self.inside += 1;
                if self.inside > INSIDE_MAX || self.given() > NAMED_MAX {
                    return Err("there are too many selects inside each other".into());
                }
                let sides = self.set(left).and_then(|left| Ok((left, self.set(right)?)));
                self.inside -= 1;
                let (left, right) = sides?;
                self.both(how, left, right)
            }
            _ => Err("VALUES and the like cannot be guarded as a statement".into()),
        }
    }

    /// Two of the same columns; the names are those of the left one.
    fn both(&mut self, how: Both, left: Derived, right: Derived) -> Result<Derived, Problem> {
        if left.1.len() != right.1.len() {
            return Err(format!(
                "each side must have the same number of columns, and they have {} and {}",
                left.1.len(),
                right.1.len()
            ));
        }
        let mut columns = Vec::with_capacity(left.1.len());
        for ((name, a), (_, b)) in left.1.iter().zip(right.1.iter()) {
            let ty = common(a, b).ok_or_else(|| format!("types {a} and {b} cannot be matched"))?;
            columns.push((name.clone(), ty));
        }
        let columns: Columns = columns.into();
        let left = Box::new(self.fitted(left, &columns)?);
        let right = Box::new(self.fitted(right, &columns)?);
        Ok((Body::Both { how, left, right }, columns))
    }

    /// The same rows with these types.
    fn fitted(&mut self, (body, from): Derived, to: &Columns) -> Result<Body, Problem> {
        if from.iter().zip(to.iter()).all(|((_, a), (_, b))| a == b) {
            return Ok(body);
        }
        let mut select = Select::default();
        let source = self.rows(body, from.clone())?;
        for ((_, expr), (name, ty)) in columns_of(source.id, &from).zip(to.iter()) {
            let expr = coerced(expr, ty)?;
            select.outputs.push(Output { name: name.clone(), expr, shown: true, from_star: false });
        }
        select.sources.push(source);
        Ok(Body::Select(select))
    }

    /// As a source: the rows of the function itself, which its caller may have.
    pub(super) fn rows(&mut self, body: Body, columns: Columns) -> Result<Source, Problem> {
        let id =
            self.function.ok_or("only a function can have a select in the place of a table")?;
        let (arguments, body) = (Vec::new(), Some(Box::new(body)));
        let from = From::Function { id, arguments, shape: Shape::Columns(columns), body };
        Ok(Source { id: self.fresh(), from, rule: None, join: None })
    }

    pub(super) fn rows_named(
        &mut self,
        name: String,
        (body, columns): Derived,
        select: &mut Select,
    ) -> Result<(), Problem> {
        let source = self.rows(body, columns.clone())?;
        if let Some(level) = self.levels.last_mut() {
            level.push(Named { name, of: Of::Columns(columns), id: source.id });
        }
        select.sources.push(source);
        Ok(())
    }
}

/// The columns of a select, under the names that are given to them or that they have.
fn named(select: &Select, known: &[String], given: &[String]) -> Result<Columns, Problem> {
    if given.len() > select.outputs.len() {
        return Err(format!(
            "{} columns are named, and the select has {}",
            given.len(),
            select.outputs.len()
        ));
    }
    let mut columns: Vec<(Arc<str>, Type)> = Vec::with_capacity(select.outputs.len());
    for (n, output) in select.outputs.iter().enumerate() {
        let name = given.get(n).or(known.get(n)).filter(|name| !name.is_empty());
        // What has no name can be taken by `*` alone.
        let name: Arc<str> = name.map_or_else(|| format!("?column{n}?"), Clone::clone).into();
        if columns.iter().any(|(taken, _)| *taken == name) {
            return Err(format!("column name \"{name}\" specified more than once"));
        }
        columns.push((name, output.expr.ty()));
    }
    Ok(columns.into())
}

/// A number that stands there, and no argument: a plan is made once for all arguments.
pub(super) fn whole(expr: Option<&Expr>) -> Result<Option<u64>, Problem> {
    let Some(expr) = expr else { return Ok(None) };
    let number = match expr {
        Expr::Value(Literal { value, slot: None, .. }) => value.as_int(),
        _ => None,
    };
    match number.and_then(|n| u64::try_from(n).ok()) {
        Some(n) => Ok(Some(n)),
        None => Err("the LIMIT of a select inside another is a number".into()),
    }
}

/// The type that holds the values of both.
pub(super) fn common(a: &Type, b: &Type) -> Option<Type> {
    let rank = |ty: &Type| {
        [Type::Int2, Type::Int4, Type::Int8].iter().position(|known| known == ty.base())
    };
    match (rank(a), rank(b)) {
        _ if a == b => Some(a.clone()),
        (Some(x), Some(y)) => Some(if x >= y { a.clone() } else { b.clone() }),
        (Some(_), None) if b.is_number() => Some(b.clone()),
        (None, Some(_)) if a.is_number() => Some(a.clone()),
        _ if a.is_text() && b.is_text() => Some(Type::Text),
        _ => comparable(a, b).then(|| a.clone()),
    }
}
