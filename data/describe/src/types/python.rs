//! Python: typed dictionaries, which is what clients give and take. Nothing besides the standard
//! library is needed.

use super::outline::{Enum, Field, Kind, Named, Outline, Record, Schema};

pub(super) fn write(outline: &Outline) -> String {
    let mut text = String::from(
        "\"\"\"Types of the database. Made by `mobo gen:types`; not to be edited.\"\"\"\n\n\
         from __future__ import annotations\n\n\
         import sys\n\
         from typing import Any, Dict, List, Literal, Optional, TypedDict, Union\n\n\
         if sys.version_info >= (3, 11):\n    from typing import NotRequired\nelse:\n    \
         from typing_extensions import NotRequired\n\n\
         Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]\n",
    );
    for schema in &outline.schemas {
        for made in &schema.enums {
            text.push_str(&enumeration(schema, made));
        }
    }
    for schema in &outline.schemas {
        for record in &schema.records {
            text.push_str(&dictionary(schema, record));
        }
    }
    text
}

fn enumeration(schema: &Schema, made: &Enum) -> String {
    let name = format!("{}{}", schema.prefix, made.name);
    if made.labels.is_empty() {
        return format!("\n{name} = str\n");
    }
    let labels: Vec<String> = made.labels.iter().map(|label| quoted(label)).collect();
    format!("\n{name} = Literal[{}]\n", labels.join(", "))
}

fn dictionary(schema: &Schema, record: &Record) -> String {
    let name = format!("{}{}", schema.prefix, record.name);
    let plain = record.fields.iter().all(|field| is_attribute(&field.name));
    let about = record.about.replace(['\n', '\r'], " ");
    if plain {
        let mut text = format!("\n\nclass {name}(TypedDict):\n    {}\n", docstring(&about));
        if !record.fields.is_empty() {
            text.push('\n');
        }
        for field in &record.fields {
            text.push_str(&format!("    {}: {}\n", field.name, field_type(field)));
        }
        return text;
    }
    // Names that no class could have are given as texts.
    let mut text = format!("\n\n# {about}\n{name} = TypedDict(\n    {},\n    {{\n", quoted(&name));
    for field in &record.fields {
        let ty = quoted(&field_type(field));
        text.push_str(&format!("        {}: {ty},\n", quoted(&field.name)));
    }
    text + "    },\n)\n"
}

fn docstring(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"\"\"{text}\"\"\"")
}

fn field_type(field: &Field) -> String {
    let kind = kind(&field.kind);
    let value = if field.nullable { format!("Optional[{kind}]") } else { kind };
    if field.optional { format!("NotRequired[{value}]") } else { value }
}

fn kind(of: &Kind) -> String {
    match of {
        Kind::Bool => "bool".into(),
        Kind::Int16 | Kind::Int32 | Kind::Int64 => "int".into(),
        Kind::Float32 | Kind::Float64 | Kind::Decimal => "float".into(),
        Kind::Text => "str".into(),
        Kind::Json => "Json".into(),
        Kind::List(element) => format!("List[{}]", kind(element)),
        Kind::Enum(Named { prefix, name, .. }) | Kind::Record(Named { prefix, name, .. }) => {
            format!("{prefix}{name}")
        }
    }
}

fn is_attribute(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        // Two underscores at the beginning are changed within a class.
        && !name.starts_with("__")
        && !RESERVED.contains(&name)
        && !TYPES.contains(&name)
}

fn quoted(text: &str) -> String {
    // The escapes of JSON are Python's, and what is no ASCII may stand as it is.
    serde_json::to_string(text).unwrap_or_default()
}

/// A field of such a name would stand in the place of the type for those behind it.
const TYPES: &[&str] = &[
    "Any",
    "Dict",
    "Json",
    "List",
    "Literal",
    "NotRequired",
    "Optional",
    "TypedDict",
    "Union",
    "bool",
    "float",
    "int",
    "str",
];

const RESERVED: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];
