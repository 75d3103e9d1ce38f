//! What the operator of the board may say of the door; what a project's owner says of it is in the
//! settings of the project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest body of a request, in bytes.
    pub body_bytes_max: u64,
    /// The calls that a batch has at most: a transaction with more holds others up too long.
    pub batch_calls_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { body_bytes_max: 64 * 1024 * 1024, batch_calls_max: 100 }
    }
}
