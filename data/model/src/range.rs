//! Ranges in PostgreSQL's text form `[1,10)`, in the normal form of their kind.

use crate::error::BadValue;
use crate::types::RangeKind;
use crate::value::Value;
use crate::{literal, time};
use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    Empty,
    Span { low: Bound, high: Bound },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    Open,
    Included(Value),
    Excluded(Value),
}

impl Bound {
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Open => None,
            Self::Included(value) | Self::Excluded(value) => Some(value),
        }
    }
}

pub fn parse(text: &str, kind: RangeKind) -> Result<Range, BadValue> {
    let malformed = |details: &str| {
        BadValue::new("22P02", format!("malformed range literal: \"{text}\"")).details(details)
    };
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("empty") {
        return Ok(Range::Empty);
    }
    let low_included = match trimmed.chars().next() {
        Some('[') => true,
        Some('(') => false,
        _ => return Err(malformed("Missing left parenthesis or bracket.")),
    };
    let high_included = match trimmed.chars().next_back() {
        Some(']') if trimmed.len() > 1 => true,
        Some(')') if trimmed.len() > 1 => false,
        _ => return Err(malformed("Unexpected end of input.")),
    };
    let (low, high) = split_bounds(&trimmed[1..trimmed.len() - 1])
        .ok_or_else(|| malformed("Missing comma after lower bound."))?;
    let bound = |text: Option<String>, included: bool| {
        let Some(text) = text else { return Ok(Bound::Open) };
        let value = literal::parse(&text, &kind.element())?;
        Ok(if included { Bound::Included(value) } else { Bound::Excluded(value) })
    };
    normal(bound(low, low_included)?, bound(high, high_included)?, kind)
}

/// The text before and after the comma outside quotes; `None` is no bound.
fn split_bounds(inner: &str) -> Option<(Option<String>, Option<String>)> {
    let mut parts = vec![None::<String>];
    let mut quoted = false;
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        let last = parts.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                last.get_or_insert_default().push('"');
            }
            '"' => {
                quoted = !quoted;
                last.get_or_insert_default();
            }
            '\\' => last.get_or_insert_default().push(chars.next()?),
            ',' if !quoted => parts.push(None),
            c => last.get_or_insert_default().push(c),
        }
    }
    let high = parts.pop()?;
    let low = parts.pop()?;
    (parts.is_empty() && !quoted).then_some((low, high))
}

/// Whole numbers and days become `[low,high)`; a span without room is empty.
pub fn normal(low: Bound, high: Bound, kind: RangeKind) -> Result<Range, BadValue> {
    let too_large =
        || BadValue::new("22003", format!("{} out of range", kind.element().plain_name()));
    let step = |value: Value| match value {
        Value::Int(n) => n.checked_add(1).map(Value::Int).ok_or_else(too_large),
        Value::Date(d) if d == i32::MAX || d == i32::MIN => Ok(Value::Date(d)),
        Value::Date(d) => d.checked_add(1).map(Value::Date).ok_or_else(too_large),
        other => Ok(other),
    };
    if let (Some(a), Some(b)) = (low.value(), high.value()) {
        match order(a, b) {
            Ordering::Greater => {
                return Err(BadValue::new(
                    "22000",
                    "range lower bound must be less than or equal to range upper bound",
                ));
            }
            Ordering::Equal
                if !matches!((&low, &high), (Bound::Included(_), Bound::Included(_))) =>
            {
                return Ok(Range::Empty);
            }
            Ordering::Equal | Ordering::Less => {}
        }
    }
    let (low, high) = if kind.discrete() {
        let low = match low {
            Bound::Excluded(value) => Bound::Included(step(value)?),
            other => other,
        };
        let high = match high {
            Bound::Included(value) => Bound::Excluded(step(value)?),
            other => other,
        };
        (low, high)
    } else {
        (low, high)
    };
    // `(3,4)` of whole numbers has become `[4,4)`, in which there is nothing.
    if let (true, Some(a), Some(b)) = (kind.discrete(), low.value(), high.value())
        && order(a, b) != Ordering::Less
    {
        return Ok(Range::Empty);
    }
    Ok(Range::Span { low, high })
}

/// The order of two bounds of one kind of range.
pub fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int(a), Value::Int(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::TimestampTz(a), Value::TimestampTz(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Numeric(a), Value::Numeric(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

pub fn text(range: &Range) -> String {
    let Range::Span { low, high } = range else { return "empty".into() };
    let shown = |bound: &Bound| bound.value().map(bound_text).unwrap_or_default();
    format!(
        "{}{},{}{}",
        if matches!(low, Bound::Included(_)) { '[' } else { '(' },
        shown(low),
        shown(high),
        if matches!(high, Bound::Included(_)) { ']' } else { ')' },
    )
}

fn bound_text(value: &Value) -> String {
    match value {
        Value::Timestamp(t) => format!("\"{}\"", time::timestamp_text(*t)),
        Value::TimestampTz(t) => format!("\"{}\"", time::timestamptz_text(*t)),
        other => literal::text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_take_the_normal_form_of_their_kind() {
        for (kind, given, shown) in [
            (RangeKind::Int4, "(1,5]", "[2,6)"),
            (RangeKind::Int4, "[3,3)", "empty"),
            (RangeKind::Int4, "(3,4)", "empty"),
            (RangeKind::Int4, "[,5)", "(,5)"),
            (RangeKind::Num, "[1.50,2]", "[1.50,2]"),
            (RangeKind::Date, "[2024-01-01,2024-01-31]", "[2024-01-01,2024-02-01)"),
            (
                RangeKind::Ts,
                "[2024-01-01, 2024-01-02 10:00)",
                "[\"2024-01-01 00:00:00\",\"2024-01-02 10:00:00\")",
            ),
        ] {
            let range = parse(given, kind).unwrap();
            assert_eq!(text(&range), shown, "{given}");
        }
        for bad in ["", "1,2", "[1,2", "[1)", "[5,1]", "[a,b]", "[1,2,3]"] {
            assert!(parse(bad, RangeKind::Int4).is_err(), "{bad}");
        }
    }
}
