//! Conditions: each literal becomes a value of the type of its field, and each operator is one that
//! the type has.

use super::{Late, Planner, Scope};
use crate::call::{Comparison, Filter, Is, Op, Operand, Pattern, SetOp, Test};
use crate::error::Error;
use crate::expr::Expr;
use crate::select::Select;
use crate::slot::{Reading, Slot};
use mag_model::{Type, Value, literal};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn filters(
        &mut self,
        scope: &Scope,
        filters: &[Filter],
        select: &mut Select,
    ) -> Result<(), Error> {
        for filter in filters {
            let condition = self.filter(scope, filter, Some(select), 0)?;
            select.keep(condition);
        }
        Ok(())
    }

    /// Conditions of a write, which embeds nothing.
    pub(super) fn conditions(
        &mut self,
        scope: &Scope,
        filters: &[Filter],
    ) -> Result<Option<Expr>, Error> {
        let mut all: Option<Expr> = None;
        for filter in filters {
            let condition = self.filter(scope, filter, None, 0)?;
            all = Some(match all {
                Some(all) => all.and(condition),
                None => condition,
            });
        }
        Ok(all)
    }

    fn filter(
        &mut self,
        scope: &Scope,
        filter: &Filter,
        select: Option<&Select>,
        depth: usize,
    ) -> Result<Expr, Error> {
        if depth > self.limits.filter_depth {
            let limit = self.limits.filter_depth;
            return Err(Error::TooMany { what: "conditions inside each other", limit });
        }
        let mut each = |filters: &[Filter]| {
            let each = filters.iter().map(|f| self.filter(scope, f, select, depth + 1));
            each.collect::<Result<Vec<_>, Error>>()
        };
        Ok(match filter {
            Filter::All(filters) => Expr::All(each(filters)?),
            Filter::Any(filters) => Expr::Any(each(filters)?),
            Filter::Not(filter) => self.filter(scope, filter, select, depth + 1)?.negated(),
            Filter::Test(test) => {
                Self::count(&mut self.filters, 1, self.limits.filters, "conditions")?;
                match select.and_then(|select| embedded(test, select)) {
                    Some(condition) => condition,
                    None => self.test(scope, test)?,
                }
            }
        })
    }

    fn test(&mut self, scope: &Scope, test: &Test) -> Result<Expr, Error> {
        let field = self.resolve(scope, &test.field)?;
        let ty = field.ty();
        match &test.op {
            Op::Compare(comparison, operand) => {
                let fits = comparable(&ty, *comparison);
                let as_written = fits.is_err();
                self.misfit(fits)?;
                let own = *comparison == Comparison::Distinct;
                self.each(operand, &ty, |planner, text| {
                    let Some(text) = text else {
                        let nothing = Expr::value(Value::Null, ty.clone());
                        return Ok(Expr::compare(*comparison, field.clone(), nothing));
                    };
                    let value = match planner.read_through(text, &ty).filter(|_| !own) {
                        Some(value) => value,
                        None if as_written => planner.unread(text, &ty)?,
                        None => planner.compared(text, &ty)?,
                    };
                    Ok(Expr::compare(*comparison, field.clone(), value))
                })
            }
            Op::Pattern(kind, operand) => {
                if !ty.is_text() && !ty.is_foreign() {
                    self.misfit(Err(no_operator(&ty, pattern_sign(*kind))))?;
                }
                self.each(operand, &Type::Text, |planner, text| {
                    // An engine that decides sees what was written: a literal of no type yet.
                    let read = if planner.engine_decides { Type::Unknown } else { Type::Text };
                    let pattern = match text {
                        Some(text) => {
                            let verbatim = Reading::Verbatim;
                            let slot = planner.slots.take_text(text, &Type::Text, verbatim);
                            Expr::slotted(Value::text(text), read, Slot::Given(slot))
                        }
                        None => Expr::value(Value::Null, Type::Text),
                    };
                    Ok(Expr::Pattern {
                        kind: *kind,
                        text: Box::new(field.clone()),
                        pattern: Box::new(pattern),
                    })
                })
            }
            Op::In(texts) => {
                self.misfit(comparable(&ty, Comparison::Eq))?;
                Self::count(&mut self.values, texts.len(), self.limits.values, "listed values")?;
                if self.catalog.representation(&Type::Text, &ty).is_some() {
                    let tests = texts.iter().filter_map(|text| {
                        let value = self.read_through(text, &ty)?;
                        Some(Expr::compare(Comparison::Eq, field.clone(), value))
                    });
                    return Ok(Expr::Any(tests.collect()));
                }
                let ty = lengthless(&ty);
                let read = texts.iter().map(|text| literal::parse(text, &ty));
                match read.collect::<Result<Vec<_>, _>>() {
                    Ok(list) => {
                        let mut first = None;
                        for text in texts {
                            let slot = self.slots.take_text(text, &ty, Reading::Literal);
                            first = first.or(Some(slot));
                        }
                        Ok(Expr::OneOf { expr: Box::new(field), list, ty, first })
                    }
                    Err(_) => {
                        // One is for the engine to read or is asked of the clock, else it is told
                        // here. The plan of other values would be a list.
                        self.slots.lose();
                        let tests = texts.iter().map(|text| {
                            let value = self.compared(text, &ty)?;
                            Ok(Expr::compare(Comparison::Eq, field.clone(), value))
                        });
                        Ok(Expr::Any(tests.collect::<Result<_, Error>>()?))
                    }
                }
            }
            Op::Is(is) => {
                let word = match is {
                    Is::Null | Is::NotNull => None,
                    Is::True => Some("TRUE"),
                    Is::False => Some("FALSE"),
                    Is::Unknown => Some("UNKNOWN"),
                };
                if let Some(is) = word.filter(|_| !matches!(ty.base(), Type::Bool)) {
                    self.misfit(Err(Error::NotBoolean { is, ty: ty.plain_name() }))?;
                }
                Ok(Expr::Is { expr: Box::new(field), is: *is })
            }
            Op::Search(search) => {
                let searchable = ty.is_text()
                    || ty.is_json()
                    || ty.is_foreign()
                    || matches!(ty.base(), Type::TsVector);
                if !searchable {
                    let (language, ty) = (search.language.is_some(), ty.plain_name());
                    let miss = Err(Error::NotSearchable { language, ty });
                    // A language has no type before the function is found.
                    if language { miss } else { self.misfit(miss) }?;
                }
                Ok(Expr::Search {
                    text: Box::new(field),
                    mode: search.mode,
                    language: search.language.as_deref().map(Arc::from),
                    query: Arc::from(search.query.as_str()),
                })
            }
            Op::Sets(op, text) => {
                let fits = set_operator(&ty, *op);
                let as_written = fits.is_err();
                self.misfit(fits)?;
                let value = match self.read_through(text, &ty) {
                    Some(value) => value,
                    None if as_written => self.unread(text, &ty)?,
                    None => self.compared(text, &ty)?,
                };
                Ok(Expr::Sets(*op, Box::new(field), Box::new(value)))
            }
        }
    }

    /// A test for each value; `None` is NULL. `ty`: what the values are.
    fn each(
        &mut self,
        operand: &Operand,
        ty: &Type,
        mut one: impl FnMut(&mut Self, Option<&str>) -> Result<Expr, Error>,
    ) -> Result<Expr, Error> {
        let (many, all) = match operand {
            Operand::One(text) => return one(self, Some(text)),
            Operand::AnyOf(texts) => (texts, false),
            Operand::AllOf(texts) => (texts, true),
            Operand::NoList(text) => {
                // The plan of another text would be a list.
                self.slots.lose();
                return match literal::parse(text, &Type::array_of(ty.clone())) {
                    Ok(value) => one(self, Some(&literal::text(&value))),
                    Err(bad) => {
                        self.later(Late::Bound, bad.into());
                        one(self, None)
                    }
                };
            }
        };
        Self::count(&mut self.values, many.len(), self.limits.values, "listed values")?;
        let tests = many.iter().map(|text| one(self, text.as_deref()));
        let tests = tests.collect::<Result<Vec<_>, _>>()?;
        Ok(if all { Expr::All(tests) } else { Expr::Any(tests) })
    }

    /// A text that a function of the engine reads as a value of the type.
    fn read_through(&mut self, text: &str, ty: &Type) -> Option<Expr> {
        self.catalog.representation(&Type::Text, ty)?;
        let slot = self.slots.take_text(text, &Type::Text, Reading::Verbatim);
        let value = Expr::slotted(Value::text(text), Type::Text, Slot::Given(slot));
        Some(self.represented(value, ty))
    }

    /// For an engine that knows no such operator and says so: of a text that nobody has read.
    fn unread(&mut self, text: &str, ty: &Type) -> Result<Expr, Error> {
        if text.contains('\0') {
            return self.compared(text, ty);
        }
        self.slots.lose();
        Ok(Expr::value(Value::text(text), Type::Unknown))
    }

    fn compared(&mut self, text: &str, ty: &Type) -> Result<Expr, Error> {
        self.literal(text, lengthless(ty))
    }
}

