//! Contains, overlaps and their kin, for arrays, ranges and JSON.

use crate::compare::{compare, equal, highs, json_order, lows};
use mag_model::json::{self, Json};
use mag_model::range::{Bound, Range};
use mag_model::{BadValue, Type, Value};
use mag_query::call::SetOp;
use std::cmp::Ordering;

pub fn holds(op: SetOp, a: &Value, b: &Value, ty: &Type) -> Result<bool, BadValue> {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            let (a, b) = (flat(&a.items), flat(&b.items));
            Ok(match op {
                SetOp::Contains => within(&b, &a, element),
                SetOp::ContainedBy => within(&a, &b, element),
                SetOp::Overlaps => a.iter().any(|item| among(item, &b, element)),
                _ => return Err(unsupported(ty)),
            })
        }
        (Value::Range(a), Value::Range(b)) => Ok(ranges(op, a, b)),
        (Value::Json(a), Value::Json(b)) => {
            let (a, b) = (json::parse(a)?, json::parse(b)?);
            match op {
                SetOp::Contains => Ok(json_contains(&a, &b, true)),
                SetOp::ContainedBy => Ok(json_contains(&b, &a, true)),
                _ => Err(unsupported(ty)),
            }
        }
        _ => Err(unsupported(ty)),
    }
}

fn unsupported(ty: &Type) -> BadValue {
    BadValue::new("0A000", format!("this operator is not supported for type {}", ty.plain_name()))
}

fn flat(items: &[Value]) -> Vec<&Value> {
    let each = items.iter().flat_map(|item| match item {
        Value::Array(inner) => flat(&inner.items),
        other => vec![other],
    });
    each.collect()
}

/// NULL is no member of anything.
fn among(item: &Value, list: &[&Value], element: &Type) -> bool {
    !item.is_null() && list.iter().any(|known| !known.is_null() && equal(item, known, element))
}

fn within(inner: &[&Value], outer: &[&Value], element: &Type) -> bool {
    inner.iter().all(|item| among(item, outer, element))
}

fn ranges(op: SetOp, a: &Range, b: &Range) -> bool {
    let (Range::Span { low: l1, high: h1 }, Range::Span { low: l2, high: h2 }) = (a, b) else {
        let both_empty = (matches!(a, Range::Empty), matches!(b, Range::Empty));
        return match op {
            SetOp::Contains => both_empty.1,
            SetOp::ContainedBy => both_empty.0,
            _ => false,
        };
    };
    match op {
        SetOp::Contains => lows(l1, l2).is_le() && highs(h1, h2).is_ge(),
        SetOp::ContainedBy => lows(l2, l1).is_le() && highs(h2, h1).is_ge(),
        SetOp::Overlaps => !before(h1, l2) && !before(h2, l1),
        SetOp::LeftOf => before(h1, l2),
        SetOp::RightOf => before(h2, l1),
        SetOp::NotRightOf => highs(h1, h2).is_le(),
        SetOp::NotLeftOf => lows(l1, l2).is_ge(),
        SetOp::Adjacent => touch(h1, l2) || touch(h2, l1),
    }
}

/// Whether a span that ends at `high` is over before one that begins at `low`.
fn before(high: &Bound, low: &Bound) -> bool {
    match (high.value(), low.value()) {
        (Some(h), Some(l)) => match compare(h, l, &Type::Unknown) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => !matches!((high, low), (Bound::Included(_), Bound::Included(_))),
        },
        _ => false,
    }
}

fn touch(high: &Bound, low: &Bound) -> bool {
    match (high, low) {
        (Bound::Included(h), Bound::Excluded(l)) | (Bound::Excluded(h), Bound::Included(l)) => {
            equal(h, l, &Type::Unknown)
        }
        _ => false,
    }
}

/// `@>`: members are among members, items among items in any order; at the top a list contains a
/// bare item of it.
fn json_contains(a: &Json, b: &Json, top: bool) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => b.iter().all(|(name, value)| {
            let found = a.iter().rev().find(|(known, _)| known == name);
            found.is_some_and(|(_, known)| json_contains(known, value, false))
        }),
        (Json::Array(a), Json::Array(b)) => {
            b.iter().all(|item| a.iter().any(|known| json_contains(known, item, false)))
        }
        (Json::Array(a), bare) if top && !matches!(bare, Json::Object(_)) => {
            a.iter().any(|known| json_order(known, bare) == Ordering::Equal)
        }
        (Json::Object(_) | Json::Array(_), _) | (_, Json::Object(_) | Json::Array(_)) => false,
        (a, b) => json_order(a, b) == Ordering::Equal,
    }
}

/// `json ? key`: a key of an object, or a string of a list, or the string itself.
pub fn has_key(json_text: &str, key: &str) -> Result<bool, BadValue> {
    Ok(match json::parse(json_text)? {
        Json::Object(members) => members.iter().any(|(name, _)| name == key),
        Json::Array(items) => items.iter().any(|item| matches!(item, Json::String(s) if s == key)),
        Json::String(text) => text == key,
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_model::literal;

    #[test]
    fn sets_hold_what_postgresql_says_they_hold() {
        use SetOp::*;
        for (ty, a, op, b, wanted) in [
            ("int[]", "{1,2,3}", Contains, "{1,3}", true),
            ("int[]", "{1,NULL}", Contains, "{NULL}", false),
            ("int[]", "{1}", ContainedBy, "{1,2}", true),
            ("int[]", "{}", ContainedBy, "{}", true),
            ("int[]", "{1,2}", Overlaps, "{2,3}", true),
            ("text[]", "{a}", Overlaps, "{b}", false),
            ("int4range", "[1,10)", Contains, "[2,3]", true),
            ("int4range", "[1,10)", Contains, "empty", true),
            ("int4range", "[1,5)", LeftOf, "[5,6)", true),
            ("numrange", "[1,5]", LeftOf, "[5,6)", false),
            ("int4range", "[1,5)", Adjacent, "[5,6)", true),
            ("int4range", "[1,5)", Overlaps, "[5,6)", false),
            ("int4range", "[7,9)", RightOf, "[5,6)", true),
            ("int4range", "[1,5)", NotRightOf, "[2,5)", true),
            ("int4range", "[1,5)", NotLeftOf, "[2,5)", false),
            ("int4range", "(,5)", Overlaps, "[4,)", true),
            ("jsonb", "{\"a\":{\"b\":1},\"c\":2}", Contains, "{\"a\":{}}", true),
            ("jsonb", "[1,[2]]", Contains, "[[2]]", true),
            ("jsonb", "[1,2]", Contains, "2", true),
            ("jsonb", "{\"a\":[1,2]}", Contains, "{\"a\":1}", false),
            ("jsonb", "1", ContainedBy, "[1]", true),
        ] {
            let ty = Type::named(ty).unwrap();
            let value = |text| literal::parse(text, &ty).unwrap();
            assert_eq!(holds(op, &value(a), &value(b), &ty), Ok(wanted), "{a} {op:?} {b}");
        }
    }
}
