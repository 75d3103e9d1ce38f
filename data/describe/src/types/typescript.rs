//! TypeScript: `Database` as the generics of supabase-js and postgrest-js take it apart, laid out as
//! the formatter that most projects run would leave it.

mod functions;
mod kinds;
mod shape;

use super::{Wanted, order};
use crate::postgrest::VERSION;
use kinds::Kinds;
use mag_model::catalog::table::Identity;
use mag_model::catalog::{Catalog, Table};
use mag_model::{ColumnId, TableId, Type};
use shape::{Member, Shape};

pub(super) fn write(catalog: &Catalog, wanted: Wanted<'_>) -> String {
    let schemas = wanted.schemas;
    let mut sorted = schemas.to_vec();
    sorted.sort_by(|a, b| order::compare(a, b));
    let kinds = Kinds { catalog, schemas, leaves_out: wanted.leaves_out };
    let mut text = JSON.to_owned();
    text.push_str("\nexport type Database = {\n");
    text.push_str(&format!(
        "  // `createClient<Database>` takes what the server can do from here.\n  \
         __InternalSupabase: {{\n    PostgrestVersion: \"{VERSION}\"\n  }}\n"
    ));
    for schema in &sorted {
        let shown = Member::new(schema, schema_of(&kinds, schema));
        text.push_str(&shown.print(2));
    }
    text.push_str("}\n");
    let default = schemas.first().copied().unwrap_or("public");
    text.push_str(&LOOKUPS.replace("\"public\"", &shape::quoted(default)));
    text.push_str(&constants(&kinds, &sorted));
    text
}

const JSON: &str = "export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]
";

const LOOKUPS: &str = include_str!("typescript/lookups.ts");

fn schema_of(kinds: &Kinds<'_>, schema: &str) -> Shape {
    let (mut tables, mut views) = (Vec::new(), Vec::new());
    let all = kinds.catalog.schema(schema).into_iter().flat_map(|schema| schema.tables());
    for (name, id) in all {
        let table = kinds.catalog.table(id);
        if (kinds.leaves_out)(table) {
            continue;
        }
        let shown = Member::new(name, relation(kinds, id, table));
        if table.is_view() { &mut views } else { &mut tables }.push(shown);
    }
    let (mut enums, mut composites) = (Vec::new(), Vec::new());
    for (name, ty) in kinds.catalog.schema(schema).into_iter().flat_map(|schema| schema.types()) {
        match ty {
            Type::Enum(made) => {
                let labels = made.labels.iter().map(|l| Shape::word(shape::quoted(l))).collect();
                enums.push(Member::new(name, Shape::Union(labels)));
            }
            Type::Composite(made) => {
                let mut fields: Vec<Member> = made
                    .fields
                    .iter()
                    .map(|(field, ty)| Member::new(field, kinds.of(ty).or_null(true)))
                    .collect();
                fields.sort_by(|a, b| order::compare(&a.name, &b.name));
                composites.push(Member::new(name, Shape::open(fields)));
            }
            _ => {}
        }
    }
    let functions = functions::members(kinds, schema);
    let parts = [
        ("Tables", tables),
        ("Views", views),
        ("Functions", functions),
        ("Enums", enums),
        ("CompositeTypes", composites),
    ];
    Shape::open(parts.into_iter().map(|(name, all)| Member::new(name, named(all))).collect())
}

/// Things by their names, or a type that has none.
fn named(mut members: Vec<Member>) -> Shape {
    if members.is_empty() {
        return Shape::Nothing;
    }
    members.sort_by(|a, b| order::compare(&a.name, &b.name));
    Shape::open(members)
}

fn sorted_ids(table: &Table) -> Vec<ColumnId> {
    let mut ids: Vec<ColumnId> = table.ids().collect();
    ids.sort_by(|a, b| order::compare(&table.column(*a).name, &table.column(*b).name));
    ids
}

