//! What every language says: records and enums of each schema, with names that are given once.

use super::casing::{Scope, pascal};
use super::{Wanted, order};
use mag_model::catalog::{Argument, Catalog, Column, Table};
use mag_model::{TableId, Type};
use std::collections::HashMap;

pub(super) struct Outline {
    pub(super) schemas: Vec<Schema>,
}

pub(super) struct Schema {
    /// As the source calls it.
    pub(super) name: String,
    /// `Public`: what types are called by, or what they are in.
    pub(super) prefix: String,
    pub(super) enums: Vec<Enum>,
    pub(super) records: Vec<Record>,
}

pub(super) struct Enum {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
}

pub(super) struct Record {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) fields: Vec<Field>,
    /// It is read; otherwise it is made here and written.
    pub(super) read: bool,
}

pub(super) struct Field {
    /// As the source calls it.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// It may be left out.
    pub(super) optional: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Bool,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    /// A number of any precision.
    Decimal,
    /// Dates, times and UUIDs as well: as the wire has them.
    Text,
    Json,
    List(Box<Kind>),
    Enum(Named),
    Record(Named),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    /// The name of the schema, as the source calls it.
    pub(super) schema: String,
    pub(super) prefix: String,
    pub(super) name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Row,
    Insert,
    Update,
    Made,
}

/// What the files of some language call by its short name: a type of the database that had it would
/// stand in its place.
const OF_LANGUAGES: &[&str] = &[
    "Any",
    "AnyJSON",
    "Bool",
    "Boolean",
    "Codable",
    "CodingKey",
    "CodingKeys",
    "Decimal",
    "Decoder",
    "Deserialize",
    "Double",
    "Encodable",
    "Encoder",
    "Float",
    "Hashable",
    "Int",
    "Int16",
    "Int32",
    "Int64",
    "JsonElement",
    "List",
    "Long",
    "Option",
    "Protocol",
    "Self",
    "Sendable",
    "SerialName",
    "Serializable",
    "Serialize",
    "Short",
    "String",
    "Type",
    "Vec",
];

struct Builder<'a> {
    catalog: &'a Catalog,
    schemas: &'a [&'a str],
    leaves_out: &'a dyn Fn(&Table) -> bool,
    prefixes: HashMap<&'a str, String>,
    names: HashMap<(&'a str, Part, &'a str), String>,
}

impl Outline {
    pub(super) fn new(catalog: &Catalog, wanted: Wanted<'_>) -> Self {
        let schemas = wanted.schemas;
        let mut builder = Builder {
            catalog,
            schemas,
            leaves_out: wanted.leaves_out,
            prefixes: HashMap::new(),
            names: HashMap::new(),
        };
        let mut prefixes = Scope::new(&[]);
        for schema in schemas {
            builder.prefixes.insert(schema, prefixes.name(pascal(schema)));
            builder.name_all(schema);
        }
        Self { schemas: schemas.iter().map(|schema| builder.schema(schema)).collect() }
    }
}

impl<'a> Builder<'a> {
    /// First all names, since anything may point to anything.
    fn name_all(&mut self, schema: &'a str) {
        let mut scope = Scope::new(OF_LANGUAGES);
        for (name, _) in self.tables(schema) {
            for (part, word) in
                [(Part::Row, "Row"), (Part::Insert, "Insert"), (Part::Update, "Update")]
            {
                let given = scope.name(pascal(name) + word);
                self.names.insert((schema, part, name), given);
            }
        }
        for (name, _) in self.types(schema) {
            let given = scope.name(pascal(name));
            self.names.insert((schema, Part::Made, name), given);
        }
    }

    fn tables(&self, schema: &str) -> Vec<(&'a str, TableId)> {
        let catalog = self.catalog;
        let mut all: Vec<_> =
            catalog.schema(schema).into_iter().flat_map(|schema| schema.tables()).collect();
        all.retain(|(_, id)| !(self.leaves_out)(catalog.table(*id)));
        all.sort_by(|a, b| order::compare(a.0, b.0));
        all
    }

    fn types(&self, schema: &str) -> Vec<(&'a str, &'a Type)> {
        let catalog = self.catalog;
        let mut all: Vec<_> =
            catalog.schema(schema).into_iter().flat_map(|schema| schema.types()).collect();
        all.sort_by(|a, b| order::compare(a.0, b.0));
        all
    }

    fn name(&self, schema: &str, part: Part, name: &str) -> Option<Named> {
        let schema = self.schemas.iter().copied().find(|known| *known == schema)?;
        let given =
            self.names.iter().find(|((s, p, n), _)| *s == schema && *p == part && *n == name);
        let (_, given) = given?;
        let prefix = self.prefixes.get(schema)?.clone();
        Some(Named { schema: schema.to_owned(), prefix, name: given.clone() })
    }

