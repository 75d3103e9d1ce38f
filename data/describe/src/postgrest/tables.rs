//! Tables and views: what a row is, and what can be asked of them.

use super::{Scene, format, items, kind};
use crate::names;
use mag_model::catalog::{Catalog, Column, RelationKind};
use mag_model::{ColumnId, TableId, Type};
use serde_json::{Map, Value as Json, json};

pub(super) fn definition(scene: Scene<'_>, id: TableId) -> Json {
    let table = scene.catalog.table(id);
    let mut shown = Map::new();
    if let Some(comment) = &table.comment {
        shown.insert("description".into(), json!(comment));
    }
    let required: Vec<&str> =
        scene.columns(id).filter(|(_, c)| !c.nullable).map(|(_, column)| &*column.name).collect();
    if !required.is_empty() {
        shown.insert("required".into(), json!(required));
    }
    let properties: Map<String, Json> = scene
        .columns(id)
        .map(|(column, known)| (known.name.to_string(), property(scene, id, column)))
        .collect();
    if !properties.is_empty() {
        shown.insert("properties".into(), Json::Object(properties));
    }
    shown.insert("type".into(), json!("object"));
    Json::Object(shown)
}

fn property(scene: Scene<'_>, table: TableId, id: ColumnId) -> Json {
    let column = scene.catalog.column(table, id);
    let name = names::of_column(&column.ty);
    let mut shown = Map::new();
    if let Some(value) = default(column, &name) {
        shown.insert("default".into(), value);
    }
    if let Some(text) = note(scene, table, id) {
        shown.insert("description".into(), json!(text));
    }
    if let Type::Enum(made) = column.ty.base() {
        shown.insert("enum".into(), json!(made.labels));
    }
    shown.insert("format".into(), json!(format(&name)));
    if let Some(items) = items(&name) {
        shown.insert("items".into(), items);
    }
    if let Some(length) = names::length_max(&column.ty) {
        shown.insert("maxLength".into(), json!(length));
    }
    if let Some(kind) = kind(&name) {
        shown.insert("type".into(), json!(kind));
    }
    Json::Object(shown)
}

/// The comment, and below it whether the column is part of a key. Generators look for the marks.
fn note(scene: Scene<'_>, table: TableId, id: ColumnId) -> Option<String> {
    let catalog = scene.catalog;
    let comment = catalog.column(table, id).comment.as_deref();
    let mut lines = vec!["Note:".to_owned()];
    if names::is_of_key(catalog, table, id) {
        lines.push("This is a Primary Key.<pk/>".into());
    }
    if let Some((target, column)) = points_to(scene, table, id) {
        lines.push(format!(
            "This is a Foreign Key to `{target}.{column}`.<fk table='{target}' column='{column}'/>"
        ));
    }
    if lines.len() == 1 {
        return comment.map(str::to_owned);
    }
    let above = comment.map(|comment| format!("{comment}\n\n")).unwrap_or_default();
    Some(above + &lines.join("\n"))
}

