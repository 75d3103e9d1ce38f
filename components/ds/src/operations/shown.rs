//! Projects and sources as people are shown them. Never: a secret.

use crate::book::SourceRow;
use crate::shelf::Held;
use crate::source::{Live, Standing};
use crate::tally::Counts;
use mag_adapter::Engine;
use mag_contract::Timestamp;
use mag_contract::secret::HIDDEN;
use mag_ports::settings::ProjectSettings;
use mag_ports::survey::PoolState;
use mag_ports::{Database, Source};
use mag_query::Rules;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// A project in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectLine {
    pub project: String,
    /// For people.
    pub title: String,
    /// It answers requests that name none.
    pub default: bool,
    pub sources: Vec<String>,
    pub hosts: Vec<String>,
}

impl ProjectLine {
    pub(crate) fn of(held: &Held, default: bool) -> Self {
        Self {
            project: held.row.reference.clone(),
            title: held.row.name.clone(),
            default,
            sources: held.sources.iter().map(|source| source.row.name.clone()).collect(),
            hosts: held.row.hosts.clone(),
        }
    }
}

/// All that is known of a project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectShown {
    #[serde(flatten)]
    pub line: ProjectLine,
    pub id: String,
    pub settings: ProjectSettings,
    pub created_at: String,
    pub created_by: String,
}

impl ProjectShown {
    pub(crate) fn of(held: &Held, default: bool) -> Self {
        Self {
            line: ProjectLine::of(held, default),
            id: held.row.id.to_string(),
            settings: without_secrets(&held.row.settings),
            created_at: held.row.created_at.clone(),
            created_by: held.row.created_by.clone(),
        }
    }
}

pub(crate) fn without_secrets(settings: &ProjectSettings) -> ProjectSettings {
    let mut shown = settings.clone();
    if shown.tokens.jwt_secret.is_some() {
        shown.tokens.jwt_secret = Some(HIDDEN.to_owned());
    }
    shown
}

/// A source in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SourceLine {
    pub source: String,
    pub project: String,
    pub engine: String,
    /// `connected`, `opening` or `unreachable`
    pub state: String,
    /// Its tables need no prefix.
    pub primary: bool,
    /// MagFlock made it and keeps its structure.
    pub managed: bool,
    pub writable: bool,
    /// Where it is, without user and password.
    pub place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl SourceLine {
    pub(crate) fn of(source: &Live) -> Self {
        let (state, why) = match &**source.standing.load() {
            Standing::Opening => ("opening", None),
            Standing::Connected => ("connected", None),
            Standing::Unreachable { why, .. } => ("unreachable", Some(why.message().to_owned())),
        };
        Self {
            source: source.row.name.clone(),
            project: source.project.to_string(),
            engine: source.kind.name.to_owned(),
            state: state.to_owned(),
            primary: source.primary(),
            managed: source.row.managed,
            writable: source.row.writable,
            place: source.row.place.clone(),
            why,
        }
    }
}

/// All that is known of a source without asking its engine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SourceShown {
    #[serde(flatten)]
    pub line: SourceLine,
    pub id: String,
    /// The engine's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the engine can do by itself.
    pub abilities: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<u64>,
    /// Grows with each change of the structure that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structure_version: Option<u64>,
    /// Who holds row policies: `engine` or `guard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies_held_by: Option<&'static str>,
    /// Policies that cannot be read; their tables are closed.
    pub policy_problems: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolState>,
    pub calls: Counts,
    /// Since when it cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreachable_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u32>,
    pub slow_ms: u64,
    pub created_at: String,
    pub created_by: String,
}

impl SourceShown {
    pub(crate) fn of(source: &Live) -> Self {
        let view = source.view().ok();
        let abilities = source.database.abilities();
        let reached = source.database.is_reached();
        let problem = |bad: &mag_guard::BadPolicy| {
            format!("`{}` on `{}`: {}", bad.policy, bad.table, bad.problem)
        };
        let compiled = view.as_ref().filter(|view| view.rules == Rules::Compiled);
        Self {
            line: SourceLine::of(source),
            id: source.row.id.to_string(),
            version: reached.then(|| abilities.version.clone()),
            abilities: abilities.abilities.iter().map(|one| words(&format!("{one:?}"))).collect(),
            tables: view.as_ref().map(|view| table_count(view)),
            structure_version: view.as_ref().map(|view| view.catalog.version),
            policies_held_by: view.as_ref().map(|view| match view.rules {
                Rules::Native => "engine",
                Rules::Compiled => "guard",
            }),
            policy_problems: compiled
                .map(|view| view.guard.problems().iter().map(problem).collect())
                .unwrap_or_default(),
            pool: source.database.pool(),
            calls: source.database.tally.counts(),
            unreachable_since: match &**source.standing.load() {
                Standing::Unreachable { since, .. } => Some(Timestamp(*since)),
                Standing::Opening | Standing::Connected => None,
            },
            connections_max: source.row.connections_max,
            slow_ms: u64::try_from(source.database.slow.threshold.as_millis()).unwrap_or(u64::MAX),
            created_at: source.row.created_at.clone(),
            created_by: source.row.created_by.clone(),
        }
    }
}

/// `TransactionalDdl` is `transactional ddl`.
fn words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

pub(crate) fn table_count(view: &mag_ports::View) -> u64 {
    u64::try_from(view.catalog.table_count()).unwrap_or(u64::MAX)
}

/// What an address says without what nobody shall see: `db.example.com:5432/shop`.
pub(crate) fn shown_address(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let bare = rest.split_once('?').map_or(rest, |(bare, _)| bare);
    bare.rsplit_once('@').map_or(bare, |(_, place)| place).to_owned()
}

/// A copy of a row with a change, for the next snapshot.
pub(crate) fn changed(source: &Arc<Live>, change: impl FnOnce(&mut SourceRow)) -> SourceRow {
    let mut row = source.row.clone();
    row.primary = source.primary();
    change(&mut row);
    row
}

#[cfg(test)]
mod tests {
    use super::shown_address;

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        for (address, shown) in [
            (
                "postgres://me:hunter2@db.example.com:5432/shop?sslmode=require",
                "db.example.com:5432/shop",
            ),
            ("postgres://me:p@ss@db/shop", "db/shop"),
            ("postgresql://db/shop?password=hunter2", "db/shop"),
            ("/data/shop.db", "/data/shop.db"),
        ] {
            assert_eq!(shown_address(address), shown);
        }
    }
}
