//! `schema:dump`: the structure as the script that makes it from nothing. Rows are no part of it.

use super::structure::{self, Whole};
use crate::hands::{At, Hands, Spot};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use mag_guard::ruleset::TableName;
use mag_guard::{Grant, GrantOn, Ruleset};
use mag_migrate::diff::Diff;
use mag_migrate::rules::RuleChange;
use mag_migrate::{Dialect, Structure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Dump;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Leaves out who may do what: roles, rights, policies.
    without_rules: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// A migration of it would make the same.
    sql: String,
}

impl Operation for Dump {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "schema:dump";
    const SUMMARY: &'static str = "Writes the structure as the script that makes it";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Of the primary source", json!({}), json!({}))]
    }
}

pub(crate) async fn dump(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let catalog = spot.source.view()?.catalog.clone();
    let rules = spot.source.rules()?;
    let whole = structure::read(spot.database(), &catalog, &rules, false).await?;
    let mut sql = match whole.observed.definitions.is_empty() {
        false => as_written(&whole),
        true => as_made(&whole, spot.dialect()),
    };
    if !input.without_rules {
        sql.push_str(&rules_text(&spot, &rules));
    }
    Ok(Answer { sql })
}

/// Tables first: what stands on them comes behind them, in the order in which it was made.
fn as_written(whole: &Whole) -> String {
    let mut text = String::new();
    for kinds in [&["table"][..], &["index"], &["view", "trigger"]] {
        let these = whole.observed.definitions.iter().filter(|d| kinds.contains(&d.kind.as_str()));
        these.for_each(|definition| {
            text.push_str(definition.sql.trim_end().trim_end_matches(';'));
            text.push_str(";\n");
        });
    }
    text
}

/// Tables, then the functions that use them, then views and triggers that use both.
fn as_made(whole: &Whole, dialect: &dyn Dialect) -> String {
    let tables = Structure {
        views: vec![],
        policies: vec![],
        row_security: Default::default(),
        forced: Default::default(),
        triggers: vec![],
        functions: vec![],
        ..whole.structure.clone()
    };
    let nothing = Structure::default();
    let mut text = String::new();
    for (name, schema) in &whole.structure.extensions {
        let (name, schema) =
            (mag_migrate::dialect::ident(name), mag_migrate::dialect::ident(schema));
        text.push_str(&format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema};\n"));
    }
    text.push_str(&Diff::between(&nothing, &tables).script(dialect, &nothing, &tables));
    for function in &whole.observed.functions {
        text.push_str(function.sql.trim_end());
        text.push_str(";\n");
    }
    let with_views = Structure { views: whole.structure.views.clone(), ..tables.clone() };
    text.push_str(&Diff::between(&tables, &with_views).script(dialect, &tables, &with_views));
    for trigger in &whole.observed.triggers {
        text.push_str(&trigger.sql);
        text.push_str(";\n");
    }
    text
}

/// Roles that are always there, and those of the server itself, are made by nobody.
const BUILT_IN: [&str; 4] = ["anon", "authenticated", "service_role", "public"];

pub(crate) fn rules_text(spot: &Spot, rules: &Ruleset) -> String {
    let mut changes = Vec::new();
    let mine = |schema: &str, table: &str| !spot.is_ours(schema, table);
    let keeps = spot.keeps_rules().unwrap_or(false);
    if keeps {
        for role in rules.roles.iter().filter(|role| !BUILT_IN.contains(&role.name.as_str())) {
            changes.push(RuleChange::CreateRole {
                name: role.name.clone(),
                bypass: role.bypass,
                inherits: role.inherits.iter().filter(|r| *r != "public").cloned().collect(),
                if_missing: true,
            });
        }
    }
    changes.extend(
        rules.functions.iter().map(|function| RuleChange::CreateFunction {
            function: function.clone(),
            replace: false,
        }),
    );
    for grant in rules.grants.iter().filter(|grant| is_of_app(grant, keeps, &mine)) {
        changes.push(RuleChange::Grant(grant.clone()));
    }
    let mut closed: Vec<TableName> = Vec::new();
    if !keeps && let Ok(view) = spot.source.view() {
        let tables =
            view.catalog.tables().filter(|(_, t)| t.row_policies && mine(&t.schema, &t.name));
        closed.extend(
            tables.map(|(_, t)| TableName {
                schema: t.schema.to_string(),
                table: t.name.to_string(),
            }),
        );
    }
    changes.extend(closed.into_iter().map(|table| RuleChange::RowSecurity { table, on: true }));
    if keeps {
        let open = rules.open_rows.iter().filter(|open| mine(&open.schema, &open.table)).cloned();
        changes.extend(open.map(|table| RuleChange::RowSecurity { table, on: false }));
    }
    let policies = rules.policies.iter().filter(|p| mine(&p.schema, &p.table)).cloned();
    changes.extend(policies.map(RuleChange::CreatePolicy));
    changes.iter().map(|change| format!("{};\n", change.statement())).collect()
}

/// What an owner has without being given it is no right that anybody gave.
fn is_of_app(grant: &Grant, keeps: bool, mine: &dyn Fn(&str, &str) -> bool) -> bool {
    match &grant.on {
        GrantOn::Table { name, .. } => mine(&grant.schema, name) && (keeps || is_api(&grant.role)),
        GrantOn::AllTables { .. } => keeps,
        // Everyone may call a function until it is taken from them; what was given besides is told
        // by name alone, which is not enough to give it again.
        GrantOn::Function { .. } | GrantOn::AllFunctions => false,
    }
}

/// Owners have all rights by themselves, and are other people in another database.
fn is_api(role: &str) -> bool {
    BUILT_IN.contains(&role)
}
