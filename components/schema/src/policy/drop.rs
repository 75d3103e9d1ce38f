//! `policy:drop`: takes a policy away.

use super::Changed;
use crate::hands::{At, Hands};
use crate::rules::{self, statements, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Drop;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The policy.
    name: String,
    /// Its table: `posts`, `app.posts`.
    table: String,
    /// It is fine when there is none.
    #[serde(default)]
    if_exists: bool,
    #[serde(flatten)]
    at: At,
}

impl Operation for Drop {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "policy:drop";
    const SUMMARY: &'static str = "Takes a row policy away";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["name", "table"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "Without a permissive policy a table shows no row; without a restrictive one it may show more than before. `policy:list` shows the statement that makes it again.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Of a table that is not there",
            json!({ "name": "own", "table": "nowhere" }),
            codes::NO_TABLE.id,
        )]
    }
}

pub(crate) async fn drop(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let change = RuleChange::DropPolicy {
        name: input.name,
        table: table.clone(),
        if_exists: input.if_exists,
    };
    let said = statements(std::slice::from_ref(&change));
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said, Some(&table)).await)
}
