//! The OpenAPI 3.1 document of the admin API, made from the operations' declarations. Pure.

use crate::door::BASE;
use crate::shelf::Shelf;
use mag_contract::operation::{Effect, Expect, Spec};
use mag_contract::problem;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn document(specs: &[Arc<Spec>]) -> Json {
    let mut shelf = Shelf::default();
    let mut paths = own_paths();
    for spec in specs {
        let input = shelf.put(&format!("{}.input", spec.name), &spec.input);
        let output = shelf.put(&format!("{}.output", spec.name), &spec.output);
        let called = json!({ "post": call(spec, &input, &output) });
        paths.insert(format!("{BASE}/operations/{}", spec.name), called);
        if spec.effect == Effect::Read {
            let looked = json!({ "get": look(spec, &output, &shelf) });
            paths.insert(format!("{BASE}/read/{}", spec.name), looked);
        }
    }
    shelf.put("Problem", &problem_schema());
    let groups: BTreeSet<&str> = specs.iter().map(|spec| spec.group()).collect();
    let tags: Vec<_> = groups.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MagFlock admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "this board" }],
        "security": [{ "token": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": shelf.into_schemas(),
            "responses": { "Problem": {
                "description": "why it was refused or failed, and what to do next",
                "content": { problem::MEDIA_TYPE: {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                } },
            } },
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "the token in secrets/admin.token of the data folder; \
                    the local socket needs none",
            } },
        },
    })
}

const ABOUT: &str = "Every operation of this board. A call is a POST with the operation's input as \
    a JSON object; an operation that only looks can also be asked by GET. With \
    `Accept: text/event-stream` or `Accept: application/x-ndjson` the progress of a call is told \
    as it goes: `step`, `item`, and at the end `answer` or `problem`.";

fn call(spec: &Spec, input: &Json, output: &Json) -> Json {
    let mut parameters = vec![];
    if spec.preview {
        parameters.push(json!({
            "name": "preview", "in": "query", "schema": { "type": "boolean", "default": false },
            "description": "only tell what would be done",
        }));
    }
    if spec.effect == Effect::Destructive {
        parameters.push(json!({
            "name": "x-magflock-consent", "in": "header",
            "schema": { "type": "string", "enum": ["yes", "destroy"] },
            "description": "`destroy` agrees to what cannot be taken back",
        }));
    }
    let examples: Map<String, Json> = spec
        .examples
        .iter()
        .enumerate()
        .map(|(n, example)| {
            let name = format!("example_{}", n + 1);
            (name, json!({ "summary": example.title, "value": example.input }))
        })
        .collect();
    let needed = spec.input["required"].as_array().is_some_and(|names| !names.is_empty());
    let mut operation = described(spec, spec.name, output);
    operation["requestBody"] = json!({
        "required": needed,
        "content": { "application/json": { "schema": input, "examples": examples } },
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation
}

fn look(spec: &Spec, output: &Json, shelf: &Shelf) -> Json {
    let name = format!("{}.input", spec.name);
    let schema = shelf.get(&name).unwrap_or(&Json::Null);
    let required = schema["required"].as_array();
    let parameter = |(name, field): (&String, &Json)| {
        let needed = required.is_some_and(|names| names.iter().any(|n| n == name));
        let mut parameter = json!({ "name": name, "in": "query", "required": needed });
        match field["type"] == "object" {
            // An object is written as JSON text.
            true => parameter["content"] = json!({ "application/json": { "schema": field } }),
            false => parameter["schema"] = field.clone(),
        }
        if let Some(about) = field.get("description") {
            parameter["description"] = about.clone();
        }
        parameter
    };
    let fields = schema["properties"].as_object();
    let parameters: Vec<_> = fields.into_iter().flatten().map(parameter).collect();
    let mut operation = described(spec, &format!("read {}", spec.name), output);
    operation["parameters"] = parameters.into();
    operation
}

/// What a call and a look have in common.
fn described(spec: &Spec, id: &str, output: &Json) -> Json {
    let mut content = Map::new();
    if !spec.follows {
        let mut answer = json!({ "schema": output });
        if let Some(example) = spec.examples.iter().find_map(expected) {
            answer["x-at-least"] = example;
        }
        content.insert("application/json".into(), answer);
    }
    for kind in ["text/event-stream", "application/x-ndjson"] {
        content.insert(kind.into(), json!({ "schema": { "type": "string" } }));
    }
    let mut operation = json!({
        "operationId": id,
        "summary": spec.summary,
        "tags": [spec.group()],
        "responses": {
            "200": { "description": "the answer", "content": content },
            "default": { "$ref": "#/components/responses/Problem" },
        },
        "x-effect": spec.effect,
        "x-permission": spec.permission,
        "x-preview": spec.preview,
        "x-follows": spec.follows,
    });
    if !spec.about.is_empty() {
        operation["description"] = spec.about.into();
    }
    if let Some(undo) = spec.undo {
        operation["x-undo"] = undo.into();
    }
    operation
}

/// The fields that an example's answer has for certain.
fn expected(example: &mag_contract::Example) -> Option<Json> {
    match &example.expect {
        Expect::Answer(answer) => Some(answer.clone()),
        Expect::Fault(_) | Expect::Line | Expect::OwnTest => None,
    }
}

/// The addresses that are there without any operation.
fn own_paths() -> Map<String, Json> {
    let answers = |what: &str| {
        json!({
            "200": {
                "description": what,
                "content": { "application/json": { "schema": { "type": "object" } } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        })
    };
    let list = json!({ "get": {
        "operationId": "list operations",
        "summary": "all operations of this board",
        "responses": answers("the declarations"),
    } });
    let show = json!({ "get": {
        "operationId": "show operation",
        "summary": "the declaration of one operation",
        "parameters": [{
            "name": "name", "in": "path", "required": true, "schema": { "type": "string" },
        }],
        "responses": answers("the declaration"),
    } });
    let document = json!({ "get": {
        "operationId": "openapi",
        "summary": "this document",
        "security": [{}, { "token": [] }],
        "responses": answers("this document"),
    } });
    Map::from_iter([
        (format!("{BASE}/operations"), list),
        (format!("{BASE}/operations/{{name}}"), show),
        (format!("{BASE}/openapi.json"), document),
    ])
}

fn problem_schema() -> Json {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "class"],
        "properties": {
            "type": text("the page of the code, relative to the book"),
            "title": text("what the code means"),
            "status": { "type": "integer", "description": "the status of the answer" },
            "detail": text("what went wrong this time"),
            "code": text("the code; `mobo explain` knows it"),
            "class": text("what the error means to the caller"),
            "details": text("more about the cause"),
            "hint": text("what to do next"),
            "instance": text("the id of the trace that this happened in"),
        },
    })
}