fn relation(kinds: &Kinds<'_>, id: TableId, table: &Table) -> Shape {
    let mut row = columns_as_read(kinds, table);
    row.extend(functions::computed(kinds, id, &table.schema));
    let mut parts = vec![Member::new("Row", Shape::open(row))];
    for (part, insert, takes) in
        [("Insert", true, table.insertable), ("Update", false, table.updatable)]
    {
        // A table always has all parts: clients ask for them by name.
        if takes || !table.is_view() {
            let fields = sorted_ids(table);
            let fields = fields.into_iter().map(|column| written(kinds, table, column, insert));
            parts.push(Member::new(part, Shape::open(fields.collect())));
        }
    }
    parts.push(Member::new("Relationships", relationships(kinds, id, table)));
    Shape::open(parts)
}

fn columns_as_read(kinds: &Kinds<'_>, table: &Table) -> Vec<Member> {
    sorted_ids(table)
        .into_iter()
        .map(|id| {
            let column = table.column(id);
            Member::new(&column.name, kinds.of(&column.ty).or_null(column.nullable))
        })
        .collect()
}

fn written(kinds: &Kinds<'_>, table: &Table, id: ColumnId, insert: bool) -> Member {
    let column = table.column(id);
    let calculated = table.is_view() && column.origin.is_none();
    if column.identity == Identity::Always || calculated {
        return Member::new(&column.name, Shape::word("never")).optional();
    }
    let nullable = column.nullable || table.is_view();
    let shown = Member::new(&column.name, kinds.of(&column.ty).or_null(nullable));
    let may_be_left_out = !insert || nullable || column.fills_itself();
    if may_be_left_out { shown.optional() } else { shown }
}

/// The keys of a table that lead to tables and views of the same schema.
fn relationships(kinds: &Kinds<'_>, id: TableId, table: &Table) -> Shape {
    let catalog = kinds.catalog;
    let mut found = Vec::new();
    for link in catalog.outgoing(id).iter().map(|link| catalog.link(*link)) {
        let target = catalog.table(link.to);
        if target.schema != table.schema || (kinds.leaves_out)(target) {
            continue;
        }
        let near: Vec<&str> = link.pairs.iter().map(|(c, _)| &*table.column(*c).name).collect();
        let far: Vec<&str> = link.pairs.iter().map(|(_, c)| &*target.column(*c).name).collect();
        found.push((&*link.constraint, &*target.name, far, near, link.one_to_one));
    }
    found.sort_by(|a, b| {
        order::compare(a.0, b.0).then_with(|| order::compare(a.1, b.1)).then_with(|| a.2.cmp(&b.2))
    });
    found.dedup();
    let shown = found.into_iter().map(|(constraint, target, far, near, one_to_one)| {
        let words = |names: Vec<&str>| {
            Shape::Tuple(names.into_iter().map(|n| Shape::word(shape::quoted(n))).collect())
        };
        Shape::open(vec![
            Member::new("foreignKeyName", Shape::word(shape::quoted(constraint))),
            Member::new("columns", words(near)),
            Member::new("isOneToOne", Shape::word(one_to_one.to_string())),
            Member::new("referencedRelation", Shape::word(shape::quoted(target))),
            Member::new("referencedColumns", words(far)),
        ])
    });
    Shape::Tuple(shown.collect())
}

/// The labels of enums as values.
fn constants(kinds: &Kinds<'_>, schemas: &[&str]) -> String {
    let mut text = "\nexport const Constants = {\n".to_owned();
    for schema in schemas {
        let mut enums: Vec<(&str, Shape)> = Vec::new();
        for (name, ty) in kinds.catalog.schema(schema).into_iter().flat_map(|s| s.types()) {
            if let Type::Enum(made) = ty {
                let labels = made.labels.iter().map(|l| Shape::word(shape::quoted(l))).collect();
                enums.push((name, Shape::Tuple(labels)));
            }
        }
        enums.sort_by(|a, b| order::compare(a.0, b.0));
        text.push_str(&format!("  {}: {{\n", shape::key(schema)));
        if enums.is_empty() {
            text.push_str("    Enums: {},\n");
        } else {
            text.push_str("    Enums: {\n");
            for (name, labels) in enums {
                let lead = format!("      {}: ", shape::key(name));
                text.push_str(&format!("{lead}{},\n", labels.print(6, lead.len() + 1)));
            }
            text.push_str("    },\n");
        }
        text.push_str("  },\n");
    }
    text + "} as const\n"
}
