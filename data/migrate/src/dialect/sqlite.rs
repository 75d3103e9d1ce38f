//! SQLite 3.37 and newer. What its `ALTER TABLE` cannot do is done by building the table anew.

use super::postgres::check_text;
use super::{Dialect, ident, idents};
use crate::column::{Changed, Seen, Wish};
use crate::diff::{Change, Name};
use crate::history::{self, Statements};
use crate::lex::{self, Grammar};
use crate::observe::{self, Question};
use crate::structure::Structure;
use mag_contract::Fault;
use mag_model::Type;
use mag_model::catalog::draft::{ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft};
use mag_model::catalog::table::Identity;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }
    fn grammar(&self) -> Grammar {
        lex::SQLITE
    }
    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::SQLiteDialect {})
    }
    fn history(&self) -> &'static Statements {
        &history::SQLITE
    }
    fn questions(&self) -> &'static [Question] {
        observe::SQLITE
    }
    fn explain(&self, analyze: bool) -> Result<&'static str, &'static str> {
        match analyze {
            false => Ok("EXPLAIN QUERY PLAN "),
            true => Err("SQLite does not measure a statement while it runs"),
        }
    }
    /// There is one writer at a time, whatever it does.
    fn locks(&self) -> bool {
        false
    }

    fn alone(&self, head: &[&str]) -> Option<&'static str> {
        match head {
            ["BEGIN" | "COMMIT" | "END" | "ROLLBACK", ..] => {
                Some("the script begins or ends transactions itself")
            }
            ["VACUUM", ..] | ["ATTACH" | "DETACH", ..] => {
                Some("SQLite runs it outside of transactions only")
            }
            ["PRAGMA", "FOREIGN_KEYS" | "JOURNAL_MODE" | "SYNCHRONOUS", ..] => {
                Some("inside of a transaction the setting would do nothing")
            }
            _ => None,
        }
    }

    fn arrange(&self, changes: Vec<Change>, before: &Structure, after: &Structure) -> Vec<Change> {
        let anew: BTreeSet<Name> = changes.iter().filter_map(needs_rebuild).collect();
        let find =
            |structure: &Structure, name: &Name| structure.table(name).cloned().map(Box::new);
        let mut arranged = Vec::with_capacity(changes.len());
        let mut done = BTreeSet::new();
        for change in changes {
            match table_of(&change) {
                Some(table) if anew.contains(table) => {
                    if done.insert(table.clone())
                        && let (Some(before), Some(after)) =
                            (find(before, table), find(after, table))
                    {
                        arranged.push(Change::Rebuild { before, after });
                    }
                }
                // An index that stands on a column goes before the column can.
                _ => arranged.push(change),
            }
        }
        arranged
    }

    fn rebuilds(&self) -> bool {
        true
    }
    fn structure_number(&self) -> Option<&'static str> {
        Some("PRAGMA schema_version")
    }

    fn change_column(&self, wish: &Wish, seen: &Seen<'_>) -> Result<Changed, Fault> {
        crate::column::sqlite::change(wish, seen)
    }

    fn render(&self, change: &Change) -> Result<Vec<String>, String> {
        Ok(match change {
            Change::CreateSchema(name) | Change::DropSchema(name) => {
                return Err(format!("SQLite has no schemas: `{name}` would be another file"));
            }
            // Types of one's own are texts with a check here; comments and policies are kept by
            // MagFlock itself.
            Change::CreateType(_)
            | Change::DropType(_)
            | Change::AddLabel { .. }
            | Change::CommentTable { .. }
            | Change::CommentColumn { .. }
            | Change::RowSecurity { .. }
            | Change::CreatePolicy(_)
            | Change::DropPolicy(_) => vec![],
            Change::CreateTable(table) => vec![create_table(table, &place_of(table))],
            Change::DropTable(name) => vec![format!("DROP TABLE {}", place(name))],
            Change::AddColumn { table, column: c } => {
                vec![format!("ALTER TABLE {} ADD COLUMN {}", place(table), column(c, false))]
            }
            Change::DropColumn { table, column } => {
                vec![format!("ALTER TABLE {} DROP COLUMN {}", place(table), ident(column))]
            }
            Change::CreateIndex { table, index: i } => vec![index(table, i)],
            Change::DropIndex { table, name } => {
                vec![format!("DROP INDEX {}", place(&Name::new(&table.schema, name)))]
            }
            Change::CreateView(view) if view.materialized => {
                return Err(format!("SQLite has no materialised views: {}", view.name));
            }
            Change::CreateView(view) => {
                vec![format!("CREATE VIEW {} AS {}", place(&view.name), view.query)]
            }
            Change::DropView(view) => vec![format!("DROP VIEW {}", place(&view.name))],
            Change::Rebuild { before, after } => rebuild(before, after),
            Change::AlterColumn { table, .. }
            | Change::AddKey { table, .. }
            | Change::AddForeign { table, .. }
            | Change::AddCheck { table, .. }
            | Change::DropConstraint { table, .. } => {
                return Err(format!("{table} has to be built anew for this"));
            }
        })
    }
}

