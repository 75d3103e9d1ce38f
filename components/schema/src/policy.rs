//! Row policies: made, listed, dropped, tried and explained, the same on every engine.

pub(crate) mod create;
pub(crate) mod drop;
pub(crate) mod enable;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod mask;
mod somebody;
pub(crate) mod test;

use crate::hands::Spot;
use mag_guard::ruleset::TableName;
use mag_lint::Level;
use schemars::JsonSchema;
use serde::Serialize;

/// What a change of rules answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Changed {
    /// `project/source`
    pub(crate) at: String,
    /// As PostgreSQL says it.
    pub(crate) statements: Vec<String>,
    /// Whether the engine holds it, or it is kept beside it.
    pub(crate) held_by: &'static str,
    /// What the advisors say of the table now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hints: Vec<String>,
}

impl Changed {
    pub(crate) async fn on(
        spot: &Spot,
        statements: Vec<String>,
        table: Option<&TableName>,
    ) -> Self {
        let keeps = spot.keeps_rules().unwrap_or(false);
        let hints = match table {
            Some(table) => hints(spot, table).await,
            None => vec![],
        };
        let held_by = if keeps { "magflock" } else { "engine" };
        Self { at: spot.label(), statements, held_by, hints }
    }
}

/// Advisors that speak of rules; the others are not what was asked about.
const OF_RULES: [&str; 9] = [
    "row_security_off",
    "policies_without_row_security",
    "row_security_without_policy",
    "policy_always_true",
    "anonymous_writes",
    "sensitive_column",
    "auth_per_row",
    "several_permissive",
    "policy_by_own_data",
];

/// A hint that cannot be had is none: the change itself has happened.
async fn hints(spot: &Spot, table: &TableName) -> Vec<String> {
    let found = crate::schema::lint::findings(spot, false).await.unwrap_or_default();
    let name = mag_migrate::diff::Name::new(&table.schema, &table.table).to_string();
    let about = |object: &str| {
        object == name || object.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'))
    };
    found
        .into_iter()
        .filter(|f| OF_RULES.contains(&f.advisor) && f.level != Level::Info)
        .filter(|f| about(&f.object) || f.object.split([' ', '.']).any(|part| part == name))
        .map(|f| format!("{}: {} ({})", f.level.name(), f.detail, f.advisor))
        .collect()
}
