//! Values as JSON Schema: what a column holds in an answer, and what a body may say for it.

use crate::names;
use mag_model::catalog::{Column, Returns};
use mag_model::{Type, catalog::Catalog};
use serde_json::{Map, Value as Json, json};

/// Composites in composites, domains over arrays: deeper than any that a person has made.
const DEPTH_MAX: u32 = 16;

pub(super) fn of_column(column: &Column) -> Json {
    let mut shown = of_type(&column.ty, column.nullable);
    if let Some(comment) = &column.comment {
        shown["description"] = json!(comment);
    }
    if let Some(value) = default(column) {
        shown["default"] = value;
    }
    if !column.writable() {
        shown["readOnly"] = json!(true);
    }
    shown
}

pub(super) fn of_type(ty: &Type, nullable: bool) -> Json {
    deep(ty, nullable, DEPTH_MAX)
}

fn deep(ty: &Type, nullable: bool, depth: u32) -> Json {
    let mut shown = Map::new();
    let mut say = |kind: &str| {
        let kind = if nullable { json!([kind, "null"]) } else { json!(kind) };
        shown.insert("type".into(), kind);
    };
    match ty.base() {
        Type::Bool => say("boolean"),
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid => say("integer"),
        Type::Float4 | Type::Float8 | Type::Numeric(_) => say("number"),
        Type::Json | Type::Jsonb | Type::Unknown => {}
        Type::Void => say("null"),
        Type::Array(element) => {
            say("array");
            if depth > 0 {
                shown.insert("items".into(), deep(element, true, depth - 1));
            }
        }
        Type::Composite(made) => {
            say("object");
            if depth > 0 {
                let fields = made.fields.iter();
                let fields: Map<String, Json> =
                    fields.map(|(n, ty)| (n.to_string(), deep(ty, true, depth - 1))).collect();
                shown.insert("properties".into(), Json::Object(fields));
            }
        }
        Type::Enum(made) => {
            say("string");
            let mut labels: Vec<Json> = made.labels.iter().map(|label| json!(label)).collect();
            if nullable {
                labels.push(Json::Null);
            }
            shown.insert("enum".into(), json!(labels));
        }
        // The types of an extension: nobody here knows how they are shown.
        Type::Other(name) if name.contains('.') => {}
        Type::Text
        | Type::Varchar(_)
        | Type::Bpchar(_)
        | Type::Name
        | Type::Bytea
        | Type::Uuid
        | Type::Date
        | Type::Time
        | Type::TimeTz
        | Type::Timestamp
        | Type::TimestampTz
        | Type::Interval
        | Type::TsVector
        | Type::TsQuery
        | Type::Xml
        | Type::Range(_)
        | Type::Multirange(_)
        | Type::Domain(_)
        | Type::Other(_) => say("string"),
    }
    if let Some(format) = format(ty.base()) {
        shown.insert("format".into(), json!(format));
    }
    if let Some(length) = names::length_max(ty) {
        shown.insert("maxLength".into(), json!(length));
    }
    shown.insert("x-sql-type".into(), json!(names::of_type(ty, &[])));
    Json::Object(shown)
}

fn format(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Int2 | Type::Int4 => Some("int32"),
        Type::Int8 => Some("int64"),
        Type::Float4 => Some("float"),
        Type::Float8 => Some("double"),
        Type::Uuid => Some("uuid"),
        Type::Date => Some("date"),
        Type::TimestampTz => Some("date-time"),
        _ => None,
    }
}

/// The default where it is a plain value; an expression such as `now()` is the engine's business.
fn default(column: &Column) -> Option<Json> {
    let text = names::default_of(column)?.trim();
    if *column.ty.base() == Type::Bool {
        return names::truth(text).map(Json::Bool);
    }
    let literal = match text.strip_prefix('\'') {
        Some(rest) => {
            let (literal, cast) = rest.rsplit_once('\'')?;
            if !cast.is_empty() && !cast.starts_with("::") {
                return None;
            }
            json!(literal.replace("''", "'"))
        }
        None => serde_json::from_str(text).ok()?,
    };
    let fits = match column.ty.base() {
        base if base.is_number() => literal.is_number(),
        base if base.is_text() => literal.is_string(),
        Type::Enum(made) => made.labels.iter().any(|label| Some(&**label) == literal.as_str()),
        Type::Date | Type::Uuid => literal.is_string(),
        _ => false,
    };
    fits.then_some(literal)
}

/// What a function gives. `row` shows rows of a table that is in the document.
pub(super) fn of_returns(
    catalog: &Catalog,
    returns: &Returns,
    set: bool,
    row: impl Fn(mag_model::TableId) -> Option<Json>,
) -> Option<Json> {
    let one = match returns {
        Returns::Void => return None,
        Returns::Scalar(ty) => of_type(ty, true),
        Returns::Rows(id) => row(*id).unwrap_or_else(|| {
            let columns = catalog.table(*id).columns.iter();
            let columns: Map<String, Json> =
                columns.map(|column| (column.name.to_string(), of_column(column))).collect();
            json!({ "type": "object", "properties": columns })
        }),
        Returns::Columns(columns) => {
            let columns: Map<String, Json> =
                columns.iter().map(|(name, ty)| (name.to_string(), of_type(ty, true))).collect();
            json!({ "type": "object", "properties": columns })
        }
    };
    Some(if set { json!({ "type": "array", "items": one }) } else { one })
}
