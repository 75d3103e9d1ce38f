//! `policy:mask` and `policy:unmask`: a column that a role sees changed. Kept beside every engine,
//! for none knows of it.

use crate::hands::{At, Hands};
use crate::rules::{self, known, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::{Mask, MaskWith};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Cover;
pub(crate) struct Uncover;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The table: `people`, `app.people`.
    table: String,
    column: String,
    /// Who sees it changed.
    role: String,
    /// Shows this value; NULL when neither a value nor an expression is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Shows this expression over the row: `left(email, 1) || '…'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UnmaskInput {
    /// The table: `people`, `app.people`.
    table: String,
    column: String,
    /// Who sees it as it is again.
    role: String,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    /// `people.email`
    column: String,
    role: String,
    /// What it sees.
    shows: String,
}

impl Operation for Cover {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "policy:mask";
    const SUMMARY: &'static str = "Shows a column changed to a role";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["table", "column", "role"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "A masked column can be shown and nothing else: neither filtered, sorted nor grouped by. The role needs the right to read it besides.";
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "column": "email", "role": "anon" });
        vec![Example::refused("Of a table that is not there", input, codes::NO_TABLE.id)]
    }
}

impl Operation for Uncover {
    type Input = UnmaskInput;
    type Output = Answer;
    const NAME: &'static str = "policy:unmask";
    const SUMMARY: &'static str = "Shows a masked column to a role as it is";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["table", "column", "role"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "column": "email", "role": "anon" });
        vec![Example::refused("Of a table that is not there", input, codes::NO_TABLE.id)]
    }
}

pub(crate) async fn mask(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let with = match (input.value, input.expression) {
        (Some(_), Some(_)) => {
            let message = "`value` and `expression` say two different things";
            return Err(Fault::new(codes::BAD_INPUT, message));
        }
        (Some(value), None) => MaskWith::Literal(value),
        (None, Some(text)) => MaskWith::Expression(text),
        (None, None) => MaskWith::Null,
    };
    let shows = match &with {
        MaskWith::Null => "NULL".to_owned(),
        MaskWith::Literal(text) => format!("'{text}'"),
        MaskWith::Expression(text) => text.clone(),
    };
    let mask = Mask {
        role: input.role.clone(),
        schema: table.schema.clone(),
        table: table.table.clone(),
        column: input.column.clone(),
        with,
    };
    let catalog = spot.source.view()?.catalog.clone();
    known(&catalog, &table)?;
    let id = catalog.find_table(&table.schema, &table.table);
    if id.is_none_or(|id| catalog.table(id).find(&mask.column).is_none()) {
        let message = format!("`{}` has no column `{}`", table.table, mask.column);
        let names = id.into_iter().flat_map(|id| &catalog.table(id).columns).map(|c| &*c.name);
        return Err(Fault::new(codes::NO_COLUMN, message).nearest(&mask.column, names));
    }
    rules::keep(hands, &spot, &call, move |rules| {
        if !rules.roles.iter().any(|role| role.name == mask.role) {
            let message = format!("role \"{}\" does not exist", mask.role);
            let names = rules.roles.iter().map(|role| role.name.as_str());
            return Err(Fault::new(codes::NO_SUCH_NAME, message).nearest(&mask.role, names));
        }
        rules.masks.retain(|known| !same(known, &mask));
        rules.masks.push(mask);
        Ok(())
    })
    .await?;
    let column = format!("{}.{}", input.table, input.column);
    Ok(Answer { at: spot.label(), column, role: input.role, shows })
}

fn same(known: &Mask, other: &Mask) -> bool {
    (&known.role, &known.schema, &known.table, &known.column)
        == (&other.role, &other.schema, &other.table, &other.column)
}

pub(crate) async fn unmask(hands: &Hands, input: UnmaskInput, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    known(&spot.source.view()?.catalog, &table)?;
    let wanted = Mask {
        role: input.role.clone(),
        schema: table.schema,
        table: table.table,
        column: input.column.clone(),
        with: MaskWith::Null,
    };
    let column = format!("{}.{}", input.table, input.column);
    let missing = format!("`{column}` is not masked for `{}`", input.role);
    rules::keep(hands, &spot, &call, move |rules| {
        let before = rules.masks.len();
        rules.masks.retain(|known| !same(known, &wanted));
        match rules.masks.len() < before {
            true => Ok(()),
            false => {
                Err(Fault::new(codes::NO_SUCH_NAME, missing)
                    .hint("`mobo policy:list` lists the masks"))
            }
        }
    })
    .await?;
    Ok(Answer { at: spot.label(), column, role: input.role, shows: "the column itself".into() })
}
