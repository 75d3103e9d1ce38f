//! Which type of TypeScript stands for a type of the source.

use super::shape::{self, Shape};
use mag_model::Type;
use mag_model::catalog::{Catalog, Table};

pub(super) struct Kinds<'a> {
    pub(super) catalog: &'a Catalog,
    /// Those that are in the file: others cannot be pointed to.
    pub(super) schemas: &'a [&'a str],
    pub(super) leaves_out: &'a dyn Fn(&Table) -> bool,
}

impl Kinds<'_> {
    pub(super) fn of(&self, ty: &Type) -> Shape {
        match ty.base() {
            Type::Bool => Shape::word("boolean"),
            Type::Int2
            | Type::Int4
            | Type::Int8
            | Type::Float4
            | Type::Float8
            | Type::Numeric(_) => Shape::word("number"),
            Type::Bytea
            | Type::Bpchar(_)
            | Type::Varchar(_)
            | Type::Date
            | Type::Text
            | Type::Time
            | Type::TimeTz
            | Type::Timestamp
            | Type::TimestampTz
            | Type::Uuid
            | Type::Interval => Shape::word("string"),
            Type::Json | Type::Jsonb => Shape::word("Json"),
            Type::Void => Shape::word("undefined"),
            Type::Array(element) => Shape::Array(Box::new(self.of(element))),
            Type::Enum(made) => match self.pointer(&made.schema, "Enums", &made.name) {
                Some(pointer) => pointer,
                None => Shape::Union(
                    made.labels.iter().map(|label| Shape::word(shape::quoted(label))).collect(),
                ),
            },
            Type::Composite(made) => {
                let pointer = self.pointer(&made.schema, "CompositeTypes", &made.name);
                pointer.unwrap_or_else(|| Shape::word("unknown"))
            }
            Type::Other(name) => self.other(name),
            Type::Oid
            | Type::Name
            | Type::TsVector
            | Type::TsQuery
            | Type::Xml
            | Type::Unknown
            | Type::Range(_)
            | Type::Multirange(_)
            | Type::Domain(_) => Shape::word("unknown"),
        }
    }

    /// Types of extensions that are text to everyone, and rows of tables.
    fn other(&self, name: &str) -> Shape {
        let bare = name.split('(').next().unwrap_or(name);
        match bare.rsplit('.').next().unwrap_or(bare) {
            "citext" | "vector" => return Shape::word("string"),
            "record" => return Shape::word("Record<string, unknown>"),
            _ => {}
        }
        let row = bare.split_once('.').and_then(|(schema, table)| self.row(schema, table));
        row.unwrap_or_else(|| Shape::word("unknown"))
    }

    pub(super) fn row(&self, schema: &str, table: &str) -> Option<Shape> {
        let id = self.catalog.find_table(schema, table)?;
        if (self.leaves_out)(self.catalog.table(id)) {
            return None;
        }
        let kind = if self.catalog.table(id).is_view() { "Views" } else { "Tables" };
        match self.pointer(schema, kind, table)? {
            Shape::Word(word) => Some(Shape::Word(format!("{word}[\"Row\"]"))),
            _ => None,
        }
    }

    fn pointer(&self, schema: &str, part: &str, name: &str) -> Option<Shape> {
        let schema = if schema.is_empty() { "public" } else { schema };
        let (whose, name) = (shape::quoted(schema), shape::quoted(name));
        let known = self.schemas.contains(&schema);
        known.then(|| Shape::Word(format!("Database[{whose}][\"{part}\"][{name}]")))
    }
}
