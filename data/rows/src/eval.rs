//! What an expression is for one row, with three-valued logic: NULL is neither true nor false.

use crate::arithmetic::calculate;
use crate::cast::cast;
use crate::compare::{compare, equal};
use crate::database::{Error, Row};
use crate::select::{EmbedRows, Reader};
use crate::{aggregate, path, pattern, search, sets};
use mag_model::{BadValue, Type, Value, json};
use mag_query::call::{Comparison, Is};
use mag_query::expr::Builtin;
use mag_query::{Expr, Ref};
use std::cmp::Ordering;

/// The rows that the numbers in an expression stand for, the outer ones first.
pub(crate) type Bindings<'a> = &'a [(Ref, Row)];

/// Where an expression is evaluated.
pub(crate) struct Here<'a> {
    pub(crate) reader: &'a Reader<'a>,
    pub(crate) rows: Bindings<'a>,
    /// The embeds of the row at hand.
    pub(crate) embeds: Option<&'a EmbedRows<'a>>,
    /// The rows of the group at hand, each with its embeds.
    pub(crate) group: &'a [Here<'a>],
}

impl Here<'_> {
    /// Whether a condition holds: NULL does not.
    pub(crate) fn holds(&self, expr: &Expr) -> Result<bool, Error> {
        Ok(self.value(expr)? == Value::Bool(true))
    }

    pub(crate) fn value(&self, expr: &Expr) -> Result<Value, Error> {
        Ok(match expr {
            Expr::Value(literal) => literal.value.clone(),
            // The guard has put values in their places; what it has not seen opens nothing.
            Expr::Session(_) => Value::Null,
            Expr::Column(column) => match self.rows.iter().rev().find(|(id, _)| *id == column.of) {
                Some((_, row)) => row.get(usize::from(column.id.0)).cloned().unwrap_or(Value::Null),
                None => Value::Null,
            },
            Expr::Window { .. } => return Err(Error::Unsupported { what: "a window over rows" }),
            Expr::Computed { .. } | Expr::Row(_) => {
                return Err(Error::Unsupported { what: "a function of a row" });
            }
            Expr::Path { base, steps } => path::walk(&self.value(base)?, &base.ty(), steps)?,
            Expr::Through { .. } => {
                return Err(Error::Unsupported { what: "another representation of a type" });
            }
            Expr::Cast { expr, to } => cast(&self.value(expr)?, &expr.ty(), to)?,
            Expr::Compare(comparison, a, b) => self.compare(*comparison, a, b)?,
            Expr::Is { expr, is } => {
                let value = self.value(expr)?;
                Value::Bool(match is {
                    Is::Null | Is::Unknown => value.is_null(),
                    Is::NotNull => !value.is_null(),
                    Is::True => value == Value::Bool(true),
                    Is::False => value == Value::Bool(false),
                })
            }
            Expr::All(all) => self.fold(all, false)?,
            Expr::Any(any) => self.fold(any, true)?,
            Expr::Not(inner) => match self.value(inner)? {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Null,
            },
            Expr::OneOf { expr, list, ty, .. } => one_of(&self.value(expr)?, list, ty),
            Expr::Pattern { kind, text, pattern } => {
                match (self.value(text)?, self.value(pattern)?) {
                    (Value::Text(text), Value::Text(pattern)) => {
                        Value::Bool(pattern::matches(*kind, &text, &pattern)?)
                    }
                    _ => Value::Null,
                }
            }
            Expr::Search { text, mode, language, query } => {
                let how = (*mode, search::Language::named(language.as_deref())?);
                match self.value(text)? {
                    Value::Null => Value::Null,
                    value => Value::Bool(search::matches(&value, &text.ty(), how, query)?),
                }
            }
            Expr::Sets(op, a, b) => match (self.value(a)?, self.value(b)?) {
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                (left, right) => Value::Bool(sets::holds(*op, &left, &right, &a.ty())?),
            },
            Expr::Arithmetic(op, a, b) => {
                let types = (&a.ty(), &b.ty(), &expr.ty());
                calculate(*op, &self.value(a)?, &self.value(b)?, types)?
            }
            Expr::Call { function, arguments } => self.call(*function, arguments)?,
            Expr::Case { branches, otherwise } => {
                for (when, then) in branches {
                    if self.holds(when)? {
                        return self.value(then);
                    }
                }
                match otherwise {
                    Some(otherwise) => self.value(otherwise)?,
                    None => Value::Null,
                }
            }
            Expr::Exists(select) => {
                Value::Bool(!self.reader.run(select, self.rows)?.rows.is_empty())
            }
            Expr::InSelect { expr, select } => {
                let value = self.value(expr)?;
                let found = self.reader.run(select, self.rows)?.rows;
                let list: Vec<Value> =
                    found.into_iter().filter_map(|row| row.into_iter().next()).collect();
                one_of(&value, &list, &expr.ty())
            }
            Expr::Scalar(select) => {
                let mut found = self.reader.run(select, self.rows)?.rows;
                if found.len() > 1 {
                    return Err(BadValue::new(
                        "21000",
                        "more than one row returned by a subquery used as an expression",
                    )
                    .into());
                }
                found.pop().and_then(|row| row.into_iter().next()).unwrap_or(Value::Null)
            }
            Expr::Embed(at) => match self.embeds {
                Some(embeds) => embeds.json(*at)?,
                None => Value::Null,
            },
            Expr::Embedded(at) => match self.embeds {
                Some(embeds) => Value::Bool(!embeds.rows(*at)?.is_empty()),
                None => Value::Null,
            },
            Expr::FromEmbed { embed, output, .. } => match self.embeds {
                Some(embeds) => embeds.output(*embed, *output)?,
                None => Value::Null,
            },
            Expr::Aggregate { distinct: true, .. } => {
                return Err(Error::Unsupported { what: "an aggregate of different values" });
            }
            Expr::Aggregate { function, argument, distinct: false } => {
                let ty = argument.as_ref().map_or(Type::Int4, |argument| argument.ty());
                let values = self.group.iter().map(|row| match argument {
                    Some(argument) => row.value(argument),
                    None => Ok(Value::Int(1)),
                });
                let values = values.collect::<Result<Vec<_>, _>>()?;
                aggregate::aggregate(*function, &values, &ty)?
            }
        })
    }

    fn compare(&self, comparison: Comparison, a: &Expr, b: &Expr) -> Result<Value, Error> {
        let (left, right) = (self.value(a)?, self.value(b)?);
        if comparison == Comparison::Distinct {
            return Ok(Value::Bool(match (left.is_null(), right.is_null()) {
                (true, true) => false,
                (false, false) => !equal(&left, &right, &a.ty()),
                _ => true,
            }));
        }
        if left.is_null() || right.is_null() {
            return Ok(Value::Null);
        }
        // A literal beside a column of a narrower kind of text is compared as that kind.
        let ty = if matches!(b.ty().base(), Type::Bpchar(_)) { b.ty() } else { a.ty() };
        Ok(Value::Bool(satisfies(comparison, compare(&left, &right, &ty))))
    }

    /// `decisive` is the value that settles it: true for any, false for all.
    fn fold(&self, exprs: &[Expr], decisive: bool) -> Result<Value, Error> {
        let mut unknown = false;
        for expr in exprs {
            match self.value(expr)? {
                Value::Bool(b) if b == decisive => return Ok(Value::Bool(decisive)),
                Value::Bool(_) => {}
                _ => unknown = true,
            }
        }
        Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
    }

    fn call(&self, function: Builtin, arguments: &[Expr]) -> Result<Value, Error> {
        let values = arguments.iter().map(|argument| self.value(argument));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let ty = arguments.first().map_or(Type::Unknown, Expr::ty);
        let text = |f: &dyn Fn(&str) -> Value| match values.first() {
            Some(Value::Text(text)) => f(text),
            _ => Value::Null,
        };
        Ok(match (function, values.as_slice()) {
            (Builtin::Lower, _) => text(&|t| Value::text(t.to_lowercase())),
            (Builtin::Upper, _) => text(&|t| Value::text(t.to_uppercase())),
            (Builtin::Trim, _) => text(&|t| Value::text(t.trim_matches(' '))),
            (Builtin::Length, _) => {
                text(&|t| Value::Int(i64::try_from(t.chars().count()).unwrap_or(i64::MAX)))
            }
            (Builtin::StartsWith, [Value::Text(text), Value::Text(start)]) => {
                Value::Bool(text.starts_with(&**start))
            }
            (Builtin::Coalesce, values) => {
                values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)
            }
            (Builtin::NullIf, [a, b]) => {
                let same = !a.is_null() && !b.is_null() && equal(a, b, &ty);
                if same { Value::Null } else { a.clone() }
            }
            (Builtin::Abs, [value]) => match value {
                Value::Int(n) => Value::Int(n.saturating_abs()),
                Value::Float8(n) => Value::Float8(n.abs()),
                Value::Float4(n) => Value::Float4(n.abs()),
                Value::Numeric(n) if n.as_str().starts_with('-') => {
                    Value::Numeric(mag_model::Numeric::parse(&n.as_str()[1..])?)
                }
                other => other.clone(),
            },
            (Builtin::Concat, values) => {
                let shown = values.iter().zip(arguments).filter(|(value, _)| !value.is_null());
                let shown = shown.map(|(value, expr)| crate::cast::text_of(value, &expr.ty()));
                Value::text(shown.collect::<String>())
            }
            (Builtin::Greatest, values) => best(values, &ty, Ordering::Greater),
            (Builtin::Least, values) => best(values, &ty, Ordering::Less),
            (Builtin::InArray, [value, Value::Array(list)]) => one_of(value, &list.items, &ty),
            (Builtin::HasKey, [Value::Json(json), Value::Text(key)]) => {
                Value::Bool(sets::has_key(json, key)?)
            }
            (
                Builtin::StartsWith
                | Builtin::NullIf
                | Builtin::Abs
                | Builtin::InArray
                | Builtin::HasKey,
                _,
            ) => Value::Null,
        })
    }
}

