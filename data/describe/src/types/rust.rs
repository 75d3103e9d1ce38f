//! Rust: a module for each schema, structs for serde. What is written leaves out what is `None`;
//! where NULL is one of the values as well, `Some(None)` says it.

use super::casing::{Scope, pascal, snake};
use super::outline::{Enum, Field, Kind, Outline, Record};

pub(super) fn write(outline: &Outline) -> String {
    let mut text = String::from(HEAD);
    let mut modules = Scope::new(RESERVED);
    for schema in &outline.schemas {
        let module = modules.name(snake(&schema.name));
        text.push_str(&format!(
            "\n/// The schema `{}`.\npub mod {module} {{\n    use serde::{{Deserialize, Serialize}};\n",
            one_line(&schema.name)
        ));
        for made in &schema.enums {
            text.push_str(&enumeration(made));
        }
        for record in &schema.records {
            text.push_str(&structure(record, &schema.name));
        }
        text.push_str("}\n");
    }
    text
}

const HEAD: &str = r#"//! Types of the database. Made by `mobo gen:types`; it is written anew, not edited.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::option_option,
    reason = "nobody uses all of it, and a column may be left out as well as be NULL"
)]
"#;

fn enumeration(made: &Enum) -> String {
    let mut text = format!(
        "\n    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]\n    \
         pub enum {} {{\n",
        made.name
    );
    let mut scope = Scope::new(&["Self"]);
    for label in &made.labels {
        let variant = scope.name(pascal(label));
        text.push_str(&format!("        #[serde(rename = {label:?})]\n        {variant},\n"));
    }
    text + "    }\n"
}

fn structure(record: &Record, schema: &str) -> String {
    let derived = if record.read {
        "Clone, Debug, PartialEq, Serialize, Deserialize"
    } else if record.fields.iter().all(|field| field.optional) {
        "Clone, Debug, Default, PartialEq, Serialize"
    } else {
        "Clone, Debug, PartialEq, Serialize"
    };
    let mut text = format!(
        "\n    /// {}\n    #[derive({derived})]\n    pub struct {} {{\n",
        one_line(&record.about),
        record.name
    );
    let mut scope = Scope::new(RESERVED);
    for field in &record.fields {
        let name = scope.name(snake(&field.name));
        let mut notes = Vec::new();
        if name != field.name {
            notes.push(format!("rename = {:?}", field.name));
        }
        if field.optional {
            notes.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        if !notes.is_empty() {
            text.push_str(&format!("        #[serde({})]\n", notes.join(", ")));
        }
        text.push_str(&format!(
            "        pub {name}: {},\n",
            field_type(field, record.read, schema)
        ));
    }
    text + "    }\n"
}

fn field_type(field: &Field, read: bool, schema: &str) -> String {
    let kind = kind(&field.kind, schema);
    let value = if field.nullable { format!("Option<{kind}>") } else { kind.clone() };
    match (read, field.optional) {
        (false, true) => format!("Option<{value}>"),
        _ => value,
    }
}

fn kind(of: &Kind, schema: &str) -> String {
    match of {
        Kind::Bool => "bool".into(),
        Kind::Int16 => "i16".into(),
        Kind::Int32 => "i32".into(),
        Kind::Int64 => "i64".into(),
        Kind::Float32 => "f32".into(),
        Kind::Float64 | Kind::Decimal => "f64".into(),
        Kind::Text => "String".into(),
        Kind::Json => "serde_json::Value".into(),
        Kind::List(element) => format!("Vec<{}>", kind(element, schema)),
        Kind::Enum(named) | Kind::Record(named) if named.schema == schema => named.name.clone(),
        Kind::Enum(named) | Kind::Record(named) => {
            format!("super::{}::{}", Scope::new(RESERVED).name(snake(&named.schema)), named.name)
        }
    }
}

/// The compiler refuses comments with signs that turn the direction of a text.
fn one_line(text: &str) -> String {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(['\n', '\r'], " ").chars().filter(|c| !turns(c)).collect()
}

const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "Self", "static", "struct", "super", "trait", "true", "try", "type",
    "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
