//! PostgreSQL 13 and newer.

use super::{Dialect, ident, idents, text};
use crate::column::{self, Changed, Seen, Wish};
use crate::diff::{Change, Name};
use crate::history::{self, Statements};
use crate::lex::{self, Grammar};
use crate::observe::{self, Question};
use crate::structure::Structure;
use mag_contract::Fault;
use mag_guard::{Command, PolicyRule};
use mag_model::Type;
use mag_model::catalog::draft::{
    ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft, TypeDraft,
};
use mag_model::catalog::table::Identity;

#[derive(Clone, Copy, Debug)]
pub struct Postgres;

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }
    fn grammar(&self) -> Grammar {
        lex::POSTGRES
    }
    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect> {
        Box::new(sqlparser::dialect::PostgreSqlDialect {})
    }
    fn history(&self) -> &'static Statements {
        &history::POSTGRES
    }
    fn questions(&self) -> &'static [Question] {
        observe::POSTGRES
    }
    fn explain(&self, analyze: bool) -> Result<&'static str, &'static str> {
        Ok(if analyze { "EXPLAIN (ANALYZE, BUFFERS) " } else { "EXPLAIN " })
    }
    fn locks(&self) -> bool {
        true
    }

    fn alone(&self, head: &[&str]) -> Option<&'static str> {
        const OUTSIDE: &str = "PostgreSQL runs it outside of transactions only";
        match head {
            [
                "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "PREPARE",
                rest @ ..,
            ] if head[0] != "PREPARE" || rest.first() == Some(&"TRANSACTION") => {
                Some("the script begins or ends transactions itself")
            }
            ["CREATE", "INDEX", "CONCURRENTLY", ..]
            | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..]
            | ["DROP", "INDEX", "CONCURRENTLY", ..]
            | ["VACUUM", ..]
            | ["CREATE" | "DROP", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION", ..]
            | ["ALTER", "SYSTEM" | "SUBSCRIPTION", ..]
            | ["REINDEX", "DATABASE" | "SYSTEM" | "SCHEMA", ..]
            | ["DISCARD", "ALL", ..]
            | ["CLUSTER"] => Some(OUTSIDE),
            ["REINDEX", rest @ ..] if rest.contains(&"CONCURRENTLY") => Some(OUTSIDE),
            ["ALTER", "TABLE", rest @ ..]
                if rest.contains(&"DETACH") && rest.contains(&"CONCURRENTLY") =>
            {
                Some(OUTSIDE)
            }
            ["ALTER", "TYPE", rest @ ..] if rest.windows(2).any(|w| w == ["ADD", "VALUE"]) => {
                Some("a new label cannot be used in the transaction that adds it")
            }
            _ => None,
        }
    }

    /// Foreign keys come after all tables, so that tables may point to each other.
    fn arrange(&self, changes: Vec<Change>, _: &Structure, _: &Structure) -> Vec<Change> {
        let mut arranged = Vec::with_capacity(changes.len());
        let mut keys = Vec::new();
        let mut tables_end = 0;
        for change in changes {
            match change {
                Change::CreateTable(mut table) => {
                    let name = Name::new(&table.schema, &table.name);
                    for foreign in std::mem::take(&mut table.foreign) {
                        keys.push(Change::AddForeign { table: name.clone(), foreign });
                    }
                    arranged.push(Change::CreateTable(table));
                    tables_end = arranged.len();
                }
                other => arranged.push(other),
            }
        }
        // Behind the keys and indexes of old tables that they may point to.
        let bounds = |c: &Change| {
            matches!(
                c,
                Change::AddKey { .. } | Change::AddColumn { .. } | Change::CreateIndex { .. }
            )
        };
        let behind = arranged.iter().rposition(bounds).map_or(0, |at| at + 1).max(tables_end);
        let rest = arranged.split_off(behind);
        arranged.extend(keys);
        arranged.extend(rest);
        arranged
    }

    fn change_column(&self, wish: &Wish, seen: &Seen<'_>) -> Result<Changed, Fault> {
        column::postgres::change(wish, seen)
    }

    fn render(&self, change: &Change) -> Result<Vec<String>, String> {
        Ok(match change {
            Change::CreateSchema(name) => vec![format!("CREATE SCHEMA {}", ident(name))],
            Change::DropSchema(name) => vec![format!("DROP SCHEMA {}", ident(name))],
            Change::CreateType(ty) => vec![create_type(ty)],
            Change::DropType(name) => vec![format!("DROP TYPE {}", place(name))],
            Change::AddLabel { ty, label, before } => {
                let before = before.as_ref().map(|b| format!(" BEFORE {}", text(b)));
                let before = before.unwrap_or_default();
                vec![format!("ALTER TYPE {} ADD VALUE {}{before}", place(ty), text(label))]
            }
            Change::CreateTable(table) => vec![create_table(table)],
            Change::DropTable(name) => vec![format!("DROP TABLE {}", place(name))],
            Change::AddColumn { table, column: c } => {
                vec![format!("ALTER TABLE {} ADD COLUMN {}", place(table), column(c))]
            }
            Change::DropColumn { table, column } => {
                vec![format!("ALTER TABLE {} DROP COLUMN {}", place(table), ident(column))]
            }
            Change::AlterColumn { table, before, after } => alter_column(table, before, after)?,
            Change::AddKey { table, key: k, primary } => {
                vec![format!("ALTER TABLE {} ADD {}", place(table), key(k, *primary))]
            }
            Change::AddForeign { table, foreign: f } => {
                vec![format!("ALTER TABLE {} ADD {}", place(table), foreign(f))]
            }
            Change::AddCheck { table, check } => vec![format!(
                "ALTER TABLE {} ADD CONSTRAINT {} {}",
                place(table),
                ident(&check.name),
                check_text(&check.expression)
            )],
            Change::DropConstraint { table, name } => {
                vec![format!("ALTER TABLE {} DROP CONSTRAINT {}", place(table), ident(name))]
            }
            Change::CreateIndex { table, index: i } => vec![index(table, i)],
            Change::DropIndex { table, name } => {
                vec![format!("DROP INDEX {}", place(&Name::new(&table.schema, name)))]
            }
            Change::CommentTable { table, text: t } => {
                vec![format!("COMMENT ON TABLE {} IS {}", place(table), text_or_null(t))]
            }
            Change::CommentColumn { table, column, text: t } => vec![format!(
                "COMMENT ON COLUMN {}.{} IS {}",
                place(table),
                ident(column),
                text_or_null(t)
            )],
            Change::CreateView(view) => {
                let kind = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                let with =
                    if view.security_invoker { " WITH (security_invoker = true)" } else { "" };
                let name = place(&view.name);
                vec![format!("CREATE {kind} {name}{with} AS {}", view.query)]
            }
            Change::DropView(view) => {
                let kind = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                vec![format!("DROP {kind} {}", place(&view.name))]
            }
            Change::RowSecurity { table, on } => {
                let on = if *on { "ENABLE" } else { "DISABLE" };
                vec![format!("ALTER TABLE {} {on} ROW LEVEL SECURITY", place(table))]
            }
            Change::CreatePolicy(rule) => vec![policy(rule)],
            Change::DropPolicy(rule) => vec![format!(
                "DROP POLICY {} ON {}",
                ident(&rule.name),
                place(&Name::new(&rule.schema, &rule.table))
            )],
            Change::Rebuild { .. } => {
                return Err("PostgreSQL changes tables in place".into());
            }
        })
    }
}

