//! Text → value of a type, and back: PostgreSQL's text forms and its words when the text is wrong.

use crate::array::{self, Item};
use crate::error::BadValue;
use crate::numeric::Numeric;
use crate::types::{CompositeType, Type};
use crate::value::Value;
use crate::{json, range, time};
use std::sync::Arc;

/// Reads a literal as PostgreSQL's input function of the type does.
pub fn parse(text: &str, ty: &Type) -> Result<Value, BadValue> {
    if text.contains('\0') {
        return Err(BadValue::new("22021", "invalid byte sequence for encoding \"UTF8\": 0x00"));
    }
    Ok(match ty {
        Type::Bool => Value::Bool(parse_bool(text)?),
        Type::Int2 => Value::Int(parse_int(text, "smallint", i16::MIN.into(), i16::MAX.into())?),
        Type::Int4 => Value::Int(parse_int(text, "integer", i32::MIN.into(), i32::MAX.into())?),
        Type::Int8 => Value::Int(parse_int(text, "bigint", i64::MIN, i64::MAX)?),
        Type::Oid => Value::Int(parse_int(text, "oid", 0, u32::MAX.into())?),
        Type::Float4 => Value::Float4(parse_float4(text)?),
        Type::Float8 => Value::Float8(parse_float(text, "double precision")?),
        Type::Numeric(fit) => {
            let number = Numeric::parse(text)?;
            Value::Numeric(match fit {
                Some((precision, scale)) => number.fitted(*precision, *scale)?,
                None => number,
            })
        }
        Type::Text | Type::Name | Type::Xml | Type::Unknown | Type::Other(_) => Value::text(text),
        Type::Varchar(limit) => fitted_text(text, *limit, "character varying")?,
        Type::Bpchar(limit) => padded_text(text, *limit)?,
        Type::TsVector | Type::TsQuery | Type::Multirange(_) => Value::text(text),
        Type::Bytea => Value::Bytes(Arc::from(parse_bytes(text)?)),
        Type::Uuid => Value::Uuid(parse_uuid(text)?),
        Type::Date => Value::Date(time::parse_date(text)?),
        Type::Time => Value::Time(time::parse_time(text)?),
        Type::TimeTz => Value::text(time::parse_timetz(text)?),
        Type::Timestamp => Value::Timestamp(time::parse_timestamp(text)?),
        Type::TimestampTz => Value::TimestampTz(time::parse_timestamptz(text)?),
        Type::Interval => Value::Interval(time::parse_interval(text)?),
        Type::Json => {
            json::check(text)?;
            Value::json(text)
        }
        Type::Jsonb => Value::json(json::normal(text)?),
        Type::Void => Value::Null,
        Type::Array(element) => array_of(array::parse(text)?, element)?,
        Type::Range(kind) => Value::Range(Arc::new(range::parse(text, *kind)?)),
        Type::Enum(known) => {
            if !known.labels.iter().any(|label| &**label == text) {
                return Err(BadValue::new(
                    "22P02",
                    format!("invalid input value for enum {}: \"{text}\"", known.name),
                ));
            }
            Value::text(text)
        }
        Type::Domain(domain) => parse(text, &domain.base)?,
        Type::Composite(composite) => record_of(text, composite)?,
    })
}

/// The text form: what `::text` gives.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => if *b { "true" } else { "false" }.into(),
        Value::Int(n) => n.to_string(),
        Value::Float4(n) => float4_text(*n),
        Value::Float8(n) => float8_text(*n),
        Value::Numeric(n) => n.as_str().to_owned(),
        Value::Text(t) | Value::Json(t) => t.to_string(),
        Value::Bytes(bytes) => bytes_text(bytes),
        Value::Uuid(id) => id.to_string(),
        Value::Date(days) => time::date_text(*days),
        Value::Time(micros) => time::time_text(*micros),
        Value::Timestamp(micros) => time::timestamp_text(*micros),
        Value::TimestampTz(micros) => time::timestamptz_text(*micros),
        Value::Interval(interval) => time::interval_text(*interval),
        Value::Array(list) => array_text(&list.items),
        Value::Range(range) => range::text(range),
        Value::Record(fields) => array::write_record(fields.iter().map(|field| match field {
            Value::Null => None,
            Value::Bool(b) => Some(if *b { "t" } else { "f" }.to_owned()),
            other => Some(text(other)),
        })),
    }
}

fn array_text(items: &[Value]) -> String {
    let mut out = String::from("{");
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match item {
            Value::Null => out.push_str("NULL"),
            Value::Bool(b) => out.push(if *b { 't' } else { 'f' }),
            Value::Array(inner) => out.push_str(&array_text(&inner.items)),
            other => array::write_item(&mut out, &text(other)),
        }
    }
    out.push('}');
    out
}

