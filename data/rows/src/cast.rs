//! Casts between types: what `::` does to a value.

use crate::compare::as_f64;
use mag_model::{BadValue, Numeric, Type, Value, json, literal, time};

pub fn cast(value: &Value, from: &Type, to: &Type) -> Result<Value, BadValue> {
    let (source, target) = (from.base(), to.base());
    if matches!(value, Value::Null) {
        return Ok(Value::Null);
    }
    let impossible = || BadValue::no_cast(from.plain_name(), to.plain_name());
    match target {
        Type::Name => Ok(Value::text(cut_name(text_of(value, source)))),
        Type::Text | Type::Unknown => Ok(Value::text(text_of(value, source))),
        Type::Varchar(limit) => Ok(Value::text(cut(&text_of(value, source), *limit))),
        Type::Bpchar(limit) => {
            let text = cut(&text_of(value, source), *limit);
            literal::parse(&text, target)
        }
        Type::Other(name) => match source {
            Type::Other(same) if same == name => Ok(value.clone()),
            _ => Err(BadValue::new("42704", format!("type \"{name}\" does not exist"))),
        },
        // Whatever has a text reads it back as another type.
        _ if source.is_text() || matches!(source, Type::Other(_)) => {
            literal::parse(&text_of(value, source), target)
        }
        Type::Json | Type::Jsonb => match value {
            Value::Json(text) if matches!(target, Type::Jsonb) => {
                Ok(Value::json(json::normal(text)?))
            }
            Value::Json(_) => Ok(value.clone()),
            _ => Err(impossible()),
        },
        Type::Bool => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::Int(n) if matches!(source, Type::Int4) => Ok(Value::Bool(*n != 0)),
            Value::Json(text) if matches!(source, Type::Jsonb) => match &**text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(json_kind(text, target)),
            },
            _ => Err(impossible()),
        },
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid => {
            to_int(value, source, target, &impossible)
        }
        Type::Float4 | Type::Float8 => {
            let number = number_of(value, source, target, &impossible)?;
            if let (Value::Float4(narrow), Type::Float8) = (&number, target) {
                return Ok(Value::Float8(f64::from(*narrow)));
            }
            literal::parse(&literal::text(&number), target)
        }
        Type::Numeric(fit) => {
            let number = match number_of(value, source, target, &impossible)? {
                Value::Int(n) => Numeric::from_int(n),
                Value::Float4(n) => Numeric::parse(&literal::float4_text(n))?,
                Value::Float8(n) => Numeric::from_float(n),
                Value::Numeric(n) => n,
                _ => return Err(impossible()),
            };
            Ok(Value::Numeric(match fit {
                Some((precision, scale)) => number.fitted(*precision, *scale)?,
                None => number,
            }))
        }
        Type::Time if matches!(value, Value::Interval(_)) => match value {
            Value::Interval(interval) => Ok(Value::Time(interval.micros.rem_euclid(time::DAY))),
            _ => Err(impossible()),
        },
        Type::Interval if matches!(value, Value::Time(_)) => match value {
            Value::Time(micros) => {
                Ok(Value::Interval(time::Interval { micros: *micros, ..time::Interval::default() }))
            }
            _ => Err(impossible()),
        },
        Type::Date | Type::Timestamp | Type::TimestampTz | Type::Time => {
            moment(value, target).ok_or_else(impossible)
        }
        Type::Array(element) => match (value, source) {
            (Value::Array(list), Type::Array(inner)) => {
                let items = list.items.iter().map(|item| match item {
                    Value::Array(_) => cast(item, source, target),
                    _ => cast(item, inner, element),
                });
                Ok(Value::array(items.collect::<Result<_, _>>()?))
            }
            _ => Err(impossible()),
        },
        _ if source == target => Ok(value.clone()),
        Type::Enum(_) | Type::Domain(_) | Type::Composite(_) => Err(impossible()),
        Type::Bytea
        | Type::Uuid
        | Type::TimeTz
        | Type::Interval
        | Type::TsVector
        | Type::TsQuery
        | Type::Xml
        | Type::Void
        | Type::Range(_)
        | Type::Multirange(_) => Err(impossible()),
    }
}

