//! `rows:insert`, `rows:update`, `rows:delete`: each tells what was there before, so that a mistake
//! can be taken back, and none touches more rows than it was told to.

use crate::condition;
use crate::part::{At, Hands, Spot};
use crate::read::{ask, objects};
use mag_adapter::engine::{Ending, Transaction};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_ports::Trouble;
use mag_query::call::{self, Act, Filter, Missing, Query};
use mag_query::{Answer, Options, Payload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

type Row = Map<String, Json>;

pub(crate) struct Insert;
pub(crate) struct Update;
pub(crate) struct Delete;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct InsertInput {
    #[serde(flatten)]
    pub(crate) at: At,
    /// The rows, as objects. What a row leaves out gets the column's default.
    pub(crate) rows: Vec<Row>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UpdateInput {
    #[serde(flatten)]
    pub(crate) at: At,
    /// Conditions that all hold: `id = 3`.
    #[serde(rename = "where")]
    pub(crate) conditions: Vec<String>,
    /// The new values, by column.
    pub(crate) set: Row,
    /// When more rows than this would change, none does.
    #[serde(default = "one")]
    pub(crate) most: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DeleteInput {
    #[serde(flatten)]
    pub(crate) at: At,
    /// Conditions that all hold: `id = 3`.
    #[serde(rename = "where")]
    pub(crate) conditions: Vec<String>,
    /// When more rows than this would go, none does.
    #[serde(default = "one")]
    pub(crate) most: u64,
}

fn one() -> u64 {
    1
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Written {
    /// How many rows were touched; in a preview, how many would be.
    pub(crate) touched: u64,
    /// The rows as they are now.
    pub(crate) rows: Vec<Row>,
    /// The rows as they were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<Row>,
}

impl Operation for Insert {
    type Input = InsertInput;
    type Output = Written;
    const NAME: &'static str = "rows:insert";
    const SUMMARY: &'static str = "Puts rows into a table";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "rows.write";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("rows:delete");
    const ABOUT: &'static str =
        "A preview puts them in and takes them out again: what the engine would refuse is told.";
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "rows": [{ "a": 1 }] });
        vec![Example::refused("Into a table that is not there", input, codes::NO_TABLE.id)]
    }
}

impl Operation for Update {
    type Input = UpdateInput;
    type Output = Written;
    const NAME: &'static str = "rows:update";
    const SUMMARY: &'static str = "Changes rows of a table, and tells what they were before";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "rows.write";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "where": ["id = 1"], "set": { "a": 1 } });
        vec![Example::refused("In a table that is not there", input, codes::NO_TABLE.id)]
    }
}

impl Operation for Delete {
    type Input = DeleteInput;
    type Output = Written;
    const NAME: &'static str = "rows:delete";
    const SUMMARY: &'static str = "Takes rows out of a table, and hands them over";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "rows.write";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("rows:insert");
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "where": ["id = 1"] });
        vec![Example::refused("Without consent", input, codes::NEEDS_CONSENT.id)]
    }
}

pub(crate) async fn insert(
    hands: &Hands,
    input: InsertInput,
    call: Call,
) -> Result<Written, Fault> {
    let spot = hands.find(&input.at, &call)?;
    within(input.rows.len() as u64, hands.rows_max)?;
    // Rows may name different columns.
    let mut columns: Vec<String> = vec![];
    for name in input.rows.iter().flat_map(Map::keys) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let payload = payload(&Json::from(input.rows), &columns)?;
    let asked = ask(
        &spot,
        Act::Insert(call::Insert {
            table: spot.table.clone(),
            payload,
            columns: Some(columns),
            missing: Missing::Default,
            on_conflict: None,
            returning: Some(Query::all()),
        }),
    );
    let answer = match call.preview {
        true => tried(&spot, &asked).await?,
        false => spot.source.run(&asked, &spot.session, &Options::default()).await?,
    };
    Ok(Written { touched: answer.rows, rows: objects(answer)?, before: vec![] })
}

