//! How a database is: what an operator asks before deciding anything. Each engine fills what it
//! knows and leaves out the rest.
//! Never: a value of a row; statements come with their values taken out.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Survey {
    /// All that it takes on the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The largest first.
    pub tables: Vec<TableSurvey>,
    /// Indexes, with how often each was used.
    pub indexes: Vec<IndexSurvey>,
    /// Reads that were answered from memory, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_hit_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
    /// What runs right now, the longest first.
    pub running: Vec<RunningStatement>,
    /// What took the most time altogether, where the engine counts (`pg_stat_statements`).
    pub costly: Vec<CostlyStatement>,
    /// How the pages of a file are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePages>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TableSurvey {
    pub schema: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_estimate: Option<u64>,
    /// Without its indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_bytes: Option<u64>,
    /// Versions of rows that nobody can see any more: what is not yet swept is bloat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_rows: Option<u64>,
    /// About how much of the table is empty, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bloat_ratio: Option<f64>,
    /// Reads of the whole table, and by an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole_reads: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_reads: Option<u64>,
    /// An index is likely missing: it is large and mostly read whole, or a foreign key has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_index: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct IndexSurvey {
    pub schema: String,
    pub table: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<u64>,
    /// Nobody has read it since the engine counts, and no key needs it.
    pub unused: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Connections {
    pub open: u64,
    pub active: u64,
    pub idle: u64,
    /// Inside of a transaction and doing nothing: they hold up others.
    pub idle_in_transaction: u64,
    pub max: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct RunningStatement {
    pub for_ms: u64,
    pub state: String,
    /// Whom it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    pub application: String,
    /// Only its first words: they hold no value.
    pub begins: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CostlyStatement {
    /// With its values taken out.
    pub statement: String,
    pub calls: u64,
    pub total_ms: f64,
    pub mean_ms: f64,
    pub rows: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilePages {
    pub page_size: u64,
    pub pages: u64,
    /// Empty ones that the file keeps for later.
    pub free_pages: u64,
    pub journal_mode: String,
    /// What waits in the write-ahead log to be brought home.
    pub wal_bytes: u64,
    pub encoding: String,
}

/// How full a pool of connections is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PoolState {
    pub connections_max: u64,
    pub in_use: u64,
    pub idle: u64,
    pub waiting: u64,
}

/// What an engine can be extended with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Extension {
    pub name: String,
    /// Absent when it is available and not enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
