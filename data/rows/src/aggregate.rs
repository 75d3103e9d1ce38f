//! Aggregates: one value of many, NULLs left out.

use crate::arithmetic::{calculate, decimal};
use crate::compare::{as_f64, compare};
use mag_model::{BadValue, Numeric, Type, Value};
use mag_query::call::Aggregate;
use mag_query::expr::{Arithmetic, aggregate_type};

/// `values` are the argument's values over the rows, `ty` its type.
pub fn aggregate(function: Aggregate, values: &[Value], ty: &Type) -> Result<Value, BadValue> {
    let known: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    match function {
        Aggregate::Count => Ok(Value::Int(i64::try_from(known.len()).unwrap_or(i64::MAX))),
        Aggregate::Min => Ok(best(&known, ty, std::cmp::Ordering::Less)),
        Aggregate::Max => Ok(best(&known, ty, std::cmp::Ordering::Greater)),
        Aggregate::Sum => sum(&known, ty),
        Aggregate::Avg => average(&known, ty),
    }
}

fn best(known: &[&Value], ty: &Type, wanted: std::cmp::Ordering) -> Value {
    let better = |a, b| if compare(b, a, ty) == wanted { b } else { a };
    known.iter().copied().reduce(better).cloned().unwrap_or(Value::Null)
}

fn sum(known: &[&Value], ty: &Type) -> Result<Value, BadValue> {
    if known.is_empty() {
        return Ok(Value::Null);
    }
    match ty.base() {
        Type::Int8 | Type::Numeric(_) => decimal_sum(known).map(Value::Numeric),
        Type::Float4 => {
            // Added in the width of the type, as PostgreSQL does.
            let total = known.iter().fold(0.0_f32, |total, value| match value {
                Value::Float4(n) => total + n,
                _ => total,
            });
            Ok(Value::Float4(total))
        }
        Type::Float8 => Ok(Value::Float8(known.iter().map(|value| as_f64(value)).sum())),
        Type::Interval => intervals(known),
        _ => {
            let result = aggregate_type(Aggregate::Sum, Some(ty));
            let types = (&result, &result, &result);
            let add = |a: Value, b: &&Value| calculate(Arithmetic::Add, &a, b, types);
            known.iter().try_fold(Value::Int(0), add)
        }
    }
}

fn decimal_sum(known: &[&Value]) -> Result<Numeric, BadValue> {
    let start = Numeric::from_int(0);
    known.iter().try_fold(start, |total, value| match value {
        Value::Int(n) => decimal(Arithmetic::Add, &total, &Numeric::from_int(*n)),
        Value::Numeric(n) => decimal(Arithmetic::Add, &total, n),
        other => decimal(Arithmetic::Add, &total, &Numeric::from_float(as_f64(other))),
    })
}

fn intervals(known: &[&Value]) -> Result<Value, BadValue> {
    let ty = Type::Interval;
    let zero = Value::Interval(mag_model::time::Interval::default());
    let add = |a: Value, b: &&Value| calculate(Arithmetic::Add, &a, b, (&ty, &ty, &ty));
    known.iter().try_fold(zero, add)
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows in memory is far below 2^53")]
fn average(known: &[&Value], ty: &Type) -> Result<Value, BadValue> {
    if known.is_empty() {
        return Ok(Value::Null);
    }
    match ty.base() {
        Type::Float4 | Type::Float8 => {
            let total: f64 = known.iter().map(|value| as_f64(value)).sum();
            Ok(Value::Float8(total / known.len() as f64))
        }
        Type::Interval => Err(BadValue::new("0A000", "the average of intervals is not supported")),
        _ => {
            let count = Numeric::from_int(i64::try_from(known.len()).unwrap_or(i64::MAX));
            decimal_sum(known)?.divide(&count).map(Value::Numeric)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::literal;

    #[test]
    fn aggregates_leave_nulls_out_and_keep_the_digits_of_postgresql() {
        for (ty, values, function, out) in [
            ("integer", &["1", "2"][..], Aggregate::Sum, "3"),
            ("integer", &["1", "2"], Aggregate::Avg, "1.5000000000000000"),
            ("bigint", &["9223372036854775807", "1"], Aggregate::Sum, "9223372036854775808"),
            ("numeric", &["1.10", "2.2"], Aggregate::Sum, "3.30"),
            ("float8", &["1.5", "2"], Aggregate::Avg, "1.75"),
            ("text", &["b", "a"], Aggregate::Min, "a"),
            ("text", &["b", "a"], Aggregate::Count, "2"),
            ("integer", &[], Aggregate::Sum, ""),
            ("integer", &[], Aggregate::Count, "0"),
        ] {
            let ty = Type::named(ty).unwrap();
            let mut all: Vec<_> = values.iter().map(|t| literal::parse(t, &ty).unwrap()).collect();
            all.push(Value::Null);
            assert_eq!(literal::text(&aggregate(function, &all, &ty).unwrap()), out);
        }
    }
}