fn table_of(change: &Change) -> Option<&Name> {
    match change {
        Change::AddColumn { table, .. }
        | Change::AlterColumn { table, .. }
        | Change::AddKey { table, .. }
        | Change::AddForeign { table, .. }
        | Change::AddCheck { table, .. }
        | Change::DropConstraint { table, .. }
        | Change::CreateIndex { table, .. }
        | Change::DropIndex { table, .. }
        | Change::DropColumn { table, .. } => Some(table),
        _ => None,
    }
}

fn needs_rebuild(change: &Change) -> Option<Name> {
    match change {
        Change::AlterColumn { table, .. }
        | Change::AddKey { table, .. }
        | Change::AddForeign { table, .. }
        | Change::AddCheck { table, .. }
        | Change::DropConstraint { table, .. } => Some(table.clone()),
        // Only constants can be the default of a column that comes later.
        Change::AddColumn { table, column } => {
            let calculated = column.default.as_ref().is_some_and(|d| d.contains('('));
            let empty = !column.nullable && column.default.is_none();
            (calculated || empty || column.generated.is_some() || column.identity != Identity::None)
                .then(|| table.clone())
        }
        // SQLite refuses to drop a column that a key, a check or an index holds.
        Change::DropColumn { table, .. } => Some(table.clone()),
        _ => None,
    }
}

pub(crate) fn place(name: &Name) -> String {
    match name.schema.as_str() {
        "public" | "main" => ident(&name.name),
        schema => format!("{}.{}", ident(schema), ident(&name.name)),
    }
}
fn place_of(table: &TableDraft) -> String {
    place(&Name::new(&table.schema, &table.name))
}

fn create_table(table: &TableDraft, place: &str) -> String {
    let alone = table.primary.as_ref().and_then(|key| match &*key.columns {
        [only] => table.columns.iter().find(|c| c.name == *only),
        _ => None,
    });
    // Only `INTEGER PRIMARY KEY` is the row's own number, which costs nothing.
    let counted = alone.filter(|c| Type::named(&c.ty).is_some_and(|ty| ty.is_integer()));
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .map(|c| column(c, counted.is_some_and(|k| k.name == c.name)))
        .collect();
    if counted.is_none() {
        parts.extend(table.primary.iter().map(|k| key(k, true)));
    }
    parts.extend(table.unique.iter().map(|k| key(k, false)));
    parts.extend(table.checks.iter().map(|check| {
        format!("CONSTRAINT {} {}", ident(&check.name), check_text(&check.expression))
    }));
    parts.extend(table.foreign.iter().map(foreign));
    format!("CREATE TABLE {place} (\n    {}\n)", parts.join(",\n    "))
}

/// The names that the SQLite adapter reads back as the same types.
pub(crate) fn type_name(written: &str) -> String {
    let Some(ty) = Type::named(written) else { return ident(written) };
    let sized = |name: &str, n: &Option<u32>| match n {
        Some(n) => format!("{name}({n})"),
        None => "TEXT".into(),
    };
    match &ty {
        Type::Bool => "BOOLEAN".into(),
        Type::Int2 => "SMALLINT".into(),
        Type::Int4 => "INT4".into(),
        Type::Int8 => "BIGINT".into(),
        Type::Float4 => "FLOAT4".into(),
        Type::Float8 => "REAL".into(),
        // As text every digit is kept.
        Type::Numeric(None) => "NUMERIC TEXT".into(),
        Type::Numeric(Some((p, s))) => format!("NUMERIC TEXT({p},{s})"),
        Type::Text => "TEXT".into(),
        Type::Varchar(n) => sized("VARCHAR", n),
        Type::Bpchar(n) => sized("CHAR", n),
        Type::Bytea => "BLOB".into(),
        Type::Uuid => "UUID".into(),
        Type::Date => "DATE".into(),
        Type::Time => "TIME".into(),
        Type::TimeTz => "TIMETZ".into(),
        Type::Timestamp => "TIMESTAMP".into(),
        Type::TimestampTz => "TIMESTAMPTZ".into(),
        Type::Interval => "INTERVAL".into(),
        // A number in them is more than SQLite's numbers as well.
        Type::Json => "JSON TEXT".into(),
        Type::Jsonb => "JSONB TEXT".into(),
        other => format!("\"{}\"", other.to_string().replace('"', "\"\"")),
    }
}

