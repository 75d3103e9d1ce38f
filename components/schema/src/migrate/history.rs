//! What was applied, asked of the source itself and noted in it.

use super::TRACK;
use crate::hands::texts;
use mag_adapter::{Bound, Console};
use mag_contract::Fault;
use mag_migrate::{Applied, State, Step, Version};
use mag_model::Value;
use mag_ports::driver::Database;
use std::collections::BTreeMap;

/// Nothing when no migration ever ran here.
pub(crate) async fn read(database: &dyn Database) -> Result<Vec<Applied>, Fault> {
    let rows = asked(database, database.base().dialect.history().read).await?;
    let of_row = |row: Vec<Option<String>>| {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        Some(Applied {
            track: TRACK.into(),
            version: Version::parse(&next()?).ok()?,
            name: next()?,
            checksum: next()?,
            state: State::named(&next()?)?,
            statements: next().and_then(|count| count.parse().ok()).unwrap_or(0),
            down: next(),
        })
    };
    Ok(rows.into_iter().filter_map(of_row).collect())
}

/// When each was applied, by whom, and how long it took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note {
    pub(crate) at: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) took_ms: Option<u64>,
}

pub(crate) async fn notes(database: &dyn Database) -> Result<BTreeMap<String, Note>, Fault> {
    let rows = asked(database, database.base().dialect.history().times).await?;
    let of_row = |row: Vec<Option<String>>| {
        let mut cells = row.into_iter();
        let version = cells.next().flatten()?;
        let at = cells.next().flatten();
        let by = cells.next().flatten();
        let took_ms = cells.next().flatten().and_then(|ms| ms.parse().ok());
        Some((version, Note { at, by, took_ms }))
    };
    Ok(rows.into_iter().filter_map(of_row).collect())
}

async fn asked(database: &dyn Database, sql: &str) -> Result<Vec<Vec<Option<String>>>, Fault> {
    let console = Console { values: vec![Value::text(TRACK)], ..Console::reading(sql) };
    match texts(database, console).await {
        Ok(rows) => Ok(rows),
        // Neither the table nor its schema is there before the first migration.
        Err(error) if matches!(error.state.as_deref(), Some("42P01" | "3F000")) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the table where it is not there yet.
pub(crate) fn create(database: &dyn Database) -> Vec<Bound> {
    let create = database.base().dialect.history().create;
    create.iter().map(|sql| Bound::new(*sql, vec![])).collect()
}

pub(crate) fn write(
    database: &dyn Database,
    step: &Step,
    state: State,
    statements: usize,
    by: &str,
    took_ms: u64,
) -> Bound {
    let values = vec![
        Value::text(TRACK),
        Value::text(step.version.as_str()),
        Value::text(&step.name),
        Value::text(&step.checksum),
        Value::text(state.name()),
        number(statements),
        step.down.as_deref().map_or(Value::Null, Value::text),
        Value::text(by),
        Value::Int(i64::try_from(took_ms).unwrap_or(i64::MAX)),
    ];
    Bound::new(database.base().dialect.history().write, values)
}

pub(crate) fn update(
    database: &dyn Database,
    version: &Version,
    state: State,
    statements: usize,
    took_ms: u64,
) -> Bound {
    let values = vec![
        Value::text(TRACK),
        Value::text(version.as_str()),
        Value::text(state.name()),
        number(statements),
        Value::Int(i64::try_from(took_ms).unwrap_or(i64::MAX)),
    ];
    Bound::new(database.base().dialect.history().update, values)
}

pub(crate) fn remove(database: &dyn Database, version: &Version) -> Bound {
    let values = vec![Value::text(TRACK), Value::text(version.as_str())];
    Bound::new(database.base().dialect.history().remove, values)
}

/// One or more of these, in one transaction.
pub(crate) async fn note(database: &dyn Database, then: Vec<Bound>) -> Result<(), Fault> {
    database.console(Console { then, ..Console::writing("") }).await?;
    Ok(())
}

fn number(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
