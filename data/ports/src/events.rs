//! What is told and asked about data, on the bus: hooks before a call reaches an engine, facts after
//! something happened. The names are those that extensions and guards know.
//! Never: a value of a row or a claim of a token.

use mag_contract::hook::Hook;
use mag_contract::{Actor, Fact};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a call is about, without what is in it.
#[derive(Clone, Debug)]
pub struct About {
    pub project: Arc<str>,
    pub source: Arc<str>,
    pub actor: Actor,
    pub role: Arc<str>,
    /// `public.notes`; those of embeds and policies are left out.
    pub tables: Vec<String>,
    /// Plans of the transaction.
    pub plans: usize,
}

/// About to read. A handler may refuse.
#[derive(Clone, Debug)]
pub struct DataQuery(pub Arc<About>);
impl Hook for DataQuery {
    const NAME: &'static str = "data.query";
}

/// About to write. A handler may refuse.
#[derive(Clone, Debug)]
pub struct DataWrite(pub Arc<About>);
impl Hook for DataWrite {
    const NAME: &'static str = "data.write";
}

/// About to make a database. A handler may refuse.
#[derive(Clone, Debug)]
pub struct BeforeDbCreate {
    pub project: String,
    pub source: String,
    pub engine: String,
}
impl Hook for BeforeDbCreate {
    const NAME: &'static str = "before_db_create";
}

/// A database was made. Handlers may do what comes after; refusing is too late.
#[derive(Clone, Debug)]
pub struct AfterDbCreate {
    pub project: String,
    pub source: String,
    pub engine: String,
}
impl Hook for AfterDbCreate {
    const NAME: &'static str = "after_db_create";
}

/// A call reached its engine. Told when somebody listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueryExecuted {
    pub project: String,
    pub source: String,
    /// `read` or `write`
    pub kind: String,
    pub tables: Vec<String>,
    pub role: String,
    pub actor: String,
    pub rows: u64,
    pub took_us: u64,
    pub slow: bool,
    /// What was asked, with `?` where a value stood. Told of slow calls alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// The code of the error, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
impl Fact for QueryExecuted {
    const NAME: &'static str = "database.query.executed";
    const TRAFFIC: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["database.read"];
}

/// A migration ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MigrationApplied {
    pub project: String,
    pub source: String,
    /// Whose migrations: `app`, `base`, an extension's.
    pub track: String,
    pub version: String,
    pub name: String,
    /// `up` or `down`
    pub direction: String,
    pub took_ms: u64,
}
impl Fact for MigrationApplied {
    const NAME: &'static str = "database.migration.applied";
    const DURABLE: bool = true;
}

/// About to run migrations. A handler may refuse.
#[derive(Clone, Debug)]
pub struct BeforeMigration {
    pub project: String,
    pub source: String,
    /// In their order: `20260131120000_add_people`.
    pub migrations: Vec<String>,
    /// `up` or `down`
    pub direction: String,
    pub actor: Actor,
}
impl Hook for BeforeMigration {
    const NAME: &'static str = "before_migration";
}

/// Migrations ran. Handlers may do what comes after; refusing is too late.
#[derive(Clone, Debug)]
pub struct AfterMigration {
    pub project: String,
    pub source: String,
    pub migrations: Vec<String>,
    pub direction: String,
}
impl Hook for AfterMigration {
    const NAME: &'static str = "after_migration";
}

/// About to make a row policy. A handler may refuse.
#[derive(Clone, Debug)]
pub struct OnRlsPolicyCreate {
    pub project: String,
    pub source: String,
    pub table: String,
    pub policy: String,
    /// As it will be run or kept.
    pub statement: String,
    pub actor: Actor,
}
impl Hook for OnRlsPolicyCreate {
    const NAME: &'static str = "on_rls_policy_create";
}

/// A source cannot be reached. Told once for each outage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionFailed {
    pub project: String,
    pub source: String,
    pub engine: String,
    pub code: String,
    pub why: String,
}
impl Fact for ConnectionFailed {
    const NAME: &'static str = "database.connection.failed";
}

/// A source that could not be reached answers again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionRestored {
    pub project: String,
    pub source: String,
    pub engine: String,
    pub after_ms: u64,
}
impl Fact for ConnectionRestored {
    const NAME: &'static str = "database.connection.restored";
}

/// The structure of a source is another one now, by whomever it was changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StructureChanged {
    pub project: String,
    pub source: String,
    /// MagFlock's own database. A change of somebody else's is drift.
    pub managed: bool,
    pub version: u64,
    /// `+ table public.notes`, `- column public.notes.title`, `~ column public.notes.id`; the first
    /// hundred.
    pub changes: Vec<String>,
}
impl Fact for StructureChanged {
    const NAME: &'static str = "database.structure.changed";
}

/// Who may do what is another one now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RulesChanged {
    pub project: String,
    pub source: String,
}
impl Fact for RulesChanged {
    const NAME: &'static str = "database.rules.changed";
}

/// A project has another source now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceConnected {
    pub project: String,
    pub source: String,
    pub engine: String,
    pub managed: bool,
}
impl Fact for SourceConnected {
    const NAME: &'static str = "database.source.connected";
    const DURABLE: bool = true;
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceDetached {
    pub project: String,
    pub source: String,
}
impl Fact for SourceDetached {
    const NAME: &'static str = "database.source.detached";
    const DURABLE: bool = true;
}

/// A project was made, changed or deleted; whoever keeps something of it reads it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProjectChanged {
    pub project: String,
    /// `created`, `changed`, `deleted`
    pub what: String,
}
impl Fact for ProjectChanged {
    const NAME: &'static str = "project.changed";
    const DURABLE: bool = true;
}
