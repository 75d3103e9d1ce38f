//! Calculation: `+ - * / %` and `||` over numbers, times and texts.

use crate::cast::{cast, text_of};
use crate::compare::as_f64;
use mag_model::time::{DAY, Interval, date_of, days_of};
use mag_model::{BadValue, Numeric, Type, Value, json};
use mag_query::expr::Arithmetic;

pub fn calculate(
    op: Arithmetic,
    a: &Value,
    b: &Value,
    (left, right, result): (&Type, &Type, &Type),
) -> Result<Value, BadValue> {
    if a.is_null() || b.is_null() {
        return Ok(Value::Null);
    }
    match (op, a, b) {
        (Arithmetic::Concat, _, _) => concat(a, b, left, right),
        (_, Value::Int(x), Value::Int(y)) => whole(op, *x, *y, result),
        (_, Value::Numeric(_) | Value::Int(_), Value::Numeric(_) | Value::Int(_)) => {
            decimal(op, &numeric(a), &numeric(b)).map(Value::Numeric)
        }
        (
            _,
            Value::Float4(_) | Value::Float8(_) | Value::Int(_) | Value::Numeric(_),
            Value::Float4(_) | Value::Float8(_) | Value::Int(_) | Value::Numeric(_),
        ) => float(op, as_f64(a), as_f64(b), result),
        _ => moment(op, a, b).ok_or_else(|| {
            let sign = match op {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
                Arithmetic::Modulo => "%",
                Arithmetic::Concat => "||",
            };
            let (left, right) = (left.plain_name(), right.plain_name());
            BadValue::new("42883", format!("operator does not exist: {left} {sign} {right}"))
        }),
    }
}

fn numeric(value: &Value) -> Numeric {
    match value {
        Value::Numeric(n) => n.clone(),
        Value::Int(n) => Numeric::from_int(*n),
        other => Numeric::from_float(as_f64(other)),
    }
}

fn whole(op: Arithmetic, a: i64, b: i64, result: &Type) -> Result<Value, BadValue> {
    let zero = || BadValue::new("22012", "division by zero");
    let number = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide if b == 0 => return Err(zero()),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo if b == 0 => return Err(zero()),
        Arithmetic::Modulo => Some(a.checked_rem(b).unwrap_or(0)),
        Arithmetic::Concat => None,
    };
    let fits = |n: &i64| match result.base() {
        Type::Int2 => i16::try_from(*n).is_ok(),
        Type::Int4 => i32::try_from(*n).is_ok(),
        _ => true,
    };
    let beyond = || BadValue::new("22003", format!("{} out of range", result.plain_name()));
    number.filter(fits).map(Value::Int).ok_or_else(beyond)
}

pub fn decimal(op: Arithmetic, a: &Numeric, b: &Numeric) -> Result<Numeric, BadValue> {
    match op {
        Arithmetic::Add => a.add(b),
        Arithmetic::Subtract => a.subtract(b),
        Arithmetic::Multiply => a.multiply(b),
        Arithmetic::Divide => a.divide(b),
        Arithmetic::Modulo => {
            // What is left after the whole part of the quotient, with the sign of the dividend.
            let whole = a.divide(b)?;
            let cut = whole.as_str().split('.').next().unwrap_or("0").to_owned();
            a.subtract(&Numeric::parse(&cut)?.multiply(b)?)
        }
        Arithmetic::Concat => Ok(a.clone()),
    }
}

fn float(op: Arithmetic, a: f64, b: f64, result: &Type) -> Result<Value, BadValue> {
    let number = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Err(BadValue::new("22012", "division by zero")),
        Arithmetic::Divide => a / b,
        Arithmetic::Modulo | Arithmetic::Concat => {
            return Err(BadValue::new(
                "42883",
                "operator does not exist: double precision % double precision",
            ));
        }
    };
    if number.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(BadValue::new("22003", "value out of range: overflow"));
    }
    cast(&Value::Float8(number), &Type::Float8, result)
}

fn concat(a: &Value, b: &Value, left: &Type, right: &Type) -> Result<Value, BadValue> {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            Ok(Value::array(x.items.iter().chain(&y.items).cloned().collect()))
        }
        (Value::Array(x), item) => {
            Ok(Value::array(x.items.iter().cloned().chain([item.clone()]).collect()))
        }
        (item, Value::Array(y)) => {
            Ok(Value::array([item.clone()].into_iter().chain(y.items.iter().cloned()).collect()))
        }
        (Value::Json(x), Value::Json(y)) => {
            use json::Json::{Array, Object};
            let joined = match (json::parse(x)?, json::parse(y)?) {
                (Object(mut x), Object(y)) => {
                    x.extend(y);
                    Object(x)
                }
                (Array(mut x), Array(y)) => {
                    x.extend(y);
                    Array(x)
                }
                (Array(mut x), y) => {
                    x.push(y);
                    Array(x)
                }
                (x, Array(mut y)) => {
                    y.insert(0, x);
                    Array(y)
                }
                (x, y) => Array(vec![x, y]),
            };
            let mut out = String::new();
            json::write_normal(&mut out, &joined);
            Ok(Value::json(out))
        }
        _ => Ok(Value::text(format!("{}{}", text_of(a, left), text_of(b, right)))),
    }
}