/// A length cuts or pads what is stored, never what it is compared with.
fn lengthless(ty: &Type) -> Type {
    match ty.base() {
        Type::Varchar(_) => Type::Varchar(None),
        Type::Bpchar(_) => Type::Bpchar(None),
        Type::Numeric(_) => Type::Numeric(None),
        _ => ty.clone(),
    }
}

/// `relation=is.null` on an embedded relation asks for rows without it. Any other condition is one on a
/// column of that name.
fn embedded(test: &Test, select: &Select) -> Option<Expr> {
    let Op::Is(Is::Null) = test.op else { return None };
    let at = select.embeds.iter().position(|embed| *embed.name == *test.field.column)?;
    test.field.path.is_empty().then(|| Expr::Embedded(at).negated())
}

pub(crate) fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => "=",
        Comparison::Neq => "<>",
        Comparison::Lt => "<",
        Comparison::Lte => "<=",
        Comparison::Gt => ">",
        Comparison::Gte => ">=",
        Comparison::Distinct => "IS DISTINCT FROM",
    }
}

fn pattern_sign(kind: Pattern) -> &'static str {
    match kind {
        Pattern::Like => "~~",
        Pattern::Ilike => "~~*",
        Pattern::Match => "~",
        Pattern::Imatch => "~*",
    }
}

