//! Paths of tables and views, and the schemas of their rows and bodies.

use super::filters::{self, Family};
use super::{Scene, components, reference, values};
use crate::names::title_and_text;
use mag_model::TableId;
use mag_model::catalog::Column;
use mag_query::error::Verb;
use serde_json::{Map, Value as Json, json};

pub(super) fn path(scene: &Scene<'_>, id: TableId) -> Json {
    let table = scene.catalog.table(id);
    let may = |verb| scene.may.table(id, verb);
    let mut path = Map::new();
    if may(Verb::Select) {
        path.insert("get".into(), read(scene, id));
    }
    if may(Verb::Insert) && table.insertable {
        path.insert("post".into(), insert(scene, id));
        if may(Verb::Update) && table.updatable && !table.primary_columns().is_empty() {
            path.insert("put".into(), put(scene, id));
        }
    }
    if may(Verb::Update) && table.updatable {
        path.insert("patch".into(), change(scene, id, "update", true));
    }
    if may(Verb::Delete) && table.deletable {
        path.insert("delete".into(), change(scene, id, "delete", false));
    }
    Json::Object(path)
}

pub(super) fn add_schemas(scene: &Scene<'_>, id: TableId, schemas: &mut Map<String, Json>) {
    let table = scene.catalog.table(id);
    let Some(label) = scene.labels.table(id) else { return };
    let columns = |verb: Verb| -> Vec<&Column> {
        let may = table.ids().filter(|column| scene.may.column(id, *column, verb));
        may.map(|column| table.column(column))
            .filter(|c| verb == Verb::Select || c.writable())
            .collect()
    };
    let shown = |columns: &[&Column]| -> Map<String, Json> {
        columns.iter().map(|c| (c.name.to_string(), values::of_column(c))).collect()
    };
    if scene.may.table(id, Verb::Select) {
        let mut row = json!({ "type": "object", "properties": shown(&columns(Verb::Select)) });
        if let Some(comment) = &table.comment {
            row["description"] = json!(comment);
        }
        schemas.insert(label.to_owned(), row);
    }
    if scene.may.table(id, Verb::Insert) && table.insertable {
        let written = columns(Verb::Insert);
        let required: Vec<&str> = written
            .iter()
            .filter(|column| !column.nullable && !column.fills_itself() && !table.is_view())
            .map(|column| &*column.name)
            .collect();
        let mut row = json!({
            "type": "object", "properties": shown(&written), "additionalProperties": false,
        });
        if !required.is_empty() {
            row["required"] = json!(required);
        }
        schemas.insert(format!("{label}.insert"), row);
    }
    if scene.may.table(id, Verb::Update) && table.updatable {
        let row = json!({
            "type": "object", "properties": shown(&columns(Verb::Update)),
            "additionalProperties": false,
        });
        schemas.insert(format!("{label}.update"), row);
    }
}

/// An operation without its parameters and answers.
fn operation(scene: &Scene<'_>, id: TableId, verb: &str, what: &str) -> Map<String, Json> {
    let table = scene.catalog.table(id);
    let label = scene.labels.table(id).unwrap_or_default();
    let (title, text) = title_and_text(table.comment.as_deref());
    let mut operation = Map::new();
    operation.insert("operationId".into(), json!(format!("{verb}.{label}")));
    operation.insert("tags".into(), json!([table.name]));
    operation.insert("summary".into(), json!(format!("{what} `{}`", table.name)));
    if let Some(text) = text.or(title) {
        operation.insert("description".into(), json!(text));
    }
    operation
}

fn filters(scene: &Scene<'_>, id: TableId) -> Vec<Json> {
    let table = scene.catalog.table(id);
    table
        .ids()
        .filter(|column| {
            scene.may.column(id, *column, Verb::Select) && !scene.may.masked(id, *column)
        })
        .map(|column| table.column(column))
        .filter(|column| !filters::is_reserved(&column.name))
        .map(|column| {
            let mut filter = json!({
                "name": column.name, "in": "query",
                "schema": reference("schemas", Family::of(&column.ty).label()),
            });
            if let Some(comment) = &column.comment {
                filter["description"] = json!(comment);
            }
            filter
        })
        .chain(["and", "or"].map(|name| reference("parameters", name)))
        .collect()
}

fn shared_parameters(names: &[&str]) -> impl Iterator<Item = Json> {
    names.iter().map(|name| reference("parameters", name))
}

const SINGULAR: &str = "application/vnd.pgrst.object+json";

/// Rows in the forms in which they can be asked for.
pub(super) fn rows(row: &Json) -> Json {
    json!({
        "application/json": { "schema": { "type": "array", "items": row } },
        SINGULAR: { "schema": row },
        "text/csv": { "schema": { "type": "string" } },
    })
}

