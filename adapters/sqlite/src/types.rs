//! SQLite's columns and cells as types and values of the house, and back. Nothing is lost on the way:
//! a cell that is no value of its column's type is shown as it is stored.
//!
//! | declared as | is | stored as |
//! |---|---|---|
//! | `INTEGER`, `INT`, `BIGINT`, `INT8` | `bigint` | integer |
//! | `SMALLINT`, `INT2`, `TINYINT`; `INT4`, `MEDIUMINT` | `smallint`; `integer` | integer |
//! | `BOOLEAN`, `BOOL` | `boolean` | 0 or 1 |
//! | `REAL`, `DOUBLE`, `FLOAT`; `FLOAT4` | `double precision`; `real` | real (`NaN` as text) |
//! | `NUMERIC TEXT(10,2)`, `DECIMAL_TEXT` | `numeric(10,2)` | text, every digit kept |
//! | `NUMERIC(10,2)`, `DECIMAL` | `numeric(10,2)` | a number where 15 digits hold it, else as SQLite has it |
//! | `VARCHAR(n)`, `NVARCHAR(n)`, `TEXT`, `CLOB` | `character varying(n)`, `text` | text |
//! | `DATE`, `TIME`, `TIMESTAMP`, `DATETIME`, `TIMESTAMPTZ` | their name | text, `2024-01-31T10:00:00+00:00` |
//! | `UUID`, `JSON`, `JSONB`, `INTERVAL`, ranges | their name | text |
//! | `"integer[]"`, `_int4` | an array | JSON text |
//! | `BLOB`, `BYTEA` | `bytea` | blob |
//! | nothing, `ANY` | any | as it comes |
//! | any other name | by SQLite's rules of affinity | |

pub(crate) use mag_model::declared::{ANY, named};

use mag_model::{Numeric, Type, Value, json, literal, time};
use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use std::sync::Arc;
use uuid::Uuid;

/// The way back: how a column is declared so that it is of the type, and so that SQLite keeps what
/// is text as text.
pub(crate) fn declared(name: &str) -> String {
    let Some(ty) = Type::named(name) else { return format!("\"{}\"", name.replace('"', "\"\"")) };
    match &ty {
        Type::Int2 => "int2".into(),
        Type::Int4 => "int4".into(),
        Type::Int8 | Type::Oid => "bigint".into(),
        Type::Bool => "boolean".into(),
        Type::Float4 => "float4".into(),
        Type::Float8 => "double precision".into(),
        Type::Bytea => "blob".into(),
        Type::Numeric(None) => "numeric text".into(),
        Type::Numeric(Some((precision, scale))) => format!("numeric text({precision},{scale})"),
        Type::Text | Type::Varchar(_) => ty.to_string(),
        Type::Bpchar(Some(_)) => ty.to_string(),
        Type::Bpchar(None) => "text".into(),
        other => format!("\"{other} text\""),
    }
}

/// The type itself, for a column of a statement.
pub(crate) fn of_declared(declared: Option<&str>) -> Type {
    let name = named(declared.unwrap_or(""));
    match &*name {
        ANY => any(),
        name => Type::named(name).unwrap_or_else(any),
    }
}

pub(crate) fn any() -> Type {
    Type::Other(Arc::from(ANY))
}

/// Bytes of memory that a cell takes, roughly.
pub(crate) fn size(cell: &ValueRef<'_>) -> usize {
    let content = match cell {
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
    };
    size_of::<Value>() + content
}

/// A cell as a value of the column's type.
pub(crate) fn read(cell: ValueRef<'_>, ty: &Type) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => of_integer(n, ty),
        ValueRef::Real(n) => of_real(n, ty),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => of_text(text, ty),
            Err(_) => Value::text(String::from_utf8_lossy(bytes)),
        },
        ValueRef::Blob(bytes) => of_blob(bytes, ty),
    }
}

/// What nothing is known of is not text: it is what is stored.
fn holds_text(ty: &Type) -> bool {
    ty.is_text() && *ty != Type::Unknown
}

