//! `function:list`: the functions that there are.

use super::Outline;
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct List;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Of this schema; `public` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    functions: Vec<Outline>,
    /// Functions whose bodies cannot be read any more: nobody can call them until they are mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl Operation for List {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "function:list";
    const SUMMARY: &'static str = "Lists the functions of a source";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Of a new project", json!({}), json!({ "functions": [] }))]
    }
}

pub(crate) async fn list(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let view = spot.source.view()?;
    let schema = input.schema.as_deref().unwrap_or("public");
    let mut found: Vec<_> = view
        .catalog
        .functions()
        .filter(|(_, function)| *function.schema == *schema)
        .map(|(_, function)| function)
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let problems = view.guard.problems().iter().filter(|problem| problem.table.is_empty());
    Ok(Answer {
        at: spot.label(),
        functions: found.into_iter().map(|f| Outline::of(&view.catalog, f)).collect(),
        problems: problems.map(ToString::to_string).collect(),
    })
}
