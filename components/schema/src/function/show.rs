//! `function:show`: what a function takes, gives and does, and who may call it.

use super::{Outline, named, no_function};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::{GrantOn, function_statement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Show;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The function: `total`, `app.total`.
    name: String,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    /// Those that have the name.
    functions: Vec<Outline>,
    /// What makes them, where they are kept beside the engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statements: Vec<String>,
    /// The roles that may call them, by their grants.
    callers: Vec<String>,
}

impl Operation for Show {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "function:show";
    const SUMMARY: &'static str = "Shows what a function takes, gives and does";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const POSITIONAL: &'static [&'static str] = &["name"];
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "One that is not there",
            json!({ "name": "nothing" }),
            codes::NO_SUCH_NAME.id,
        )]
    }
}

pub(crate) async fn show(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let (schema, name) = named(&input.name);
    let view = spot.source.view()?;
    let ids = view.catalog.find_functions(&schema, &name);
    if ids.is_empty() {
        return Err(no_function(&view.catalog, &schema, &name));
    }
    let rules = spot.source.rules()?;
    let kept = rules.functions.iter().filter(|f| f.schema == schema && f.name == name);
    let may = |on: &GrantOn| match on {
        GrantOn::AllFunctions => true,
        GrantOn::Function { name: of } => *of == name,
        GrantOn::Table { .. } | GrantOn::AllTables { .. } => false,
    };
    let grants = rules.grants.iter().filter(|grant| grant.schema == schema && may(&grant.on));
    let mut callers: Vec<String> = grants.map(|grant| grant.role.clone()).collect();
    callers.sort();
    callers.dedup();
    Ok(Answer {
        at: spot.label(),
        functions: ids
            .iter()
            .map(|id| Outline::of(&view.catalog, view.catalog.function(*id)))
            .collect(),
        statements: kept.map(function_statement).collect(),
        callers,
    })
}
