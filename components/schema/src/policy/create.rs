//! `policy:create`: in PostgreSQL's own words, or by its parts.

use super::Changed;
use crate::hands::{At, Hands};
use crate::rules::{self, statements, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::{Command, PolicyRule};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Create;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// `CREATE POLICY own ON posts FOR select TO authenticated USING (owner = auth.uid())`
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    /// Instead of a statement: the policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The table: `posts`, `app.posts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    /// For what.
    #[serde(rename = "for")]
    command: For,
    /// For whom, several times for several; everyone when absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<String>,
    /// Which rows there are: an expression over a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    using: Option<String>,
    /// Which rows may be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
    /// All restrictive policies must hold, besides one permissive.
    restrictive: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum For {
    #[default]
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl From<For> for Command {
    fn from(given: For) -> Self {
        match given {
            For::All => Self::All,
            For::Select => Self::Select,
            For::Insert => Self::Insert,
            For::Update => Self::Update,
            For::Delete => Self::Delete,
        }
    }
}

impl Operation for Create {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "policy:create";
    const SUMMARY: &'static str = "Makes a row policy: which rows a role may see or write";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["statement"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "PostgreSQL runs the statement itself; for an engine without policies of its own it is kept and becomes part of every call. The advisors' hints about the table come with the answer.";
    fn examples() -> Vec<Example> {
        vec![
            Example::refused(
                "For a table that is not there",
                json!({ "statement": "CREATE POLICY own ON nowhere USING (true)" }),
                codes::NO_TABLE.id,
            ),
            Example::refused(
                "What is no policy",
                json!({ "statement": "CREATE TABLE t (a int)" }),
                codes::BAD_POLICY.id,
            ),
        ]
    }
}

pub(crate) async fn create(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let change = RuleChange::CreatePolicy(policy(&input)?);
    let table = change.table();
    let said = statements(std::slice::from_ref(&change));
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said, table.as_ref()).await)
}

fn policy(input: &Input) -> Result<PolicyRule, Fault> {
    let bad = |why: &str| Fault::new(codes::BAD_POLICY, why.to_owned());
    let Some(statement) = &input.statement else {
        let (Some(name), Some(table)) = (&input.name, &input.table) else {
            return Err(Fault::new(codes::BAD_INPUT, "a policy needs a name and a table")
                .hint("or give the whole statement: `CREATE POLICY name ON table ...`"));
        };
        let at = table_named(table);
        let policy = PolicyRule {
            name: name.clone(),
            schema: at.schema,
            table: at.table,
            permissive: !input.restrictive,
            command: input.command.into(),
            roles: input.to.iter().filter(|role| *role != "public").cloned().collect(),
            using: input.using.clone(),
            check: input.check.clone(),
        };
        // Read back: an expression that ends in a bracket of its own would be another policy.
        let text = RuleChange::CreatePolicy(policy).statement();
        return one(&text).map_err(|why| bad(&why));
    };
    if input.name.is_some() || input.table.is_some() || input.using.is_some() {
        return Err(Fault::new(codes::BAD_INPUT, "a statement says everything by itself")
            .hint("give the statement, or the parts"));
    }
    one(statement).map_err(|why| bad(&why))
}

fn one(text: &str) -> Result<PolicyRule, String> {
    match mag_migrate::rules::read(text)?.as_deref() {
        Some([RuleChange::CreatePolicy(policy)]) => Ok(policy.clone()),
        _ => Err("the statement is not CREATE POLICY".into()),
    }
}
