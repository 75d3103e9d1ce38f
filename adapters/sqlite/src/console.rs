//! SQL as a person wrote it. What reads gets a connection that cannot write: the file is opened for
//! reading, SQLite is told to refuse writes, every statement is asked for before it is prepared, and
//! what was prepared must say of itself that it only reads.
//! Never: a connection that anyone else uses, before or after.

use crate::allow::{self, Allowed, Refusal};
use crate::connect::{Link, Opener, Use};
use crate::leash::Wish;
use crate::rebuild::Soundness;
use crate::{error, hints, types, watch};
use mag_adapter::engine::Rebuild;
use mag_adapter::{Access, Console, Ending, EngineError};
use mag_model::{Type, Value};
use mag_query::Rows;
use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::limits::Limit;
use rusqlite::{Batch, Statement};
use std::sync::Arc;
use std::time::Duration;

/// A statement of the console that says nothing about time.
pub(crate) const TIME: Duration = Duration::from_secs(60);
/// What all answers of a script may hold: they are kept in memory.
const ANSWER_MAX: usize = 64 << 20;
/// Statements of one script that give rows.
const ANSWERS: usize = 10_000;

pub(crate) fn run(
    opener: &Opener,
    console: &Console,
    caller: Wish,
) -> Result<Vec<Rows>, EngineError> {
    if console.autocommit && console.ending == Ending::RollBack {
        return Err(EngineError::unsupported(
            "statements that commit by themselves cannot be undone at the end",
        ));
    }
    let for_what = match console.access {
        Access::Read => Use::Read,
        Access::Write => Use::Write,
    };
    let mut link = opener.open(for_what)?;
    link.leash.put_on(Some(console.timeout.unwrap_or(TIME)), Some(caller.clone()));
    let mut outcome = match console.access {
        Access::Read => read(&mut link, console),
        Access::Write => write(&mut link, console),
    };
    if console.access == Access::Read && !opener.stood_still(&link) {
        // Others began to write the file meanwhile: it is read again as a file that is shared.
        link = opener.open(for_what)?;
        link.leash.put_on(Some(console.timeout.unwrap_or(TIME)), Some(caller));
        outcome = read(&mut link, console);
    }
    let leash = link.leash.clone();
    outcome.map_err(|error| leash.reason(error))
}

fn read(link: &mut Link, console: &Console) -> Result<Vec<Rows>, EngineError> {
    // A script sees one moment.
    link.db.execute_batch("BEGIN").map_err(error::of)?;
    let refusal = allow::only(&mut link.db, Allowed::Reading).map_err(error::of)?;
    script(link, console, &refusal)
}

fn write(link: &mut Link, console: &Console) -> Result<Vec<Rows>, EngineError> {
    if console.autocommit {
        // VACUUM builds its copy in a second file.
        link.db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1).map_err(error::of)?;
        let refusal = allow::only(&mut link.db, Allowed::ChangingFreely).map_err(error::of)?;
        let answers = script(link, console, &refusal)?;
        if !link.db.is_autocommit() {
            return Err(EngineError::of_state(
                "25P01",
                "the script began a transaction and did not end it; it was undone",
            ));
        }
        return Ok(answers);
    }
    if console.rebuild.is_some() {
        // Within a transaction it could not be switched off, and the connection ends with this script.
        let off = link.db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false);
        off.map_err(error::of)?;
    }
    link.db.execute_batch("BEGIN IMMEDIATE").map_err(error::of)?;
    let before = console.rebuild.map(|rebuild| sound(link, rebuild)).transpose()?;
    let refusal = allow::only(&mut link.db, Allowed::Changing).map_err(error::of)?;
    let answers = script(link, console, &refusal)?;
    allow::everything(&mut link.db).map_err(error::of)?;
    if let Some(before) = before {
        before.holds(&link.db)?;
    }
    // From here on it is not the statements that take time.
    link.leash.take_off();
    let end = match console.ending {
        Ending::Commit => "COMMIT",
        Ending::RollBack => "ROLLBACK",
    };
    link.db.execute_batch(end).map_err(error::of)?;
    Ok(answers)
}

/// Nobody else can write from here on: what is seen now stays until the end.
fn sound(link: &Link, rebuild: Rebuild) -> Result<Soundness, EngineError> {
    let number = watch::number(&link.db).map_err(error::of)?;
    if rebuild.structure.is_some_and(|seen| seen != number) {
        return Err(error::structure_moved());
    }
    Soundness::of(&link.db).map_err(error::of)
}

