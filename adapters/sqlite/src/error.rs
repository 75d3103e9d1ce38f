//! What SQLite says when it refuses, in PostgreSQL's codes and words.
//! Never: a decision on what to do about it.

use mag_adapter::EngineError;
use mag_contract::codes;
use mag_model::{About, BadValue};
use rusqlite::Error;
use rusqlite::ffi;

/// Between code, message and details in the error of one of our own SQL functions: SQLite hands on
/// nothing but a text.
const BETWEEN: char = '\u{1f}';

/// A rule of the structure that a write broke, as far as SQLite tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Unique {
        table: String,
        columns: Vec<String>,
    },
    /// A unique index over expressions.
    UniqueIndex(String),
    NotNull {
        table: String,
        column: String,
    },
    /// The name of the check, or its expression when it has none.
    Check(String),
    Foreign,
    /// The key that SQLite keeps its rows by takes whole numbers and nothing else.
    RowKey,
}

pub(crate) fn of(error: Error) -> EngineError {
    match error {
        Error::SqliteFailure(code, message) => {
            of_code(code.extended_code, &message.unwrap_or_else(|| code.to_string()))
        }
        Error::SqlInputError { error, msg, .. } => of_code(error.extended_code, &msg),
        Error::NulError(_) => {
            EngineError::of_state("22021", "invalid byte sequence for encoding \"UTF8\": 0x00")
        }
        Error::MultipleStatement => several_statements(),
        Error::InvalidParameterCount(given, wanted) => EngineError::broken(format!(
            "a statement with {wanted} parameters was given {given} values"
        )),
        other => EngineError::broken(other.to_string()),
    }
}

pub(crate) fn several_statements() -> EngineError {
    EngineError::of_state("42601", "cannot insert multiple commands into a prepared statement")
        .hint("send one statement, or say that it is a script")
}

pub(crate) fn read_only_source() -> EngineError {
    EngineError::of_state("25006", "the source may only be read")
        .hint("connect it for writing to change it")
}

pub(crate) fn moved() -> EngineError {
    let gone = EngineError::gone("the database file is not there any more");
    EngineError { state: Some("58P01".into()), ..gone }
        .hint("put it back, or start the source anew with the file that is there")
}

/// Somebody has changed the structure that a table was to be built anew from.
pub(crate) fn structure_moved() -> EngineError {
    let message = "the structure has changed since the statements were made for it";
    EngineError::new(codes::STATE_CONFLICT, message)
        .hint("nothing has happened: look and ask again")
}
pub(crate) fn late() -> EngineError {
    EngineError::of_state("57014", "canceling statement due to statement timeout")
}

pub(crate) fn cancelled() -> EngineError {
    EngineError::of_state("57014", "canceling statement due to user request")
}

pub(crate) fn busy(what: &str) -> EngineError {
    EngineError { state: Some("53300".into()), ..EngineError::new(codes::ENGINE_BUSY, what) }
        .hint("try again in a moment")
}

pub(crate) fn closed() -> EngineError {
    EngineError::gone("the database is closed")
}

/// The error of one of our own SQL functions, packed so that it comes out of SQLite whole.
pub(crate) fn from_function(bad: &BadValue) -> Error {
    let details = bad.details.as_deref().unwrap_or("");
    let hint = bad.hint.as_deref().unwrap_or("");
    let packed =
        format!("{BETWEEN}{}{BETWEEN}{}{BETWEEN}{details}{BETWEEN}{hint}", bad.state, bad.message);
    Error::UserFunctionError(packed.into())
}

fn unpacked(text: &str) -> Option<EngineError> {
    let mut parts = text.strip_prefix(BETWEEN)?.splitn(4, BETWEEN);
    let error = EngineError::of_state(parts.next()?, parts.next()?);
    let error = match parts.next() {
        Some(details) if !details.is_empty() => error.details(details),
        _ => error,
    };
    Some(match parts.next() {
        Some(hint) if !hint.is_empty() => error.hint(hint),
        _ => error,
    })
}

/// Whether the transaction, and not only the statement, is lost with it.
pub(crate) fn is_full(error: &EngineError) -> bool {
    error.code == codes::DISK_FULL
}

pub(crate) fn is_of_the_machine(error: &EngineError) -> bool {
    is_full(error) || matches!(error.state.as_deref(), Some("58030" | "XX001" | "53200"))
}