pub(crate) fn place(name: &Name) -> String {
    match name.schema.as_str() {
        "public" => ident(&name.name),
        schema => format!("{}.{}", ident(schema), ident(&name.name)),
    }
}

fn text_or_null(comment: &Option<String>) -> String {
    comment.as_deref().map_or_else(|| "NULL".into(), text)
}

fn create_type(ty: &TypeDraft) -> String {
    match ty {
        TypeDraft::Enum { schema, name, labels } => {
            let labels: Vec<String> = labels.iter().map(|l| text(l)).collect();
            format!(
                "CREATE TYPE {} AS ENUM ({})",
                place(&Name::new(schema, name)),
                labels.join(", ")
            )
        }
        TypeDraft::Domain { schema, name, base, not_null, default, check } => {
            let default = default.as_ref().map(|d| format!(" DEFAULT {d}")).unwrap_or_default();
            let not_null = if *not_null { " NOT NULL" } else { "" };
            let check = check.as_ref().map(|c| format!(" {}", check_text(c))).unwrap_or_default();
            let domain = place(&Name::new(schema, name));
            format!("CREATE DOMAIN {domain} AS {base}{default}{not_null}{check}")
        }
        TypeDraft::Composite { schema, name, fields } => {
            let fields: Vec<String> =
                fields.iter().map(|(name, ty)| format!("{} {ty}", ident(name))).collect();
            format!("CREATE TYPE {} AS ({})", place(&Name::new(schema, name)), fields.join(", "))
        }
    }
}