fn moment(op: Arithmetic, a: &Value, b: &Value) -> Option<Value> {
    let sign = match op {
        Arithmetic::Add => 1,
        Arithmetic::Subtract => -1,
        _ => return None,
    };
    match (a, b) {
        (Value::Date(days), Value::Int(n)) => {
            let moved = i64::from(*days).checked_add(n.checked_mul(sign)?)?;
            Some(Value::Date(i32::try_from(moved).ok()?))
        }
        (Value::Int(_), Value::Date(_)) if sign > 0 => moment(op, b, a),
        (Value::Date(x), Value::Date(y)) if sign < 0 => {
            Some(Value::Int(i64::from(*x) - i64::from(*y)))
        }
        (Value::Timestamp(x), Value::Timestamp(y))
        | (Value::TimestampTz(x), Value::TimestampTz(y))
            if sign < 0 =>
        {
            let micros = x.checked_sub(*y)?;
            let days = i32::try_from(micros / DAY).ok()?;
            Some(Value::Interval(Interval { months: 0, days, micros: micros % DAY }))
        }
        (Value::Timestamp(at), Value::Interval(by)) => later(*at, *by, sign).map(Value::Timestamp),
        (Value::TimestampTz(at), Value::Interval(by)) => {
            later(*at, *by, sign).map(Value::TimestampTz)
        }
        (Value::Date(days), Value::Interval(by)) => {
            later(i64::from(*days) * DAY, *by, sign).map(Value::Timestamp)
        }
        (Value::Interval(_), Value::Timestamp(_) | Value::TimestampTz(_) | Value::Date(_))
            if sign > 0 =>
        {
            moment(op, b, a)
        }
        (Value::Interval(x), Value::Interval(y)) => Some(Value::Interval(Interval {
            months: x.months.checked_add(y.months.checked_mul(i32::try_from(sign).ok()?)?)?,
            days: x.days.checked_add(y.days.checked_mul(i32::try_from(sign).ok()?)?)?,
            micros: x.micros.checked_add(y.micros.checked_mul(sign)?)?,
        })),
        _ => None,
    }
}

/// Months keep the day of the month where there is one, days keep the time of day.
fn later(at: i64, by: Interval, sign: i64) -> Option<i64> {
    let (days, clock) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let months = year.checked_mul(12)? + month - 1 + i64::from(by.months) * sign;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let next = if month == 12 { days_of(year + 1, 1, 1) } else { days_of(year, month + 1, 1) };
    let day = day.min(next - days_of(year, month, 1));
    let days = days_of(year, month, day) + i64::from(by.days) * sign;
    days.checked_mul(DAY)?.checked_add(clock)?.checked_add(by.micros.checked_mul(sign)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::literal;

    #[test]
    fn calculation_is_exact_and_says_when_it_cannot_be() {
        use Arithmetic::*;
        for (op, ta, a, tb, b, to, out) in [
            (Add, "integer", "2", "integer", "3", "integer", "5"),
            (Divide, "integer", "7", "integer", "2", "integer", "3"),
            (Add, "integer", "2147483647", "integer", "1", "integer", "integer out of range"),
            (Divide, "integer", "1", "integer", "0", "integer", "division by zero"),
            (Add, "numeric", "0.1", "integer", "2", "numeric", "2.1"),
            (Modulo, "numeric", "7.5", "integer", "2", "numeric", "1.5"),
            (
                Add,
                "timestamp",
                "2024-01-31",
                "interval",
                "1 mon",
                "timestamp",
                "2024-02-29 00:00:00",
            ),
            (Subtract, "date", "2024-03-01", "date", "2024-02-01", "integer", "29"),
            (Concat, "text", "a", "integer", "1", "text", "a1"),
        ] {
            let ty = |name: &str| Type::named(name).unwrap();
            let (left, right, result) = (ty(ta), ty(tb), ty(to));
            let a = literal::parse(a, &left).unwrap();
            let b = literal::parse(b, &right).unwrap();
            let shown = match calculate(op, &a, &b, (&left, &right, &result)) {
                Ok(value) => literal::text(&value),
                Err(bad) => bad.message,
            };
            assert_eq!(shown, out);
        }
    }
}
