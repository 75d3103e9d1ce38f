//! SQL as a person wrote it: a statement or a script, as a role, on a connection that nobody else
//! uses and that ends with it. "Only read" is held by the server (a read-only transaction whose
//! first query has been asked, one statement a message, undone at the end) and by a look at the
//! words (nothing that leaves the transaction, or works outside of it).
//! Never: a decision about who may use it.

mod script;
mod words;

use crate::engine::Postgres;
use crate::error::Failure;
use crate::pool::too_late;
use crate::run::{quoted, rows};
use crate::types;
use crate::wire::{Arguments, Ask, Reply, Wire};
use mag_adapter::engine::{Access, Ending};
use mag_adapter::{Bound, Console, EngineError};
use mag_contract::codes;
use mag_model::Type;
use mag_query::Rows;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The server ends a statement in time by itself; so much later we no longer wait for it.
const GRACE: Duration = Duration::from_secs(2);
/// A person who says nothing of time will not watch longer.
const TIME_MAX: Duration = Duration::from_secs(3600);
/// A script of more statements is a load of data, and belongs into a file that is copied in.
const STATEMENTS_MAX: usize = 100_000;

pub(crate) async fn run(engine: &Postgres, console: Console) -> Result<Vec<Rows>, EngineError> {
    let statements = statements(&console)?;
    check(&console, &statements)?;
    let within = console.timeout.or(engine.settings().time_max).unwrap_or(TIME_MAX);
    let mut lease = engine.primary().lease().await?;
    // The time is each statement's; a script as a whole may take as long as its parts together.
    let parts = u32::try_from(statements.len()).unwrap_or(u32::MAX);
    let whole = within.saturating_mul(parts).saturating_add(GRACE);
    let work = async {
        let replies = replies(&mut lease, &console, &statements, within).await?;
        shown(&mut lease, &replies).await
    };
    let shown = timeout(whole, work).await;
    // What a person has set, locked or listened to ends here, whatever came of it.
    lease.end();
    match shown {
        Ok(shown) => shown,
        Err(_) => Err(too_late(engine.primary().target(), within)),
    }
}

/// The text taken apart, and what was handed in apart already.
fn statements(console: &Console) -> Result<Vec<Bound>, EngineError> {
    let texts = script::split(&console.sql)?;
    if texts.len() > 1 && !console.script {
        return Err(EngineError::of_state("42601", "there is more than one statement")
            .hint("run it as a script, or send one statement at a time"));
    }
    if texts.len() != 1 && !console.values.is_empty() {
        return Err(EngineError::of_state("42601", "values belong to a single statement"));
    }
    let of_text = texts.into_iter().map(|sql| Bound::new(sql, console.values.clone()));
    Ok(of_text.chain(console.then.iter().cloned()).collect())
}

fn check(console: &Console, statements: &[Bound]) -> Result<(), EngineError> {
    let invalid = |message: &str| EngineError::of_state("42601", message);
    if statements.is_empty() {
        return Err(invalid("there is no statement"));
    }
    if statements.len() > STATEMENTS_MAX {
        return Err(invalid("the script is too long")
            .details(format!("{} statements, {STATEMENTS_MAX} are the most", statements.len())));
    }
    if console.autocommit && console.access == Access::Read {
        return Err(EngineError::new(
            codes::NOT_WRITABLE_SOURCE,
            "reading cannot be promised without a transaction",
        ));
    }
    for statement in statements {
        words::check(&statement.sql, console)?;
    }
    Ok(())
}