fn create_table(table: &TableDraft) -> String {
    let mut parts: Vec<String> = table.columns.iter().map(column).collect();
    parts.extend(table.primary.iter().map(|k| key(k, true)));
    parts.extend(table.unique.iter().map(|k| key(k, false)));
    parts.extend(table.checks.iter().map(|check| {
        format!("CONSTRAINT {} {}", ident(&check.name), check_text(&check.expression))
    }));
    parts.extend(table.foreign.iter().map(foreign));
    let name = place(&Name::new(&table.schema, &table.name));
    format!("CREATE TABLE {name} (\n    {}\n)", parts.join(",\n    "))
}

fn column(column: &ColumnDraft) -> String {
    let mut text = format!("{} {}", ident(&column.name), column.ty);
    match column.identity {
        Identity::Always => text.push_str(" GENERATED ALWAYS AS IDENTITY"),
        Identity::ByDefault => text.push_str(" GENERATED BY DEFAULT AS IDENTITY"),
        Identity::None => {}
    }
    if let Some(expression) = &column.generated {
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    } else if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    text
}

fn alter_column(
    table: &Name,
    before: &ColumnDraft,
    after: &ColumnDraft,
) -> Result<Vec<String>, String> {
    if before.generated != after.generated {
        let (table, name) = (place(table), &after.name);
        return Err(format!(
            "{table}.{name} is calculated in another way: drop it and add it anew"
        ));
    }
    let mut statements = Vec::new();
    let (place, name) = (place(table), ident(&after.name));
    let mut push = |what: String| {
        statements.push(format!("ALTER TABLE {place} ALTER COLUMN {name} {what}"));
    };
    if before.ty != after.ty {
        // A default of the old type would hold up the change.
        if before.default.is_some() {
            push("DROP DEFAULT".into());
        }
        push(format!("TYPE {} USING {}", after.ty, cast(&name, &before.ty, &after.ty)));
        if let Some(default) = &after.default {
            push(format!("SET DEFAULT {default}"));
        }
    } else if before.default != after.default {
        push(match &after.default {
            Some(default) => format!("SET DEFAULT {default}"),
            None => "DROP DEFAULT".into(),
        });
    }
    if before.nullable != after.nullable {
        push(if after.nullable { "DROP NOT NULL".into() } else { "SET NOT NULL".into() });
    }
    match (before.identity, after.identity) {
        (a, b) if a == b => {}
        (_, Identity::None) => push("DROP IDENTITY".into()),
        (Identity::None, Identity::Always) => push("ADD GENERATED ALWAYS AS IDENTITY".into()),
        (Identity::None, Identity::ByDefault) => {
            push("ADD GENERATED BY DEFAULT AS IDENTITY".into());
        }
        (_, Identity::Always) => push("SET GENERATED ALWAYS".into()),
        (_, Identity::ByDefault) => push("SET GENERATED BY DEFAULT".into()),
    }
    Ok(statements)
}

