//! Rights: which role may do what with which table, in all columns or in some.

use crate::hands::{At, Hands};
use crate::policy::Changed;
use crate::rules::{self, statements, table_named};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::{Grant, GrantOn};
use mag_migrate::rules::{RuleChange, verbs_text};
use mag_query::error::Verb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Add;
pub(crate) struct Remove;
pub(crate) struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The role; `public` is everyone.
    role: String,
    /// The table: `posts`, `app.posts`; `*` for each table that is there now. With `execute` it is a
    /// function.
    table: String,
    /// `select`, `insert`, `update`, `delete`, with commas between them, or `all`; `execute` for a
    /// function.
    verbs: String,
    /// Only these columns, with commas between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ListInput {
    /// Of this role alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// On this table alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    /// Those on MagFlock's own tables as well.
    all: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    grants: Vec<Row>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Row {
    role: String,
    /// A table, or what else the right is on.
    on: String,
    verbs: String,
    /// All when absent.
    columns: Option<Vec<String>>,
}

const POSITIONAL: &[&str] = &["role", "table", "verbs"];

fn nowhere() -> Vec<Example> {
    let input = json!({ "role": "anon", "table": "nowhere", "verbs": "select" });
    vec![Example::refused("On a table that is not there", input, codes::NO_TABLE.id)]
}

impl Operation for Add {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "grant:add";
    const SUMMARY: &'static str =
        "Gives a role the right to read or write a table, or to call a function";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = POSITIONAL;
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "A right opens a table, a policy its rows: both are needed. A column without a right does not exist for the role.";
    fn examples() -> Vec<Example> {
        nowhere()
    }
}

impl Operation for Remove {
    type Input = Input;
    type Output = Changed;
    const NAME: &'static str = "grant:remove";
    const SUMMARY: &'static str = "Takes a right from a role";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = POSITIONAL;
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        nowhere()
    }
}

impl Operation for List {
    type Input = ListInput;
    type Output = Answer;
    const NAME: &'static str = "grant:list";
    const SUMMARY: &'static str = "Lists the rights of roles";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.read";
    const POSITIONAL: &'static [&'static str] = &["role", "table"];
    fn examples() -> Vec<Example> {
        let input = json!({ "role": "anon" });
        vec![Example::new("Of those who have not signed in", input, json!({ "grants": [] }))]
    }
}

pub(crate) async fn add(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    change(hands, input, call, RuleChange::Grant).await
}
pub(crate) async fn remove(hands: &Hands, input: Input, call: Call) -> Result<Changed, Fault> {
    change(hands, input, call, RuleChange::Revoke).await
}

async fn change(
    hands: &Hands,
    input: Input,
    call: Call,
    kind: fn(Grant) -> RuleChange,
) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let table = table_named(&input.table);
    let change = kind(grant(&input)?);
    let said = statements(std::slice::from_ref(&change));
    rules::change(hands, &spot, &call, vec![change]).await?;
    let table = (table.table != "*" && !executes(&input)).then_some(&table);
    Ok(Changed::on(&spot, said, table).await)
}

fn executes(input: &Input) -> bool {
    input.verbs.trim().eq_ignore_ascii_case("execute")
}

fn grant(input: &Input) -> Result<Grant, Fault> {
    let table = table_named(&input.table);
    if executes(input) {
        if input.columns.is_some() {
            return Err(Fault::new(codes::BAD_INPUT, "a function has no columns"));
        }
        let on = match table.table.as_str() {
            "*" => GrantOn::AllFunctions,
            _ => GrantOn::Function { name: table.table },
        };
        return Ok(Grant { role: input.role.clone(), schema: table.schema, on });
    }
    let verbs = verbs(&input.verbs)?;
    let columns = input.columns.as_deref().map(listed);
    let on = match table.table.as_str() {
        "*" if columns.is_some() => {
            return Err(Fault::new(codes::BAD_INPUT, "columns are of one table"));
        }
        "*" => GrantOn::AllTables { verbs },
        _ => GrantOn::Table { name: table.table, verbs, columns },
    };
    if matches!(&on, GrantOn::Table { verbs, columns: Some(_), .. } if verbs.contains(&Verb::Delete))
    {
        return Err(Fault::new(
            codes::BAD_INPUT,
            "a row is deleted whole: `delete` has no columns",
        ));
    }
    Ok(Grant { role: input.role.clone(), schema: table.schema, on })
}

fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn verbs(text: &str) -> Result<Vec<Verb>, Fault> {
    let mut verbs = Vec::new();
    for word in listed(text) {
        let word = word.to_lowercase();
        if word == "all" {
            return Ok(Verb::ALL.to_vec());
        }
        let verb = Verb::ALL.into_iter().find(|verb| verb.word() == word);
        let verb = verb.ok_or_else(|| {
            Fault::new(codes::BAD_INPUT, format!("`{word}` is no right"))
                .hint("`select`, `insert`, `update`, `delete` or `all`; `execute` alone, for a function")
                .nearest(&word, Verb::ALL.into_iter().map(Verb::word))
        })?;
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    if verbs.is_empty() {
        return Err(Fault::new(codes::BAD_INPUT, "no right is named").hint(
            "`select`, `insert`, `update`, `delete` or `all`; `execute` alone, for a function",
        ));
    }
    Ok(verbs)
}

pub(crate) async fn list(hands: &Hands, input: ListInput, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let rules = spot.source.rules()?;
    let wanted = input.table.as_deref().map(table_named);
    let shown = |grant: &&Grant| {
        input.role.as_ref().is_none_or(|role| grant.role == *role)
            && match &grant.on {
                GrantOn::Table { name, .. } => match &wanted {
                    Some(wanted) => wanted.schema == grant.schema && wanted.table == *name,
                    None => input.all || !spot.is_ours(&grant.schema, name),
                },
                GrantOn::AllTables { .. } => true,
                GrantOn::Function { .. } | GrantOn::AllFunctions => {
                    wanted.is_none() && (input.all || !spot.is_ours(&grant.schema, ""))
                }
            }
    };
    let row = |grant: &Grant| {
        let name = |name: &str| mag_migrate::diff::Name::new(&grant.schema, name).to_string();
        let (on, verbs, columns) = match &grant.on {
            GrantOn::Table { name: table, verbs, columns } => {
                (name(table), verbs_text(verbs).to_lowercase(), columns.clone())
            }
            GrantOn::AllTables { verbs } => {
                (format!("all tables of {}", grant.schema), verbs_text(verbs).to_lowercase(), None)
            }
            GrantOn::Function { name: function } => {
                (format!("{}()", name(function)), "execute".to_owned(), None)
            }
            GrantOn::AllFunctions => {
                (format!("all functions of {}", grant.schema), "execute".to_owned(), None)
            }
        };
        Row { role: grant.role.clone(), on, verbs, columns }
    };
    let grants = rules.grants.iter().filter(shown).map(row).collect();
    Ok(Answer { at: spot.label(), grants })
}
