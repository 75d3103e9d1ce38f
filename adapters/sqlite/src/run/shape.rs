//! Statements that are rendered once for all plans of one shape: plain reads of one table that differ
//! in nothing but their values. A shape is compared whole, byte by byte, and where each value goes is
//! taken from what the renderer did, not guessed.
//! Never: a plan with anything in it that is not listed here. It is rendered anew each time.

use super::{Dialect, unrendered};
use crate::readers::Pace;
use mag_adapter::EngineError;
use mag_model::Value;
use mag_model::catalog::Catalog;
use mag_query::expr::Column;
use mag_query::select::From;
use mag_query::{Expr, Plan, Ref, Select};
use mag_sql::Statement;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Shapes that are kept; all are forgotten when there are more, or when the catalog changes.
const SHAPES: usize = 1_024;

/// A statement without its values.
pub(crate) struct Template {
    pub(crate) statement: Statement,
    pub(crate) pace: Pace,
}

/// A template, and the values of one plan in their order.
pub(crate) type Fitting = (Arc<Template>, Vec<Value>);

#[derive(Default)]
pub(crate) struct Shapes {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Held, so that no other catalog can be where it was.
    catalog: Option<Arc<Catalog>>,
    templates: HashMap<Vec<u8>, Arc<Template>>,
}

impl Shapes {
    /// The statement and the values of a plain read; nothing when it is not one.
    pub(crate) fn of(&self, plan: &Plan, select: &Select) -> Result<Option<Fitting>, EngineError> {
        let mut shape =
            Shape { of: select.main().id, key: Vec::with_capacity(128), values: Vec::new() };
        if shape.select(select).is_none() {
            return Ok(None);
        }
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let same = known.catalog.as_ref().is_some_and(|c| Arc::ptr_eq(c, &plan.catalog));
            if let (true, Some(template)) = (same, known.templates.get(&shape.key)) {
                return Ok(Some((template.clone(), shape.values)));
            }
        }
        let statement = mag_sql::read(plan, &Dialect).map_err(unrendered)?;
        let in_order = statement.args.len() == shape.values.len()
            && statement.args.iter().zip(&shape.values).all(|(arg, value)| arg.value == *value);
        // Two equal values could stand for each other: another plan of the shape will tell.
        let distinct = (1..shape.values.len())
            .all(|place| !shape.values[..place].contains(&shape.values[place]));
        let template = Arc::new(Template { statement, pace: Pace::default() });
        if in_order && distinct {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            let same = known.catalog.as_ref().is_some_and(|c| Arc::ptr_eq(c, &plan.catalog));
            if !same || known.templates.len() >= SHAPES {
                *known = Known { catalog: Some(plan.catalog.clone()), templates: HashMap::new() };
            }
            known.templates.insert(shape.key, template.clone());
        }
        let values = template.statement.args.iter().map(|arg| arg.value.clone()).collect();
        Ok(Some((template, values)))
    }
}

/// A plan as it is read: all but its values, and its values.
struct Shape {
    of: Ref,
    key: Vec<u8>,
    values: Vec<Value>,
}

impl Shape {
    /// Nothing as soon as something is met that is not plain.
    fn select(&mut self, select: &Select) -> Option<()> {
        let [source] = &*select.sources else { return None };
        let From::Table(table) = source.from else { return None };
        if select.grouped || !select.embeds.is_empty() || !select.group.is_empty() {
            return None;
        }
        self.number(table.0);
        self.number(self.of.0);
        // Each list begins with its length, so that no two shapes have the same bytes.
        self.number(u32::try_from(select.outputs.len()).ok()?);
        for output in &select.outputs {
            if !output.shown {
                return None;
            }
            self.column(&output.expr)?;
            self.key.extend_from_slice(&u32::try_from(output.name.len()).ok()?.to_le_bytes());
            self.key.extend_from_slice(output.name.as_bytes());
        }
        for condition in [&source.rule, &select.filter] {
            self.mark(u8::from(condition.is_some()));
            if let Some(condition) = condition {
                self.condition(condition)?;
            }
        }
        self.number(u32::try_from(select.order.len()).ok()?);
        for sort in &select.order {
            self.column(&sort.expr)?;
            self.mark(u8::from(sort.descending) * 2 + u8::from(sort.nulls_first));
        }
        self.mark(u8::from(select.limit.is_some()));
        if let Some(limit) = select.limit {
            self.values.push(Value::Int(i64::try_from(limit).ok()?));
        }
        self.mark(u8::from(select.offset > 0));
        if select.offset > 0 {
            self.values.push(Value::Int(i64::try_from(select.offset).ok()?));
        }
        Some(())
    }

    fn condition(&mut self, condition: &Expr) -> Option<()> {
        match condition {
            Expr::All(all) => {
                self.mark(b'a');
                self.number(u32::try_from(all.len()).ok()?);
                all.iter().try_for_each(|one| self.condition(one))
            }
            Expr::Compare(comparison, left, right) => {
                let (Expr::Column(column), Expr::Value(literal)) = (&**left, &**right) else {
                    return None;
                };
                // A value of another type is rendered otherwise, and so may NULL be.
                if literal.ty != column.ty || literal.value.is_null() {
                    return None;
                }
                self.mark(b'v');
                self.mark(*comparison as u8);
                self.column(left)?;
                self.values.push(literal.value.clone());
                Some(())
            }
            _ => None,
        }
    }

    /// The column's type is the catalog's, so its id says it.
    fn column(&mut self, expr: &Expr) -> Option<()> {
        let Expr::Column(Column { of, id, .. }) = expr else { return None };
        if *of != self.of {
            return None;
        }
        self.key.extend_from_slice(&id.0.to_le_bytes());
        Some(())
    }

    fn number(&mut self, n: u32) {
        self.key.extend_from_slice(&n.to_le_bytes());
    }
    fn mark(&mut self, mark: u8) {
        self.key.push(mark);
    }
}
