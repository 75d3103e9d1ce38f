//! Functions: what they take, by GET and by POST.

use super::{SINGULAR, SINGULAR_STRIPPED, format, items, kind};
use crate::names;
use mag_model::catalog::{Argument, Catalog, Function, Volatility};
use serde_json::{Map, Value as Json, json};

pub(super) fn path(catalog: &Catalog, function: &Function, searched: &[&str]) -> Json {
    let name = |argument: &Argument| names::of_argument(catalog, argument, searched);
    let mut path = Map::new();
    match function.volatility {
        Volatility::Immutable | Volatility::Stable => {
            let asked = function.arguments.iter().map(|a| asked(a, &name(a))).collect();
            path.insert("get".into(), operation(function, asked));
        }
        Volatility::Volatile => {}
    }
    let body = json!({
        "in": "body", "name": "args", "required": true, "schema": body(function, &name),
    });
    let posted = vec![body, json!({ "$ref": "#/parameters/preferParams" })];
    path.insert("post".into(), operation(function, posted));
    Json::Object(path)
}

fn operation(function: &Function, parameters: Vec<Json>) -> Json {
    let (summary, text) = names::title_and_text(function.comment.as_deref());
    let mut shown = Map::new();
    shown.insert("tags".into(), json!([format!("(rpc) {}", function.name)]));
    if let Some(summary) = summary {
        shown.insert("summary".into(), json!(summary));
    }
    if let Some(text) = text {
        shown.insert("description".into(), json!(text));
    }
    shown.insert("produces".into(), json!(["application/json", SINGULAR_STRIPPED, SINGULAR]));
    if !parameters.is_empty() {
        shown.insert("parameters".into(), json!(parameters));
    }
    shown.insert("responses".into(), json!({ "200": { "description": "OK" } }));
    Json::Object(shown)
}

/// An argument in the query. A variadic one is said again for each value; any other array is one
/// text in braces, and JSON is text as well.
fn asked(argument: &Argument, name: &str) -> Json {
    let mut shown = json!({ "name": argument.name, "required": argument.required, "in": "query" });
    if argument.variadic {
        let element = name.strip_suffix("[]").unwrap_or(name);
        let mut items = json!({ "format": format(element) });
        if let Some(kind) = kind(element) {
            items["type"] = json!(kind);
        }
        shown["collectionFormat"] = json!("multi");
        shown["items"] = items;
        shown["type"] = json!(kind(name).unwrap_or("string"));
    } else {
        let kind = kind(name).filter(|kind| *kind != "array").unwrap_or("string");
        shown["format"] = json!(format(name));
        shown["type"] = json!(kind);
    }
    shown
}

fn body(function: &Function, name: &dyn Fn(&Argument) -> String) -> Json {
    let mut shown = Map::new();
    if let Some(comment) = &function.comment {
        shown.insert("description".into(), json!(comment));
    }
    let required: Vec<&str> =
        function.arguments.iter().filter(|a| a.required).map(|a| &*a.name).collect();
    if !required.is_empty() {
        shown.insert("required".into(), json!(required));
    }
    let mut properties = Map::new();
    for argument in &function.arguments {
        let name = name(argument);
        let mut property = json!({ "format": format(&name) });
        if let Some(items) = items(&name) {
            property["items"] = items;
        }
        if let Some(kind) = kind(&name) {
            property["type"] = json!(kind);
        }
        properties.insert(argument.name.to_string(), property);
    }
    if !properties.is_empty() {
        shown.insert("properties".into(), Json::Object(properties));
    }
    shown.insert("type".into(), json!("object"));
    Json::Object(shown)
}