/// Where no cast leads from the one type to the other, the way is over the text of the value.
fn cast(name: &str, from: &str, to: &str) -> String {
    let family = |ty: &str| {
        Type::named(ty).map(|ty| match ty {
            ty if ty.is_number() => 1,
            ty if ty.is_text() => 2,
            ty if ty.is_json() => 3,
            Type::Date | Type::Timestamp | Type::TimestampTz => 4,
            _ => 0,
        })
    };
    let (a, b) = (family(from), family(to));
    let direct = a == Some(2) || b == Some(2) || (a == b && a.is_some_and(|family| family > 0));
    if direct { format!("{name}::{to}") } else { format!("{name}::text::{to}") }
}

fn key(key: &KeyDraft, primary: bool) -> String {
    let kind = if primary { "PRIMARY KEY" } else { "UNIQUE" };
    format!("CONSTRAINT {} {kind} ({})", ident(&key.name), idents(&key.columns))
}

fn foreign(foreign: &ForeignDraft) -> String {
    let to = place(&Name::new(&foreign.to_schema, &foreign.to_table));
    let to_columns = match &*foreign.to_columns {
        [] => String::new(),
        columns => format!(" ({})", idents(columns)),
    };
    let action = |on: &str, action: &Option<String>| match action {
        Some(action) => format!(" ON {on} {action}"),
        None => String::new(),
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {to}{to_columns}{}{}",
        ident(&foreign.name),
        idents(&foreign.columns),
        action("DELETE", &foreign.on_delete),
        action("UPDATE", &foreign.on_update)
    )
}

/// PostgreSQL tells checks with the word before them, drafts have the bare expression.
pub(super) fn check_text(expression: &str) -> String {
    let bare = expression.trim();
    if bare.get(..5).is_some_and(|w| w.eq_ignore_ascii_case("check")) {
        bare.to_owned()
    } else {
        format!("CHECK ({bare})")
    }
}

fn index(table: &Name, index: &IndexDraft) -> String {
    // The engine's own text says more than names do: orders, operator classes, expressions.
    if let Some(definition) = &index.definition {
        return definition.trim_end().trim_end_matches(';').to_owned();
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = index.method.as_ref().map(|m| format!(" USING {}", ident(m)));
    let condition = index.condition.as_ref().map(|c| format!(" WHERE {c}"));
    format!(
        "CREATE {unique}INDEX {} ON {}{} ({}){}",
        ident(&index.name),
        place(table),
        method.unwrap_or_default(),
        idents(&index.columns),
        condition.unwrap_or_default()
    )
}

fn policy(rule: &PolicyRule) -> String {
    let command = match rule.command {
        Command::All => "ALL",
        Command::Select => "SELECT",
        Command::Insert => "INSERT",
        Command::Update => "UPDATE",
        Command::Delete => "DELETE",
    };
    let table = place(&Name::new(&rule.schema, &rule.table));
    let mut text = format!("CREATE POLICY {} ON {table}", ident(&rule.name));
    if !rule.permissive {
        text.push_str(" AS RESTRICTIVE");
    }
    text.push_str(&format!(" FOR {command}"));
    if !rule.roles.is_empty() {
        text.push_str(&format!(" TO {}", idents(&rule.roles)));
    }
    if let Some(using) = &rule.using {
        text.push_str(&format!(" USING ({using})"));
    }
    if let Some(check) = &rule.check {
        text.push_str(&format!(" WITH CHECK ({check})"));
    }
    text
}

/// `CREATE POLICY ...`, for those who hold policies as data.
pub fn policy_statement(rule: &PolicyRule) -> String {
    policy(rule)
}
