//! An OpenAPI 3.1 document of the REST door for one schema, cut to what a role may do: a table that
//! it may not read has no `get`, a column that it may not see is nowhere in it.

mod batch;
mod components;
mod filters;
mod functions;
mod labels;
mod tables;
mod values;

use crate::names::title_and_text;
use labels::Labels;
use mag_guard::May;
use mag_model::catalog::Catalog;
use mag_query::error::Verb;
use serde_json::{Map, Value as Json, json};

#[derive(Clone, Debug)]
pub struct Settings<'a> {
    pub schema: &'a str,
    /// All that are shown. With more than one of them a request names its own in a header.
    pub schemas: Vec<&'a str>,
    /// What the document is called when the schema has no comment.
    pub title: &'a str,
    /// Where the door is: `/rest/v1`, or with scheme and host.
    pub server: &'a str,
    /// Whether a request without credentials is let in.
    pub anonymous: bool,
}

impl<'a> Settings<'a> {
    pub fn new(schema: &'a str) -> Self {
        Self {
            schema,
            schemas: vec![schema],
            title: "REST API",
            server: "/rest/v1",
            anonymous: true,
        }
    }
}

/// What is looked at while the document is put together.
struct Scene<'a> {
    catalog: &'a Catalog,
    may: &'a May,
    labels: Labels,
    settings: &'a Settings<'a>,
}

pub fn openapi(catalog: &Catalog, may: &May, settings: &Settings<'_>) -> Json {
    let labels = Labels::new(catalog, may, settings.schema);
    let scene = Scene { catalog, may, labels, settings };
    let mut paths = Map::new();
    let mut schemas = components::schemas();
    let mut tags = Vec::new();
    for id in scene.labels.tables() {
        let table = catalog.table(id);
        tags.push(json!({ "name": table.name, "description": about_table(&scene, id) }));
        paths.insert(format!("/{}", segment(&table.name)), tables::path(&scene, id));
        tables::add_schemas(&scene, id, &mut schemas);
    }
    for name in scene.labels.functions() {
        let overloads = scene.labels.overloads(name);
        tags.push(json!({ "name": format!("rpc {name}") }));
        let path = functions::path(&scene, name, overloads);
        paths.insert(format!("/rpc/{}", segment(name)), path);
    }
    let named_so = catalog.find_table(settings.schema, batch::NAME).is_some();
    if !paths.is_empty() && !named_so {
        tags.push(batch::tag());
        paths.insert(format!("/{}", batch::NAME), batch::path(&scene));
    }
    let comment = catalog.schema(settings.schema).and_then(|schema| schema.comment.as_deref());
    let (title, text) = title_and_text(comment);
    let mut info = json!({
        "title": title.unwrap_or(settings.title),
        "version": catalog.version.to_string(),
    });
    if let Some(text) = text {
        info["description"] = json!(text);
    }
    let mut security = vec![json!({ "apikey": [] }), json!({ "apikey": [], "bearer": [] })];
    if settings.anonymous {
        security.push(json!({}));
    }
    json!({
        "openapi": "3.1.0",
        "info": info,
        "x-schema": settings.schema,
        "servers": [{ "url": settings.server }],
        "security": security,
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": components::parameters(settings),
            "headers": components::headers(),
            "responses": components::responses(),
            "securitySchemes": components::security_schemes(),
        },
    })
}

fn about_table(scene: &Scene<'_>, id: mag_model::TableId) -> String {
    let table = scene.catalog.table(id);
    let may: Vec<&str> = [
        (Verb::Select, true, "read"),
        (Verb::Insert, table.insertable, "insert"),
        (Verb::Update, table.updatable, "update"),
        (Verb::Delete, table.deletable, "delete"),
    ]
    .into_iter()
    .filter(|(verb, takes, _)| *takes && scene.may.table(id, *verb))
    .map(|(_, _, word)| word)
    .collect();
    let may =
        format!("You may {}.", if may.is_empty() { "do nothing".into() } else { may.join(", ") });
    match &table.comment {
        Some(comment) => format!("{comment}\n\n{may}"),
        None => may,
    }
}

/// A name as one segment of a path. Braces would be a parameter.
fn segment(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

fn reference(kind: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}
