//! How values are kept in SQLite: whatever SQLite can compare as it is stays as it is, everything
//! else is the text of its JSON form, in its normal form, so that equal values are equal texts.
//!
//! Times with a zone are kept in UTC (`2024-01-01T10:00:00+00:00`): their texts sort as they do.

use mag_model::{BadValue, Type, Value, json, literal, range, time};
use std::sync::Arc;

/// One of SQLite's five kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

pub fn store(value: &Value, ty: &Type) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Bool(b) => Stored::Integer(i64::from(*b)),
        Value::Int(n) => Stored::Integer(*n),
        // SQLite has no word for it.
        Value::Float4(n) if n.is_nan() => Stored::Null,
        Value::Float8(n) if n.is_nan() => Stored::Null,
        Value::Float4(n) => Stored::Real(f64::from(*n)),
        Value::Float8(n) => Stored::Real(*n),
        Value::Bytes(bytes) => Stored::Blob(bytes.to_vec()),
        Value::Timestamp(micros) => Stored::Text(time::timestamp_json(*micros)),
        Value::TimestampTz(micros) => Stored::Text(time::timestamptz_json(*micros)),
        Value::Range(known) => Stored::Text(range::text(known)),
        Value::Array(_) => Stored::Text(json::text(value, ty)),
        Value::Numeric(_)
        | Value::Text(_)
        | Value::Uuid(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Interval(_)
        | Value::Json(_)
        | Value::Record(_) => Stored::Text(literal::text(value)),
    }
}

/// A stored value as a value of the type. What others have written is taken where it can be read:
/// a number where a text is declared is that number's text.
pub fn read(stored: Stored, ty: &Type) -> Result<Value, BadValue> {
    let base = ty.base();
    Ok(match (stored, base) {
        (Stored::Null, _) => Value::Null,
        (Stored::Integer(n), Type::Bool) => Value::Bool(n != 0),
        (Stored::Integer(n), Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid | Type::Unknown) => {
            Value::Int(n)
        }
        (Stored::Real(n), Type::Float8 | Type::Unknown) => Value::Float8(n),
        (Stored::Blob(bytes), Type::Bytea | Type::Unknown) => Value::Bytes(Arc::from(bytes)),
        (Stored::Text(text), Type::Array(_)) => match text.as_bytes().first() {
            Some(b'[') => json::read_as(&text, base)?,
            _ => literal::parse(&text, base)?,
        },
        // Written by us in its normal form, or by others in any: both are read.
        (Stored::Text(text), Type::Json | Type::Jsonb) => Value::json(text),
        (Stored::Text(text), Type::Enum(_)) => Value::text(text),
        (Stored::Text(text), _) => literal::parse(&text, base)?,
        (Stored::Integer(n), _) => literal::parse(&n.to_string(), base)?,
        (Stored::Real(n), _) => literal::parse(&literal::float8_text(n), base)?,
        // A number that is kept to the letter may have a blank behind it.
        (Stored::Blob(bytes), Type::Json | Type::Jsonb) => match std::str::from_utf8(&bytes) {
            Ok(text) => Value::json(text.trim_end()),
            Err(_) => Value::Text(Arc::from(literal::bytes_text(&bytes))),
        },
        (Stored::Blob(bytes), _) => match String::from_utf8(bytes) {
            Ok(text) => literal::parse(&text, base)?,
            Err(e) => Value::Text(Arc::from(literal::bytes_text(e.as_bytes()))),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back_as_the_same_value() {
        for (ty, text) in [
            ("boolean", "true"),
            ("bigint", "9007199254740993"),
            ("numeric", "1.50"),
            ("float8", "1e+300"),
            ("real", "0.1"),
            ("text", "a'b"),
            ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ("date", "2024-02-29"),
            ("timestamp", "2024-02-29 10:00:00.5"),
            ("timestamptz", "2024-02-29 10:00:00+00"),
            ("interval", "1 mon 2 days 03:00:00"),
            ("bytea", "\\x00ff"),
            ("jsonb", "{\"a\": 1}"),
            ("int[]", "{1,NULL,3}"),
            ("text[]", "{\"a b\",\"\"}"),
            ("int4range", "[1,5)"),
            ("tstzrange", "[\"2024-01-01 00:00:00+00\",)"),
        ] {
            let ty = Type::named(ty).unwrap();
            let value = literal::parse(text, &ty).unwrap();
            assert_eq!(read(store(&value, &ty), &ty).unwrap(), value, "{text}");
        }
    }
}