fn array_of(items: Vec<Item>, element: &Type) -> Result<Value, BadValue> {
    let items = items.into_iter().map(|item| match item {
        Item::Null => Ok(Value::Null),
        Item::Text(text) => parse(&text, element),
        Item::List(inner) => array_of(inner, element),
    });
    Ok(Value::array(items.collect::<Result<_, _>>()?))
}

fn record_of(text: &str, composite: &CompositeType) -> Result<Value, BadValue> {
    let fields = array::parse_record(text)?;
    if fields.len() != composite.fields.len() {
        let details = if fields.len() < composite.fields.len() {
            "Too few columns."
        } else {
            "Too many columns."
        };
        return Err(BadValue::new("22P02", format!("malformed record literal: \"{text}\""))
            .details(details));
    }
    let values = fields.into_iter().zip(&composite.fields).map(|(field, (_, ty))| match field {
        None => Ok(Value::Null),
        Some(field) => parse(&field, ty),
    });
    Ok(Value::Record(values.collect::<Result<Vec<_>, _>>()?.into()))
}

fn parse_bool(text: &str) -> Result<bool, BadValue> {
    let word = text.trim().to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if begins("true", 1) || begins("yes", 1) || word == "on" || word == "1" {
        Ok(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(BadValue::syntax("boolean", text))
    }
}

fn parse_int(text: &str, name: &str, least: i64, most: i64) -> Result<i64, BadValue> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return Err(BadValue::syntax(name, text));
    }
    // A number that is too large is told before what stands behind it.
    let whole = &trimmed[..trimmed.len() - digits.len() + end];
    let number = whole.parse::<i64>().ok().filter(|n| (least..=most).contains(n));
    match number {
        None => Err(BadValue::out_of_range(name, text)),
        Some(_) if end < digits.len() => Err(BadValue::syntax(name, text)),
        Some(number) => Ok(number),
    }
}

fn parse_float(text: &str, name: &str) -> Result<f64, BadValue> {
    let trimmed = text.trim();
    let wordless = trimmed.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let word = matches!(wordless.as_str(), "nan" | "inf" | "infinity");
    let plain =
        trimmed.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let number: f64 = match trimmed.parse() {
        Ok(number) if word || plain => number,
        _ => return Err(BadValue::syntax(name, text)),
    };
    if number.is_infinite() && !word {
        return Err(BadValue::new("22003", format!("\"{text}\" is out of range for type {name}")));
    }
    Ok(number)
}

fn parse_float4(text: &str) -> Result<f32, BadValue> {
    let wide = parse_float(text, "real")?;
    let number: f32 = text.trim().parse().map_err(|_| BadValue::syntax("real", text))?;
    if number.is_infinite() && wide.is_finite() {
        return Err(BadValue::new("22003", format!("\"{text}\" is out of range for type real")));
    }
    Ok(number)
}

/// The shortest digits that read back as the same number, in PostgreSQL's choice of notation.
pub fn float8_text(n: f64) -> String {
    float_text(n, &format!("{n:e}"), 15)
}
pub fn float4_text(n: f32) -> String {
    float_text(f64::from(n), &format!("{n:e}"), 6)
}

fn float_text(n: f64, scientific: &str, digits_plain: i32) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..digits_plain).contains(&exponent) {
        // Written out from the shortest digits, so that a `real` does not show a double's tail.
        let negative = mantissa.starts_with('-');
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let scale = i64::try_from(digits.len()).unwrap_or(0) - 1 - i64::from(exponent);
        let plain = Numeric::parse(&format!("{digits}e{}", -scale));
        let plain = plain.map(|p| p.as_str().to_owned()).unwrap_or_default();
        return if negative { format!("-{plain}") } else { plain };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn fitted_text(text: &str, limit: Option<u32>, name: &str) -> Result<Value, BadValue> {
    let Some(limit) = limit else { return Ok(Value::text(text)) };
    let room = usize::try_from(limit).unwrap_or(usize::MAX);
    match text.char_indices().nth(room) {
        None => Ok(Value::text(text)),
        // Blanks beyond the length are cut, as the standard says.
        Some((at, _)) if text[at..].bytes().all(|b| b == b' ') => Ok(Value::text(&text[..at])),
        Some(_) => Err(BadValue::new("22001", format!("value too long for type {name}({limit})"))),
    }
}

fn padded_text(text: &str, limit: Option<u32>) -> Result<Value, BadValue> {
    let fitted = fitted_text(text, limit, "character")?;
    let (Some(limit), Some(text)) = (limit, fitted.as_str()) else { return Ok(fitted) };
    let missing = usize::try_from(limit).unwrap_or(0).saturating_sub(text.chars().count());
    Ok(Value::text(format!("{text}{}", " ".repeat(missing))))
}

/// `\x` and pairs of hex digits, or the older form with octal escapes.
fn parse_bytes(text: &str) -> Result<Vec<u8>, BadValue> {
    if let Some(hex) = text.strip_prefix("\\x") {
        let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        if digits.len() % 2 == 1 {
            return Err(BadValue::new("22023", "invalid hexadecimal data: odd number of digits"));
        }
        let digit = |b: u8| {
            char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or_else(|| {
                BadValue::new("22023", format!("invalid hexadecimal digit: \"{}\"", char::from(b)))
            })
        };
        return digits.chunks(2).map(|pair| Ok(digit(pair[0])? * 16 + digit(pair[1])?)).collect();
    }
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
        } else if bytes.get(at + 1) == Some(&b'\\') {
            out.push(b'\\');
            at += 2;
        } else {
            let octal = text.get(at + 1..at + 4).and_then(|o| u8::from_str_radix(o, 8).ok());
            out.push(octal.ok_or_else(|| BadValue::syntax("bytea", text))?);
            at += 4;
        }
    }
    Ok(out)
}