/// Whether a way leads from the one type to the other at all, whatever the value.
pub fn castable(from: &Type, to: &Type) -> bool {
    use Type::{
        Array, Bool, Bpchar, Bytea, Composite, Date, Domain, Enum, Float4, Float8, Int2, Int4,
        Int8, Interval, Json, Jsonb, Multirange, Name, Numeric, Oid, Other, Range, Text, Time,
        TimeTz, Timestamp, TimestampTz, TsQuery, TsVector, Unknown, Uuid, Varchar, Void, Xml,
    };
    let (source, target) = (from.base(), to.base());
    let number = |ty: &Type| matches!(ty, Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_));
    if source == target || source.is_text() || matches!(source, Other(_) | Unknown) {
        return true;
    }
    match target {
        Text | Name | Unknown | Varchar(_) | Bpchar(_) | Other(_) => true,
        Json | Jsonb => source.is_json(),
        Bool => matches!(source, Int4 | Jsonb),
        Int2 | Int8 => number(source) || matches!(source, Jsonb | Oid),
        Int4 => number(source) || matches!(source, Jsonb | Oid | Bool),
        Oid => matches!(source, Int2 | Int4 | Int8),
        Float4 | Float8 | Numeric(_) => number(source) || matches!(source, Jsonb),
        Date => matches!(source, Timestamp | TimestampTz),
        Timestamp | TimestampTz => matches!(source, Date | Timestamp | TimestampTz),
        Time => matches!(source, Timestamp | TimestampTz | TimeTz | Interval),
        Interval => matches!(source, Time),
        Array(element) => match source {
            Array(inner) => castable(inner, element),
            _ => false,
        },
        Domain(domain) => castable(source, &domain.base),
        // What is a way in the engine's own eyes is found out with the value.
        TimeTz | Enum(_) | Composite(_) | Range(_) | Multirange(_) | TsVector | TsQuery => true,
        Bytea | Uuid | Xml | Void => false,
    }
}

/// PostgreSQL cuts names at 63 bytes.
fn cut_name(mut text: String) -> String {
    const ROOM: usize = 63;
    let end = (0..=ROOM.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text
}

/// A length in a cast cuts, and says nothing.
fn cut(text: &str, limit: Option<u32>) -> String {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.map_or_else(|| text.to_owned(), |limit| text.chars().take(limit).collect())
}

pub fn text_of(value: &Value, ty: &Type) -> String {
    let text = literal::text(value);
    match ty.base() {
        Type::Bpchar(_) => text.trim_end_matches(' ').to_owned(),
        _ => text,
    }
}

fn json_kind(text: &str, target: &Type) -> BadValue {
    let kind = match text.as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "numeric",
    };
    BadValue::new("22023", format!("cannot cast jsonb {kind} to type {}", target.plain_name()))
}

fn number_of(
    value: &Value,
    source: &Type,
    target: &Type,
    impossible: &dyn Fn() -> BadValue,
) -> Result<Value, BadValue> {
    match value {
        Value::Int(_) | Value::Float4(_) | Value::Float8(_) | Value::Numeric(_) => {
            Ok(value.clone())
        }
        Value::Json(text) if matches!(source, Type::Jsonb) => {
            Numeric::parse(text).map(Value::Numeric).map_err(|_| json_kind(text, target))
        }
        _ => Err(impossible()),
    }
}

