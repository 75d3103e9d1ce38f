//! Values in JSON as PostgreSQL's `to_json` writes them, and JSON as its `json_populate_record`
//! reads it. Numbers keep their digits both ways: nothing goes through a float.

mod mistake;

use crate::array;
use crate::error::BadValue;
use crate::literal;
use crate::time;
use crate::types::Type;
use crate::value::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Appends the JSON form of a value of the type.
pub fn write(out: &mut String, value: &Value, ty: &Type) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => match ty.base() {
            // A name for something inside the engine, and no number to PostgreSQL.
            Type::Oid => quoted(out, |out| write_int(out, *n)),
            _ => write_int(out, *n),
        },
        Value::Float4(n) => write_float(out, &literal::float4_text(*n), n.is_finite()),
        Value::Float8(n) => write_float(out, &literal::float8_text(*n), n.is_finite()),
        Value::Numeric(n) => write_float(out, n.as_str(), n.is_finite()),
        Value::Json(text) => out.push_str(text),
        Value::Text(text) => write_string(out, text),
        Value::Timestamp(t) => quoted(out, |out| time::write_timestamp_json(out, *t)),
        Value::TimestampTz(t) => quoted(out, |out| time::write_timestamptz_json(out, *t)),
        Value::Array(list) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            out.push('[');
            for (i, item) in list.items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                // The inner lists of a table of numbers have the same type as the outer one.
                write(out, item, if matches!(item, Value::Array(_)) { ty } else { element });
            }
            out.push(']');
        }
        Value::Record(fields) => write_record(out, fields, ty),
        Value::Bytes(_)
        | Value::Uuid(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Interval(_)
        | Value::Range(_) => write_string(out, &literal::text(value)),
    }
}

pub fn write_int(out: &mut String, number: i64) {
    let mut digits = [0u8; 20];
    out.push_str(int_text(number, &mut digits));
}

pub fn text(value: &Value, ty: &Type) -> String {
    let mut out = String::new();
    write(&mut out, value, ty);
    out
}

/// What has nothing in it that would need an escape.
fn quoted(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push('"');
    write(out);
    out.push('"');
}

/// JSON has no word for the infinities and for no number: they are strings.
fn write_float(out: &mut String, text: &str, finite: bool) {
    if finite {
        out.push_str(text);
    } else {
        write_string(out, text);
    }
}

fn write_record(out: &mut String, fields: &[Value], ty: &Type) {
    out.push('{');
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let known = match ty.base() {
            Type::Composite(composite) => composite.fields.get(i),
            _ => None,
        };
        match known {
            Some((name, ty)) => {
                write_string(out, name);
                out.push(':');
                write(out, field, ty);
            }
            None => {
                write_string(out, &format!("f{}", i + 1));
                out.push(':');
                write(out, field, &Type::Unknown);
            }
        }
    }
    out.push('}');
}

fn int_text(n: i64, buffer: &mut [u8; 20]) -> &str {
    let mut rest = n.unsigned_abs();
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or("0")
}

/// A JSON string with the escapes that it needs and no others.
pub fn write_string(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    let mut from = 0;
    loop {
        let at = from + plain_length(&text.as_bytes()[from..]);
        out.push_str(&text[from..at]);
        let Some(byte) = text.as_bytes().get(at) else { break };
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => {
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
    out.push('"');
}

/// How many bytes from the first on need no escape: sixteen are looked at in one step, since most
/// texts need none at all.
fn plain_length(bytes: &[u8]) -> usize {
    let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    let clean = |chunk: &[u8]| !chunk.iter().fold(false, |found, byte| found | special(*byte));
    let at = 16 * bytes.chunks_exact(16).take_while(|chunk| clean(chunk)).count();
    at + bytes[at..].iter().take_while(|byte| !special(**byte)).count()
}

/// A piece of JSON, its numbers as they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Arc<str>),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Deeper JSON is refused, long before the stack ends.
pub const DEPTH_MAX: usize = 100;

fn bad_json(text: &str) -> BadValue {
    let bad = BadValue::new("22P02", "invalid input syntax for type json");
    match mistake::details(text) {
        Some(details) => bad.details(details),
        None if half_a_letter(text) => {
            bad.details("Unicode low surrogate must follow a high surrogate.")
        }
        None => bad,
    }
}

/// Whether an escape stands for one half of a letter and the other half is missing.
fn half_a_letter(text: &str) -> bool {
    let mut high = false;
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let unit = rest[at..].strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let unit = unit.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let low = unit.is_some_and(|unit| (0xDC00..0xE000).contains(&unit));
        if high != low || (high && at > 0) {
            return true;
        }
        high = unit.is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
        let past = at + if unit.is_some() { 6 } else { 2 };
        rest = rest.get(past..).unwrap_or("");
    }
    high
}

/// Whether the text is JSON at all.
pub fn check(text: &str) -> Result<(), BadValue> {
    parse(text).map(drop)
}

pub fn parse(text: &str) -> Result<Json, BadValue> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| bad_json(text))?;
    read(raw.get(), 0)
}