fn of_integer(n: i64, ty: &Type) -> Value {
    match ty.base() {
        Type::Bool if n == 0 || n == 1 => Value::Bool(n == 1),
        Type::Numeric(fit) => Value::Numeric(fitted(Numeric::from_int(n), *fit)),
        #[expect(clippy::cast_precision_loss, reason = "SQLite stores 2.0 as the integer 2")]
        Type::Float8 => Value::Float8(n as f64),
        #[expect(clippy::cast_precision_loss, reason = "SQLite stores 2.0 as the integer 2")]
        Type::Float4 => Value::Float4(n as f32),
        Type::Json | Type::Jsonb => Value::json(n.to_string()),
        base if holds_text(base) => Value::text(n.to_string()),
        _ => Value::Int(n),
    }
}

fn of_real(n: f64, ty: &Type) -> Value {
    match ty.base() {
        Type::Numeric(fit) => Value::Numeric(fitted(Numeric::from_float(n), *fit)),
        #[expect(clippy::cast_possible_truncation, reason = "it was a real when it was written")]
        Type::Float4 => Value::Float4(n as f32),
        // What somebody else has written beyond every number is no JSON.
        Type::Json | Type::Jsonb if !n.is_finite() => Value::Float8(n),
        Type::Json | Type::Jsonb => Value::json(literal::float8_text(n)),
        base if holds_text(base) => Value::text(literal::float8_text(n)),
        _ => Value::Float8(n),
    }
}

fn fitted(number: Numeric, fit: Option<(u16, i16)>) -> Numeric {
    match fit {
        Some((precision, scale)) => number.fitted(precision, scale).unwrap_or(number),
        None => number,
    }
}

fn of_text(text: &str, ty: &Type) -> Value {
    let base = ty.base();
    match base {
        Type::Json | Type::Jsonb => match json::check(text) {
            Ok(()) => Value::json(text),
            Err(_) => Value::text(text),
        },
        Type::Array(_) => match text.trim_start().starts_with('[') {
            true => json::read_as(text, base).unwrap_or_else(|_| Value::text(text)),
            false => literal::parse(text, base).unwrap_or_else(|_| Value::text(text)),
        },
        Type::Bpchar(_) => literal::parse(text, base).unwrap_or_else(|_| Value::text(text)),
        // SQLite's own `CURRENT_TIMESTAMP` is UTC and does not say so.
        Type::TimestampTz => match time::parse_timestamptz(text) {
            Ok(micros) => Value::TimestampTz(micros),
            Err(_) => Value::text(text),
        },
        Type::Text
        | Type::Varchar(_)
        | Type::Name
        | Type::Xml
        | Type::Unknown
        | Type::Other(_)
        | Type::Enum(_)
        | Type::TsVector
        | Type::TsQuery
        | Type::Multirange(_) => Value::text(text),
        base => literal::parse(text, base).unwrap_or_else(|_| Value::text(text)),
    }
}

fn of_blob(bytes: &[u8], ty: &Type) -> Value {
    match ty.base() {
        Type::Uuid => match Uuid::from_slice(bytes) {
            Ok(id) => Value::Uuid(id),
            Err(_) => Value::Bytes(Arc::from(bytes)),
        },
        Type::Json | Type::Jsonb => match std::str::from_utf8(bytes).map(str::trim_end) {
            Ok(text) if json::check(text).is_ok() => Value::json(text),
            _ => Value::Bytes(Arc::from(bytes)),
        },
        base if holds_text(base) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::text(text),
            Err(_) => Value::Bytes(Arc::from(bytes)),
        },
        _ => Value::Bytes(Arc::from(bytes)),
    }
}