fn no_operator(ty: &Type, op: &str) -> Error {
    Error::NoOperator { left: ty.plain_name(), op: op.into(), right: "unknown".into() }
}

/// `json` and `xml` have no equality; PostgreSQL says so, and so does every engine here.
fn comparable(ty: &Type, comparison: Comparison) -> Result<(), Error> {
    if matches!(ty.base(), Type::Json | Type::Xml) {
        let sign = match comparison {
            Comparison::Distinct => "=",
            other => comparison_sign(other),
        };
        return Err(no_operator(ty, sign));
    }
    Ok(())
}

fn set_operator(ty: &Type, op: SetOp) -> Result<(), Error> {
    let sign = match op {
        SetOp::Contains => "@>",
        SetOp::ContainedBy => "<@",
        SetOp::Overlaps => "&&",
        SetOp::LeftOf => "<<",
        SetOp::RightOf => ">>",
        SetOp::NotRightOf => "&<",
        SetOp::NotLeftOf => "&>",
        SetOp::Adjacent => "-|-",
    };
    let fits = matches!(
        (ty.base(), op),
        (Type::Range(_) | Type::Multirange(_) | Type::Other(_), _)
            | (Type::Array(_), SetOp::Contains | SetOp::ContainedBy | SetOp::Overlaps)
            | (Type::Jsonb | Type::TsQuery, SetOp::Contains | SetOp::ContainedBy)
    );
    match op {
        _ if fits => Ok(()),
        // Anything may be within a range, or within several.
        SetOp::ContainedBy => {
            Err(Error::AmbiguousOperator { left: ty.plain_name(), op: sign.into() })
        }
        _ => Err(no_operator(ty, sign)),
    }
}
