//! Kotlin: an object for each schema that holds its types, serializable by kotlinx.serialization.
//! What keeps its default, null, is left out of what is written.

use super::casing::{Scope, camel, pascal};
use super::outline::{Enum, Field, Kind, Outline, Record};

pub(super) fn write(outline: &Outline) -> String {
    let mut text = String::from(
        "// Types of the database. Made by `mobo gen:types`; not to be edited.\n\
         @file:Suppress(\"unused\", \"EnumEntryName\")\n\n\
         package database\n\n\
         import kotlinx.serialization.SerialName\n\
         import kotlinx.serialization.Serializable\n\
         import kotlinx.serialization.json.JsonElement\n",
    );
    for schema in &outline.schemas {
        let mut parts: Vec<String> = schema.enums.iter().map(enumeration).collect();
        parts.extend(schema.records.iter().map(class));
        text.push_str(&format!("\nobject {}Schema {{\n{}}}\n", schema.prefix, parts.join("\n")));
    }
    text
}

fn enumeration(made: &Enum) -> String {
    let mut scope = Scope::new(&["Entries", "Companion"]);
    let values: Vec<String> = made
        .labels
        .iter()
        .map(|label| {
            let entry = scope.name(pascal(label));
            format!("        @SerialName({}) {entry}", quoted(label))
        })
        .collect();
    let values = if values.is_empty() { String::new() } else { values.join(",\n") + "\n" };
    format!("    @Serializable\n    enum class {} {{\n{values}    }}\n", made.name)
}

fn class(record: &Record) -> String {
    // Comments nest: neither end may stand in them.
    let about = record.about.replace(['\n', '\r'], " ").replace("/*", "/ *").replace("*/", "* /");
    let mut text = format!("    /** {about} */\n    @Serializable\n");
    if record.fields.is_empty() {
        return text + &format!("    class {}\n", record.name);
    }
    text.push_str(&format!("    data class {}(\n", record.name));
    let mut scope = Scope::new(RESERVED);
    for field in &record.fields {
        let name = scope.name(camel(&field.name));
        let default =
            if is_nullable(field) && (field.optional || record.read) { " = null" } else { "" };
        text.push_str(&format!(
            "        @SerialName({}) val {name}: {}{default},\n",
            quoted(&field.name),
            nullable_type(&field.kind, is_nullable(field))
        ));
    }
    text + "    )\n"
}

fn is_nullable(field: &Field) -> bool {
    field.nullable || field.optional
}

fn nullable_type(of: &Kind, nullable: bool) -> String {
    let ty = kind(of);
    if nullable { format!("{ty}?") } else { ty }
}

fn kind(of: &Kind) -> String {
    match of {
        Kind::Bool => "Boolean".into(),
        Kind::Int16 => "Short".into(),
        Kind::Int32 => "Int".into(),
        Kind::Int64 => "Long".into(),
        Kind::Float32 => "Float".into(),
        Kind::Float64 | Kind::Decimal => "Double".into(),
        Kind::Text => "String".into(),
        Kind::Json => "JsonElement".into(),
        Kind::List(element) => format!("List<{}>", kind(element)),
        Kind::Enum(named) | Kind::Record(named) => format!("{}Schema.{}", named.prefix, named.name),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

const RESERVED: &[&str] = &[
    "as",
    "break",
    "class",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "fun",
    "if",
    "in",
    "interface",
    "is",
    "null",
    "object",
    "package",
    "return",
    "super",
    "this",
    "throw",
    "true",
    "try",
    "typealias",
    "typeof",
    "val",
    "var",
    "when",
    "while",
];