async fn replies(
    wire: &mut Wire,
    console: &Console,
    statements: &[Bound],
    within: Duration,
) -> Result<Vec<Reply>, EngineError> {
    let role = console.role.as_deref();
    opening(wire, console, role, within).await?;
    let rows_max = console.rows_max.and_then(|rows| i32::try_from(rows).ok()).unwrap_or(0);
    let mut replies = Vec::with_capacity(statements.len());
    for (at, statement) in statements.iter().enumerate() {
        let arguments = Arguments::Texts(statement.values.iter().map(types::argument).collect());
        let ask = Ask { rows_max, arguments, ..Ask::once(&statement.sql) };
        let answered = wire.exchange(&[ask]).await;
        replies.extend(answered.map_err(|failure| placed(failure, at, statements.len()))?);
    }
    if !console.autocommit {
        let undone = console.access == Access::Read || console.ending == Ending::RollBack;
        let ending = if undone { "ROLLBACK" } else { "COMMIT" };
        wire.exchange(&[Ask::once(ending)]).await?;
    }
    Ok(replies)
}

async fn opening(
    wire: &mut Wire,
    console: &Console,
    role: Option<&str>,
    within: Duration,
) -> Result<(), EngineError> {
    let millis = within.as_millis().max(1);
    let timeout = format!("SET statement_timeout = {millis}");
    let role = role.map(|role| format!("SET ROLE {}", quoted(role)));
    let mut asks = vec![Ask::once(&timeout)];
    if !console.autocommit {
        asks.push(Ask::once(match console.access {
            Access::Read => "BEGIN READ ONLY",
            Access::Write => "BEGIN",
        }));
    }
    for (name, value) in &console.settings {
        let arguments = vec![Some(name.clone()), Some(value.clone())];
        let text = match console.autocommit {
            false => "SELECT set_config($1, $2, true)",
            true => "SELECT set_config($1, $2, false)",
        };
        asks.push(Ask { keep: false, ..Ask::with(text, arguments) });
    }
    asks.extend(role.as_deref().map(Ask::once));
    if !console.autocommit {
        // After a first query the transaction cannot be made writable any more.
        asks.push(Ask::once("SELECT 1"));
    }
    wire.exchange(&asks).await?;
    Ok(())
}

/// Says which statement of a script it was.
fn placed(failure: Failure, at: usize, of: usize) -> EngineError {
    let mut error = EngineError::from(failure);
    if of > 1 {
        error.statement = Some(at);
        let place = format!("statement {} of {of}", at + 1);
        error.details = Some(match error.details {
            Some(details) => format!("{place}: {details}").into(),
            None => place.into(),
        });
    }
    error
}

/// `UPDATE 3`, and nothing of `SELECT 3`.
fn changed(tag: &str) -> Option<u64> {
    let (word, rest) = tag.split_once(' ')?;
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"].contains(&word);
    if changes { rest.rsplit(' ').next()?.parse().ok() } else { None }
}

/// The rows with the types that the server names. Those that someone has made are asked for.
async fn shown(wire: &mut Wire, replies: &[Reply]) -> Result<Vec<Rows>, EngineError> {
    let unknown: Vec<String> = replies
        .iter()
        .flat_map(|reply| reply.fields.iter())
        .filter(|field| types::of_oid(field.oid).is_none())
        .map(|field| field.oid.to_string())
        .collect();
    let mut made: HashMap<u32, Type> = HashMap::new();
    if !unknown.is_empty() && !wire.in_transaction() {
        let list = format!("{{{}}}", unknown.join(","));
        let ask = Ask::with(
            "SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY ($1::oid[])",
            vec![Some(list)],
        );
        for reply in wire.exchange(&[ask]).await? {
            for row in reply.texts() {
                if let [Some(oid), Some(name)] = row.as_slice()
                    && let Ok(oid) = oid.parse()
                {
                    let named = Type::named(name).unwrap_or_else(|| Type::Other(Arc::from(*name)));
                    made.insert(oid, named);
                }
            }
        }
    }
    let typed =
        |oid: u32| types::of_oid(oid).or_else(|| made.get(&oid).cloned()).unwrap_or(Type::Unknown);
    let shown = replies.iter().map(|reply| {
        let columns: Vec<(Arc<str>, Type)> =
            reply.fields.iter().map(|field| (field.name.clone(), typed(field.oid))).collect();
        Ok(Rows { affected: changed(&reply.tag), ..rows(reply, &columns)? })
    });
    shown.collect()
}
