//! `policy:explain`: which rights and policies meet when a role does something with a table, and
//! which policy admits which row.

use super::somebody::Somebody;
use super::test::{objects, word};
use crate::hands::{At, Hands, Spot};
use crate::rules::{known, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::ruleset::TableName;
use mag_guard::{Explanation, Session};
use mag_ports::Trouble;
use mag_query::call::{Act, Pick, Query, Read};
use mag_query::error::Verb;
use mag_query::sight::Everything;
use mag_query::{Call as Ask, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub(crate) struct Explain;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The table: `posts`, `app.posts`.
    table: String,
    /// What is done; all four when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verb: Option<Deed>,
    #[serde(flatten)]
    who: Somebody,
    /// Shows so many rows, and for each which policy admits it. They are shown whole, to whoever
    /// may explain policies.
    #[serde(default)]
    rows: u64,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    Select,
    Insert,
    Update,
    Delete,
}

impl From<Deed> for Verb {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Select => Self::Select,
            Deed::Insert => Self::Insert,
            Deed::Update => Self::Update,
            Deed::Delete => Self::Delete,
        }
    }
}

/// More rows are no explanation.
const ROWS_MAX: u64 = 100;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    role: String,
    table: String,
    deeds: Vec<DeedRow>,
    /// Rows, and whether each policy admits them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<Map<String, Json>>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeedRow {
    verb: String,
    /// `all_rows`, `some_rows`, `no_rows`, `not_granted`, `bypasses`, `broken`, `no_role`
    verdict: String,
    /// The same in words, with the next step.
    because: String,
    /// Columns that may be touched.
    columns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    masked: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<NoteRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NoteRow {
    policy: String,
    restrictive: bool,
    /// It speaks to the role and to what is done.
    applies: bool,
    condition: Option<String>,
}

impl Operation for Explain {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "policy:explain";
    const SUMMARY: &'static str = "Tells why a role may or may not do something with a table";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.test";
    const POSITIONAL: &'static [&'static str] = &["table", "verb"];
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Of a table that is not there",
            json!({ "table": "nowhere" }),
            codes::NO_TABLE.id,
        )]
    }
}

pub(crate) async fn explain(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let view = spot.source.view()?;
    known(&view.catalog, &table)?;
    let role = input.who.role().to_owned();
    let id = view.catalog.find_table(&table.schema, &table.table);
    let verbs = match input.verb {
        Some(verb) => vec![Verb::from(verb)],
        None => Verb::ALL.to_vec(),
    };
    let deeds = id.map_or_else(Vec::new, |id| {
        verbs.iter().map(|verb| row(view.guard.explain(&role, id, *verb))).collect()
    });
    let rows = match input.rows {
        0 => vec![],
        most => {
            let session = input.who.session(&call, &hands.clock)?;
            let verb = verbs.first().copied().unwrap_or(Verb::Select);
            probed(&spot, &table, &session, verb, most.min(ROWS_MAX)).await?
        }
    };
    let table = mag_migrate::diff::Name::new(&table.schema, &table.table).to_string();
    Ok(Answer { role, table, deeds, rows })
}

fn row(told: Explanation) -> DeedRow {
    let because = because(&told);
    DeedRow {
        verb: told.verb.word().to_owned(),
        verdict: word(told.verdict),
        because,
        columns: told.columns,
        masked: told.masked,
        policies: told
            .policies
            .into_iter()
            .map(|note| NoteRow {
                policy: note.name,
                restrictive: !note.permissive,
                applies: note.applies,
                condition: note.condition,
            })
            .collect(),
    }
}

fn because(told: &Explanation) -> String {
    use mag_guard::Verdict;
    let (role, verb, table) = (&told.role, told.verb.word(), &told.table);
    match told.verdict {
        Verdict::NoRole => format!("there is no role `{role}`"),
        Verdict::NotGranted => {
            format!("nobody gave `{role}` the right: `mobo grant:add {role} {table} {verb}`")
        }
        Verdict::Bypasses => format!("`{role}` is held back by nothing"),
        Verdict::AllRows => "it has the right, and no policy holds rows of the table back".into(),
        Verdict::NoRows => {
            format!("it has the right, but no policy for {verb} opens a row to `{role}`")
        }
        Verdict::SomeRows => {
            let names: Vec<&str> =
                told.policies.iter().filter(|p| p.applies).map(|p| p.name.as_str()).collect();
            format!("it has the right, and the rows that {} admit", names.join(", "))
        }
        Verdict::Broken => {
            "a policy of the table cannot be read: the table is closed until it is mended".into()
        }
    }
}

async fn probed(
    spot: &Spot,
    table: &TableName,
    session: &Arc<Session>,
    verb: Verb,
    most: u64,
) -> Result<Vec<Map<String, Json>>, Fault> {
    let view = spot.source.view()?;
    let query = Query { select: vec![Pick::All], limit: Some(most), ..Query::default() };
    let ask = Ask {
        schema: table.schema.clone(),
        act: Act::Read(Read { table: table.table.clone(), query }),
        ..Ask::default()
    };
    let plan = mag_query::plan(&ask, &view.catalog, &Everything, &Options::default())
        .map_err(|error| Fault::from(Trouble::from(error)))?;
    let plan = view
        .guard
        .probe(plan, session, verb)
        .map_err(|refusal| Fault::from(Trouble::from(refusal)))?;
    let answer = spot.database().run(plan).await?;
    Ok(objects(&answer.body))
}