/// Where a key of this one column leads: to a table rather than to a view of it.
fn points_to(scene: Scene<'_>, table: TableId, id: ColumnId) -> Option<(&str, &str)> {
    let catalog = scene.catalog;
    let schema = &catalog.table(table).schema;
    let mut found: Vec<_> = catalog
        .relations(table)
        .into_iter()
        .filter_map(|relation| match relation.kind {
            RelationKind::ManyToOne(link) | RelationKind::OneToOne { link, backwards: false } => {
                Some(catalog.link(link))
            }
            RelationKind::OneToOne { backwards: true, .. }
            | RelationKind::OneToMany(_)
            | RelationKind::ManyToMany { .. }
            | RelationKind::Computed(_) => None,
        })
        .filter(|link| {
            scene.shows(link.to)
                && catalog.table(link.to).schema == *schema
                && !replaced(catalog, table, link.to)
        })
        .filter_map(|link| match &*link.pairs {
            [(near, far)] if *near == id => Some((link.to, *far)),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(to, _)| catalog.table(*to).is_view());
    let (to, far) = found.first()?;
    Some((&catalog.table(*to).name, &catalog.column(*to, *far).name))
}

/// A function of the target's name is the relation in the place of the key's.
fn replaced(catalog: &Catalog, table: TableId, target: TableId) -> bool {
    let name = &catalog.table(target).name;
    catalog.computed_relations(table).iter().any(|id| catalog.function(*id).name == *name)
}

/// The default where it is a plain value: its text stands for a string, else it must be JSON.
fn default(column: &Column, name: &str) -> Option<Json> {
    let expression = names::default_of(column)?;
    match kind(name) {
        Some("string") => {}
        Some("boolean") => return names::truth(expression).map(Json::Bool),
        _ => return serde_json::from_str(expression).ok(),
    }
    if let Some(literal) = names::literal(expression) {
        return Some(json!(literal));
    }
    let text = match expression.strip_suffix(name).and_then(|rest| rest.strip_suffix("::")) {
        Some(literal) => literal.trim_matches('\''),
        None => expression,
    };
    serde_json::from_str(&format!("\"{text}\"")).ok()
}

pub(super) fn path(scene: Scene<'_>, id: TableId) -> Json {
    let table = scene.catalog.table(id);
    let (summary, text) = names::title_and_text(table.comment.as_deref());
    let filters: Vec<String> =
        scene.columns(id).map(|(_, c)| format!("rowFilter.{}.{}", table.name, c.name)).collect();
    let body = format!("body.{}", table.name);
    let operation = |parameters: Vec<&str>, responses: Json| {
        let mut shown = Map::new();
        shown.insert("tags".into(), json!([table.name]));
        if let Some(summary) = summary {
            shown.insert("summary".into(), json!(summary));
        }
        if let Some(text) = text {
            shown.insert("description".into(), json!(text));
        }
        let parameters: Vec<Json> = parameters
            .into_iter()
            .map(|name| json!({ "$ref": format!("#/parameters/{name}") }))
            .collect();
        shown.insert("parameters".into(), json!(parameters));
        shown.insert("responses".into(), responses);
        Json::Object(shown)
    };
    let filtered_with = |more: &[&'static str]| -> Vec<&str> {
        filters.iter().map(String::as_str).chain(more.iter().copied()).collect()
    };
    let rows = json!({
        "200": {
            "description": "OK",
            "schema": {
                "items": { "$ref": format!("#/definitions/{}", table.name) },
                "type": "array",
            },
        },
        "206": { "description": "Partial Content" },
    });
    let reads = ["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"];
    let mut path = Map::new();
    path.insert("get".into(), operation(filtered_with(&reads), rows));
    if table.insertable || table.updatable || table.deletable {
        let created = json!({ "201": { "description": "Created" } });
        let silent = || json!({ "204": { "description": "No Content" } });
        path.insert("post".into(), operation(vec![&body, "select", "preferPost"], created));
        path.insert("delete".into(), operation(filtered_with(&["preferReturn"]), silent()));
        let mut changed: Vec<&str> = filters.iter().map(String::as_str).collect();
        changed.extend([body.as_str(), "preferReturn"]);
        path.insert("patch".into(), operation(changed, silent()));
    }
    Json::Object(path)
}

/// Those that every table shares.
pub(super) fn shared_parameters() -> Map<String, Json> {
    let returns = ["return=representation", "return=minimal", "return=none"];
    let resolutions = ["resolution=ignore-duplicates", "resolution=merge-duplicates"];
    let posted: Vec<&str> = returns.into_iter().chain(resolutions).collect();
    let prefer = |values: &[&str]| {
        let mut shown = json!({
            "name": "Prefer", "description": "Preference", "required": false,
            "in": "header", "type": "string",
        });
        if !values.is_empty() {
            shown["enum"] = json!(values);
        }
        shown
    };
    let text = |name: &str, place: &str, about: &str| {
        json!({
            "name": name, "description": about, "required": false, "in": place, "type": "string",
        })
    };
    let pages = "Limiting and Pagination";
    let mut unit = text("Range-Unit", "header", pages);
    unit["default"] = json!("items");
    let shared = [
        ("preferParams", prefer(&[])),
        ("preferReturn", prefer(&returns)),
        ("preferCount", prefer(&["count=none"])),
        ("preferPost", prefer(&posted)),
        ("select", text("select", "query", "Filtering Columns")),
        ("on_conflict", text("on_conflict", "query", "On Conflict")),
        ("order", text("order", "query", "Ordering")),
        ("range", text("Range", "header", pages)),
        ("rangeUnit", unit),
        ("offset", text("offset", "query", pages)),
        ("limit", text("limit", "query", pages)),
    ];
    shared.into_iter().map(|(name, shown)| (name.to_owned(), shown)).collect()
}

pub(super) fn add_parameters(scene: Scene<'_>, id: TableId, parameters: &mut Map<String, Json>) {
    let name = &scene.catalog.table(id).name;
    let body = json!({
        "name": name, "description": name, "required": false, "in": "body",
        "schema": { "$ref": format!("#/definitions/{name}") },
    });
    parameters.insert(format!("body.{name}"), body);
    for (_, column) in scene.columns(id) {
        let mut filter =
            json!({ "name": column.name, "required": false, "in": "query", "type": "string" });
        if let Some(comment) = &column.comment {
            filter["description"] = json!(comment);
        }
        parameters.insert(format!("rowFilter.{name}.{}", column.name), filter);
    }
}
