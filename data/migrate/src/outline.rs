//! A catalog as the draft it could have been built from: names instead of ids, so that two of them
//! can be laid side by side.

use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, Draft, ForeignDraft, IndexDraft, KeyDraft, SchemaDraft, TableDraft,
    TypeDraft,
};
use mag_model::catalog::{Catalog, ColumnId, Key, Table};
use mag_model::types::Type;

/// Tables, keys, indexes and types; views and functions have no text in a catalog and are left out.
pub fn outline(catalog: &Catalog) -> Draft {
    let mut draft = Draft::default();
    for name in catalog.schema_names() {
        let Some(schema) = catalog.schema(name) else { continue };
        let comment = schema.comment.as_deref().map(str::to_owned);
        draft.schemas.push(SchemaDraft { name: name.to_owned(), comment });
        let mut types: Vec<(&str, &Type)> = schema.types().collect();
        types.sort_by_key(|(name, _)| *name);
        draft.types.extend(types.into_iter().filter_map(|(_, ty)| type_draft(ty)));
    }
    let mut tables: Vec<&Table> =
        catalog.tables().map(|(_, table)| table).filter(|table| !table.is_view()).collect();
    tables.sort_by_key(|table| (table.schema.clone(), table.name.clone()));
    draft.tables = tables.into_iter().map(|table| table_draft(table, catalog)).collect();
    draft
}

fn type_draft(ty: &Type) -> Option<TypeDraft> {
    let owned = |text: &std::sync::Arc<str>| text.to_string();
    Some(match ty {
        Type::Enum(known) => TypeDraft::Enum {
            schema: owned(&known.schema),
            name: owned(&known.name),
            labels: known.labels.iter().map(owned).collect(),
        },
        Type::Domain(known) => TypeDraft::Domain {
            schema: owned(&known.schema),
            name: owned(&known.name),
            base: known.base.to_string(),
            not_null: known.not_null,
            default: known.default.as_ref().map(owned),
            check: known.check.as_ref().map(owned),
        },
        Type::Composite(known) => TypeDraft::Composite {
            schema: owned(&known.schema),
            name: owned(&known.name),
            fields: known.fields.iter().map(|(name, ty)| (owned(name), ty.to_string())).collect(),
        },
        _ => return None,
    })
}

fn table_draft(table: &Table, catalog: &Catalog) -> TableDraft {
    let names = |columns: &[ColumnId], of: &Table| -> Vec<String> {
        columns.iter().map(|id| of.column(*id).name.to_string()).collect()
    };
    let key =
        |key: &Key| KeyDraft { name: key.name.to_string(), columns: names(&key.columns, table) };
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    // Engines list the index of a key as an index as well.
    let is_key = |name: &str| table.primary.iter().chain(&table.unique).any(|k| *k.name == *name);
    TableDraft {
        schema: table.schema.to_string(),
        name: table.name.to_string(),
        kind: table.kind,
        columns: table
            .columns
            .iter()
            .map(|column| ColumnDraft {
                name: column.name.to_string(),
                ty: column.ty.to_string(),
                nullable: column.nullable,
                default: text(&column.default),
                generated: text(&column.generated),
                identity: column.identity,
                spaced: false,
                comment: text(&column.comment),
                origin: None,
            })
            .collect(),
        primary: table.primary.as_ref().map(key),
        unique: table.unique.iter().map(key).collect(),
        foreign: table
            .foreign
            .iter()
            .map(|foreign| {
                let to = catalog.table(foreign.to);
                ForeignDraft {
                    name: foreign.name.to_string(),
                    columns: names(&foreign.columns, table),
                    to_schema: to.schema.to_string(),
                    to_table: to.name.to_string(),
                    to_columns: names(&foreign.to_columns, to),
                    on_delete: text(&foreign.on_delete),
                    on_update: text(&foreign.on_update),
                }
            })
            .collect(),
        checks: table
            .checks
            .iter()
            .map(|check| CheckDraft {
                name: check.name.to_string(),
                expression: check.expression.to_string(),
            })
            .collect(),
        indexes: table
            .indexes
            .iter()
            .filter(|index| !is_key(&index.name))
            .map(|index| IndexDraft {
                name: index.name.to_string(),
                unique: index.unique,
                columns: names(&index.columns, table),
                method: text(&index.method),
                condition: text(&index.condition),
                definition: text(&index.definition),
            })
            .collect(),
        comment: text(&table.comment),
        row_policies: table.row_policies,
        rows_estimate: table.rows_estimate,
        ..TableDraft::default()
    }
}