/// A value as it is stored and compared.
pub(crate) fn bind(value: &Value) -> ToSqlOutput<'_> {
    let owned = |text: String| ToSqlOutput::Owned(Cell::Text(text));
    match value {
        Value::Null => ToSqlOutput::Owned(Cell::Null),
        Value::Bool(b) => ToSqlOutput::Owned(Cell::Integer(i64::from(*b))),
        Value::Int(n) => ToSqlOutput::Owned(Cell::Integer(*n)),
        Value::Float4(n) => of_float(f64::from(*n)),
        Value::Float8(n) => of_float(*n),
        Value::Json(text) if is_changed_number(text) => {
            ToSqlOutput::Owned(Cell::Blob(sealed(text)))
        }
        Value::Text(text) | Value::Json(text) => {
            ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
        }
        Value::Numeric(n) => ToSqlOutput::Borrowed(ValueRef::Text(n.as_str().as_bytes())),
        Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        Value::TimestampTz(micros) => owned(time::timestamptz_json(*micros)),
        Value::Timestamp(micros) => owned(time::timestamp_json(*micros)),
        Value::Array(_) => owned(json::text(value, &Type::Unknown)),
        Value::Uuid(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Interval(_)
        | Value::Range(_)
        | Value::Record(_) => owned(literal::text(value)),
    }
}

/// Whether a piece of JSON is a number of which a column declared as `json` would keep other letters:
/// SQLite takes that for the name of a number's type.
fn is_changed_number(json: &str) -> bool {
    /// A float keeps so many.
    const DIGITS: usize = 15;
    if !json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return false;
    }
    if let Ok(whole) = json.parse::<i64>() {
        return whole.to_string() != json;
    }
    let digits = json.bytes().filter(u8::is_ascii_digit).count();
    let float = json.parse::<f64>().ok().filter(|n| n.fract() != 0.0 && digits <= DIGITS);
    float.is_none_or(|n| literal::float8_text(n) != json)
}

/// As bytes it is stored as it is. SQLite's own JSON is bytes as well, whose first one tells how many
/// follow: four that begin with a digit could be some.
fn sealed(json: &str) -> Vec<u8> {
    let mut bytes = json.as_bytes().to_vec();
    if bytes.len() == 4 {
        bytes.push(b' ');
    }
    bytes
}

