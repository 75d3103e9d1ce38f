//! `policy:test`: which rows somebody would see, by the same way that every door takes.

use super::somebody::Somebody;
use crate::hands::{At, Hands, Spot};
use crate::rules::{known, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::ruleset::TableName;
use mag_guard::{Refusal, Session, Verdict};
use mag_ports::Trouble;
use mag_query::answer::Body;
use mag_query::call::{Act, Count, Field, Pick, PickField, Query, Read};
use mag_query::error::Verb;
use mag_query::{Call as Ask, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub(crate) struct Test;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The table: `posts`, `app.posts`.
    table: String,
    #[serde(flatten)]
    who: Somebody,
    /// Rows to show at most.
    #[serde(default = "ten")]
    rows: u64,
    #[serde(flatten)]
    at: At,
}

fn ten() -> u64 {
    10
}

/// More rows are no sample.
const ROWS_MAX: u64 = 1_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    table: String,
    role: String,
    user: Option<String>,
    /// `all_rows`, `some_rows`, `no_rows`, `not_granted` ...
    verdict: String,
    /// Rows that are seen.
    sees: u64,
    /// Rows that there are, where that can be told.
    of: Option<u64>,
    /// The first of those that are seen, with what is seen of them.
    rows: Vec<Map<String, Json>>,
    /// Why nothing is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl Operation for Test {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "policy:test";
    const SUMMARY: &'static str = "Shows which rows somebody would see";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.test";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const ABOUT: &'static str = "Takes the way that every request takes, as the role and with the claims that are named. A right that is missing is an answer, not an error.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Of a table that is not there",
            json!({ "table": "nowhere" }),
            codes::NO_TABLE.id,
        )]
    }
}

pub(crate) async fn test(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let view = spot.source.view()?;
    known(&view.catalog, &table)?;
    let session = input.who.session(&call, &hands.clock)?;
    let everything = Arc::new(Session::system(hands.clock.now()));
    // A database that was there before may keep its tables from the board's own role as well.
    let of = rows(&spot, &table, &everything, &[], 0).await.ok().map(|(_, count)| count);
    let role = input.who.role().to_owned();
    let id = view.catalog.find_table(&table.schema, &table.table);
    let told = id.map(|id| view.guard.explain(&role, id, Verb::Select));
    let verdict = told.as_ref().map_or(Verdict::NotGranted, |told| told.verdict);
    // PostgreSQL refuses `*` where some columns are not granted; elsewhere it is those that are.
    let columns = told.map(|told| told.columns).unwrap_or_default();
    let mut answer = Answer {
        table: mag_migrate::diff::Name::new(&table.schema, &table.table).to_string(),
        user: input.who.user.clone(),
        verdict: word(verdict),
        sees: 0,
        of,
        rows: vec![],
        refused: None,
        role,
    };
    match rows(&spot, &table, &session, &columns, input.rows.min(ROWS_MAX)).await {
        Ok((rows, sees)) => {
            answer.sees = sees;
            answer.rows = rows;
        }
        Err(trouble) => answer.refused = Some(refused(trouble, verdict, &answer)?),
    }
    Ok(answer)
}

/// A refusal is what was asked about; everything else is an error as everywhere. The sentence is the
/// same for every engine.
fn refused(trouble: Trouble, verdict: Verdict, answer: &Answer) -> Result<String, Fault> {
    let because = || match verdict {
        Verdict::NoRole => format!("there is no role `{}`", answer.role),
        Verdict::NotGranted => {
            format!("`{}` has no right to read `{}`", answer.role, answer.table)
        }
        Verdict::Broken => format!("a policy of `{}` cannot be read: it is closed", answer.table),
        Verdict::Bypasses | Verdict::AllRows | Verdict::NoRows | Verdict::SomeRows => {
            format!("`{}` may not read `{}`", answer.role, answer.table)
        }
    };
    let denied = match &trouble {
        Trouble::Refused(Refusal::OverBudget { .. } | Refusal::PolicyLoop { .. }) => {
            return Ok(trouble.to_string());
        }
        Trouble::Refused(_) => true,
        Trouble::Call(_) => matches!(verdict, Verdict::NoRole | Verdict::NotGranted),
        Trouble::Engine(error) => {
            error.code == codes::NOT_GRANTED || matches!(verdict, Verdict::NoRole)
        }
        Trouble::Fault(_) => false,
    };
    if denied { Ok(because()) } else { Err(trouble.into()) }
}

pub(crate) fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The first rows that the session sees, and how many it sees.
async fn rows(
    spot: &Spot,
    table: &TableName,
    session: &Arc<Session>,
    columns: &[String],
    most: u64,
) -> Result<(Vec<Map<String, Json>>, u64), Trouble> {
    let pick = |column: &String| {
        let field = Field { column: column.clone(), path: vec![] };
        Pick::Field(PickField { field: Some(field), ..PickField::default() })
    };
    let select = match columns {
        [] => vec![Pick::All],
        some => some.iter().map(pick).collect(),
    };
    let query = Query { select, limit: Some(most), ..Query::default() };
    let ask = Ask {
        schema: table.schema.clone(),
        act: Act::Read(Read { table: table.table.clone(), query }),
        count: Some(Count::Exact),
        ..Ask::default()
    };
    let answer = spot.source.run(&ask, session, &Options::default()).await?;
    let count = answer.count.unwrap_or(answer.rows);
    Ok((objects(&answer.body), count))
}

pub(crate) fn objects(body: &Body) -> Vec<Map<String, Json>> {
    let text = match body {
        Body::Rows(rows) => rows.to_json(),
        Body::Json(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    serde_json::from_str(&text).unwrap_or_default()
}
