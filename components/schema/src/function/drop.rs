//! `function:drop`: takes a function away, and the rights to call it.

use super::{Changed, named, no_function};
use crate::hands::{At, Hands};
use crate::rules;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Drop;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The function: `total`, `app.total`.
    name: String,
    /// The types of its arguments, where several functions have the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments: Option<Vec<String>>,
    /// It is fine when there is none.
    #[serde(default)]
    if_exists: bool,
    #[serde(flatten)]
    at: At,
}

impl Operation for Drop {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "function:drop";
    const SUMMARY: &'static str = "Takes a function away";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str =
        "Rights to call it go with it. `function:show` tells the statement that makes it again.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "One that is not there",
            json!({ "name": "nothing" }),
            codes::NO_SUCH_NAME.id,
        )]
    }
}

pub(crate) async fn drop(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let (schema, name) = named(&input.name);
    let catalog = spot.source.view()?.catalog.clone();
    if catalog.find_functions(&schema, &name).is_empty() && !input.if_exists {
        return Err(no_function(&catalog, &schema, &name));
    }
    let (arguments, if_exists) = (input.arguments, input.if_exists);
    let change = RuleChange::DropFunction { schema, name, arguments, if_exists };
    let said = change.statement();
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said))
}
