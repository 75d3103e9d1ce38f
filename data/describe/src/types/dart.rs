//! Dart: classes that are made from JSON where they are read, and become JSON where they are written.
//! What is null is left out of what is written.

use super::casing::{Scope, camel};
use super::outline::{Enum, Field, Kind, Outline, Record, Schema};

pub(super) fn write(outline: &Outline) -> String {
    let mut text = String::from(
        "// Types of the database. Made by `mobo gen:types`; not to be edited.\n\
         // ignore_for_file: type=lint\n",
    );
    for schema in &outline.schemas {
        for made in &schema.enums {
            text.push_str(&enumeration(schema, made));
        }
        for record in &schema.records {
            text.push_str(&class(schema, record));
        }
    }
    text
}

fn enumeration(schema: &Schema, made: &Enum) -> String {
    let name = format!("{}{}", schema.prefix, made.name);
    if made.labels.is_empty() {
        // An enum must have a value.
        return format!("\ntypedef {name} = String;\n");
    }
    let mut scope = Scope::new(RESERVED);
    let values: Vec<String> = made
        .labels
        .iter()
        .map(|label| format!("  {}({})", scope.name(camel(label)), quoted(label)))
        .collect();
    format!(
        "\nenum {name} {{\n{};\n\n  const {name}(this.label);\n\n  final String label;\n\n  \
         static {name} fromJson(Object? json) => values.firstWhere((v) => v.label == json);\n\n  \
         String toJson() => label;\n}}\n",
        values.join(",\n")
    )
}

fn class(schema: &Schema, record: &Record) -> String {
    let name = format!("{}{}", schema.prefix, record.name);
    let about = record.about.replace(['\n', '\r'], " ");
    let mut scope = Scope::new(RESERVED);
    let fields: Vec<(String, &Field)> =
        record.fields.iter().map(|field| (scope.name(camel(&field.name)), field)).collect();
    let mut text = format!("\n/// {about}\nclass {name} {{\n");
    if fields.is_empty() {
        text.push_str(&format!("  const {name}();\n"));
    } else {
        text.push_str(&format!("  const {name}({{\n"));
        for (field_name, field) in &fields {
            let required = if is_nullable(field) { "" } else { "required " };
            text.push_str(&format!("    {required}this.{field_name},\n"));
        }
        text.push_str("  });\n");
    }
    if record.read {
        text.push_str(&format!(
            "\n  factory {name}.fromJson(Map<String, dynamic> json) => {name}(\n"
        ));
        for (field_name, field) in &fields {
            let read =
                reading(&field.kind, &format!("json[{}]", quoted(&field.name)), field.nullable);
            text.push_str(&format!("        {field_name}: {read},\n"));
        }
        text.push_str("      );\n");
    }
    if !fields.is_empty() {
        text.push('\n');
    }
    for (field_name, field) in &fields {
        let ty = nullable_type(&field.kind, is_nullable(field));
        text.push_str(&format!("  final {ty} {field_name};\n"));
    }
    text.push_str("\n  Map<String, dynamic> toJson() => {\n");
    for (field_name, field) in &fields {
        let left_out =
            if field.optional { format!("if ({field_name} != null) ") } else { String::new() };
        let mut value = writing(&field.kind, field_name, is_nullable(field));
        // Inside the condition it is there, but a field is not known to stay so.
        if field.optional && value != *field_name {
            value = writing(&field.kind, &format!("{field_name}!"), false);
        }
        text.push_str(&format!("        {left_out}{}: {value},\n", quoted(&field.name)));
    }
    text + "      };\n}\n"
}

fn is_nullable(field: &Field) -> bool {
    field.nullable || field.optional
}

fn nullable_type(of: &Kind, nullable: bool) -> String {
    let ty = kind(of);
    if nullable && ty != "dynamic" { format!("{ty}?") } else { ty }
}

fn kind(of: &Kind) -> String {
    match of {
        Kind::Bool => "bool".into(),
        Kind::Int16 | Kind::Int32 | Kind::Int64 => "int".into(),
        Kind::Float32 | Kind::Float64 | Kind::Decimal => "double".into(),
        Kind::Text => "String".into(),
        Kind::Json => "dynamic".into(),
        Kind::List(element) => format!("List<{}>", kind(element)),
        Kind::Enum(named) | Kind::Record(named) => format!("{}{}", named.prefix, named.name),
    }
}

/// A value of JSON as a value of the kind.
fn reading(of: &Kind, json: &str, nullable: bool) -> String {
    let mark = if nullable { "?" } else { "" };
    match of {
        Kind::Bool => format!("{json} as bool{mark}"),
        Kind::Int16 | Kind::Int32 | Kind::Int64 => format!("{json} as int{mark}"),
        Kind::Text => format!("{json} as String{mark}"),
        Kind::Json => json.to_owned(),
        Kind::Float32 | Kind::Float64 | Kind::Decimal => {
            format!("({json} as num{mark}){mark}.toDouble()")
        }
        Kind::List(element) => {
            let each = reading(element, "e", false);
            let ty = kind(element);
            format!("({json} as List<dynamic>{mark}){mark}.map<{ty}>((e) => {each}).toList()")
        }
        Kind::Enum(named) => {
            let read = format!("{}{}.fromJson({json})", named.prefix, named.name);
            if nullable { format!("{json} == null ? null : {read}") } else { read }
        }
        Kind::Record(named) => {
            let class = format!("{}{}", named.prefix, named.name);
            let read = format!("{class}.fromJson({json} as Map<String, dynamic>)");
            if nullable { format!("{json} == null ? null : {read}") } else { read }
        }
    }
}

fn writing(of: &Kind, value: &str, nullable: bool) -> String {
    let mark = if nullable { "?" } else { "" };
    match of {
        Kind::Bool
        | Kind::Int16
        | Kind::Int32
        | Kind::Int64
        | Kind::Float32
        | Kind::Float64
        | Kind::Decimal
        | Kind::Text
        | Kind::Json => value.to_owned(),
        Kind::Enum(_) | Kind::Record(_) => format!("{value}{mark}.toJson()"),
        Kind::List(element) => match writing(element, "e", false) {
            same if same == "e" => value.to_owned(),
            each => format!("{value}{mark}.map((e) => {each}).toList()"),
        },
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' | '$' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "'"
}

/// Words of the language, types that are named here, and names that every object or enum has already.
const RESERVED: &[&str] = &[
    "abstract",
    "as",
    "assert",
    "async",
    "await",
    "base",
    "bool",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "covariant",
    "default",
    "deferred",
    "do",
    "double",
    "dynamic",
    "else",
    "enum",
    "export",
    "extends",
    "extension",
    "external",
    "factory",
    "false",
    "final",
    "finally",
    "for",
    "fromJson",
    "get",
    "hashCode",
    "hide",
    "if",
    "implements",
    "import",
    "in",
    "index",
    "int",
    "interface",
    "is",
    "label",
    "late",
    "library",
    "mixin",
    "name",
    "new",
    "noSuchMethod",
    "null",
    "num",
    "of",
    "on",
    "operator",
    "part",
    "required",
    "rethrow",
    "return",
    "runtimeType",
    "sealed",
    "set",
    "show",
    "static",
    "super",
    "switch",
    "sync",
    "this",
    "throw",
    "toJson",
    "toString",
    "true",
    "try",
    "type",
    "typedef",
    "values",
    "var",
    "void",
    "when",
    "while",
    "with",
    "yield",
];