fn of_code(extended: i32, text: &str) -> EngineError {
    if let Some(own) = unpacked(text) {
        return own;
    }
    if let Some(broken) = broken(extended, text) {
        return plain(&broken);
    }
    match extended & 0xff {
        ffi::SQLITE_CONSTRAINT => of_constraint(extended, text),
        ffi::SQLITE_INTERRUPT => late(),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => EngineError {
            state: Some("55P03".into()),
            ..EngineError::new(codes::ENGINE_BUSY, "another program holds the database file")
        }
        .hint("try again in a moment"),
        ffi::SQLITE_FULL => EngineError {
            state: Some("53100".into()),
            ..EngineError::new(codes::DISK_FULL, "the disk is full: nothing was written")
        }
        .hint("free some space, then try again"),
        ffi::SQLITE_IOERR => {
            EngineError::of_state("58030", "the disk refused: nothing was written").details(text)
        }
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => {
            EngineError::of_state("XX001", "the database file is damaged").details(text)
        }
        ffi::SQLITE_READONLY => read_only_source(),
        ffi::SQLITE_CANTOPEN => {
            EngineError::gone("the database file cannot be opened").details(text)
        }
        ffi::SQLITE_AUTH => EngineError::of_state("42501", "the statement is not allowed here")
            .details(text.to_owned()),
        ffi::SQLITE_TOOBIG => EngineError::of_state("54000", "a value or a statement is too large"),
        ffi::SQLITE_NOMEM => EngineError::of_state("53200", "out of memory"),
        ffi::SQLITE_RANGE | ffi::SQLITE_MISUSE => EngineError::broken(text),
        _ => of_text(text),
    }
}

/// What SQLite says in words alone.
fn of_text(text: &str) -> EngineError {
    let named = |prefix: &str| text.strip_prefix(prefix).map(bare_name);
    if let Some(name) = named("no such table: ").or_else(|| named("no such view: ")) {
        EngineError::of_state("42P01", format!("relation \"{name}\" does not exist"))
    } else if let Some(name) = named("no such column: ") {
        EngineError::of_state("42703", format!("column \"{name}\" does not exist"))
    } else if let Some(name) = named("no such function: ") {
        EngineError::of_state("42883", format!("function {name} does not exist"))
    } else if let Some(name) = named("no such index: ") {
        EngineError::of_state("42704", format!("index \"{name}\" does not exist"))
    } else if let Some(name) = named("no such collation sequence: ") {
        EngineError::of_state("42704", format!("collation \"{name}\" does not exist"))
    } else if let Some(name) = named("ambiguous column name: ") {
        EngineError::of_state("42702", format!("column reference \"{name}\" is ambiguous"))
    } else if let Some(name) = named("duplicate column name: ") {
        EngineError::of_state("42701", format!("column \"{name}\" specified more than once"))
    } else if text.ends_with(" already exists") {
        EngineError::of_state("42P07", text.to_owned())
    } else if text.contains("syntax error") || text.starts_with("incomplete input") {
        EngineError::of_state("42601", text.to_owned())
    } else if text.contains("has no column named") {
        EngineError::of_state("42703", text.to_owned())
    } else if text.starts_with("not authorized") || text.ends_with("prohibited") {
        EngineError::of_state("42501", text.to_owned())
    } else if text.starts_with("too many") || text.contains("too large") {
        EngineError::of_state("54000", text.to_owned())
    } else if text.starts_with("Recursion limit") || text.contains("stack overflow") {
        EngineError::of_state("54001", "stack depth limit exceeded")
    } else if text.starts_with("malformed JSON") {
        EngineError::of_state("22P02", "invalid input syntax for type json")
    } else if text.contains("within a transaction") {
        EngineError::of_state("25001", text.to_owned())
    } else if text == "integer overflow" {
        EngineError::of_state("22003", "bigint out of range")
    } else {
        EngineError::new(codes::ENGINE_REFUSED, text)
    }
}

/// `main.people` → `people`
fn bare_name(name: &str) -> &str {
    name.strip_prefix("main.").unwrap_or(name)
}

/// The rule that was broken, when there is one.
pub(crate) fn broken_rule(error: &Error) -> Option<Broken> {
    match error {
        Error::SqliteFailure(code, Some(text)) => broken(code.extended_code, text),
        _ => None,
    }
}

