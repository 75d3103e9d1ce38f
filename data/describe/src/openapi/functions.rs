//! Paths of functions: by POST, and by GET for those that change nothing.

use super::filters;
use super::{Scene, components, reference, tables, values};
use crate::names::title_and_text;
use mag_model::catalog::{Function, Returns, Volatility};
use mag_model::{FunctionId, Type};
use mag_query::error::Verb;
use serde_json::{Map, Value as Json, json};

/// All functions of one name. They are told apart by their arguments.
pub(super) fn path(scene: &Scene<'_>, name: &str, overloads: &[FunctionId]) -> Json {
    let all: Vec<&Function> = overloads.iter().map(|id| scene.catalog.function(*id)).collect();
    let mut path = Map::new();
    let looking: Vec<&Function> = all
        .iter()
        .copied()
        .filter(|function| match function.volatility {
            Volatility::Immutable | Volatility::Stable => true,
            Volatility::Volatile => false,
        })
        .collect();
    if !looking.is_empty() {
        let mut shown = operation(scene, "look", name, &looking);
        let mut parameters = arguments(&looking);
        parameters.extend(for_rows(&looking));
        parameters.push(reference("parameters", "preferCall"));
        parameters.extend(components::profile(scene.settings, true));
        shown.insert("parameters".into(), json!(parameters));
        shown.insert("responses".into(), responses(scene, &looking));
        path.insert("get".into(), Json::Object(shown));
    }
    let mut shown = operation(scene, "call", name, &all);
    let mut parameters = for_rows(&all);
    parameters.push(reference("parameters", "preferCall"));
    parameters.extend(components::profile(scene.settings, false));
    shown.insert("parameters".into(), json!(parameters));
    if all.iter().any(|function| !function.arguments.is_empty()) {
        shown.insert("requestBody".into(), body(&all));
    }
    shown.insert("responses".into(), responses(scene, &all));
    path.insert("post".into(), Json::Object(shown));
    Json::Object(path)
}

fn operation(scene: &Scene<'_>, verb: &str, name: &str, all: &[&Function]) -> Map<String, Json> {
    let comment = all.iter().find_map(|function| function.comment.as_deref());
    let (title, text) = title_and_text(comment);
    let mut shown = Map::new();
    let id = format!("{verb}.{}", scene.labels.function(name));
    shown.insert("operationId".into(), json!(id));
    shown.insert("tags".into(), json!([format!("rpc {name}")]));
    let summary = title.map_or_else(|| format!("Call `{name}`"), str::to_owned);
    shown.insert("summary".into(), json!(summary));
    if let Some(text) = text {
        shown.insert("description".into(), json!(text));
    }
    shown
}

/// The arguments in the query: needed when all of the functions need them.
fn arguments(all: &[&Function]) -> Vec<Json> {
    let mut shown: Vec<Json> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for argument in all.iter().flat_map(|function| &*function.arguments) {
        let name = &*argument.name;
        if name.is_empty() || names.contains(&name) || filters::is_reserved(name) {
            continue;
        }
        names.push(name);
        let needs = |function: &&Function| {
            function.arguments.iter().any(|a| *a.name == *name && a.required && !a.variadic)
        };
        let element = argument.ty.element();
        let schema = match (argument.variadic, element) {
            (true, Some(element)) => {
                json!({ "type": "array", "items": values::of_type(element, false) })
            }
            // An array in a query is one text: `{1,2}`.
            (_, Some(_)) => json!({ "type": "string" }),
            (_, None) if argument.ty.is_json() => json!({ "type": "string" }),
            (_, None) => values::of_type(&argument.ty, false),
        };
        shown.push(json!({
            "name": name, "in": "query", "required": all.iter().all(needs), "schema": schema,
        }));
    }
    shown
}

/// A function that gives rows is asked like a table.
fn for_rows(all: &[&Function]) -> Vec<Json> {
    let gives_rows = all.iter().any(|function| match function.returns {
        Returns::Rows(_) | Returns::Columns(_) => true,
        Returns::Scalar(_) | Returns::Void => false,
    });
    let names: &[&str] = if gives_rows {
        &["select", "order", "limit", "offset", "and", "or", "range", "rangeUnit"]
    } else {
        &[]
    };
    names.iter().map(|name| reference("parameters", name)).collect()
}

fn body(all: &[&Function]) -> Json {
    let mut content = Map::new();
    let mut objects: Vec<Json> = Vec::new();
    for function in all {
        if let Some(only) = function.unnamed() {
            let media_type = match only.ty.base() {
                Type::Json | Type::Jsonb => {
                    objects.push(json!({}));
                    continue;
                }
                Type::Bytea => "application/octet-stream",
                Type::Xml => "text/xml",
                _ => "text/plain",
            };
            content.insert(media_type.into(), json!({ "schema": { "type": "string" } }));
            continue;
        }
        let properties: Map<String, Json> = function
            .arguments
            .iter()
            .map(|a| (a.name.to_string(), values::of_type(&a.ty, true)))
            .collect();
        let required: Vec<&str> =
            function.arguments.iter().filter(|a| a.required).map(|a| &*a.name).collect();
        let mut object = json!({
            "type": "object", "properties": properties, "additionalProperties": false,
        });
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        objects.push(object);
    }
    let schema = match objects.len() {
        0 => None,
        1 => objects.pop(),
        _ => Some(json!({ "anyOf": objects })),
    };
    if let Some(schema) = schema {
        content.insert("application/json".into(), json!({ "schema": schema }));
    }
    let required = all.iter().all(|function| function.arguments.iter().any(|a| a.required));
    json!({ "required": required, "content": content })
}

fn responses(scene: &Scene<'_>, all: &[&Function]) -> Json {
    let row = |function: &Function, id| {
        if function.kept {
            // It gives its caller no more of a row than the table does.
            return Some(tables::row_of(scene, id));
        }
        let label = scene.labels.table(id)?;
        let table = scene.catalog.table(id);
        let whole = table.ids().all(|column| scene.may.column(id, column, Verb::Select));
        whole.then(|| reference("schemas", label))
    };
    let mut given: Vec<Json> = Vec::new();
    let mut rows_of: Option<Json> = None;
    let mut silent = false;
    for function in all {
        let row = |id| row(function, id);
        match values::of_returns(scene.catalog, &function.returns, function.set, row) {
            None => silent = true,
            Some(schema) => {
                if function.set && !matches!(function.returns, Returns::Scalar(_)) {
                    rows_of = schema.get("items").cloned();
                }
                if !given.contains(&schema) {
                    given.push(schema);
                }
            }
        }
    }
    let mut responses = Map::new();
    let one = given.len() == 1;
    if !given.is_empty() {
        let content = match rows_of {
            Some(row) if one => tables::rows(&row),
            _ => {
                let schema = if one { given.remove(0) } else { json!({ "anyOf": given }) };
                json!({ "application/json": { "schema": schema } })
            }
        };
        let answer = json!({ "description": "What the function gives.", "content": content });
        responses.insert("200".into(), answer);
    }
    if silent {
        responses.insert("204".into(), json!({ "description": "Done." }));
    }
    components::with_errors(responses, true)
}
