//! A query string becomes the input of an operation, each value typed as the operation's schema
//! says. What does not fit is left as text, so that the operation itself says what is wrong. Pure.

use mag_contract::{Fault, codes};
use serde_json::{Map, Value as Json};

/// Names and values in their order.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, Fault> {
    let given = query.split('&').filter(|pair| !pair.is_empty());
    given
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
        })
        .collect()
}

/// `%3A` becomes `:`.
pub(crate) fn decoded(text: &str) -> Result<String, Fault> {
    let broken = || Fault::new(codes::BAD_INPUT, "the address is not percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return Err(broken()) };
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(broken()) };
        bytes.push(high << 4 | low);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

pub(crate) fn input(pairs: Vec<(String, String)>, schema: &Json) -> Result<Json, Fault> {
    let mut fields = Map::new();
    for (name, text) in pairs {
        let field = &schema["properties"][&name];
        let kinds = kinds(field, schema, DEPTH);
        if kinds.contains(&"array") {
            let value = value(&text, &self::kinds(&items(field, schema, DEPTH), schema, DEPTH));
            let held = fields.entry(name).or_insert_with(|| Json::Array(vec![]));
            if let Json::Array(values) = held {
                values.push(value);
            }
            continue;
        }
        if fields.contains_key(&name) {
            return Err(Fault::new(codes::BAD_INPUT, format!("`{name}` is given twice")));
        }
        fields.insert(name, value(&text, &kinds));
    }
    Ok(Json::Object(fields))
}

fn value(text: &str, kinds: &[&str]) -> Json {
    let has = |kind: &str| kinds.contains(&kind);
    let read = || serde_json::from_str::<Json>(text).ok();
    let typed = if has("string") {
        None
    } else if has("boolean") && (text.is_empty() || text == "true") {
        Some(Json::Bool(true))
    } else {
        read().filter(|value| match value {
            Json::Bool(_) => has("boolean"),
            Json::Number(number) => has("number") || (has("integer") && !number.is_f64()),
            Json::Object(_) => has("object"),
            Json::Null | Json::String(_) | Json::Array(_) => false,
        })
    };
    typed.unwrap_or_else(|| Json::String(text.to_owned()))
}

/// Schemas refer to each other so deep at most; they come from types of our own.
const DEPTH: u32 = 16;

/// The types that a value may have.
fn kinds<'a>(schema: &'a Json, root: &'a Json, depth: u32) -> Vec<&'a str> {
    if depth == 0 {
        return vec![];
    }
    let mut found: Vec<&str> = match &schema["type"] {
        Json::String(kind) => vec![kind],
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => vec![],
    };
    if found.is_empty() && (schema["enum"].is_array() || schema["const"].is_string()) {
        found.push("string");
    }
    if let Some(target) = target(schema, root) {
        found.extend(kinds(target, root, depth - 1));
    }
    for branch in ["anyOf", "oneOf", "allOf"] {
        for schema in schema[branch].as_array().into_iter().flatten() {
            found.extend(kinds(schema, root, depth - 1));
        }
    }
    found
}

fn items(schema: &Json, root: &Json, depth: u32) -> Json {
    if depth == 0 || !schema["items"].is_null() {
        return schema["items"].clone();
    }
    if let Some(target) = target(schema, root) {
        return items(target, root, depth - 1);
    }
    let branches = ["anyOf", "oneOf"].into_iter().flat_map(|b| schema[b].as_array());
    let mut found = branches.flatten().map(|schema| items(schema, root, depth - 1));
    found.find(|items| !items.is_null()).unwrap_or(Json::Null)
}

fn target<'a>(schema: &Json, root: &'a Json) -> Option<&'a Json> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
        Large,
    }

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Wanted {
        part: String,
        lines: Option<u32>,
        force: bool,
        share: f64,
        tags: Option<Vec<String>>,
        numbers: Vec<i64>,
        size: Option<Size>,
        more: std::collections::BTreeMap<String, String>,
    }

    fn check(query: &str, expected: Json) {
        let schema = schemars::schema_for!(Wanted).to_value();
        let got = pairs(query).and_then(|pairs| input(pairs, &schema));
        assert_eq!(got.unwrap_or_else(|f| json!(f.to_string())), expected, "{query}");
    }

    #[test]
    fn values_are_typed_as_the_operation_wants_them() {
        check(
            "part=7&lines=7&force=true&share=0.5",
            json!({"part": "7", "lines": 7, "force": true, "share": 0.5}),
        );
        check("tags=a&tags=b&numbers=1", json!({"tags": ["a", "b"], "numbers": [1]}));
        check("size=large&force", json!({"size": "large", "force": true}));
        check("more=%7B%22a%22:%22b%22%7D", json!({"more": {"a": "b"}}));
        check("part=a+b%26c&&", json!({"part": "a b&c"}));
    }

    #[test]
    fn what_does_not_fit_is_left_for_the_operation_to_refuse() {
        check("lines=many&force=perhaps", json!({"lines": "many", "force": "perhaps"}));
        check("lines=1.5&unknown=1", json!({"lines": "1.5", "unknown": "1"}));
        check("part=a&part=b", json!("`part` is given twice"));
        check("part=%ff", json!("the address is not percent-encoded UTF-8"));
        check("part=%4", json!("the address is not percent-encoded UTF-8"));
    }
}
