//! Swift: an enum for each schema that holds its types, Codable where they are read and Encodable
//! where they are written. What is nil is left out of what is written.

use super::casing::{Scope, camel};
use super::outline::{Enum, Field, Kind, Named, Outline, Record};

pub(super) fn write(outline: &Outline) -> String {
    let mut text = String::from(
        "// Types of the database. Made by `mobo gen:types`; not to be edited.\n\nimport Foundation\n",
    );
    text.push_str(ANY_JSON);
    for schema in &outline.schemas {
        text.push_str(&format!("\npublic enum {}Schema {{\n", schema.prefix));
        let mut parts: Vec<String> = schema.enums.iter().map(enumeration).collect();
        parts.extend(schema.records.iter().map(structure));
        text.push_str(&parts.join("\n"));
        text.push_str("}\n");
    }
    text
}

/// JSON whose shape the database does not tell.
const ANY_JSON: &str = "
/// Any JSON value.
public enum AnyJSON: Codable, Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([AnyJSON])
  case object([String: AnyJSON])

  public init(from decoder: Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([AnyJSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: AnyJSON].self))
    }
  }

  public func encode(to encoder: Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .bool(let bool): try value.encode(bool)
    case .number(let number): try value.encode(number)
    case .string(let string): try value.encode(string)
    case .array(let array): try value.encode(array)
    case .object(let object): try value.encode(object)
    }
  }
}
";

fn enumeration(made: &Enum) -> String {
    if made.labels.is_empty() {
        return format!("  public typealias {} = String\n", made.name);
    }
    let mut text = format!("  public enum {}: String, Codable, Hashable, Sendable {{\n", made.name);
    let mut scope = Scope::new(RESERVED);
    for label in &made.labels {
        let case = scope.name(camel(label));
        text.push_str(&format!("    case {case} = {}\n", quoted(label)));
    }
    text + "  }\n"
}

fn structure(record: &Record) -> String {
    let about = record.about.replace(['\n', '\r'], " ");
    let kind = if record.read { "Codable" } else { "Encodable" };
    let mut text =
        format!("  /// {about}\n  public struct {}: {kind}, Hashable, Sendable {{\n", record.name);
    let mut scope = Scope::new(RESERVED);
    let fields: Vec<(String, &Field)> =
        record.fields.iter().map(|field| (scope.name(camel(&field.name)), field)).collect();
    for (name, field) in &fields {
        text.push_str(&format!("    public var {name}: {}\n", field_type(field)));
    }
    if fields.is_empty() {
        return text + "    public init() {}\n  }\n";
    }
    text.push_str("\n    public init(\n");
    let taken: Vec<String> = fields
        .iter()
        .map(|(name, field)| {
            let ty = field_type(field);
            let default = if ty.ends_with('?') { " = nil" } else { "" };
            format!("      {name}: {ty}{default}")
        })
        .collect();
    text.push_str(&taken.join(",\n"));
    text.push_str("\n    ) {\n");
    for (name, _) in &fields {
        text.push_str(&format!("      self.{name} = {name}\n"));
    }
    text.push_str("    }\n\n    public enum CodingKeys: String, CodingKey {\n");
    for (name, field) in &fields {
        text.push_str(&format!("      case {name} = {}\n", quoted(&field.name)));
    }
    text + "    }\n  }\n"
}

fn field_type(field: &Field) -> String {
    let kind = kind(&field.kind);
    if field.nullable || field.optional { format!("{kind}?") } else { kind }
}

fn kind(of: &Kind) -> String {
    match of {
        Kind::Bool => "Bool".into(),
        Kind::Int16 => "Int16".into(),
        Kind::Int32 => "Int32".into(),
        Kind::Int64 => "Int64".into(),
        Kind::Float32 => "Float".into(),
        Kind::Float64 => "Double".into(),
        Kind::Decimal => "Decimal".into(),
        Kind::Text => "String".into(),
        Kind::Json => "AnyJSON".into(),
        Kind::List(element) => format!("[{}]", kind(element)),
        Kind::Enum(Named { prefix, name, .. }) | Kind::Record(Named { prefix, name, .. }) => {
            format!("{prefix}Schema.{name}")
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

const RESERVED: &[&str] = &[
    "Any",
    "Protocol",
    "Self",
    "Type",
    "actor",
    "any",
    "as",
    "associatedtype",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "defer",
    "deinit",
    "do",
    "else",
    "enum",
    "extension",
    "fallthrough",
    "false",
    "fileprivate",
    "for",
    "func",
    "guard",
    "hashValue",
    "if",
    "import",
    "in",
    "init",
    "inout",
    "internal",
    "is",
    "let",
    "nil",
    "operator",
    "precedencegroup",
    "private",
    "protocol",
    "public",
    "repeat",
    "rethrows",
    "return",
    "self",
    "some",
    "static",
    "struct",
    "subscript",
    "super",
    "switch",
    "throw",
    "throws",
    "true",
    "try",
    "typealias",
    "var",
    "where",
    "while",
];