/// SQLite turns a real that is no number into NULL.
fn of_float(n: f64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(if n.is_nan() { Cell::Text("NaN".into()) } else { Cell::Real(n) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_sql::sqlite::store::{self, Stored};

    #[test]
    fn a_declared_type_is_one_of_the_house() {
        for (declared, name) in [
            ("INTEGER", "bigint"),
            ("int4", "integer"),
            ("TINYINT(1)", "smallint"),
            ("BOOLEAN", "boolean"),
            ("NVARCHAR(160)", "character varying(160)"),
            ("numeric(10,2)", "numeric(10,2)"),
            ("numeric text(10, 2)", "numeric(10, 2)"),
            ("DECIMAL_TEXT", "numeric"),
            ("TEXT", "text"),
            ("DATETIME", "timestamp without time zone"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamp with time zone", "timestamp with time zone"),
            ("integer[]", "integer[]"),
            ("_int4", "integer[]"),
            ("uuid", "uuid"),
            ("jsonb text", "jsonb"),
            ("BLOB", "bytea"),
            ("", "any"),
            ("YEAR", "numeric"),
            ("POINT", "bigint"),
            ("int4range", "int4range"),
        ] {
            assert_eq!(named(declared), name, "{declared}");
        }
        for name in [
            "smallint",
            "integer",
            "bigint",
            "boolean",
            "real",
            "double precision",
            "bytea",
            "numeric",
            "numeric(10,2)",
            "text",
            "character varying(5)",
            "character(4)",
            "uuid",
            "timestamp with time zone",
            "time without time zone",
            "interval",
            "integer[]",
            "tstzrange",
            "jsonb",
            "name",
        ] {
            assert_eq!(named(&declared(name).replace('"', "")), name);
        }
    }

    fn owned(output: ToSqlOutput<'_>) -> ToSqlOutput<'static> {
        match output {
            ToSqlOutput::Borrowed(cell) => ToSqlOutput::Owned(cell.try_into().unwrap()),
            ToSqlOutput::Owned(cell) => ToSqlOutput::Owned(cell),
            _ => panic!("a plain cell"),
        }
    }

    #[test]
    fn values_come_back_as_they_were_stored() {
        for (ty, text) in [
            ("boolean", "true"),
            ("bigint", "9223372036854775807"),
            ("numeric", "12345678901234567890.12345678901234567890"),
            ("numeric(10,2)", "1.10"),
            ("float8", "NaN"),
            ("float8", "-Infinity"),
            ("real", "0.1"),
            ("text", "a\u{301}\u{1f600}"),
            ("bytea", "\\x00ff"),
            ("uuid", "9f0c3e5c-0000-4000-8000-000000000001"),
            ("date", "2024-02-29"),
            ("date", "infinity"),
            ("time", "23:59:59.999999"),
            ("timestamp", "2024-01-01 10:00:00.5"),
            ("timestamptz", "2024-01-01 10:00:00.5+00"),
            ("interval", "1 day 02:00:00"),
            ("jsonb", "{\"a\": [1, 1.10]}"),
            ("jsonb", "3.5"),
            ("jsonb", "7"),
            ("int[]", "{1,NULL,3}"),
            ("text[]", "{a,\"b c\"}"),
            ("timestamptz[]", "{\"2024-01-01 10:00:00+00\"}"),
            ("int4range", "[1,5)"),
        ] {
            let ty = Type::named(ty).unwrap();
            let value = literal::parse(text, &ty).unwrap();
            let stored = bind(&value);
            // What the renderer's functions would store is what is stored.
            if text != "NaN" {
                let same = match store::store(&value, &ty) {
                    Stored::Null => Cell::Null,
                    Stored::Integer(n) => Cell::Integer(n),
                    Stored::Real(n) => Cell::Real(n),
                    Stored::Text(text) => Cell::Text(text),
                    Stored::Blob(bytes) => Cell::Blob(bytes),
                };
                assert_eq!(ToSqlOutput::Owned(same), owned(bind(&value)), "{ty}");
            }
            let cell = match &stored {
                ToSqlOutput::Borrowed(cell) => *cell,
                ToSqlOutput::Owned(cell) => cell.into(),
                _ => panic!("a plain cell"),
            };
            assert_eq!(literal::text(&read(cell, &ty)), text, "{ty}");
        }
    }

    /// In a column that is declared as a user would.
    #[test]
    fn numbers_in_json_keep_their_letters() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (j jsonb)").unwrap();
        for text in
            ["1.10", "3.10", "9.99", "7.0", "1e400", "-0.0", "0.1", "42", "12345678901234567890.5"]
        {
            let given = Value::json(text);
            db.execute("DELETE FROM t", []).unwrap();
            db.execute("INSERT INTO t VALUES (?1)", [bind(&given)]).unwrap();
            let told: Value = db
                .query_row("SELECT j FROM t", [], |row| Ok(read(row.get_ref(0)?, &Type::Jsonb)))
                .unwrap();
            assert_eq!(told, given, "{text}");
            let inside: String = db
                .query_row("SELECT json_object('j', json(j)) FROM t", [], |row| row.get(0))
                .unwrap();
            assert_eq!(inside, format!("{{\"j\":{text}}}"));
        }
    }

    #[test]
    fn a_cell_that_is_no_value_of_its_type_is_shown_as_it_is() {
        let date = Type::Date;
        assert_eq!(read(ValueRef::Text(b"soon"), &date), Value::text("soon"));
        assert_eq!(read(ValueRef::Integer(1_700_000_000), &date), Value::Int(1_700_000_000));
        assert_eq!(read(ValueRef::Integer(7), &Type::Bool), Value::Int(7));
        assert_eq!(read(ValueRef::Text(b"{"), &Type::Jsonb), Value::text("{"));
        assert_eq!(read(ValueRef::Text(&[0xff]), &Type::Text), Value::text("\u{fffd}"));
    }
}
