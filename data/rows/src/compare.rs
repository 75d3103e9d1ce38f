//! The order of values: what `=`, `<`, `ORDER BY` and `min` mean.

use mag_model::json::{self, Json};
use mag_model::range::{Bound, Range};
use mag_model::{Numeric, Type, Value, time};
use std::cmp::Ordering;

/// The order of two values of which none is NULL. `ty` is the type of the left one: labels of an
/// enum have the order in which they were declared.
pub fn compare(a: &Value, b: &Value, ty: &Type) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        // NULL inside an array or a record is above every value.
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Numeric(a), Value::Numeric(b)) => a.cmp(b),
        (Value::Int(a), Value::Numeric(b)) => Numeric::from_int(*a).cmp(b),
        (Value::Numeric(a), Value::Int(b)) => a.cmp(&Numeric::from_int(*b)),
        (
            Value::Float4(_) | Value::Float8(_) | Value::Int(_) | Value::Numeric(_),
            Value::Float4(_) | Value::Float8(_) | Value::Int(_) | Value::Numeric(_),
        ) => floats(as_f64(a), as_f64(b)),
        (Value::Text(a), Value::Text(b)) => texts(a, b, ty),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Interval(a), Value::Interval(b)) => a.weight().cmp(&b.weight()),
        (Value::Json(a), Value::Json(b)) => jsons(a, b),
        (Value::Array(a), Value::Array(b)) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            lists(&a.items, &b.items, element)
        }
        (Value::Record(a), Value::Record(b)) => match ty.base() {
            Type::Composite(composite) => {
                let pairs = a.iter().zip(b.iter()).zip(&composite.fields);
                let each = pairs.map(|((a, b), (_, ty))| compare(a, b, ty));
                each.fold(Ordering::Equal, Ordering::then)
            }
            _ => lists(a, b, &Type::Unknown),
        },
        (Value::Range(a), Value::Range(b)) => ranges(a, b),
        _ => match (moment(a), moment(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => kind(a).cmp(&kind(b)),
        },
    }
}

pub fn equal(a: &Value, b: &Value, ty: &Type) -> bool {
    compare(a, b, ty) == Ordering::Equal
}

/// Values of different kinds never meet in a plan that was planned; their order is only fixed.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float4(_) | Value::Float8(_) | Value::Numeric(_) => 2,
        Value::Text(_) => 3,
        Value::Bytes(_) => 4,
        Value::Uuid(_) => 5,
        Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(_) => 6,
        Value::Time(_) => 7,
        Value::Interval(_) => 8,
        Value::Json(_) => 9,
        Value::Array(_) => 10,
        Value::Range(_) => 11,
        Value::Record(_) => 12,
    }
}

#[expect(clippy::cast_precision_loss, reason = "PostgreSQL compares a bigint with a float so")]
pub fn as_f64(value: &Value) -> f64 {
    match value {
        Value::Int(n) => *n as f64,
        Value::Float4(n) => f64::from(*n),
        Value::Float8(n) => *n,
        Value::Numeric(n) => n.to_f64(),
        _ => f64::NAN,
    }
}

/// NaN is equal to itself and above all others.
pub fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn texts(a: &str, b: &str, ty: &Type) -> Ordering {
    match ty.base() {
        Type::Enum(known) => {
            let place = |text: &str| known.labels.iter().position(|label| &**label == text);
            place(a).cmp(&place(b))
        }
        Type::Bpchar(_) => a.trim_end_matches(' ').cmp(b.trim_end_matches(' ')),
        _ => a.cmp(b),
    }
}

/// Dates and timestamps on one line; a time without a zone is taken as UTC.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Date(i32::MAX) => Some(i64::MAX),
        Value::Date(i32::MIN) => Some(i64::MIN),
        Value::Date(days) => Some(i64::from(*days) * time::DAY),
        Value::Timestamp(micros) | Value::TimestampTz(micros) => Some(*micros),
        _ => None,
    }
}

fn lists(a: &[Value], b: &[Value], element: &Type) -> Ordering {
    let each = a.iter().zip(b).map(|(a, b)| match (a, b) {
        (Value::Array(x), Value::Array(y)) => lists(&x.items, &y.items, element),
        _ => compare(a, b, element),
    });
    each.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
}

