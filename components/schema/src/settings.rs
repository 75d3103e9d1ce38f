//! What an operator can turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[schema]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a runner of migrations waits for another one.
    pub lock_wait_ms: u64,
    /// How long one statement of a migration may take. Building an index on a large table takes
    /// its time.
    pub migration_statement_ms: u64,
    /// How long one statement of `sql:run` may take when nobody says otherwise.
    pub sql_statement_ms: u64,
    /// Rows that `sql:run` shows when nobody says otherwise.
    pub sql_rows: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lock_wait_ms: 10_000,
            migration_statement_ms: 3_600_000,
            sql_statement_ms: 30_000,
            sql_rows: 1_000,
        }
    }
}
