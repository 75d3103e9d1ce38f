//! `policy:list`: the policies and masks that are in force.

use crate::hands::{At, Hands};
use crate::rules::table_named;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use mag_guard::MaskWith;
use mag_migrate::dialect::policy_statement;
use mag_migrate::rules::command_text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct List;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Of this table alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    /// Those of MagFlock's own tables as well.
    all: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    policies: Vec<PolicyRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    masks: Vec<MaskRow>,
    /// Tables whose rows no policy holds back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<String>,
    /// Policies that cannot be read: their tables are closed until they are mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyRow {
    table: String,
    name: String,
    #[serde(rename = "for")]
    command: String,
    /// Everyone when empty.
    to: Vec<String>,
    restrictive: bool,
    using: Option<String>,
    check: Option<String>,
    /// What makes it.
    statement: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MaskRow {
    table: String,
    column: String,
    role: String,
    /// What is shown instead.
    shows: String,
}

impl Operation for List {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "policy:list";
    const SUMMARY: &'static str = "Lists the policies and masks that are in force";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.read";
    const POSITIONAL: &'static [&'static str] = &["table"];
    fn examples() -> Vec<Example> {
        vec![Example::new("Of a new project", json!({}), json!({ "policies": [] }))]
    }
}

pub(crate) async fn list(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let rules = spot.source.rules()?;
    let view = spot.source.view()?;
    let wanted = input.table.as_deref().map(table_named);
    let shown = |schema: &str, table: &str| match &wanted {
        Some(wanted) => wanted.schema == schema && wanted.table == table,
        None => input.all || !spot.is_ours(schema, table),
    };
    let place = |schema: &str, table: &str| mag_migrate::diff::Name::new(schema, table).to_string();
    let policies = rules.policies.iter().filter(|p| shown(&p.schema, &p.table));
    let masks = rules.masks.iter().filter(|m| shown(&m.schema, &m.table));
    let open = rules.open_rows.iter().filter(|open| shown(&open.schema, &open.table));
    Ok(Answer {
        at: spot.label(),
        policies: policies
            .map(|p| PolicyRow {
                table: place(&p.schema, &p.table),
                name: p.name.clone(),
                command: command_text(p.command).to_lowercase(),
                to: p.roles.clone(),
                restrictive: !p.permissive,
                using: p.using.clone(),
                check: p.check.clone(),
                statement: policy_statement(p),
            })
            .collect(),
        masks: masks
            .map(|m| MaskRow {
                table: place(&m.schema, &m.table),
                column: m.column.clone(),
                role: m.role.clone(),
                shows: match &m.with {
                    MaskWith::Null => "NULL".into(),
                    MaskWith::Literal(text) => format!("'{text}'"),
                    MaskWith::Expression(text) => text.clone(),
                },
            })
            .collect(),
        open: open.map(|open| place(&open.schema, &open.table)).collect(),
        problems: view.guard.problems().iter().map(ToString::to_string).collect(),
    })
}
