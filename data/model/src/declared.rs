//! What SQLite's columns are declared as, as the names of the types of the house: SQLite itself keeps
//! the words and goes by parts of them.
//! Never: how a value is stored; its adapter knows that.

use crate::Type;
use std::borrow::Cow;

/// The name of a column without a type: whatever is stored is what it is.
pub const ANY: &str = "any";

/// The name of the type of the house for a type as it was declared.
pub fn named(declared: &str) -> Cow<'static, str> {
    let lower = declared.trim().to_ascii_lowercase();
    let (words, modifiers) = match lower.split_once('(') {
        Some((words, rest)) => (words.trim(), rest.trim_end().trim_end_matches(')').trim()),
        None => (lower.as_str(), ""),
    };
    // `numeric text(10,2)`: kept as text, so that no digit is lost.
    let words = match words.strip_suffix("text") {
        Some(rest) if rest.ends_with([' ', '_']) => rest.trim_end_matches([' ', '_']),
        _ => words,
    };
    let sized = |name: &str| match modifiers {
        "" => Cow::Owned(name.to_owned()),
        modifiers => Cow::Owned(format!("{name}({modifiers})")),
    };
    Cow::Borrowed(match words {
        "" | "any" => ANY,
        "integer" | "int" | "bigint" | "int8" | "unsigned big int" | "long" => "bigint",
        "smallint" | "int2" | "tinyint" => "smallint",
        "int4" | "mediumint" => "integer",
        "bool" | "boolean" | "bit" => "boolean",
        "real" | "double" | "double precision" | "float" | "float8" => "double precision",
        "float4" => "real",
        "numeric" | "decimal" | "number" => return sized("numeric"),
        "varchar" | "character varying" | "nvarchar" | "varying character" | "native character"
        | "nchar" | "varchar2" => return sized("character varying"),
        "char" | "character" if !modifiers.is_empty() => return sized("character"),
        "text" | "clob" | "string" | "citext" | "char" | "character" | "tinytext"
        | "mediumtext" | "longtext" => "text",
        "datetime" => "timestamp without time zone",
        "blob" | "binary" | "varbinary" => "bytea",
        known => match Type::named(known) {
            Some(ty) => return Cow::Owned(ty.to_string()),
            None => by_affinity(known),
        },
    })
}

/// SQLite's own rules, in their order, for a name that says nothing to us.
fn by_affinity(lower: &str) -> &'static str {
    let has = |part: &str| lower.contains(part);
    if has("int") {
        "bigint"
    } else if has("char") || has("clob") || has("text") {
        "text"
    } else if has("blob") {
        "bytea"
    } else if has("real") || has("floa") || has("doub") {
        "double precision"
    } else {
        "numeric"
    }
}