fn ranges(a: &Range, b: &Range) -> Ordering {
    match (a, b) {
        (Range::Empty, Range::Empty) => Ordering::Equal,
        (Range::Empty, Range::Span { .. }) => Ordering::Less,
        (Range::Span { .. }, Range::Empty) => Ordering::Greater,
        (Range::Span { low, high }, Range::Span { low: low2, high: high2 }) => {
            lows(low, low2).then_with(|| highs(high, high2))
        }
    }
}

pub fn lows(a: &Bound, b: &Bound) -> Ordering {
    match (a.value(), b.value()) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(x), Some(y)) => compare(x, y, &Type::Unknown).then_with(|| {
            let late = |bound: &Bound| matches!(bound, Bound::Excluded(_));
            late(a).cmp(&late(b))
        }),
    }
}

pub fn highs(a: &Bound, b: &Bound) -> Ordering {
    match (a.value(), b.value()) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(x), Some(y)) => compare(x, y, &Type::Unknown).then_with(|| {
            let late = |bound: &Bound| matches!(bound, Bound::Included(_));
            late(a).cmp(&late(b))
        }),
    }
}

fn jsons(a: &str, b: &str) -> Ordering {
    match (json::parse(a), json::parse(b)) {
        (Ok(a), Ok(b)) => json_order(&a, &b),
        _ => a.cmp(b),
    }
}

/// How `jsonb` sorts: objects above lists above booleans above numbers above strings above null;
/// the longer object or list above the shorter.
pub fn json_order(a: &Json, b: &Json) -> Ordering {
    let rank = |json: &Json| match json {
        // An empty list is below everything: so PostgreSQL has it, and keeps it.
        Json::Array(items) if items.is_empty() => 0,
        Json::Null => 1,
        Json::String(_) => 2,
        Json::Number(_) => 3,
        Json::Bool(_) => 4,
        Json::Array(_) => 5,
        Json::Object(_) => 6,
    };
    match (a, b) {
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => match (Numeric::parse(a), Numeric::parse(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        (Json::Array(a), Json::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
            a.iter().zip(b).map(|(a, b)| json_order(a, b)).fold(Ordering::Equal, Ordering::then)
        }),
        (Json::Object(a), Json::Object(b)) => {
            let (a, b) = (members(a), members(b));
            a.len().cmp(&b.len()).then_with(|| {
                let each = a.iter().zip(&b).map(|((k, x), (l, y))| {
                    k.len().cmp(&l.len()).then_with(|| k.cmp(l)).then_with(|| json_order(x, y))
                });
                each.fold(Ordering::Equal, Ordering::then)
            })
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// The members in the order of `jsonb`, the last of equal names.
fn members(fields: &[(String, Json)]) -> Vec<&(String, Json)> {
    let mut sorted: Vec<&(String, Json)> = fields.iter().rev().collect();
    sorted.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0)));
    sorted.dedup_by(|later, kept| later.0 == kept.0);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::literal;

    #[test]
    fn values_sort_as_postgresql_sorts_them() {
        for (ty, sorted) in [
            ("integer", &["-5", "0", "7"][..]),
            ("numeric", &["-1.5", "0.10", "2", "10", "NaN"]),
            ("float8", &["-Infinity", "-1", "0", "1e3", "Infinity", "NaN"]),
            ("text", &["", "A", "Z", "a", "é"]),
            ("boolean", &["false", "true"]),
            ("date", &["-infinity", "1999-12-31", "2000-01-01", "infinity"]),
            ("interval", &["-1 day", "1 hour", "1 day", "1 mon"]),
            ("int[]", &["{}", "{1}", "{1,2}", "{1,NULL}", "{2}"]),
            ("int4range", &["empty", "(,5)", "[1,3)", "[1,4)", "[2,3)"]),
            ("jsonb", &["[]", "null", "\"a\"", "1", "2", "false", "true", "[1]", "{}"]),
        ] {
            let ty = Type::named(ty).unwrap();
            let values: Vec<_> = sorted.iter().map(|t| literal::parse(t, &ty).unwrap()).collect();
            for (i, a) in values.iter().enumerate() {
                for (j, b) in values.iter().enumerate() {
                    assert_eq!(compare(a, b, &ty), i.cmp(&j), "{} {}", sorted[i], sorted[j]);
                }
            }
        }
    }
}