fn read(text: &str, depth: usize) -> Result<Json, BadValue> {
    if depth > DEPTH_MAX {
        return Err(BadValue::new("54001", "stack depth limit exceeded"));
    }
    let text = text.trim();
    Ok(match text.as_bytes().first() {
        Some(b'n') => Json::Null,
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'"') => Json::String(serde_json::from_str(text).map_err(|_| bad_json(text))?),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| bad_json(text))?;
            let items = items.into_iter().map(|item| read(item.get(), depth + 1));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let fields = fields(text)?.into_iter();
            let fields = fields.map(|(k, v)| Ok((k.into_owned(), read(v, depth + 1)?)));
            Json::Object(fields.collect::<Result<_, _>>()?)
        }
        _ => Json::Number(Arc::from(text)),
    })
}

/// The members of an object in their order and as they are written, repeated names included.
pub fn fields(text: &str) -> Result<Vec<(Cow<'_, str>, &str)>, BadValue> {
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|_| bad_json(text))?;
    Ok(fields.0)
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a str)>);

/// The name of a member: its own letters where none of them is escaped.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Name<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry::<_, &'de RawValue>()? {
                    fields.push((name, value.get()));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// The members of a JSON object as they are written, in their order; the last of a name wins.
pub fn members(text: &str) -> Result<Vec<(String, Arc<str>)>, BadValue> {
    let fields = fields(text)?;
    let mut members: Vec<(String, Arc<str>)> = Vec::with_capacity(fields.len());
    let mut places = std::collections::HashMap::with_capacity(fields.len());
    for (name, value) in fields {
        match places.get(&*name) {
            Some(place) => {
                let member: &mut (String, Arc<str>) = &mut members[*place];
                member.1 = Arc::from(value);
            }
            None => {
                members.push((name.to_string(), Arc::from(value)));
                places.insert(name, members.len() - 1);
            }
        }
    }
    Ok(members)
}

/// The items of a JSON array as they are written.
pub fn items(text: &str) -> Result<Vec<Arc<str>>, BadValue> {
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| bad_json(text))?;
    Ok(items.into_iter().map(|item| Arc::from(item.get())).collect())
}

/// The text of `jsonb`: keys by length and then by letters, the last of equal keys, one blank
/// after `:` and `,`.
pub fn normal(text: &str) -> Result<String, BadValue> {
    let json = parse(text)?;
    if text.contains("\\u0000") && holds_nul(&json) {
        return Err(BadValue::new("22P05", "unsupported Unicode escape sequence")
            .details("\\u0000 cannot be converted to text."));
    }
    let mut out = String::with_capacity(text.len());
    write_normal(&mut out, &json);
    Ok(out)
}

fn holds_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(holds_nul),
        Json::Object(fields) => fields.iter().any(|(k, v)| k.contains('\0') || holds_nul(v)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

pub fn write_normal(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Json::Number(n) => match crate::Numeric::parse(n) {
            Ok(number) => out.push_str(number.as_str()),
            Err(_) => out.push_str(n),
        },
        Json::String(text) => write_string(out, text),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_normal(out, item);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            // Sorting is stable, so among equal names the first of the reversed list is the last.
            let mut sorted: Vec<&(String, Json)> = fields.iter().rev().collect();
            sorted.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0)));
            sorted.dedup_by(|later, kept| later.0 == kept.0);
            out.push('{');
            for (i, (name, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_string(out, name);
                out.push_str(": ");
                write_normal(out, value);
            }
            out.push('}');
        }
    }
}

/// A member of a body as a value of a column: what PostgreSQL's `json_populate_record` makes of it.
pub fn read_as(json_text: &str, ty: &Type) -> Result<Value, BadValue> {
    match ty.base() {
        Type::Json => {
            check(json_text)?;
            Ok(Value::json(json_text.trim()))
        }
        Type::Jsonb => Ok(Value::json(normal(json_text)?)),
        base @ (Type::Array(_) | Type::Composite(_)) => value_of(&parse(json_text)?, base),
        base => match plain(json_text.trim()) {
            Some(text) => literal::parse(text, base),
            None => match parse(json_text)? {
                // A text that is told or stored has the letters that were sent.
                Json::Array(_) | Json::Object(_) => literal::parse(json_text.trim(), base),
                json => value_of(&json, base),
            },
        },
    }
}

