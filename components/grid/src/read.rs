//! `rows:read`: a page of a table, with what a grid must know of its columns.

use crate::condition;
use crate::part::{At, Hands, Spot};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_model::Type;
use mag_query::answer::Body;
use mag_query::call::{self, Act, Field, Pick, PickField, Query};
use mag_query::{Answer, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

pub(crate) struct Read;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    #[serde(flatten)]
    pub(crate) at: At,
    /// Columns; all of them when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
    /// Conditions that all hold: `age >= 18`, `name like A%`, `gone is null`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "where")]
    pub(crate) conditions: Vec<String>,
    /// Columns to sort by; `-age` sorts downwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) order: Vec<String>,
    /// Rows at most.
    #[serde(default = "hundred")]
    pub(crate) limit: u64,
    /// Rows to leave out first.
    #[serde(default)]
    pub(crate) offset: u64,
    /// Also tell how many rows there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<Count>,
}

fn hundred() -> u64 {
    100
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Count {
    /// Every row is counted.
    Exact,
    /// What the engine's statistics say.
    Planned,
    /// Exact for few, planned for many.
    Estimated,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Map<String, Json>>,
    /// How many there are without a limit, when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    /// Whether there are more behind these.
    pub(crate) more: bool,
}

impl Operation for Read {
    type Input = Input;
    type Output = Page;
    const NAME: &'static str = "rows:read";
    const SUMMARY: &'static str = "Reads rows of a table, as any role";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "rows.read";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const ALIASES: &'static [&'static str] = &["rows"];
    const ABOUT: &'static str = "With a role it takes the way that the role's own requests take: what its policies hide stays hidden.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Of a table that is not there",
            json!({ "table": "nowhere" }),
            codes::NO_TABLE.id,
        )]
    }
}

pub(crate) async fn read(hands: &Hands, input: Input, call: Call) -> Result<Page, Fault> {
    let spot = hands.find(&input.at, &call)?;
    let limit = input.limit.clamp(1, hands.rows_max);
    let query = Query {
        select: picks(&spot, &input.columns)?,
        filter: condition::all(&input.conditions)?,
        order: condition::order(&input.order)?,
        // One more tells whether there are more.
        limit: Some(limit + 1),
        offset: Some(input.offset).filter(|offset| *offset > 0),
    };
    let mut asked = ask(&spot, Act::Read(call::Read { table: spot.table.clone(), query }));
    asked.count = input.count.map(|count| match count {
        Count::Exact => call::Count::Exact,
        Count::Planned => call::Count::Planned,
        Count::Estimated => call::Count::Estimated,
    });
    let answer = spot.source.run(&asked, &spot.session, &Options::default()).await?;
    let count = answer.count;
    let mut rows = objects(answer)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    Ok(Page { rows, count, more })
}

/// What is shown of each row. Numbers that a screen's arithmetic would round come as texts.
fn picks(spot: &Spot, columns: &[String]) -> Result<Vec<Pick>, Fault> {
    let view = spot.source.view()?;
    let Some(table) = view.catalog.find_table(&spot.schema, &spot.table) else {
        return Ok(vec![Pick::All]);
    };
    let all = &view.catalog.table(table).columns;
    let wanted: Vec<&str> = match columns {
        // A role sees what it may see, and no names of the rest.
        [] if spot.as_role => return Ok(vec![Pick::All]),
        [] => all.iter().map(|column| &*column.name).collect(),
        some => some.iter().map(String::as_str).collect(),
    };
    let pick = |name: &str| {
        let known = all.iter().find(|column| &*column.name == name);
        let rounds =
            known.is_some_and(|column| matches!(column.ty.base(), Type::Int8 | Type::Numeric(_)));
        Pick::Field(PickField {
            field: Some(Field::column(name)),
            cast: rounds.then(|| "text".to_owned()),
            ..PickField::default()
        })
    };
    Ok(wanted.into_iter().map(pick).collect())
}

pub(crate) fn ask(spot: &Spot, act: Act) -> mag_query::Call {
    mag_query::Call { schema: spot.schema.clone(), act, ..mag_query::Call::default() }
}

/// Rows as objects.
pub(crate) fn objects(answer: Answer) -> Result<Vec<Map<String, Json>>, Fault> {
    let text = match answer.body {
        Body::Rows(rows) => rows.to_json().into_bytes(),
        Body::Json(bytes) => bytes,
    };
    serde_json::from_slice(&text)
        .map_err(|e| Fault::new(codes::BUG, "an engine's rows are no JSON").because(e))
}
