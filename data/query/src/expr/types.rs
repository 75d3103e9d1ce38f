//! The types of what is calculated: what PostgreSQL gives for an operator, a function, an aggregate.

use super::{Arithmetic, Builtin, Expr};
use crate::call::Aggregate;
use mag_model::Type;

fn wider(a: &Type, b: &Type) -> Type {
    let rank = |ty: &Type| match ty.base() {
        Type::Int2 => 1,
        Type::Int4 | Type::Oid => 2,
        Type::Int8 => 3,
        Type::Numeric(_) => 4,
        Type::Float4 => 5,
        Type::Float8 => 6,
        _ => 0,
    };
    let ty = if rank(a) >= rank(b) { a } else { b };
    match ty.base() {
        // A calculated number has the digits that it has.
        Type::Numeric(_) => Type::Numeric(None),
        other => other.clone(),
    }
}

pub(super) fn arithmetic_type(op: Arithmetic, a: &Type, b: &Type) -> Type {
    match op {
        Arithmetic::Concat if a.is_json() => Type::Jsonb,
        Arithmetic::Concat if a.element().is_some() => a.clone(),
        Arithmetic::Concat if b.element().is_some() => b.clone(),
        Arithmetic::Concat => Type::Text,
        Arithmetic::Subtract if matches!((a.base(), b.base()), (Type::Date, Type::Date)) => {
            Type::Int4
        }
        Arithmetic::Subtract
            if matches!(
                (a.base(), b.base()),
                (Type::Timestamp, Type::Timestamp) | (Type::TimestampTz, Type::TimestampTz)
            ) =>
        {
            Type::Interval
        }
        _ if matches!(b.base(), Type::Interval) && matches!(a.base(), Type::Date) => {
            Type::Timestamp
        }
        _ if a.is_number() && b.is_number() => wider(a, b),
        _ if matches!(a.base(), Type::Unknown) => b.clone(),
        _ => a.clone(),
    }
}

pub(super) fn call_type(function: Builtin, arguments: &[Expr]) -> Type {
    match function {
        Builtin::Lower | Builtin::Upper | Builtin::Trim | Builtin::Concat => Type::Text,
        Builtin::Length => Type::Int4,
        Builtin::StartsWith | Builtin::InArray | Builtin::HasKey => Type::Bool,
        Builtin::Coalesce | Builtin::NullIf | Builtin::Abs | Builtin::Greatest | Builtin::Least => {
            let known = arguments.iter().map(Expr::ty).filter(|ty| *ty != Type::Unknown);
            known
                .reduce(|a, b| if a.is_number() && b.is_number() { wider(&a, &b) } else { a })
                .unwrap_or(Type::Unknown)
        }
    }
}

/// What PostgreSQL gives for an aggregate over a type.
pub fn aggregate_type(function: Aggregate, argument: Option<&Type>) -> Type {
    let argument = argument.map_or(&Type::Unknown, |ty| ty.base());
    match (function, argument) {
        (Aggregate::Count, _) => Type::Int8,
        (Aggregate::Min | Aggregate::Max, Type::Varchar(_)) => Type::Text,
        (Aggregate::Min | Aggregate::Max, ty) => ty.clone(),
        (Aggregate::Sum, Type::Int2 | Type::Int4) => Type::Int8,
        (Aggregate::Sum, Type::Int8 | Type::Numeric(_)) => Type::Numeric(None),
        (Aggregate::Avg, Type::Float4 | Type::Float8) => Type::Float8,
        (Aggregate::Avg, Type::Interval) => Type::Interval,
        (Aggregate::Avg, _) => Type::Numeric(None),
        (Aggregate::Sum, ty) => ty.clone(),
    }
}
