//! WITH RECURSIVE: a select, and another that goes on from the rows that were found last, until there
//! are none. What never ends is ended by the time that a statement has.
//! Never: the own rows anywhere but behind FROM of the second select, where each round sees those of
//! the round before and no others.

use super::Problem;
use super::derived::{Derived, common};
use super::scope::{Columns, Itself, Named, Of, Scopes, With, names};
use mag_query::Expr;
use mag_query::expr::Literal;
use mag_query::select::{Body, From, Select, Source};
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};
use std::ops::ControlFlow;
use std::sync::Arc;

/// It speaks of its own name.
pub(super) fn names_itself(with: &With) -> bool {
    speaks_of(&with.query, &with.name)
}

fn speaks_of<V: ast::Visit>(part: &V, name: &str) -> bool {
    let found = ast::visit_relations(part, |relation| {
        let same = names(relation).is_ok_and(|parts| matches!(&*parts, [only] if only == name));
        if same { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_break()
}

impl Scopes<'_> {
    pub(super) fn recursive(&mut self, with: &With) -> Result<Derived, Problem> {
        let name = &with.name;
        let shape = || {
            format!(
                "recursive query \"{name}\" does not have the form of a select, UNION [ALL], and a \
                 select from \"{name}\""
            )
        };
        let query = &with.query;
        if query.with.is_some() || query.order_by.is_some() || query.limit_clause.is_some() {
            return Err(format!(
                "recursive query \"{name}\" cannot have WITH, ORDER BY or LIMIT of its own: say them \
                 in the select that reads it"
            ));
        }
        let SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right } =
            &*query.body
        else {
            return Err(shape());
        };
        let all = match set_quantifier {
            SetQuantifier::All => true,
            SetQuantifier::None | SetQuantifier::Distinct => false,
            _ => return Err(shape()),
        };
        if speaks_of(&**left, name) {
            return Err(format!(
                "recursive reference to query \"{name}\" must not appear within its first select"
            ));
        }
        let again = match &**right {
            SetExpr::Select(body) => body,
            SetExpr::Query(inner) if super::body::is_bare(inner) => match &*inner.body {
                SetExpr::Select(body) => body,
                _ => return Err(shape()),
            },
            _ => return Err(shape()),
        };
        let (first, columns) = self.by_itself(|scopes| scopes.set(left))?;
        let columns = named_anew(columns, &with.columns)?;
        self.recursions += 1;
        let number = self.recursions;
        let again = self.by_itself(|scopes| scopes.again(with, number, &columns, again))?;
        let (first, again) = (Box::new(first), Box::new(again));
        Ok((Body::Recursive { number, all, first, again }, columns))
    }

    /// The rows of the round before, when this is the name of what is being read.
    pub(super) fn itself(&self, name: &ast::ObjectName) -> Result<Option<Itself>, Problem> {
        let parts = names(name)?;
        let [only] = &*parts else { return Ok(None) };
        let found = self.withs.iter().rev().find(|known| known.name == *only);
        let Some(itself) = found.and_then(|with| with.itself.as_ref()) else { return Ok(None) };
        if (self.inside, self.levels.len()) != (itself.inside, itself.levels) {
            return Err(format!(
                "recursive reference to query \"{only}\" must not appear within a select inside"
            ));
        }
        Ok(Some(itself.clone()))
    }

    pub(super) fn again_named(
        &mut self,
        name: String,
        itself: &Itself,
        select: &mut Select,
    ) -> Result<(), Problem> {
        let (id, columns) = (self.fresh(), itself.columns.clone());
        self.met += 1;
        if let Some(level) = self.levels.last_mut() {
            level.push(Named { name, of: Of::Columns(columns.clone()), id });
        }
        let from = From::Again { of: itself.number, columns };
        select.sources.push(Source { id, from, rule: None, join: None });
        Ok(())
    }

    /// The select that goes on from the rows that were found last.
    fn again(
        &mut self,
        with: &With,
        number: u32,
        columns: &Columns,
        body: &ast::Select,
    ) -> Result<Select, Problem> {
        let name = &with.name;
        let itself = Itself {
            number,
            columns: columns.clone(),
            inside: self.inside,
            levels: self.levels.len() + 1,
        };
        self.withs.push(With { itself: Some(itself), ..with.clone() });
        let before = std::mem::replace(&mut self.met, 0);
        let once = self.selected(None, body, None);
        let met = std::mem::replace(&mut self.met, 0);
        let made = self.selected(None, body, Some(columns));
        self.met = before;
        self.withs.pop();
        // What it gives is told first: it may not be what the first select gives.
        let (plain, _) = once?;
        if plain.select.outputs.len() != columns.len() {
            return Err(format!(
                "each side must have the same number of columns, and they have {} and {}",
                columns.len(),
                plain.select.outputs.len()
            ));
        }
        for (output, (column, ty)) in plain.select.outputs.iter().zip(columns.iter()) {
            let given = output.expr.ty();
            let literal = matches!(&output.expr, Expr::Value(Literal { slot: None, .. }));
            if !literal && common(ty, &given).as_ref() != Some(ty) {
                return Err(format!(
                    "recursive query \"{name}\" column \"{column}\" has type {ty} in its first \
                     select but type {given} after that; cast it in one of them"
                ));
            }
        }
        let (reading, _) = made?;
        let select = reading.select;
        if met != 1 {
            return Err(format!(
                "recursive reference to query \"{name}\" must appear once behind FROM, and in no \
                 select inside"
            ));
        }
        let windows = select.outputs.iter().any(|output| super::window::has_window(&output.expr));
        if select.grouped || windows {
            return Err(format!(
                "the select of \"{name}\" that goes on from its own rows cannot gather them or have \
                 windows: do that in the select that reads \"{name}\""
            ));
        }
        Ok(select)
    }
}

fn named_anew(columns: Columns, given: &[String]) -> Result<Columns, Problem> {
    if given.len() > columns.len() {
        return Err(format!(
            "{} columns are named, and the select has {}",
            given.len(),
            columns.len()
        ));
    }
    let mut named = columns.to_vec();
    for (column, name) in named.iter_mut().zip(given) {
        column.0 = Arc::from(name.as_str());
    }
    let twice = |n: usize| named[..n].iter().any(|(name, _)| *name == named[n].0);
    match (0..named.len()).find(|n| twice(*n)) {
        Some(n) => Err(format!("column name \"{}\" specified more than once", named[n].0)),
        None => Ok(named.into()),
    }
}