fn to_int(
    value: &Value,
    source: &Type,
    target: &Type,
    impossible: &dyn Fn() -> BadValue,
) -> Result<Value, BadValue> {
    let beyond = || BadValue::new("22003", format!("{} out of range", target.plain_name()));
    let number = match value {
        Value::Bool(b) if matches!(target, Type::Int4) => i64::from(*b),
        Value::Float4(_) | Value::Float8(_) => {
            // Half to even, as the machine rounds.
            let rounded = as_f64(value).round_ties_even();
            Numeric::from_float(rounded).to_i64().ok_or_else(beyond)?
        }
        _ => match number_of(value, source, target, impossible)? {
            Value::Int(n) => n,
            Value::Numeric(n) => n.to_i64().ok_or_else(beyond)?,
            _ => return Err(impossible()),
        },
    };
    let range = match target {
        Type::Int2 => i64::from(i16::MIN)..=i64::from(i16::MAX),
        Type::Int4 => i64::from(i32::MIN)..=i64::from(i32::MAX),
        Type::Oid => 0..=i64::from(u32::MAX),
        _ => i64::MIN..=i64::MAX,
    };
    if range.contains(&number) { Ok(Value::Int(number)) } else { Err(beyond()) }
}

fn moment(value: &Value, target: &Type) -> Option<Value> {
    let micros = match value {
        Value::Date(i32::MAX) => i64::MAX,
        Value::Date(i32::MIN) => i64::MIN,
        Value::Date(days) => i64::from(*days) * time::DAY,
        Value::Timestamp(micros) | Value::TimestampTz(micros) => *micros,
        Value::Time(micros) if matches!(target, Type::Time) => return Some(Value::Time(*micros)),
        _ => return None,
    };
    Some(match target {
        Type::Date => Value::Date(match micros {
            i64::MAX => i32::MAX,
            i64::MIN => i32::MIN,
            micros => i32::try_from(micros.div_euclid(time::DAY)).ok()?,
        }),
        Type::Timestamp => Value::Timestamp(micros),
        Type::TimestampTz => Value::TimestampTz(micros),
        Type::Time if !matches!(value, Value::Date(_)) => Value::Time(micros.rem_euclid(time::DAY)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_are_the_ones_that_postgresql_has() {
        for (from, given, to, out) in [
            ("integer", "5", "text", "5"),
            ("text", "5", "integer", "5"),
            ("text", "x", "integer", "22P02 invalid input syntax for type integer: \"x\""),
            ("numeric", "2.5", "integer", "3"),
            ("float8", "2.5", "integer", "2"),
            ("bigint", "3000000000", "integer", "22003 integer out of range"),
            ("text", "abcdef", "varchar(3)", "abc"),
            ("timestamptz", "2024-01-02T23:00:00Z", "date", "2024-01-02"),
            ("date", "2024-01-02", "timestamp", "2024-01-02 00:00:00"),
            ("jsonb", "12.5", "numeric", "12.5"),
            ("jsonb", "\"a\"", "integer", "22023 cannot cast jsonb string to type integer"),
            ("integer", "1", "date", "42846 cannot cast type integer to date"),
            ("int[]", "{1,2}", "text[]", "{1,2}"),
            ("boolean", "true", "text", "true"),
            ("char(4)", "ab", "text", "ab"),
            ("real", "0.1", "float8", "0.10000000149011612"),
            ("time", "10:00:01.5", "interval", "10:00:01.5"),
            ("interval", "1 day 26:00:00", "time", "02:00:00"),
            ("bytea", "\\x01", "integer", "42846 cannot cast type bytea to integer"),
            ("boolean", "true", "bigint", "42846 cannot cast type boolean to bigint"),
            ("date", "2024-01-02", "json", "42846 cannot cast type date to json"),
        ] {
            let (source, target) = (Type::named(from).unwrap(), Type::named(to).unwrap());
            let value = literal::parse(given, &source).unwrap();
            let shown = match cast(&value, &source, &target) {
                Ok(value) => literal::text(&value),
                Err(bad) => format!("{} {bad}", bad.state),
            };
            assert_eq!(shown, out, "{given}::{from}::{to}");
            assert_eq!(castable(&source, &target), !out.starts_with("42846"), "{from} to {to}");
        }
    }
}