fn broken(extended: i32, text: &str) -> Option<Broken> {
    let after = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => {
            let what = after("UNIQUE constraint failed: ")?;
            if let Some(index) = what.strip_prefix("index '") {
                return Some(Broken::UniqueIndex(index.trim_end_matches('\'').to_owned()));
            }
            let mut table = String::new();
            let columns = what.split(", ").map(|place| {
                // A table may have a dot in its name.
                let (of, column) = place.rsplit_once('.').unwrap_or(("", place));
                of.clone_into(&mut table);
                column.to_owned()
            });
            let columns = columns.collect();
            Some(Broken::Unique { table, columns })
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let what = after("NOT NULL constraint failed: ")?;
            let (table, column) = what.rsplit_once('.')?;
            Some(Broken::NotNull { table: table.to_owned(), column: column.to_owned() })
        }
        ffi::SQLITE_CONSTRAINT_CHECK => after("CHECK constraint failed: ").map(Broken::Check),
        ffi::SQLITE_MISMATCH => Some(Broken::RowKey),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Broken::Foreign),
        // `ON DELETE RESTRICT` is a trigger inside SQLite.
        ffi::SQLITE_CONSTRAINT_TRIGGER if text == "FOREIGN KEY constraint failed" => {
            Some(Broken::Foreign)
        }
        _ => None,
    }
}

/// The error without what a catalog could add to it.
fn plain(broken: &Broken) -> EngineError {
    match broken {
        Broken::Unique { table, columns } => {
            duplicate(table, &format!("{table}_{}_key", columns.join("_")))
                .details(format!("Key ({}) already exists.", columns.join(", ")))
        }
        Broken::UniqueIndex(name) => duplicate_of(name),
        Broken::NotNull { table, column } => missing(table, column),
        Broken::RowKey => EngineError::of_state("42804", "a value is not of its column's type")
            .details("datatype mismatch"),
        Broken::Check(name) => {
            EngineError::of_state("23514", format!("new row violates check constraint \"{name}\""))
        }
        Broken::Foreign => EngineError::of_state(
            "23503",
            "insert, update or delete on a table violates a foreign key constraint",
        ),
    }
}

/// Every table is in the one schema that SQLite has for us.
pub(crate) fn about(table: &str) -> About {
    About::table("public", table)
}

pub(crate) fn duplicate(table: &str, constraint: &str) -> EngineError {
    duplicate_of(constraint).about(about(table).constraint(constraint))
}

fn duplicate_of(constraint: &str) -> EngineError {
    EngineError::of_state(
        "23505",
        format!("duplicate key value violates unique constraint \"{constraint}\""),
    )
    .about(About::default().constraint(constraint))
}

pub(crate) fn missing(table: &str, column: &str) -> EngineError {
    EngineError::of_state(
        "23502",
        format!(
            "null value in column \"{column}\" of relation \"{table}\" violates not-null constraint"
        ),
    )
    .about(about(table).column(column))
}

fn of_constraint(extended: i32, text: &str) -> EngineError {
    match extended {
        ffi::SQLITE_CONSTRAINT_DATATYPE => {
            EngineError::of_state("42804", "a value is not of its column's type").details(text)
        }
        // `RAISE(ABORT, 'text')`: the words are the trigger's own.
        ffi::SQLITE_CONSTRAINT_TRIGGER => EngineError::of_state("P0001", text.to_owned()),
        _ => EngineError::of_state("23000", text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extended: i32, text: &str, state: &str, message: &str) {
        let error = of(Error::SqliteFailure(ffi::Error::new(extended), Some(text.to_owned())));
        assert_eq!((error.state.as_deref(), error.message.as_str()), (Some(state), message));
    }

    #[test]
    fn refusals_have_the_codes_and_words_of_postgresql() {
        check(
            ffi::SQLITE_CONSTRAINT_UNIQUE,
            "UNIQUE constraint failed: people.a, people.b",
            "23505",
            "duplicate key value violates unique constraint \"people_a_b_key\"",
        );
        check(
            ffi::SQLITE_CONSTRAINT_NOTNULL,
            "NOT NULL constraint failed: people.name",
            "23502",
            "null value in column \"name\" of relation \"people\" violates not-null constraint",
        );
        check(1, "no such table: main.x", "42P01", "relation \"x\" does not exist");
        check(1, "no such column: y", "42703", "column \"y\" does not exist");
        check(1, "near \"FORM\": syntax error", "42601", "near \"FORM\": syntax error");
        check(ffi::SQLITE_FULL, "x", "53100", "the disk is full: nothing was written");
    }

    #[test]
    fn an_error_of_our_own_functions_comes_out_whole() {
        let bad = BadValue::new("22P02", "invalid input").details("at 3").hint("ask again");
        let packed = from_function(&bad).to_string();
        check(1, &packed, "22P02", "invalid input");
        let unpacked = unpacked(&packed).unwrap();
        assert_eq!(unpacked.details.as_deref(), Some("at 3"));
        assert_eq!(unpacked.hint.as_deref(), Some("ask again"));
    }
}