pub fn bytes_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(2 + bytes.len() * 2);
    out.push_str("\\x");
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// With or without dashes and braces, in any case.
fn parse_uuid(text: &str) -> Result<uuid::Uuid, BadValue> {
    let bad = || BadValue::syntax("uuid", text);
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(trimmed);
    let dashes_fit = inner.len() != 36
        || inner.char_indices().all(|(i, c)| (c == '-') == matches!(i, 8 | 13 | 18 | 23));
    let digits: String = inner.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !dashes_fit {
        return Err(bad());
    }
    uuid::Uuid::try_parse(&digits).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(given: &str, ty: &str) -> String {
        match parse(given, &Type::named(ty).unwrap()) {
            Ok(value) => text(&value),
            Err(e) => format!("{} {e}", e.state),
        }
    }

    #[test]
    fn literals_are_read_and_refused_in_the_words_of_postgresql() {
        for (ty, given, out) in [
            ("integer", " 42 ", "42"),
            ("integer", "x", "22P02 invalid input syntax for type integer: \"x\""),
            ("integer", "", "22P02 invalid input syntax for type integer: \"\""),
            ("smallint", "40000.5", "22003 value \"40000.5\" is out of range for type smallint"),
            ("smallint", "4.5", "22P02 invalid input syntax for type smallint: \"4.5\""),
            ("numeric(5,2)", "inf", "22003 numeric field overflow"),
            ("smallint", "40000", "22003 value \"40000\" is out of range for type smallint"),
            ("bigint", "9223372036854775807", "9223372036854775807"),
            ("boolean", "yes", "true"),
            ("boolean", "o", "22P02 invalid input syntax for type boolean: \"o\""),
            ("real", "0.1", "0.1"),
            ("double precision", "1e20", "1e+20"),
            ("double precision", "100000", "100000"),
            ("double precision", "0.00001", "1e-05"),
            ("double precision", "-2.5", "-2.5"),
            ("numeric(5,2)", "1.005", "1.01"),
            ("varchar(3)", "abcd", "22001 value too long for type character varying(3)"),
            ("varchar(3)", "abc  ", "abc"),
            ("char(4)", "ab", "ab  "),
            ("bytea", "\\xDEad", "\\xdead"),
            ("bytea", "\\001a", "\\x0161"),
            (
                "uuid",
                "{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            ("uuid", "1", "22P02 invalid input syntax for type uuid: \"1\""),
            ("date", "2024-02-30", "22008 date/time field value out of range: \"2024-02-30\""),
            ("timestamptz", "2024-01-01 10:00:00.50-05", "2024-01-01 15:00:00.5+00"),
            ("int[]", "{1,NULL,3}", "{1,NULL,3}"),
            ("text[]", "{a b,\"\",\"NULL\"}", "{\"a b\",\"\",\"NULL\"}"),
            ("int[]", "{1,b}", "22P02 invalid input syntax for type integer: \"b\""),
            ("int4range", "[1,3]", "[1,4)"),
            ("jsonb", "{\"bb\": 1, \"a\":[1 ,2]}", "{\"a\": [1, 2], \"bb\": 1}"),
            ("json", "{\"b\": 1}", "{\"b\": 1}"),
            ("json", "{b}", "22P02 invalid input syntax for type json"),
        ] {
            assert_eq!(shown(given, ty), out, "{ty} {given}");
        }
    }

    #[test]
    fn a_text_form_reads_back_as_the_same_value() {
        for (ty, given) in [
            ("float8", "1.7976931348623157e+308"),
            ("real", "3.4028235e+38"),
            ("interval", "1 mon -2 days +03:00:00"),
            ("text[]", "{\"a\\\\\\\"b\",c}"),
            ("tsrange", "[\"2024-01-01 00:00:00\",)"),
        ] {
            let ty = Type::named(ty).unwrap();
            let value = parse(given, &ty).unwrap();
            assert_eq!(parse(&text(&value), &ty).unwrap(), value);
            assert_eq!(text(&value), given);
        }
    }
}
