//! Roles of a source, and what one call of a role may cost.

use crate::hands::{At, Hands};
use crate::policy::Changed;
use crate::rules::{self, statements};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::{Budget, RoleRule};
use mag_migrate::rules::RuleChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Create;
pub(crate) struct Drop;
pub(crate) struct List;
pub(crate) struct SetBudget;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CreateInput {
    name: String,
    /// Has the rights and policies of this role as well, several times for several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inherits: Vec<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DropInput {
    name: String,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ListInput {
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BudgetInput {
    role: String,
    /// Rows of an answer, at each level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_max: Option<u64>,
    /// Relations inside each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth_max: Option<u32>,
    /// Tables read, those of policies included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_max: Option<u64>,
    /// Milliseconds that the engine may work on one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_max_ms: Option<u64>,
    /// Takes all bounds away that are not named.
    #[serde(default)]
    clear: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    roles: Vec<Row>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Row {
    name: String,
    inherits: Vec<String>,
    /// No policy and no right is asked for.
    bypass: bool,
    rows_max: Option<u64>,
    depth_max: Option<u32>,
    cost_max: Option<u64>,
    time_max_ms: Option<u64>,
}

impl From<&RoleRule> for Row {
    fn from(rule: &RoleRule) -> Self {
        Self {
            name: rule.name.clone(),
            inherits: rule.inherits.iter().filter(|role| *role != "public").cloned().collect(),
            bypass: rule.bypass,
            rows_max: rule.budget.rows_max,
            depth_max: rule.budget.depth_max,
            cost_max: rule.budget.cost_max,
            time_max_ms: rule.budget.time_max_ms,
        }
    }
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = Changed;
    const NAME: &'static str = "role:create";
    const SUMMARY: &'static str = "Makes a role of a source, which holds nothing yet";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("role:drop");
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Editors, who may all that those who signed in may",
                json!({ "name": "editor", "inherits": ["authenticated"] }),
                json!({ "at": "main/main" }),
            ),
            Example::refused(
                "One that is there already",
                json!({ "name": "authenticated" }),
                codes::EXISTS.id,
            ),
        ]
    }
}

impl Operation for Drop {
    type Input = DropInput;
    type Output = Changed;
    const NAME: &'static str = "role:drop";
    const SUMMARY: &'static str = "Takes a role away, with its rights";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "One that is not there",
            json!({ "name": "nobody" }),
            codes::NO_SUCH_NAME.id,
        )]
    }
}

impl Operation for List {
    type Input = ListInput;
    type Output = Answer;
    const NAME: &'static str = "role:list";
    const SUMMARY: &'static str = "Lists the roles of a source and their budgets";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "policy.read";
    fn examples() -> Vec<Example> {
        let roles = json!({ "roles": [
            { "name": "anon", "bypass": false },
            { "name": "authenticated", "bypass": false },
            { "name": "service_role", "bypass": true },
        ] });
        vec![Example::new("Of a new project", json!({}), roles)]
    }
}

impl Operation for SetBudget {
    type Input = BudgetInput;
    type Output = Row;
    const NAME: &'static str = "role:budget";
    const SUMMARY: &'static str = "Bounds what one call of a role may cost";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "policy.write";
    const POSITIONAL: &'static [&'static str] = &["role"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str =
        "What is beyond a bound is refused before anything is run; rows are cut.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Small answers for those who have not signed in",
                json!({ "role": "anon", "rows_max": 100, "time_max_ms": 2000 }),
                json!({ "name": "anon", "rows_max": 100, "time_max_ms": 2000 }),
            ),
            Example::refused(
                "For a role that is not there",
                json!({ "role": "nobody", "rows_max": 1 }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

pub(crate) async fn create(
    hands: &Hands,
    input: CreateInput,
    call: Call,
) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let change = RuleChange::CreateRole {
        name: named(&input.name)?,
        bypass: false,
        inherits: input.inherits,
        if_missing: false,
    };
    apply(hands, spot, call, change).await
}

pub(crate) async fn drop(hands: &Hands, input: DropInput, call: Call) -> Result<Changed, Fault> {
    let spot = hands.find(&input.at)?;
    let change = RuleChange::DropRole { name: named(&input.name)?, if_exists: false };
    apply(hands, spot, call, change).await
}

/// The roles that every source has.
const BUILT_IN: [&str; 4] = ["anon", "authenticated", "service_role", "public"];

/// Role names are typed into tokens and settings: letters, digits and `_`.
fn named(name: &str) -> Result<String, Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.len() > 63 || !name.chars().all(plain) {
        let message = format!("`{name}` is no name for a role");
        return Err(
            Fault::new(codes::BAD_INPUT, message).hint("take at most 63 letters, digits and `_`")
        );
    }
    Ok(name.to_owned())
}

async fn apply(
    hands: &Hands,
    spot: crate::hands::Spot,
    call: Call,
    change: RuleChange,
) -> Result<Changed, Fault> {
    if let RuleChange::DropRole { name, .. } = &change
        && BUILT_IN.contains(&name.as_str())
    {
        let message = format!("the role `{name}` is always there");
        return Err(Fault::new(codes::STATE_CONFLICT, message)
            .hint("take its rights away instead: `mobo grant:remove`"));
    }
    let said = statements(std::slice::from_ref(&change));
    rules::change(hands, &spot, &call, vec![change]).await?;
    Ok(Changed::on(&spot, said, None).await)
}

pub(crate) async fn list(hands: &Hands, input: ListInput, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let rules = spot.source.rules()?;
    let roles = rules.roles.iter().filter(|role| role.name != "public").map(Row::from).collect();
    Ok(Answer { at: spot.label(), roles })
}

pub(crate) async fn budget(hands: &Hands, input: BudgetInput, call: Call) -> Result<Row, Fault> {
    let spot = hands.find(&input.at)?;
    let mut row = None;
    rules::keep(hands, &spot, &call, |rules| {
        let names: Vec<String> = rules.roles.iter().map(|role| role.name.clone()).collect();
        let Some(role) = rules.roles.iter_mut().find(|role| role.name == input.role) else {
            let message = format!("role \"{}\" does not exist", input.role);
            return Err(Fault::new(codes::NO_SUCH_NAME, message)
                .nearest(&input.role, names.iter().map(String::as_str)));
        };
        if input.clear {
            role.budget = Budget::default();
        }
        let budget = &mut role.budget;
        budget.rows_max = input.rows_max.or(budget.rows_max);
        budget.depth_max = input.depth_max.or(budget.depth_max);
        budget.cost_max = input.cost_max.or(budget.cost_max);
        budget.time_max_ms = input.time_max_ms.or(budget.time_max_ms);
        row = Some(Row::from(&*role));
        Ok(())
    })
    .await?;
    row.ok_or_else(|| Fault::new(codes::BUG, "the budget was set and is not there"))
}