    fn schema(&self, schema: &'a str) -> Schema {
        let mut shown = Schema {
            name: schema.to_owned(),
            prefix: self.prefixes.get(schema).cloned().unwrap_or_default(),
            enums: Vec::new(),
            records: Vec::new(),
        };
        let given = |part, name| self.names.get(&(schema, part, name)).cloned().unwrap_or_default();
        for (name, ty) in self.types(schema) {
            match ty {
                Type::Enum(made) => shown.enums.push(Enum {
                    name: given(Part::Made, name),
                    labels: made.labels.iter().map(ToString::to_string).collect(),
                }),
                Type::Composite(made) => {
                    let fields = made.fields.iter().map(|(field, ty)| Field {
                        name: field.to_string(),
                        kind: self.kind(ty),
                        nullable: true,
                        optional: false,
                    });
                    shown.records.push(Record {
                        name: given(Part::Made, name),
                        about: format!("The composite type `{name}`."),
                        fields: fields.collect(),
                        read: true,
                    });
                }
                _ => {}
            }
        }
        for (name, id) in self.tables(schema) {
            let table = self.catalog.table(id);
            let what = if table.is_view() { "view" } else { "table" };
            let row = table.columns.iter().map(|column| Field {
                name: column.name.to_string(),
                kind: self.kind(&column.ty),
                nullable: column.nullable,
                optional: false,
            });
            let about = match &table.comment {
                Some(comment) => comment.lines().next().unwrap_or_default().to_owned(),
                None => format!("A row of the {what} `{name}`."),
            };
            shown.records.push(Record {
                name: given(Part::Row, name),
                about,
                fields: row.collect(),
                read: true,
            });
            if table.insertable {
                shown.records.push(Record {
                    name: given(Part::Insert, name),
                    about: format!("What a new row of `{name}` says."),
                    fields: self.written(table, true),
                    read: false,
                });
            }
            if table.updatable {
                shown.records.push(Record {
                    name: given(Part::Update, name),
                    about: format!("What a change of `{name}` says; what is left out stays."),
                    fields: self.written(table, false),
                    read: false,
                });
            }
        }
        self.add_arguments(schema, &mut shown);
        shown
    }

    fn written(&self, table: &Table, insert: bool) -> Vec<Field> {
        let writable =
            |column: &&Column| column.writable() && (!table.is_view() || column.origin.is_some());
        let fields = table.columns.iter().filter(writable).map(|column| {
            let nullable = column.nullable || table.is_view();
            Field {
                name: column.name.to_string(),
                kind: self.kind(&column.ty),
                nullable,
                optional: !insert || nullable || column.fills_itself(),
            }
        });
        fields.collect()
    }

    /// What a function takes by names; of those with one name, the one that takes most.
    fn add_arguments(&self, schema: &str, shown: &mut Schema) {
        let known = self.catalog.schema(schema);
        let mut names: Vec<&str> = known.into_iter().flat_map(|s| s.function_names()).collect();
        names.sort_by(|a, b| order::compare(a, b));
        let taken: Vec<String> = shown
            .records
            .iter()
            .map(|record| record.name.clone())
            .chain(shown.enums.iter().map(|made| made.name.clone()))
            .collect();
        let mut scope = Scope::new(&[]);
        for name in taken {
            scope.name(name);
        }
        for name in names {
            let all = self.catalog.find_functions(schema, name);
            let functions = all.iter().map(|id| self.catalog.function(*id));
            let by_name = functions.filter(|function| {
                !function.arguments.is_empty()
                    && function.arguments.iter().all(|argument| !argument.name.is_empty())
            });
            let Some(function) = by_name.max_by_key(|function| function.arguments.len()) else {
                continue;
            };
            let fields = function.arguments.iter().map(|argument| Field {
                name: argument.name.to_string(),
                kind: self.argument(argument),
                nullable: false,
                optional: !argument.required,
            });
            shown.records.push(Record {
                name: scope.name(pascal(name) + "Args"),
                about: format!("What the function `{name}` takes."),
                fields: fields.collect(),
                read: false,
            });
        }
    }

    fn argument(&self, argument: &Argument) -> Kind {
        let row = argument.row_of.map(|id| self.catalog.table(id));
        let named = row.and_then(|table| self.name(&table.schema, Part::Row, &table.name));
        match (row, named) {
            (Some(_), Some(named)) => Kind::Record(named),
            (Some(_), None) => Kind::Json,
            (None, _) => self.kind(&argument.ty),
        }
    }

    fn kind(&self, ty: &Type) -> Kind {
        match ty.base() {
            Type::Bool => Kind::Bool,
            Type::Int2 => Kind::Int16,
            Type::Int4 => Kind::Int32,
            Type::Int8 | Type::Oid => Kind::Int64,
            Type::Float4 => Kind::Float32,
            Type::Float8 => Kind::Float64,
            Type::Numeric(_) => Kind::Decimal,
            Type::Json | Type::Jsonb | Type::Unknown | Type::Void => Kind::Json,
            Type::Array(element) => Kind::List(Box::new(self.kind(element))),
            Type::Enum(made) => {
                let named = self.name(or_public(&made.schema), Part::Made, &made.name);
                named.map_or(Kind::Text, Kind::Enum)
            }
            Type::Composite(made) => {
                let named = self.name(or_public(&made.schema), Part::Made, &made.name);
                named.map_or(Kind::Json, Kind::Record)
            }
            Type::Other(name) => match name.split_once('.') {
                // A row of a table, or a type of an extension: nobody here knows how it is shown.
                Some((schema, of)) => match of.split('(').next() {
                    Some("citext") => Kind::Text,
                    _ => self.name(schema, Part::Row, of).map_or(Kind::Json, Kind::Record),
                },
                None => Kind::Text,
            },
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
            | Type::Domain(_) => Kind::Text,
        }
    }
}

fn or_public(schema: &str) -> &str {
    if schema.is_empty() { "public" } else { schema }
}