fn read(scene: &Scene<'_>, id: TableId) -> Json {
    let mut shown = operation(scene, id, "read", "Read rows of");
    let names = ["select", "order", "limit", "offset", "range", "rangeUnit", "preferRead"];
    let mut parameters = filters(scene, id);
    parameters.extend(shared_parameters(&names));
    let table = scene.catalog.table(id);
    let mut headers = vec!["Content-Range", "Content-Location", "Preference-Applied"];
    // A column of that name is filtered by it, and rows without a key have no place.
    if table.find("cursor").is_none() && !table.telling_columns().is_empty() {
        parameters.extend(shared_parameters(&["cursor"]));
        headers.extend(["Link", "X-Next-Cursor"]);
    }
    parameters.extend(components::profile(scene.settings, true));
    shown.insert("parameters".into(), json!(parameters));
    let row = row_of(scene, id);
    let headers = components::header_references(&headers);
    let answer =
        |about: &str| json!({ "description": about, "headers": headers, "content": rows(&row) });
    let mut responses = Map::new();
    responses.insert("200".into(), answer("The rows."));
    responses.insert("206".into(), answer("Some of the rows, of the number that was asked for."));
    shown.insert("responses".into(), components::with_errors(responses, true));
    Json::Object(shown)
}

/// A row as it is read; where reading is not allowed nothing is told of it.
pub(super) fn row_of(scene: &Scene<'_>, id: TableId) -> Json {
    match scene.labels.table(id) {
        Some(label) if scene.may.table(id, Verb::Select) => reference("schemas", label),
        _ => json!({ "type": "object" }),
    }
}

fn insert(scene: &Scene<'_>, id: TableId) -> Json {
    let mut shown = operation(scene, id, "insert", "Insert rows into");
    let label = scene.labels.table(id).unwrap_or_default();
    let row = reference("schemas", &format!("{label}.insert"));
    let names = ["select", "columns", "on_conflict", "preferInsert"];
    let mut parameters: Vec<Json> = shared_parameters(&names).collect();
    parameters.extend(components::profile(scene.settings, false));
    shown.insert("parameters".into(), json!(parameters));
    let body = json!({
        "required": true,
        "content": {
            "application/json": {
                "schema": { "oneOf": [row, { "type": "array", "items": row }] },
            },
            "application/x-www-form-urlencoded": { "schema": row },
            "text/csv": { "schema": { "type": "string" } },
        },
    });
    shown.insert("requestBody".into(), body);
    let headers =
        components::header_references(&["Content-Range", "Location", "Preference-Applied"]);
    let content = rows(&row_of(scene, id));
    let mut responses = Map::new();
    let answer =
        |about: &str| json!({ "description": about, "headers": headers, "content": content });
    responses.insert("200".into(), answer("The rows were there already and were changed."));
    responses
        .insert("201".into(), answer("The rows are in, and are shown when that was asked for."));
    shown.insert("responses".into(), components::with_errors(responses, false));
    Json::Object(shown)
}

fn put(scene: &Scene<'_>, id: TableId) -> Json {
    let mut shown = operation(scene, id, "put", "Insert or replace one row of");
    let table = scene.catalog.table(id);
    let label = scene.labels.table(id).unwrap_or_default();
    let mut parameters: Vec<Json> = table
        .primary_columns()
        .iter()
        .map(|column| {
            json!({
                "name": table.column(*column).name, "in": "query", "required": true,
                "description": "The key of the row, as it is in the body.",
                "schema": { "type": "string", "pattern": "^eq\\." },
            })
        })
        .collect();
    parameters.extend(shared_parameters(&["select", "preferInsert"]));
    parameters.extend(components::profile(scene.settings, false));
    shown.insert("parameters".into(), json!(parameters));
    let row = reference("schemas", &format!("{label}.insert"));
    let body = json!({ "required": true, "content": { "application/json": { "schema": row } } });
    shown.insert("requestBody".into(), body);
    let content = rows(&row_of(scene, id));
    let mut responses = Map::new();
    for (status, about) in [("200", "The row was replaced."), ("201", "The row is in.")] {
        responses.insert(status.into(), json!({ "description": about, "content": content }));
    }
    responses.insert("204".into(), json!({ "description": "Done." }));
    shown.insert("responses".into(), components::with_errors(responses, false));
    Json::Object(shown)
}

/// Update and delete: the rows that the filters find.
fn change(scene: &Scene<'_>, id: TableId, verb: &str, body: bool) -> Json {
    let what = if body { "Change rows of" } else { "Delete rows of" };
    let mut shown = operation(scene, id, verb, what);
    let label = scene.labels.table(id).unwrap_or_default();
    let names = if body { &["select", "columns"][..] } else { &["select"][..] };
    let mut parameters = filters(scene, id);
    parameters.extend(shared_parameters(names));
    parameters.extend(shared_parameters(&["order", "limit", "preferChange"]));
    parameters.extend(components::profile(scene.settings, false));
    shown.insert("parameters".into(), json!(parameters));
    if body {
        let row = reference("schemas", &format!("{label}.update"));
        let content = json!({
            "application/json": { "schema": row },
            "application/x-www-form-urlencoded": { "schema": row },
        });
        shown.insert("requestBody".into(), json!({ "required": true, "content": content }));
    }
    let headers = components::header_references(&["Content-Range", "Preference-Applied"]);
    let rows = rows(&row_of(scene, id));
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({ "description": "The rows that were found.", "headers": headers, "content": rows }),
    );
    let silent = json!({ "description": "Done, and nothing was asked for.", "headers": headers });
    responses.insert("204".into(), silent);
    shown.insert("responses".into(), components::with_errors(responses, false));
    Json::Object(shown)
}
