//! `policy:enable` and `policy:disable`: whether a table's rows are held back by policies at all.

use super::Changed;
use crate::hands::{At, Hands};
use crate::rules::{self, statements, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Enable;
pub(crate) struct Disable;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The table: `posts`, `app.posts`.
    table: String,
    #[serde(flatten)]
    at: At,
}

impl Operation for Enable {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "policy:enable";
    const SUMMARY: &'static str = "Lets policies hold a table's rows back";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("policy:disable");
    const ABOUT: &'static str = "From then on a role sees the rows that a policy admits, and without one none. Where MagFlock keeps the rules, every table begins so.";
    fn examples() -> Vec<Example> {
        vec![refused("Of a table that is not there")]
    }
}

impl Operation for Disable {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "policy:disable";
    const SUMMARY: &'static str = "Shows all rows of a table to every role that has a right to it";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["table"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("policy:enable");
    fn examples() -> Vec<Example> {
        vec![refused("Of a table that is not there")]
    }
}

fn refused(title: &'static str) -> Example {
    Example::refused(title, json!({ "table": "nowhere" }), codes::NO_TABLE.id)
}

pub(crate) async fn enable(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    switch(hands, input, call, true).await
}
pub(crate) async fn disable(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    switch(hands, input, call, false).await
}

async fn switch(hands: &Hands, input: Input, call: Call, on: bool) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let change = RuleChange::RowSecurity { table: table.clone(), on };
    let said = statements(std::slice::from_ref(&change));
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said, Some(&table)).await)
}
