//! What differs between engines when structures are read and written: one file each, nothing else
//! asks which engine it is.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::column::{Changed, Seen, Wish};
use crate::diff::Change;
use crate::history::Statements;
use crate::lex::Grammar;
use crate::observe::Question;
use crate::structure::Structure;
use mag_contract::Fault;

pub use postgres::{Postgres, policy_statement};
pub use sqlite::{RANDOM_UUID, Sqlite};

pub static POSTGRES: Postgres = Postgres;
pub static SQLITE: Sqlite = Sqlite;

pub trait Dialect: Sync {
    fn name(&self) -> &'static str;
    fn grammar(&self) -> Grammar;
    fn parser(&self) -> Box<dyn sqlparser::dialect::Dialect>;
    fn history(&self) -> &'static Statements;
    /// What to ask the engine for all that a catalog does not carry.
    fn questions(&self) -> &'static [Question];
    /// What stands before a statement to see how it would be run, or why that cannot be seen.
    fn explain(&self, analyze: bool) -> Result<&'static str, &'static str>;
    /// Why a statement that begins with these words cannot be a part of a transaction.
    fn alone(&self, head: &[&str]) -> Option<&'static str>;
    /// Whether a change of a table holds up others who use it, while it goes on.
    fn locks(&self) -> bool;
    /// Puts together what this engine can only do at once.
    fn arrange(&self, changes: Vec<Change>, before: &Structure, after: &Structure) -> Vec<Change>;
    /// Whether tables are built anew for what the engine cannot do in place.
    fn rebuilds(&self) -> bool {
        false
    }
    /// What to ask for the engine's number of the structure, where statements must be made for
    /// exactly the one that is there.
    fn structure_number(&self) -> Option<&'static str> {
        None
    }
    /// One column otherwise, and back.
    fn change_column(&self, wish: &Wish, seen: &Seen<'_>) -> Result<Changed, Fault>;
    /// The statements of a change, or one sentence why the engine cannot do it.
    fn render(&self, change: &Change) -> Result<Vec<String>, String>;
}

/// `people`, `"Order"`: with quotes where the name would be read as something else without.
pub fn ident(name: &str) -> String {
    let plain = name
        .bytes()
        .enumerate()
        .all(|(at, b)| b.is_ascii_lowercase() || b == b'_' || (at > 0 && b.is_ascii_digit()));
    if plain && !name.is_empty() && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

pub(crate) fn idents(names: &[String]) -> String {
    names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

/// `'it''s'`
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Words that no engine takes as a name without quotes: those that PostgreSQL and SQLite reserve.
const RESERVED: [&str; 130] = [
    "add",
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "autoincrement",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "commit",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "if",
    "ilike",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "raise",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "transaction",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "within",
    "without",
    "begin",
    "rollback",
    "savepoint",
    "trigger",
    "view",
    "virtual",
    "pragma",
    "replace",
    "vacuum",
];