fn best(values: &[Value], ty: &Type, wanted: Ordering) -> Value {
    let better = |a, b| if compare(b, a, ty) == wanted { b } else { a };
    let known = values.iter().filter(|value| !value.is_null());
    known.reduce(better).cloned().unwrap_or(Value::Null)
}

pub(crate) fn satisfies(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Neq | Comparison::Distinct => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Lte => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Gte => order.is_ge(),
    }
}

/// `value = ANY(list)`: unknown when only a NULL could have been it.
fn one_of(value: &Value, list: &[Value], ty: &Type) -> Value {
    if list.is_empty() {
        return Value::Bool(false);
    }
    if value.is_null() {
        return Value::Null;
    }
    if list.iter().any(|item| !item.is_null() && equal(value, item, ty)) {
        return Value::Bool(true);
    }
    if list.iter().any(Value::is_null) { Value::Null } else { Value::Bool(false) }
}

/// A row's shown outputs as a JSON object.
pub(crate) fn object(names: &[(std::sync::Arc<str>, Type)], values: &[Value]) -> String {
    let mut out = String::from("{");
    for (i, ((name, ty), value)) in names.iter().zip(values).enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_string(&mut out, name);
        out.push(':');
        json::write(&mut out, value, ty);
    }
    out.push('}');
    out
}