/// The text of a value that says the same in its own letters: a string without an escape, or a
/// whole number.
fn plain(json_text: &str) -> Option<&str> {
    if let Some(quoted) = json_text.strip_prefix('"') {
        let text = quoted.strip_suffix('"')?;
        return (plain_length(text.as_bytes()) == text.len()).then_some(text);
    }
    let digits = json_text.strip_prefix('-').unwrap_or(json_text).as_bytes();
    let whole = matches!(digits, [b'0'] | [b'1'..=b'9', ..]);
    (whole && digits.iter().all(u8::is_ascii_digit)).then_some(json_text)
}

fn value_of(json: &Json, ty: &Type) -> Result<Value, BadValue> {
    let ty = ty.base();
    match (json, ty) {
        (_, Type::Json | Type::Jsonb) => {
            let mut out = String::new();
            write_normal(&mut out, json);
            Ok(Value::json(out))
        }
        (Json::Null, _) => Ok(Value::Null),
        (Json::Array(items), Type::Array(element)) => match dimensions(items) {
            Some(dimensions) => list_of(items, element, dimensions, &mut Vec::new()),
            None => Ok(Value::array(Vec::new())),
        },
        (Json::Number(_) | Json::Bool(_) | Json::Object(_), Type::Array(_)) => {
            Err(no_list("the value", &[]))
        }
        (Json::Object(fields), Type::Composite(composite)) => {
            let values = composite.fields.iter().map(|(name, ty)| {
                let found = fields.iter().rev().find(|(known, _)| **known == **name);
                found.map_or(Ok(Value::Null), |(_, json)| {
                    value_of(json, ty).map_err(|bad| of_key(bad, name))
                })
            });
            Ok(Value::Record(values.collect::<Result<Vec<_>, _>>()?.into()))
        }
        (Json::Array(_), Type::Composite(_)) => Err(BadValue::new("22023", LIST_FOR_ROW)),
        (Json::Number(_) | Json::Bool(_), Type::Composite(_)) => {
            Err(BadValue::new("22023", VALUE_FOR_ROW))
        }
        (Json::String(text), _) => literal::parse(text, ty),
        (Json::Number(text), _) => literal::parse(text, ty),
        (Json::Bool(b), _) => literal::parse(if *b { "true" } else { "false" }, ty),
        (Json::Array(_) | Json::Object(_), _) => {
            let mut shown = String::new();
            write_normal(&mut shown, json);
            literal::parse(&shown, ty)
        }
    }
}

/// How deep the first item is that is no list; nothing when there is none.
fn dimensions(items: &[Json]) -> Option<usize> {
    items.iter().find_map(|item| match item {
        Json::Array(inner) => dimensions(inner).map(|inner| inner + 1),
        _ => Some(1),
    })
}

/// `at`: the places of the lists around it. What is deeper than the first item is JSON in an item.
fn list_of(
    items: &[Json],
    element: &Type,
    dimensions: usize,
    at: &mut Vec<usize>,
) -> Result<Value, BadValue> {
    let mut values = Vec::with_capacity(items.len());
    let mut length = None;
    for (place, item) in items.iter().enumerate() {
        at.push(place);
        values.push(match item {
            item if dimensions == 1 => value_of(item, element)?,
            Json::Array(inner) => {
                let value = list_of(inner, element, dimensions - 1, at)?;
                if *length.get_or_insert(inner.len()) != inner.len() {
                    return Err(BadValue::new("22P02", UNEVEN_LIST).details(array::UNEVEN));
                }
                value
            }
            _ => return Err(no_list("the array element ", at)),
        });
        at.pop();
    }
    Ok(Value::array(values))
}

const NO_LIST: &str = "expected JSON array";
const UNEVEN_LIST: &str = "malformed JSON array";
const LIST_FOR_ROW: &str = "cannot call populate_composite on an array";
const VALUE_FOR_ROW: &str = "cannot call populate_composite on a scalar";

fn no_list(what: &str, at: &[usize]) -> BadValue {
    let places: String = at.iter().map(|place| format!("[{place}]")).collect();
    BadValue::new("22P02", NO_LIST).hint(format!("See {what}{places} of key"))
}

/// Whether the JSON has another shape than the type: no text would be a better one.
pub fn is_misshapen(bad: &BadValue) -> bool {
    matches!(&*bad.message, NO_LIST | UNEVEN_LIST | LIST_FOR_ROW | VALUE_FOR_ROW)
}