fn column(column: &ColumnDraft, counted: bool) -> String {
    if counted {
        return format!("{} INTEGER PRIMARY KEY", ident(&column.name));
    }
    let mut text = format!("{} {}", ident(&column.name), type_name(&column.ty));
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(expression) = &column.generated {
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    } else if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {}", default_text(default)));
    }
    text
}

/// PostgreSQL's usual defaults in SQLite's words; anything else as it is, in brackets.
pub(crate) fn default_text(default: &str) -> String {
    let bare = default.trim();
    // `'new'::text`: the cast says what the column says already.
    let bare = match bare.rsplit_once("::") {
        Some((value, cast)) if !cast.contains(['\'', ')']) => value.trim(),
        _ => bare,
    };
    match bare.to_ascii_lowercase().as_str() {
        "now()" | "current_timestamp" | "transaction_timestamp()" => {
            "(strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))".into()
        }
        "gen_random_uuid()" => RANDOM_UUID.into(),
        "true" | "false" | "null" | "current_date" | "current_time" => bare.to_owned(),
        _ if bare.parse::<f64>().is_ok() => bare.to_owned(),
        _ if bare.starts_with('\'') && bare.ends_with('\'') => bare.to_owned(),
        _ if bare.starts_with('(') && bare.ends_with(')') => bare.to_owned(),
        _ => format!("({bare})"),
    }
}

/// A UUID of version 4, by SQLite's own means.
pub const RANDOM_UUID: &str = "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))";

fn key(key: &KeyDraft, primary: bool) -> String {
    let kind = if primary { "PRIMARY KEY" } else { "UNIQUE" };
    format!("CONSTRAINT {} {kind} ({})", ident(&key.name), idents(&key.columns))
}

fn foreign(foreign: &ForeignDraft) -> String {
    let to_columns = match &*foreign.to_columns {
        [] => String::new(),
        columns => format!(" ({})", idents(columns)),
    };
    let action = |on: &str, action: &Option<String>| match action {
        Some(action) => format!(" ON {on} {action}"),
        None => String::new(),
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}{to_columns}{}{}",
        ident(&foreign.name),
        idents(&foreign.columns),
        ident(&foreign.to_table),
        action("DELETE", &foreign.on_delete),
        action("UPDATE", &foreign.on_update)
    )
}

fn index(table: &Name, index: &IndexDraft) -> String {
    if let Some(definition) = &index.definition {
        return definition.trim_end().trim_end_matches(';').to_owned();
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let condition = index.condition.as_ref().map(|c| format!(" WHERE {c}"));
    format!(
        "CREATE {unique}INDEX {} ON {} ({}){}",
        ident(&index.name),
        ident(&table.name),
        idents(&index.columns),
        condition.unwrap_or_default()
    )
}

/// With foreign keys on, dropping the old table would delete the rows that point to it: the script has
/// a frame around it (`envelope`).
fn rebuild(before: &TableDraft, after: &TableDraft) -> Vec<String> {
    let name = Name::new(&after.schema, &after.name);
    let beside = Name::new(&after.schema, &format!("{}_anew", after.name));
    let kept: Vec<String> = after
        .columns
        .iter()
        .filter(|c| c.generated.is_none() && before.columns.iter().any(|b| b.name == c.name))
        .map(|c| c.name.clone())
        .collect();
    let mut statements = vec![
        // Views that show the table are not looked at while it is away.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        create_table(after, &place(&beside)),
    ];
    if !kept.is_empty() {
        statements.push(format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            place(&beside),
            idents(&kept),
            idents(&kept),
            place(&name)
        ));
    }
    statements.push(format!("DROP TABLE {}", place(&name)));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", place(&beside), ident(&after.name)));
    statements.extend(after.indexes.iter().map(|i| index(&name, i)));
    statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    statements
}
