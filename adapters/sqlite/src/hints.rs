//! What people write who come from another engine: how the same is said to SQLite, and what SQLite
//! would take without doing what is meant.
//! Never: another statement in the place of theirs.

use crate::catalog::ddl::{Token, tokens};
use mag_adapter::EngineError;

/// Longer statements are rows, and not a structure that somebody wrote.
const LENGTH_MAX: usize = 65_536;

/// The error with what to write instead, where that is known.
pub(crate) fn with(error: EngineError, sql: &str) -> EngineError {
    if let Some(rest) = error.message.strip_prefix("unknown datatype for ") {
        return unknown_type(rest);
    }
    let refused = error.state.as_deref() == Some("42601") || error.message.contains("unrecognized");
    if error.hint.is_some() || !refused || sql.len() > LENGTH_MAX {
        return error;
    }
    match instead(&tokens(sql)) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// `people.born: "date"`, of a STRICT table.
fn unknown_type(told: &str) -> EngineError {
    let (place, ty) = told.split_once(": ").unwrap_or((told, ""));
    let column = place.rsplit_once('.').map_or(place, |(_, column)| column);
    let ty = ty.trim_matches('"').to_ascii_lowercase();
    let message = format!("a STRICT table cannot have a column of type `{ty}`: {place}");
    EngineError::of_state("42704", message).hint(format!(
        "leave STRICT out, and `{column}` is of type `{ty}` for every door; or write `{column} {}`, \
         and it is that and no more. STRICT knows INTEGER, REAL, TEXT, BLOB and ANY",
        kept_as(&ty)
    ))
}

/// The kind of value that a column of that type holds.
fn kept_as(ty: &str) -> &'static str {
    let starts = |words: &[&str]| words.iter().any(|word| ty.starts_with(word));
    if starts(&["bool", "bit", "small", "big", "tiny", "medium", "serial", "oid", "int"]) {
        "INTEGER"
    } else if starts(&["float", "double"]) {
        "REAL"
    } else if starts(&["bytea", "binary", "varbinary"]) {
        "BLOB"
    } else {
        "TEXT"
    }
}

fn instead(words: &[Token]) -> Option<&'static str> {
    let said = |wanted: &[&str]| {
        words.windows(wanted.len()).any(|here| here.iter().zip(wanted).all(|(t, w)| t.is(w)))
    };
    let calls = words.windows(3).any(|here| {
        let [default, name, open] = here else { return false };
        default.is("default") && name.is_word() && open.is("(")
    });
    if said(&["as", "identity"]) {
        Some("`id INTEGER PRIMARY KEY` numbers its rows by itself")
    } else if calls {
        Some("a default that is worked out stands in brackets: `DEFAULT (now())`")
    } else if said(&[":", ":"]) {
        Some("`CAST(value AS type)` is `value::type` here")
    } else if said(&["alter", "column"]) || said(&["add", "constraint"]) {
        Some(
            "SQLite changes a table by building it anew; `mobo schema:diff` writes how that is done",
        )
    } else if said(&["create", "type"]) {
        Some("a type with labels is a check here: `mood TEXT CHECK (mood IN ('glad', 'sad'))`")
    } else if said(&["create", "schema"]) {
        Some("SQLite has no schemas; tables can share the beginning of their names")
    } else {
        None
    }
}

/// A column that shall number itself and would stay empty: SQLite takes any word for a type.
pub(crate) fn refuse(sql: &str) -> Result<(), EngineError> {
    let head = sql.get(..LENGTH_MAX.min(sql.len())).unwrap_or("");
    if !head.to_ascii_lowercase().contains("serial") {
        return Ok(());
    }
    let words = tokens(head);
    let creates = words.first().is_some_and(|first| first.is("create"))
        && words.iter().take(4).any(|word| word.is("table"));
    const SERIALS: [&str; 6] =
        ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];
    // Behind the name of a column, which stands at the beginning of its item.
    let serial = words.windows(3).find_map(|here| {
        let [before, name, ty] = here else { return None };
        let begins = before.is("(") || before.is(",");
        (begins && SERIALS.iter().any(|serial| ty.is(serial))).then(|| (name.name(), ty.name()))
    });
    match serial.filter(|_| creates) {
        None => Ok(()),
        Some((column, ty)) => Err(EngineError::of_state(
            "0A000",
            format!("SQLite takes `{ty}` for a type, and `{column}` would number no row"),
        )
        .hint(format!("`{column} INTEGER PRIMARY KEY` numbers its rows by itself"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{refuse, with};
    use crate::error;
    use mag_adapter::EngineError;
    use rusqlite::Connection;

    fn told(sql: &str) -> EngineError {
        let db = Connection::open_in_memory().unwrap();
        with(error::of(db.execute_batch(sql).unwrap_err()), sql)
    }

    #[test]
    fn a_type_that_strict_does_not_know_is_told_with_what_to_write() {
        let error = told("CREATE TABLE people (id INTEGER PRIMARY KEY, born date) STRICT");
        assert_eq!(error.state.as_deref(), Some("42704"));
        assert!(error.message.contains("`date`: people.born"), "{}", error.message);
        let hint = error.hint.unwrap();
        assert!(hint.contains("leave STRICT out") && hint.contains("`born TEXT`"), "{hint}");
        for (ty, kept) in [("boolean", "INTEGER"), ("varchar(20)", "TEXT"), ("uuid", "TEXT")] {
            let error = told(&format!("CREATE TABLE t (c {ty}) STRICT"));
            assert!(error.hint.unwrap().contains(&format!("`c {kept}`")), "{ty}");
        }
    }

    #[test]
    fn what_another_engine_calls_otherwise_is_told_by_its_name_here() {
        for (sql, hint) in [
            ("CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY)", "INTEGER PRIMARY KEY"),
            ("CREATE TABLE t (at timestamptz DEFAULT now())", "DEFAULT (now())"),
            ("SELECT '1'::int", "CAST(value AS type)"),
            ("ALTER TABLE t ALTER COLUMN a TYPE text", "mobo schema:diff"),
            ("CREATE TYPE mood AS ENUM ('glad')", "CHECK (mood IN"),
        ] {
            let error = told(sql);
            assert!(error.hint.as_deref().is_some_and(|h| h.contains(hint)), "{sql}: {error:?}");
        }
        assert_eq!(told("SELEC 1").hint, None);
    }

    #[test]
    fn a_column_that_would_never_number_itself_is_refused() {
        assert!(refuse("CREATE TABLE IF NOT EXISTS t (id bigserial PRIMARY KEY)").is_err());
        for fine in [
            "CREATE TABLE t (id INTEGER PRIMARY KEY, serial text, note text DEFAULT 'serial')",
            "INSERT INTO serial VALUES (1)",
            "CREATE TABLE serial (id int, bigserial int)",
        ] {
            assert!(refuse(fine).is_ok(), "{fine}");
        }
    }
}
