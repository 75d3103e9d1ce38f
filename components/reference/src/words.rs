//! `policy:words`: who may do what with a table, as one would tell it to a person.

use crate::place::{At, find};
use mag_contract::names::nearest;
use mag_contract::{Effect, Example, Fault, Jack, Operation, codes};
use mag_describe::words;
use mag_ports::StoreSocket;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Words;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// `notes`, `app.notes`
    table: String,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    table: String,
    /// A sentence each.
    words: Vec<String>,
}

impl Operation for Words {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "policy:words";
    const SUMMARY: &'static str = "Tells in words who may do what with a table";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.read";
    const POSITIONAL: &'static [&'static str] = &["table"];
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Of a table that is not there",
            json!({ "table": "nowhere" }),
            codes::NO_TABLE.id,
        )]
    }
}

pub(crate) fn words(store: &Jack<StoreSocket>, input: &Input) -> Result<Answer, Fault> {
    let place = find(store, &input.at)?;
    let catalog = place.source.view()?.catalog.clone();
    let (schema, name) = input.table.split_once('.').unwrap_or(("public", &input.table));
    if catalog.find_table(schema, name).is_none() {
        let known = catalog.schema(schema).into_iter().flat_map(|schema| schema.tables());
        let fault =
            Fault::new(codes::NO_TABLE, format!("the source has no table `{schema}.{name}`"));
        return Err(match nearest(name, known.map(|(name, _)| name)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    let rules = place.source.rules()?;
    Ok(Answer { table: format!("{schema}.{name}"), words: words::table(&rules, schema, name) })
}
