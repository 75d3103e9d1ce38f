//! `function:create`: in PostgreSQL's own words.

use super::Changed;
use crate::hands::{At, Hands};
use crate::rules;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Create;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// `CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$`
    statement: String,
    #[serde(flatten)]
    at: At,
}

impl Operation for Create {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "function:create";
    const SUMMARY: &'static str = "Makes a named SQL function, which the API offers under rpc/";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["statement"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "PostgreSQL runs the statement itself. For an engine without functions it is kept, and runs with the rights of whoever calls it: each table in it is read and written under the caller's grants and policies. What could not be guarded so is refused here. Who may call it is said by `grant:add`.";
    fn examples() -> Vec<Example> {
        vec![
            Example::refused(
                "What is no function",
                json!({ "statement": "CREATE TABLE t (a int)" }),
                codes::BAD_FUNCTION.id,
            ),
            Example::refused(
                "With the rights of its owner",
                json!({ "statement": "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'" }),
                codes::BAD_FUNCTION.id,
            ),
        ]
    }
}

pub(crate) async fn create(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let bad = |why: String| Fault::new(codes::BAD_FUNCTION, why);
    let (function, replace) = mag_guard::parse_function(&input.statement).map_err(bad)?;
    let change = RuleChange::CreateFunction { function, replace };
    let said = change.statement();
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said))
}
