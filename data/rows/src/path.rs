//! The way into JSON: `->` and `->>`.

use mag_model::{BadValue, Type, Value, json};
use mag_query::expr::{PathPlace, PathStep};
use std::sync::Arc;

/// NULL when the way leads nowhere.
pub fn walk(base: &Value, ty: &Type, steps: &[PathStep]) -> Result<Value, BadValue> {
    let mut at: Arc<str> = match base {
        Value::Null => return Ok(Value::Null),
        Value::Json(text) => text.clone(),
        other => Arc::from(json::text(other, ty)),
    };
    let is_jsonb = !matches!(ty.base(), Type::Json);
    for step in steps {
        let first = at.trim_start().as_bytes().first().copied();
        let found = match (&step.to, first) {
            (PathPlace::Key(key), Some(b'{')) => {
                let members = json::members(&at)?;
                members.into_iter().find(|(name, _)| **name == **key).map(|(_, value)| value)
            }
            (PathPlace::Index(index), Some(b'[')) => {
                let items = json::items(&at)?;
                let place = if *index < 0 {
                    items.len().checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(0))
                } else {
                    usize::try_from(*index).ok()
                };
                place.and_then(|place| items.get(place).cloned())
            }
            // As PostgreSQL holds it, a `jsonb` that is a value alone is a list of that value.
            (PathPlace::Index(0 | -1), Some(first))
                if is_jsonb && !matches!(first, b'{' | b'[') =>
            {
                Some(at.clone())
            }
            _ => None,
        };
        match found {
            None => return Ok(Value::Null),
            Some(found) if step.as_text => return text(&found, is_jsonb),
            Some(found) => at = found,
        }
    }
    Ok(Value::Json(at))
}

/// A string without its quotes, null as NULL, anything else as it is written: in `jsonb` that is one
/// form, whatever was sent.
fn text(found: &str, is_jsonb: bool) -> Result<Value, BadValue> {
    match found.trim_start().as_bytes().first() {
        Some(b'"') => match json::parse(found)? {
            json::Json::String(text) => Ok(Value::text(text)),
            _ => Ok(Value::text(found)),
        },
        Some(b'n') => Ok(Value::Null),
        _ if is_jsonb => Ok(Value::text(json::normal(found)?)),
        _ => Ok(Value::text(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_alone_is_a_list_of_one_in_jsonb_and_in_nothing_else() {
        let first = [PathStep { to: PathPlace::Index(0), as_text: true }];
        let of = |ty: &Type| walk(&Value::json("\"x\""), ty, &first).unwrap();
        assert_eq!((of(&Type::Jsonb), of(&Type::Json)), (Value::text("x"), Value::Null));
    }

    #[test]
    fn the_text_of_jsonb_has_one_form_and_that_of_json_its_own() {
        let first = [PathStep { to: PathPlace::Key("a".into()), as_text: true }];
        let of = |json: &str, ty: &Type| walk(&Value::json(json), ty, &first).unwrap();
        for (json, jsonb, as_json) in [
            (r#"{"a":[1,{"b":2}]}"#, r#"[1, {"b": 2}]"#, r#"[1,{"b":2}]"#),
            (r#"{"a":{"bb":1,"a":2,"a":3}}"#, r#"{"a": 3, "bb": 1}"#, r#"{"bb":1,"a":2,"a":3}"#),
            (r#"{"a":1e2}"#, "100", "1e2"),
            (r#"{"a":true}"#, "true", "true"),
        ] {
            assert_eq!(of(json, &Type::Jsonb), Value::text(jsonb));
            assert_eq!(of(json, &Type::Json), Value::text(as_json));
        }
    }

    fn at(json: &str, way: &[(&str, bool)]) -> Value {
        let steps: Vec<PathStep> = way
            .iter()
            .map(|(to, as_text)| PathStep {
                to: match to.parse() {
                    Ok(index) => PathPlace::Index(index),
                    Err(_) => PathPlace::Key(Arc::from(*to)),
                },
                as_text: *as_text,
            })
            .collect();
        walk(&Value::json(json), &Type::Jsonb, &steps).unwrap()
    }

    #[test]
    fn a_path_leads_to_a_value_or_to_null() {
        let doc = r#"{"a": {"b": [1, "x", null]}, "n": 1.50}"#;
        assert_eq!(at(doc, &[("a", false), ("b", false), ("1", true)]), Value::text("x"));
        assert_eq!(at(doc, &[("a", false), ("b", false), ("-1", true)]), Value::Null);
        assert_eq!(at(doc, &[("a", false), ("b", false), ("-1", false)]), Value::json("null"));
        assert_eq!(at(doc, &[("n", true)]), Value::text("1.50"));
        assert_eq!(at(doc, &[("a", false), ("0", true)]), Value::Null);
        assert_eq!(at(doc, &[("n", false), ("0", true)]), Value::text("1.50"));
        assert_eq!(at("5", &[("0", false)]), Value::json("5"));
        assert_eq!(at("5", &[("-1", true)]), Value::text("5"));
        assert_eq!(at("5", &[("1", true)]), Value::Null);
        assert_eq!(at("null", &[("0", true)]), Value::Null);
        assert_eq!(at("null", &[("0", false)]), Value::json("null"));
        assert_eq!(at(doc, &[("missing", false), ("x", true)]), Value::Null);
    }
}
