//! PostgreSQL's values, both ways: cells of an answer become values, values become arguments.
//! Arguments travel as text, which the server reads with the type that it has found for them.
//! Results of fixed width travel in binary once a statement is known; all else as text.

use bytes::{Buf, BytesMut};
use mag_adapter::EngineError;
use mag_model::time::Interval;
use mag_model::{Numeric, Type, Value, literal};
use postgres_protocol::IsNull;
use std::sync::Arc;
use uuid::Uuid;

const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const CHAR: u32 = 18;
const NAME: u32 = 19;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const OID: u32 = 26;
const JSON: u32 = 114;
const XML: u32 = 142;
const FLOAT4: u32 = 700;
const FLOAT8: u32 = 701;
const UNKNOWN: u32 = 705;
const BPCHAR: u32 = 1042;
const VARCHAR: u32 = 1043;
const DATE: u32 = 1082;
const TIME: u32 = 1083;
const TIMESTAMP: u32 = 1114;
const TIMESTAMPTZ: u32 = 1184;
const INTERVAL: u32 = 1186;
const TIMETZ: u32 = 1266;
const NUMERIC: u32 = 1700;
const VOID: u32 = 2278;
const UUID: u32 = 2950;
const JSONB: u32 = 3802;

/// The type that everyone knows by this number. Those that someone has made are asked for by name.
pub(crate) fn of_oid(oid: u32) -> Option<Type> {
    let name = match oid {
        BOOL => "boolean",
        BYTEA => "bytea",
        NAME => "name",
        INT8 => "bigint",
        INT2 => "smallint",
        INT4 => "integer",
        TEXT => "text",
        OID => "oid",
        JSON => "json",
        XML => "xml",
        FLOAT4 => "real",
        FLOAT8 => "double precision",
        UNKNOWN => "unknown",
        BPCHAR => "bpchar",
        VARCHAR => "varchar",
        DATE => "date",
        TIME => "time",
        TIMESTAMP => "timestamp",
        TIMESTAMPTZ => "timestamptz",
        INTERVAL => "interval",
        TIMETZ => "timetz",
        NUMERIC => "numeric",
        VOID => "void",
        UUID => "uuid",
        JSONB => "jsonb",
        1000 => "boolean[]",
        1001 => "bytea[]",
        1005 => "smallint[]",
        1007 => "integer[]",
        1016 => "bigint[]",
        1009 => "text[]",
        1015 => "varchar[]",
        1021 => "real[]",
        1022 => "double precision[]",
        1115 => "timestamp[]",
        1182 => "date[]",
        1185 => "timestamptz[]",
        1231 => "numeric[]",
        199 => "json[]",
        2951 => "uuid[]",
        3807 => "jsonb[]",
        3614 => "tsvector",
        3615 => "tsquery",
        3904 => "int4range",
        3906 => "numrange",
        3908 => "tsrange",
        3910 => "tstzrange",
        3912 => "daterange",
        3926 => "int8range",
        CHAR => return Some(Type::Other(Arc::from("\"char\""))),
        _ => return None,
    };
    Type::named(name)
}

/// Whether the binary form is cheaper to read than the text: fixed widths, and bytes.
pub(crate) fn binary_wins(oid: u32) -> bool {
    matches!(
        oid,
        BOOL | BYTEA
            | INT8
            | INT2
            | INT4
            | OID
            | FLOAT4
            | FLOAT8
            | DATE
            | TIME
            | TIMESTAMP
            | TIMESTAMPTZ
            | INTERVAL
            | UUID
    )
}

/// The text of an argument as it goes over the line.
pub(crate) fn write_argument(value: &Value, out: &mut BytesMut) -> IsNull {
    match value {
        Value::Null => return IsNull::Yes,
        Value::Text(text) | Value::Json(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bool(b) => out.extend_from_slice(if *b { b"t" } else { b"f" }),
        value => out.extend_from_slice(literal::text(value).as_bytes()),
    }
    IsNull::No
}

/// The text of an argument, or nothing for NULL.
pub(crate) fn argument(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        value => Some(literal::text(value)),
    }
}

/// A cell in binary form, as a value of the type that the plan expects.
pub(crate) fn of_binary(oid: u32, bytes: &[u8], ty: &Type) -> Result<Value, EngineError> {
    let value = fixed(oid, bytes).ok_or_else(|| {
        EngineError::broken(format!("{} bytes are no value of the type {oid}", bytes.len()))
    })?;
    Ok(fit(value, ty))
}

