//! A draft as SQLite's own statements: what a catalog would be read from. The way back is `catalog`.
//! Never: a statement that is run.

use crate::types;
use mag_adapter::EngineError;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::{
    ColumnDraft, Draft, ForeignDraft, IndexDraft, KeyDraft, TableDraft, TypeDraft,
};
use mag_model::catalog::table::Identity;

/// Tables first, then indexes, then views, then comments.
pub fn statements(draft: &Draft) -> Result<String, EngineError> {
    let mut tables = String::new();
    let mut after = String::new();
    let mut views = String::new();
    for table in &draft.tables {
        match table.kind {
            TableKind::View | TableKind::MaterializedView => views.push_str(&view(table)?),
            TableKind::Table | TableKind::Partitioned | TableKind::Foreign => {
                tables.push_str(&create(draft, table));
                for index in &table.indexes {
                    after.push_str(&create_index(table, index));
                }
            }
        }
    }
    Ok(tables + &after + &views + &comments(draft))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn create(draft: &Draft, table: &TableDraft) -> String {
    let numbered = row_number(table);
    let mut parts: Vec<String> =
        table.columns.iter().map(|column| define(draft, column, numbered)).collect();
    if let Some(key) = &table.primary
        && numbered.is_none()
    {
        parts.push(named_key("PRIMARY KEY", key));
    }
    parts.extend(table.unique.iter().map(|key| named_key("UNIQUE", key)));
    parts.extend(
        table.checks.iter().map(|check| {
            format!("CONSTRAINT {} CHECK ({})", quoted(&check.name), check.expression)
        }),
    );
    parts.extend(table.foreign.iter().map(references));
    format!("CREATE TABLE {} (\n  {}\n);\n", quoted(&table.name), parts.join(",\n  "))
}

/// The column that can be the number of the row, and so fill itself.
fn row_number(table: &TableDraft) -> Option<&str> {
    let [only] = &table.primary.as_ref()?.columns[..] else { return None };
    let column = table.columns.iter().find(|column| column.name == *only)?;
    (column.identity != Identity::None).then_some(only)
}

fn define(draft: &Draft, column: &ColumnDraft, numbered: Option<&str>) -> String {
    let name = quoted(&column.name);
    if numbered == Some(&column.name) {
        return format!("{name} INTEGER PRIMARY KEY");
    }
    let made = draft.types.iter().find_map(|made| match made {
        TypeDraft::Enum { name, labels, .. } if *name == column.ty => Some((None, labels)),
        TypeDraft::Domain { name, base, .. } if *name == column.ty => Some((Some(base), EMPTY)),
        _ => None,
    });
    let mut text = match &made {
        Some((None, labels)) => {
            let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
            let ty = quoted(&column.ty);
            format!("{name} {ty} CHECK ({} IN ({}))", column.name, labels.join(", "))
        }
        Some((Some(base), _)) => format!("{name} {}", types::declared(base)),
        None => format!("{name} {}", types::declared(&column.ty)),
    };
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT ({default})"));
    }
    if let Some(expression) = &column.generated {
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    text
}

const EMPTY: &Vec<String> = &Vec::new();

fn named_key(kind: &str, key: &KeyDraft) -> String {
    format!("CONSTRAINT {} {kind} ({})", quoted(&key.name), list(&key.columns))
}

fn references(key: &ForeignDraft) -> String {
    let mut text = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}",
        quoted(&key.name),
        list(&key.columns),
        quoted(&key.to_table)
    );
    if !key.to_columns.is_empty() {
        text.push_str(&format!(" ({})", list(&key.to_columns)));
    }
    for (when, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
        if let Some(action) = action {
            text.push_str(&format!(" ON {when} {action}"));
        }
    }
    text
}

fn create_index(table: &TableDraft, index: &IndexDraft) -> String {
    if index.columns.is_empty() {
        return index.definition.as_ref().map_or_else(String::new, |text| format!("{text};\n"));
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let condition = index.condition.as_ref().map(|text| format!(" WHERE {text}"));
    format!(
        "CREATE {unique}INDEX {} ON {} ({}){};\n",
        quoted(&index.name),
        quoted(&table.name),
        list(&index.columns),
        condition.unwrap_or_default()
    )
}

/// A draft knows of a view where its columns come from, and no more.
fn view(view: &TableDraft) -> Result<String, EngineError> {
    let unknown = || {
        EngineError::unsupported(format!(
            "view \"{}\" is not made of the columns of one table",
            view.name
        ))
    };
    let mut shown = Vec::with_capacity(view.columns.len());
    let mut from: Option<&str> = None;
    for column in &view.columns {
        let (_, table, origin) = column.origin.as_ref().ok_or_else(unknown)?;
        if from.is_some_and(|known| known != table) {
            return Err(unknown());
        }
        from = Some(table);
        shown.push(format!("{} AS {}", quoted(origin), quoted(&column.name)));
    }
    let from = quoted(from.ok_or_else(unknown)?);
    Ok(format!("CREATE VIEW {} AS SELECT {} FROM {from};\n", quoted(&view.name), shown.join(", ")))
}

fn comments(draft: &Draft) -> String {
    let mut rows = Vec::new();
    for table in &draft.tables {
        let of_table = table.comment.iter().map(|comment| (String::new(), comment));
        let of_columns = table
            .columns
            .iter()
            .filter_map(|column| column.comment.as_ref().map(|c| (column.name.clone(), c)));
        for (column, comment) in of_table.chain(of_columns) {
            let (table, column) = (literal(&table.name), literal(&column));
            rows.push(format!("({table}, {column}, {})", literal(comment)));
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "CREATE TABLE IF NOT EXISTS _mag_comments (table_name TEXT NOT NULL, column_name TEXT NOT NULL, \
         comment TEXT, PRIMARY KEY (table_name, column_name)) WITHOUT ROWID;\n\
         INSERT INTO _mag_comments VALUES {};\n",
        rows.join(", ")
    )
}
