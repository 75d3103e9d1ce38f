//! The types of literals: a text in quotes is of the type of what it stands beside, as PostgreSQL
//! has it.

use super::Problem;
use mag_model::{Type, Value, literal};
use mag_query::Expr;
use mag_query::expr::Literal;

/// A quoted text that has not met a type yet.
pub(super) fn quoted(text: &str) -> Expr {
    Expr::value(Value::text(text), Type::Unknown)
}

pub(super) fn number(text: &str) -> Result<Expr, Problem> {
    for ty in [Type::Int4, Type::Int8, Type::Numeric(None)] {
        if let Ok(value) = literal::parse(text, &ty) {
            return Ok(Expr::value(value, ty));
        }
    }
    Err(format!("`{text}` is not a number"))
}

/// The same expression as a value of `ty`, when it is a literal without a type.
pub(super) fn typed(expr: Expr, ty: &Type) -> Result<Expr, Problem> {
    match expr {
        Expr::Value(Literal { value: Value::Null, ty: Type::Unknown, .. }) => {
            Ok(Expr::value(Value::Null, ty.clone()))
        }
        Expr::Value(Literal { value: Value::Text(text), ty: Type::Unknown, .. }) => {
            let ty = match ty.base() {
                Type::Varchar(_) | Type::Unknown => Type::Text,
                Type::Bpchar(_) => Type::Bpchar(None),
                Type::Numeric(_) => Type::Numeric(None),
                _ => ty.clone(),
            };
            let value = literal::parse(&text, &ty).map_err(|bad| bad.to_string())?;
            Ok(Expr::value(value, ty))
        }
        other => Ok(other),
    }
}

/// Both sides of an operator, each literal typed by the other side.
pub(super) fn beside(left: Expr, right: Expr) -> Result<(Expr, Expr), Problem> {
    let (left_ty, right_ty) = (left.ty(), right.ty());
    match (left_ty == Type::Unknown, right_ty == Type::Unknown) {
        (true, true) => Ok((typed(left, &Type::Text)?, typed(right, &Type::Text)?)),
        (true, false) => Ok((typed(left, &right_ty)?, right)),
        (false, true) => Ok((left, typed(right, &left_ty)?)),
        (false, false) => Ok((left, right)),
    }
}

/// Whether PostgreSQL has an operator that compares the two.
pub(super) fn comparable(left: &Type, right: &Type) -> bool {
    let (left, right) = (left.base(), right.base());
    let moment = |ty: &Type| matches!(ty, Type::Date | Type::Timestamp | Type::TimestampTz);
    let text = |ty: &Type| ty.is_text();
    left == right
        || left.is_number() && right.is_number()
        || text(left) && text(right)
        || moment(left) && moment(right)
        || left.is_foreign()
        || right.is_foreign()
        || matches!((left, right), (Type::Array(a), Type::Array(b)) if comparable(a, b))
}

/// Literals that never met a type are texts.
pub(super) fn settled(mut expr: Expr) -> Expr {
    expr.visit_deep_mut(&mut |expr| {
        if let Expr::Value(literal) = expr
            && literal.ty == Type::Unknown
        {
            literal.ty = Type::Text;
        }
    });
    expr
}
