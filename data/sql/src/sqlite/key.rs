//! Keys: bytes that sort as the values do, for types that SQLite would sort as texts.

use mag_model::json::Json;
use mag_model::range::{Bound, Range};
use mag_model::{Numeric, Type, Value, json};

/// Bytes in the order of the values of one type. NULL has none.
pub(super) fn key(value: &Value, ty: &Type) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    write(&mut out, value, ty);
    out
}

fn write(out: &mut Vec<u8>, value: &Value, ty: &Type) {
    match value {
        Value::Null => {}
        Value::Bool(b) => out.push(u8::from(*b)),
        Value::Int(n) => numeric(out, &Numeric::from_int(*n)),
        Value::Numeric(n) => numeric(out, n),
        Value::Float4(n) => float(out, f64::from(*n)),
        Value::Float8(n) => float(out, *n),
        Value::Text(text) => match ty.base() {
            Type::Bpchar(_) => out.extend_from_slice(text.trim_end_matches(' ').as_bytes()),
            _ => out.extend_from_slice(text.as_bytes()),
        },
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Uuid(id) => out.extend_from_slice(id.as_bytes()),
        Value::Date(days) => signed(out, i128::from(*days)),
        Value::Time(n) | Value::Timestamp(n) | Value::TimestampTz(n) => signed(out, i128::from(*n)),
        Value::Interval(interval) => signed(out, interval.weight()),
        Value::Json(text) => {
            if let Ok(json) = json::parse(text) {
                document(out, &json);
            }
        }
        Value::Array(list) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            for item in &list.items {
                match item {
                    // Above every value.
                    Value::Null => out.push(2),
                    item => {
                        out.push(1);
                        let inner = if matches!(item, Value::Array(_)) { ty } else { element };
                        closed(out, &key(item, inner));
                    }
                }
            }
            out.push(0);
        }
        Value::Range(range) => match &**range {
            Range::Empty => out.push(0),
            Range::Span { low, high } => {
                out.push(1);
                bound(out, low, (0, 0, 1));
                bound(out, high, (2, 1, 0));
            }
        },
        Value::Record(fields) => fields.iter().for_each(|field| {
            out.push(u8::from(field.is_null()) + 1);
            closed(out, &key(field, &Type::Unknown));
        }),
    }
}

/// A key inside a key: ended so that a shorter one comes first.
fn closed(out: &mut Vec<u8>, inner: &[u8]) {
    for byte in inner {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

/// The marks of no bound, of an included and of an excluded one.
fn bound(out: &mut Vec<u8>, bound: &Bound, (open, included, excluded): (u8, u8, u8)) {
    match bound {
        Bound::Open => out.push(open),
        Bound::Included(value) => {
            out.push(1);
            closed(out, &key(value, &Type::Unknown));
            out.push(included);
        }
        Bound::Excluded(value) => {
            out.push(1);
            closed(out, &key(value, &Type::Unknown));
            out.push(excluded);
        }
    }
}

fn signed(out: &mut Vec<u8>, n: i128) {
    let mut bytes = n.to_be_bytes();
    bytes[0] ^= 0x80;
    out.extend_from_slice(&bytes);
}

fn float(out: &mut Vec<u8>, n: f64) {
    let bits = if n == 0.0 { 0 } else { n.to_bits() };
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    out.extend_from_slice(&ordered.to_be_bytes());
}

/// Sign, then how many digits stand before the point, then the digits.
fn numeric(out: &mut Vec<u8>, n: &Numeric) {
    let text = n.as_str();
    let rank = match text {
        "-Infinity" => 0,
        "Infinity" => 4,
        "NaN" => 5,
        _ if n.is_zero() => 2,
        text if text.starts_with('-') => 1,
        _ => 3,
    };
    out.push(rank);
    if rank != 1 && rank != 3 {
        return;
    }
    let unsigned = text.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    let leading = fraction.bytes().take_while(|b| *b == b'0').count();
    let size = i32::try_from(whole.len()).unwrap_or(i32::MAX);
    let size = if whole.is_empty() { -i32::try_from(leading).unwrap_or(i32::MAX) } else { size };
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0').trim_end_matches('0');
    let mut body = (i64::from(size) + (1 << 32)).to_be_bytes().to_vec();
    body.extend_from_slice(digits.as_bytes());
    if rank == 1 {
        body.iter_mut().for_each(|byte| *byte = !*byte);
        // A longer negative number is a smaller one.
        body.push(0xff);
    }
    out.extend_from_slice(&body);
}

/// As `jsonb` sorts.
fn document(out: &mut Vec<u8>, json: &Json) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    match json {
        Json::Array(items) if items.is_empty() => out.push(0),
        Json::Null => out.push(1),
        Json::String(text) => {
            out.push(2);
            closed(out, text.as_bytes());
        }
        Json::Number(digits) => {
            out.push(3);
            let mut inner = Vec::new();
            if let Ok(number) = Numeric::parse(digits) {
                numeric(&mut inner, &number);
            }
            closed(out, &inner);
        }
        Json::Bool(b) => out.extend_from_slice(&[4, u8::from(*b)]),
        Json::Array(items) => {
            out.push(5);
            out.extend_from_slice(&count(items.len()));
            items.iter().for_each(|item| document(out, item));
        }
        Json::Object(fields) => {
            let mut sorted: Vec<&(String, Json)> = fields.iter().rev().collect();
            sorted.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0)));
            sorted.dedup_by(|later, kept| later.0 == kept.0);
            out.push(6);
            out.extend_from_slice(&count(sorted.len()));
            for (name, value) in sorted {
                out.extend_from_slice(&count(name.len()));
                out.extend_from_slice(name.as_bytes());
                document(out, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::literal;
    use mag_rows::compare::compare;

    #[test]
    fn keys_sort_as_the_values_do() {
        for (ty, texts) in [
            (
                "numeric",
                &[
                    "-Infinity",
                    "-1000",
                    "-12.5",
                    "-12",
                    "-1.01",
                    "-1",
                    "-0.05",
                    "0",
                    "0.004",
                    "0.05",
                    "0.5",
                    "1",
                    "1.01",
                    "9.99",
                    "10",
                    "100.5",
                    "Infinity",
                    "NaN",
                ][..],
            ),
            ("interval", &["-1 day", "00:00:01", "1 day", "1 mon", "1 year"]),
            ("int[]", &["{}", "{-5}", "{1}", "{1,2}", "{1,NULL}", "{2}", "{10}"]),
            ("text[]", &["{\"\"}", "{a}", "{a,b}", "{aa}", "{b}"]),
            ("int4range", &["empty", "(,5)", "[1,3)", "[1,4)", "[1,)", "[2,3)"]),
            ("numrange", &["[1,2)", "[1,2]", "(1,2)"]),
            ("jsonb", &["[]", "null", "\"a\"", "1", "2", "10", "false", "[1]", "{}", "{\"a\": 1}"]),
        ] {
            let ty = Type::named(ty).unwrap();
            let values: Vec<_> = texts.iter().map(|t| literal::parse(t, &ty).unwrap()).collect();
            for a in &values {
                for b in &values {
                    let wanted = compare(a, b, &ty);
                    assert_eq!(key(a, &ty).cmp(&key(b, &ty)), wanted, "{a:?} {b:?}");
                }
            }
        }
    }
}
