//! The path of a batch: several calls that happen together or not at all.

use super::{Scene, components, reference};
use serde_json::{Map, Value as Json, json};

/// What it is called, where no table is called so.
pub(super) const NAME: &str = "batch";

pub(super) fn tag() -> Json {
    json!({
        "name": NAME,
        "description": "Several calls in one transaction: all of them happen, or none.",
    })
}

pub(super) fn path(scene: &Scene<'_>) -> Json {
    let text = || json!({ "type": "string" });
    let call = json!({
        "type": "object",
        "required": ["method", "path"],
        "additionalProperties": false,
        "properties": {
            "method": { "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] },
            "path": {
                "type": "string", "pattern": "^/",
                "description": "A path of this document, with its query.",
                "examples": ["/notes?id=eq.1"],
            },
            "headers": { "type": "object", "additionalProperties": text() },
            "body": { "description": "JSON as it is; any other media type as a text." },
        },
    });
    let answer = json!({
        "type": "object",
        "required": ["status", "headers", "body"],
        "properties": {
            "status": { "type": "integer" },
            "headers": { "type": "object", "additionalProperties": text() },
            "body": {},
            "encoding": { "const": "base64", "description": "The body is no text." },
        },
    });
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({
            "description": "The answers, in the order of the calls.",
            "headers": components::header_references(&["Preference-Applied"]),
            "content": { "application/json": { "schema": { "type": "array", "items": answer } } },
        }),
    );
    let mut operation = json!({
        "operationId": NAME,
        "tags": [NAME],
        "summary": "Several calls in one transaction",
        "parameters": [reference("parameters", "preferBatch")],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": { "schema": { "type": "array", "minItems": 1, "items": call } },
            },
        },
        "responses": components::with_errors(responses, false),
    });
    if let (Some(profile), Some(parameters)) =
        (components::profile(scene.settings, false), operation["parameters"].as_array_mut())
    {
        parameters.push(profile);
    }
    json!({ "post": operation })
}
