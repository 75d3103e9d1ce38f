//! A change of rules as the statement that PostgreSQL runs for it.

use super::{RuleChange, verbs_text};
use crate::dialect::{ident, idents, policy_statement};
use mag_guard::ruleset::TableName;
use mag_guard::{Grant, GrantOn, function_statement};

impl RuleChange {
    pub fn statement(&self) -> String {
        match self {
            Self::CreateRole { name, bypass, inherits, .. } => {
                let bypass = if *bypass { " BYPASSRLS" } else { "" };
                let groups = match inherits.is_empty() {
                    true => String::new(),
                    false => format!(" IN ROLE {}", idents(inherits)),
                };
                format!("CREATE ROLE {} NOLOGIN{bypass}{groups}", ident(name))
            }
            Self::DropRole { name, if_exists } => {
                format!("DROP ROLE {}{}", exists(*if_exists), ident(name))
            }
            Self::Join { role, group } => format!("GRANT {} TO {}", ident(group), ident(role)),
            Self::Leave { role, group } => format!("REVOKE {} FROM {}", ident(group), ident(role)),
            Self::CreatePolicy(policy) => policy_statement(policy),
            Self::AlterPolicy(change) => {
                let head =
                    format!("ALTER POLICY {} ON {}", ident(&change.name), place(&change.table));
                if let Some(to) = &change.rename {
                    return format!("{head} RENAME TO {}", ident(to));
                }
                let mut text = head;
                match change.roles.as_deref() {
                    Some([]) => text.push_str(" TO public"),
                    Some(roles) => text.push_str(&format!(" TO {}", idents(roles))),
                    None => {}
                }
                if let Some(using) = &change.using {
                    text.push_str(&format!(" USING ({using})"));
                }
                if let Some(check) = &change.check {
                    text.push_str(&format!(" WITH CHECK ({check})"));
                }
                text
            }
            Self::DropPolicy { name, table, if_exists } => {
                format!("DROP POLICY {}{} ON {}", exists(*if_exists), ident(name), place(table))
            }
            Self::RowSecurity { table, on } => {
                let word = if *on { "ENABLE" } else { "DISABLE" };
                format!("ALTER TABLE {} {word} ROW LEVEL SECURITY", place(table))
            }
            Self::Grant(grant) => format!("GRANT {} TO {}", right(grant), role(&grant.role)),
            Self::Revoke(grant) => format!("REVOKE {} FROM {}", right(grant), role(&grant.role)),
            Self::RenameTable { table, to } => {
                format!("ALTER TABLE {} RENAME TO {}", place(table), ident(to))
            }
            Self::RenameColumn { table, column, to } => {
                let (column, to) = (ident(column), ident(to));
                format!("ALTER TABLE {} RENAME COLUMN {column} TO {to}", place(table))
            }
            Self::Forget(table) => format!("DROP TABLE {}", place(table)),
            Self::CreateFunction { function, replace } => {
                let text = function_statement(function);
                match replace {
                    true => text.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1),
                    false => text,
                }
            }
            Self::DropFunction { schema, name, arguments, if_exists } => {
                let at = place(&TableName { schema: schema.clone(), table: name.clone() });
                let types = arguments.as_ref().map(|types| format!("({})", types.join(", ")));
                format!("DROP FUNCTION {}{at}{}", exists(*if_exists), types.unwrap_or_default())
            }
        }
    }
}

fn exists(if_exists: bool) -> &'static str {
    if if_exists { "IF EXISTS " } else { "" }
}
/// Everyone is a word and no name.
fn role(name: &str) -> String {
    if name == super::EVERYONE { name.to_owned() } else { ident(name) }
}
fn place(table: &TableName) -> String {
    match table.schema.as_str() {
        "public" | "" => ident(&table.table),
        schema => format!("{}.{}", ident(schema), ident(&table.table)),
    }
}

fn right(grant: &Grant) -> String {
    let schema = &grant.schema;
    match &grant.on {
        GrantOn::Table { name, verbs, columns } => {
            let at = place(&TableName { schema: schema.clone(), table: name.clone() });
            let verbs = match columns {
                None => verbs_text(verbs),
                Some(columns) => {
                    let of = |verb: &str| format!("{verb} ({})", idents(columns));
                    verbs_text(verbs).split(", ").map(of).collect::<Vec<_>>().join(", ")
                }
            };
            format!("{verbs} ON TABLE {at}")
        }
        GrantOn::AllTables { verbs } => {
            format!("{} ON ALL TABLES IN SCHEMA {}", verbs_text(verbs), ident(schema))
        }
        GrantOn::Function { name } => {
            format!("EXECUTE ON FUNCTION {}.{}", ident(schema), ident(name))
        }
        GrantOn::AllFunctions => format!("EXECUTE ON ALL FUNCTIONS IN SCHEMA {}", ident(schema)),
    }
}