/// With the name under which the value was given.
pub fn of_key(bad: BadValue, key: &str) -> BadValue {
    match &bad.hint {
        Some(hint) if bad.message == NO_LIST && hint.ends_with("of key") => {
            let hint = format!("{hint} \"{key}\".");
            bad.hint(hint)
        }
        _ => bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(ty: &str, json: &str) -> String {
        let ty = Type::named(ty).unwrap();
        match read_as(json, &ty) {
            Ok(value) => text(&value, &ty),
            Err(e) => format!("{} {e}", e.state),
        }
    }

    #[test]
    fn values_come_and_go_as_json_without_loss() {
        for (ty, given, out) in [
            ("bigint", "9007199254740993", "9007199254740993"),
            ("numeric", "1.10000000000000000001", "1.10000000000000000001"),
            ("numeric", "\"NaN\"", "\"NaN\""),
            ("float8", "1.0", "1"),
            ("boolean", "\"t\"", "true"),
            ("text", "12.50", "\"12.50\""),
            ("text", "{\"a\": 1}", "\"{\\\"a\\\": 1}\""),
            ("timestamptz", "\"2024-01-01 00:00Z\"", "\"2024-01-01T00:00:00+00:00\""),
            ("timestamp", "\"2024-01-01 00:00\"", "\"2024-01-01T00:00:00\""),
            ("int[]", "[1,null,3]", "[1,null,3]"),
            ("int[]", "[[1],[2]]", "[[1],[2]]"),
            ("int[]", "\"{1,2}\"", "[1,2]"),
            ("int4range", "\"[1,2]\"", "\"[1,3)\""),
            ("jsonb", "{\"b\":1,\"a\":2,\"b\":3}", "{\"a\": 2, \"b\": 3}"),
            ("json", "{\"b\":1,  \"a\":2}", "{\"b\":1,  \"a\":2}"),
            ("jsonb", "null", "null"),
            ("integer", "1.5", "22P02 invalid input syntax for type integer: \"1.5\""),
            ("integer", "null", "null"),
            ("oid", "26", "\"26\""),
            ("oid[]", "[\"26\",1]", "[\"26\",\"1\"]"),
            ("bytea", "\"\\\\x00ff\"", "\"\\\\x00ff\""),
        ] {
            assert_eq!(round(ty, given), out, "{ty} {given}");
        }
    }

    #[test]
    fn json_of_another_shape_than_a_list_is_told_in_the_words_of_postgresql() {
        let list = Type::named("int[]").unwrap();
        for (given, message, hint) in [
            ("1", "expected JSON array", Some("See the value of key \"a\".")),
            ("{\"b\": 1}", "expected JSON array", Some("See the value of key \"a\".")),
            ("true", "expected JSON array", Some("See the value of key \"a\".")),
            ("[[1],2]", "expected JSON array", Some("See the array element [1] of key \"a\".")),
            (
                "[[[1]],[2]]",
                "expected JSON array",
                Some("See the array element [1][0] of key \"a\"."),
            ),
            ("[[1],[2,3]]", "malformed JSON array", None),
            ("[1,[2]]", "invalid input syntax for type integer: \"[2]\"", None),
            ("[null,[1]]", "invalid input syntax for type integer: \"[1]\"", None),
            ("\"1\"", "malformed array literal: \"1\"", None),
        ] {
            let bad = of_key(read_as(given, &list).unwrap_err(), "a");
            assert_eq!((bad.to_string().as_str(), bad.hint.as_deref()), (message, hint), "{given}");
            assert_eq!(bad.state, "22P02", "{given}");
        }
        assert_eq!(round("int[]", "[[],[]]"), "[]");
    }

    #[test]
    fn what_no_text_can_hold_is_refused_as_postgresql_does() {
        for (text, wanted) in [
            ("\"a\\u0000\"", "22P05 \\u0000 cannot be converted to text."),
            ("{\"\\u0000\": 1}", "22P05 \\u0000 cannot be converted to text."),
            ("\"\\ud800\"", "22P02 Unicode low surrogate must follow a high surrogate."),
            ("[\"\\udc00x\"]", "22P02 Unicode low surrogate must follow a high surrogate."),
            ("\"\\ud83d \\ude00\"", "22P02 Unicode low surrogate must follow a high surrogate."),
        ] {
            let bad = normal(text).unwrap_err();
            assert_eq!(format!("{} {}", bad.state, bad.details.unwrap_or_default()), wanted);
        }
        assert_eq!(normal("\"\\ud83d\\ude00 \\\\u0000\"").unwrap(), "\"😀 \\\\u0000\"");
        assert_eq!(
            read_as("{\"b\":1,\"a\":[1]}", &Type::Text).unwrap(),
            Value::text("{\"b\":1,\"a\":[1]}")
        );
    }

    #[test]
    fn json_deeper_than_the_bound_is_refused() {
        let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
        assert!(parse(&deep).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn strings_are_escaped_as_json_asks() {
        let mut out = String::new();
        write_string(&mut out, "a\"b\\c\n\u{1}é");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"");
    }
}