/// Done in a transaction that is taken back: the engine itself says what it would refuse.
async fn tried(spot: &Spot, asked: &mag_query::Call) -> Result<Answer, Trouble> {
    let plan = spot.source.view()?.prepare(asked, &spot.session, &Options::default())?;
    let work = Transaction { ending: Ending::RollBack, ..Transaction::of(plan) };
    let answers = spot.source.database().transact(work).await?;
    Ok(answers.into_iter().next().unwrap_or_default())
}

pub(crate) async fn update(
    hands: &Hands,
    input: UpdateInput,
    call: Call,
) -> Result<Written, Fault> {
    let spot = hands.find(&input.at, &call)?;
    let filter = some_conditions(&input.conditions)?;
    let most = input.most.min(hands.rows_max);
    if call.preview {
        return preview(&spot, filter, most).await;
    }
    let columns: Vec<String> = input.set.keys().cloned().collect();
    let mut asked = ask(
        &spot,
        Act::Update(call::Update {
            table: spot.table.clone(),
            payload: payload(&Json::from(input.set), &columns)?,
            columns: None,
            missing: Missing::Null,
            filter: filter.clone(),
            returning: Some(Query::all()),
        }),
    );
    asked.max_affected = Some(most);
    let calls = [reading(&spot, filter, most), asked];
    let answers = spot.source.run_all(&calls, &spot.session, &Options::default()).await?;
    let mut answers = answers.into_iter();
    let before = answers.next().map(objects).transpose()?.unwrap_or_default();
    let after = answers.next().unwrap_or_default();
    Ok(Written { touched: after.rows, rows: objects(after)?, before })
}

pub(crate) async fn delete(
    hands: &Hands,
    input: DeleteInput,
    call: Call,
) -> Result<Written, Fault> {
    let spot = hands.find(&input.at, &call)?;
    let filter = some_conditions(&input.conditions)?;
    let most = input.most.min(hands.rows_max);
    if call.preview {
        return preview(&spot, filter, most).await;
    }
    let act = Act::Delete(call::Delete {
        table: spot.table.clone(),
        filter,
        returning: Some(Query::all()),
    });
    let mut asked = ask(&spot, act);
    asked.max_affected = Some(most);
    let answer = spot.source.run(&asked, &spot.session, &Options::default()).await?;
    Ok(Written { touched: answer.rows, rows: vec![], before: objects(answer)? })
}

/// What would be touched, and as it is now.
async fn preview(spot: &Spot, filter: Vec<Filter>, most: u64) -> Result<Written, Fault> {
    let mut asked = reading(spot, filter, most);
    asked.count = Some(call::Count::Exact);
    let answer = spot.source.run(&asked, &spot.session, &Options::default()).await?;
    let touched = answer.count.unwrap_or(answer.rows);
    Ok(Written { touched, rows: vec![], before: objects(answer)? })
}

fn reading(spot: &Spot, filter: Vec<Filter>, most: u64) -> mag_query::Call {
    let query = Query { filter, limit: Some(most), ..Query::all() };
    ask(spot, Act::Read(call::Read { table: spot.table.clone(), query }))
}

/// Nobody means every row by saying nothing.
fn some_conditions(texts: &[String]) -> Result<Vec<Filter>, Fault> {
    if texts.is_empty() {
        return Err(Fault::new(codes::BAD_INPUT, "no condition says which rows are meant")
            .hint("name the row by its key: `--where \"id = 3\"`"));
    }
    condition::all(texts)
}

fn within(rows: u64, most: u64) -> Result<(), Fault> {
    if rows <= most {
        return Ok(());
    }
    Err(Fault::new(
        codes::CALL_TOO_LARGE,
        format!("{rows} rows are more than the {most} of one call"),
    )
    .hint("send them in several calls, or raise `grid.rows_max`"))
}

fn payload(rows: &Json, columns: &[String]) -> Result<Payload, Fault> {
    Payload::from_json(&rows.to_string(), Some(columns)).map_err(|error| {
        Fault::new(codes::BAD_PAYLOAD, error.to_string()).hint("rows are objects: column and value")
    })
}
