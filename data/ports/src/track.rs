//! Migrations that a part brings with it: run in their order, each with its line of the history in
//! one transaction, under the lock that all runners share. What was applied is never run again.
//! Never: an app's own migrations, which people write, look at and consent to.

use crate::driver::Database;
use mag_adapter::engine::{Bound, Console};
use mag_adapter::{Engine, EngineError};
use mag_contract::Fault;
use mag_migrate::{Applied, Migration, Plan, State, Target, Version, status};
use mag_model::Value;
use std::time::Duration;

/// Another board may be at the same database; its migrations take a second or two.
const LOCK_WITHIN: Duration = Duration::from_secs(60);
/// The base model on a slow disk.
const STEP_WITHIN: Duration = Duration::from_secs(120);

/// Applies what is not applied yet; their labels.
pub async fn bring_up(
    database: &dyn Database,
    track: &str,
    migrations: &[Migration],
) -> Result<Vec<String>, Fault> {
    // Without a lock first: nearly always there is nothing to do.
    if waiting(database, track, migrations).await?.steps.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = database.lock_migrations(LOCK_WITHIN).await?;
    let plan = waiting(database, track, migrations).await?;
    let history = database.base().dialect.history();
    let mut done = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let mut script = String::new();
        for statement in history.create {
            script.push_str(statement);
            script.push_str(";\n");
        }
        script.push_str(&step.sql);
        let mut console = Console::writing(script);
        console.timeout = Some(STEP_WITHIN);
        let note = [
            Value::text(track),
            Value::text(step.version.as_str()),
            Value::text(&step.name),
            Value::text(&step.checksum),
            Value::text(State::Done.name()),
            Value::Int(0),
            Value::Null,
            Value::text("board"),
            Value::Int(0),
        ];
        console.then.push(Bound::new(history.write, note.into()));
        Engine::console(database, console).await.map_err(|error| {
            Fault::from(error).hint(format!("it happened in `{}` of `{track}`", step.label()))
        })?;
        done.push(step.label());
    }
    Ok(done)
}

async fn waiting(
    database: &dyn Database,
    track: &str,
    migrations: &[Migration],
) -> Result<Plan, Fault> {
    let applied = applied(database, track).await?;
    // A newer version of the product has been here: what it added stays.
    let known: Vec<Applied> = applied
        .into_iter()
        .filter(|done| migrations.iter().any(|migration| migration.version == done.version))
        .collect();
    Ok(Plan::up(migrations, &known, &Target::Newest, status::Allow { out_of_order: true })?)
}

async fn applied(database: &dyn Database, track: &str) -> Result<Vec<Applied>, EngineError> {
    let mut console = Console::reading(database.base().dialect.history().read);
    console.values.push(Value::text(track));
    let rows = match Engine::console(database, console).await {
        Ok(rows) => rows,
        // Neither the table nor its schema is there before the first migration.
        Err(error) if matches!(error.state.as_deref(), Some("42P01" | "3F000")) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let of_row = |row: &Vec<Value>| {
        let [version, name, checksum, state, statements, _down] = row.as_slice() else {
            return None;
        };
        Some(Applied {
            track: track.to_owned(),
            version: Version::parse(text(version)?).ok()?,
            name: text(name)?.to_owned(),
            checksum: text(checksum)?.to_owned(),
            state: State::named(text(state)?)?,
            statements: match statements {
                Value::Int(count) => u64::try_from(*count).unwrap_or(0),
                _ => 0,
            },
            down: None,
        })
    };
    Ok(rows.iter().flat_map(|rows| &rows.rows).filter_map(of_row).collect())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