/// A cell that is a number to the server and to the plan: most cells are.
pub(crate) fn whole_number(oid: u32, bytes: &[u8], ty: &Type) -> Option<i64> {
    if !matches!(ty, Type::Int2 | Type::Int4 | Type::Int8) {
        return None;
    }
    match oid {
        INT2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        INT4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        INT8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn fixed(oid: u32, mut bytes: &[u8]) -> Option<Value> {
    let width = match oid {
        BOOL => 1,
        INT2 => 2,
        INT4 | OID | FLOAT4 | DATE => 4,
        INT8 | FLOAT8 | TIME | TIMESTAMP | TIMESTAMPTZ => 8,
        INTERVAL | UUID => 16,
        BYTEA => return Some(Value::Bytes(Arc::from(bytes))),
        _ => return None,
    };
    if bytes.len() != width {
        return None;
    }
    Some(match oid {
        BOOL => Value::Bool(bytes.get_u8() != 0),
        INT2 => Value::Int(bytes.get_i16().into()),
        INT4 => Value::Int(bytes.get_i32().into()),
        OID => Value::Int(bytes.get_u32().into()),
        INT8 => Value::Int(bytes.get_i64()),
        FLOAT4 => Value::Float4(bytes.get_f32()),
        FLOAT8 => Value::Float8(bytes.get_f64()),
        DATE => Value::Date(bytes.get_i32()),
        TIME => Value::Time(bytes.get_i64()),
        TIMESTAMP => Value::Timestamp(bytes.get_i64()),
        TIMESTAMPTZ => Value::TimestampTz(bytes.get_i64()),
        INTERVAL => {
            let (micros, days, months) = (bytes.get_i64(), bytes.get_i32(), bytes.get_i32());
            Value::Interval(Interval { months, days, micros })
        }
        _ => Value::Uuid(Uuid::from_slice(bytes).ok()?),
    })
}

/// What the server gave is nearly always of the plan's type; where it is not (`sum` of a type that
/// the plan did not know), its text is read as the plan's type.
fn fit(value: Value, ty: &Type) -> Value {
    let fits = match (&value, ty.base()) {
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid)
        | (Value::Float4(_), Type::Float4)
        | (Value::Float8(_), Type::Float8)
        | (Value::Bytes(_), Type::Bytea)
        | (Value::Uuid(_), Type::Uuid)
        | (Value::Date(_), Type::Date)
        | (Value::Time(_), Type::Time)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::TimestampTz(_), Type::TimestampTz)
        | (Value::Interval(_), Type::Interval) => true,
        (Value::Int(n), Type::Numeric(_)) => return Value::Numeric(Numeric::from_int(*n)),
        _ => false,
    };
    if fits { value } else { of_text(&literal::text(&value), ty) }
}

/// A cell in text form. What no reader of ours knows stays the text that the server wrote.
pub(crate) fn of_text(text: &str, ty: &Type) -> Value {
    let parsed = match ty.base() {
        // As they are: the server has checked and normalised them.
        Type::Text
        | Type::Varchar(_)
        | Type::Bpchar(_)
        | Type::Name
        | Type::Xml
        | Type::Unknown
        | Type::Enum(_)
        | Type::Other(_)
        | Type::TimeTz
        | Type::TsVector
        | Type::TsQuery
        | Type::Multirange(_) => return Value::text(text),
        Type::Json | Type::Jsonb => return Value::json(text),
        Type::Void => return Value::Null,
        Type::Bool => return Value::Bool(text == "t" || text == "true"),
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid => text.parse().ok().map(Value::Int),
        // The precision was checked when it was written.
        Type::Numeric(_) => Numeric::parse(text).ok().map(Value::Numeric),
        base => literal::parse(text, base).ok(),
    };
    parsed.unwrap_or_else(|| Value::text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_another_type_than_planned_becomes_a_value_of_the_plan() {
        let eight = 8_i64.to_be_bytes();
        let numeric = of_binary(INT8, &eight, &Type::Numeric(None)).unwrap();
        assert_eq!(numeric, Value::Numeric(Numeric::from_int(8)));
        assert_eq!(of_binary(INT8, &eight, &Type::Text).unwrap(), Value::text("8"));
        assert!(of_binary(INT4, &eight, &Type::Int4).is_err());
    }

    #[test]
    fn what_nobody_can_read_stays_the_text_of_the_server() {
        assert_eq!(of_text("(1,2)", &Type::Other(Arc::from("point"))), Value::text("(1,2)"));
        assert_eq!(of_text("the day before", &Type::Date), Value::text("the day before"));
    }
}