fn script(link: &Link, console: &Console, refusal: &Refusal) -> Result<Vec<Rows>, EngineError> {
    let explained = |failed| hints::with(refusal.explain(error::of(failed)), &console.sql);
    if console.sql.contains('\0') {
        return Err(EngineError::of_state(
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        ));
    }
    let mut batch = Batch::new(&link.db, &console.sql);
    let mut answers = Vec::new();
    let mut room = ANSWER_MAX;
    let mut at = 0;
    let placed = |at: usize, error: EngineError| EngineError { statement: Some(at), ..error };
    let mut next = batch.next().map_err(explained)?;
    while let Some(mut statement) = next.take() {
        if !console.script {
            // Before the first has run: half a script is worse than none.
            match batch.next() {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return Err(error::several_statements()),
            }
        }
        promised(&statement, console)?;
        hints::refuse(&statement.expanded_sql().unwrap_or_default())?;
        if answers.len() >= ANSWERS {
            return Err(EngineError::of_state("54000", "the script gives too many answers"));
        }
        let before = link.db.total_changes();
        let mut rows = answer(&mut statement, &console.values, console.rows_max, &mut room)
            .map_err(|bad| placed(at, refusal.explain(bad)))?;
        if changes_rows(&statement) {
            rows.affected = Some(link.db.total_changes().saturating_sub(before));
        }
        answers.push(rows);
        at += 1;
        drop(statement);
        if console.script {
            next = batch.next().map_err(|failed| placed(at, explained(failed)))?;
        }
    }
    for bound in &console.then {
        let mut run = || {
            let explained = |failed| hints::with(refusal.explain(error::of(failed)), &bound.sql);
            hints::refuse(&bound.sql)?;
            let mut batch = Batch::new(&link.db, &bound.sql);
            let Some(mut statement) = batch.next().map_err(explained)? else {
                return Ok(Rows::default());
            };
            if !matches!(batch.next(), Ok(None)) {
                return Err(error::several_statements());
            }
            promised(&statement, console)?;
            answer(&mut statement, &bound.values, console.rows_max, &mut room)
                .map_err(|bad| refusal.explain(bad))
        };
        answers.push(run().map_err(|bad| placed(at, bad))?);
        at += 1;
    }
    Ok(answers)
}

/// Of structure SQLite counts nothing that means anything.
fn changes_rows(statement: &Statement<'_>) -> bool {
    let text = statement.expanded_sql().unwrap_or_default();
    let mut text = text.trim_start();
    while let Some(rest) = after_comment(text) {
        text = rest.trim_start();
    }
    let first = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let changes = ["insert", "update", "delete", "replace", "with"];
    !statement.readonly() && changes.iter().any(|word| first.eq_ignore_ascii_case(word))
}

fn after_comment(text: &str) -> Option<&str> {
    let end = match text.get(..2)? {
        "--" => "\n",
        "/*" => "*/",
        _ => return None,
    };
    Some(text.split_once(end).map_or("", |(_, rest)| rest))
}

fn promised(statement: &Statement<'_>, console: &Console) -> Result<(), EngineError> {
    if console.access == Access::Read && !statement.readonly() {
        return Err(EngineError::of_state(
            "25006",
            "cannot execute a writing statement in a read-only transaction",
        ));
    }
    Ok(())
}

fn answer(
    statement: &mut Statement<'_>,
    values: &[Value],
    rows_max: Option<u64>,
    room: &mut usize,
) -> Result<Rows, EngineError> {
    let wanted = statement.parameter_count();
    if wanted > values.len() {
        let missing = format!("there is no parameter ${}", values.len() + 1);
        return Err(EngineError::of_state("42P02", missing));
    }
    if wanted < values.len() {
        let message =
            format!("{} values were given, and the statement takes {wanted}", values.len());
        return Err(EngineError::of_state("08P01", message));
    }
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, types::bind(value)).map_err(error::of)?;
    }
    let mut columns: Vec<(Arc<str>, Type)> = statement
        .columns()
        .map(|column| (Arc::from(column.name()), types::of_declared(column.decl_type())))
        .collect();
    let mut rows = Vec::new();
    let mut found = statement.raw_query();
    let most = rows_max.unwrap_or(u64::MAX);
    while let Some(row) = found.next().map_err(error::of)? {
        if u64::try_from(rows.len()).unwrap_or(u64::MAX) >= most {
            break;
        }
        let mut values = Vec::with_capacity(columns.len());
        for (place, (_, ty)) in columns.iter().enumerate() {
            let cell = row.get_ref(place).map_err(error::of)?;
            let size = types::size(&cell);
            *room = room.checked_sub(size).ok_or_else(|| {
                EngineError::of_state("54000", "the answer is larger than the console shows")
                    .hint("add a LIMIT")
            })?;
            values.push(types::read(cell, ty));
        }
        rows.push(values);
    }
    for (place, (_, ty)) in columns.iter_mut().enumerate() {
        if *ty == types::any() {
            *ty = type_of_values(rows.iter().map(|row| &row[place]));
        }
    }
    Ok(Rows { columns, rows, ..Rows::default() })
}

/// The type that all values of a calculated column have, or text.
fn type_of_values<'a>(values: impl Iterator<Item = &'a Value>) -> Type {
    let mut found: Option<Type> = None;
    for value in values {
        let ty = match value {
            Value::Null => continue,
            Value::Int(_) => Type::Int8,
            Value::Float8(_) => Type::Float8,
            Value::Bytes(_) => Type::Bytea,
            _ => Type::Text,
        };
        match &found {
            Some(known) if *known != ty => return Type::Text,
            _ => found = Some(ty),
        }
    }
    found.unwrap_or(Type::Text)
}
