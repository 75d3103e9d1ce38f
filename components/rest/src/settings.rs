//! What the operator of the board may say of the door; what a project's owner says of it is in the
//! settings of the project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest body of a request, in bytes.
    pub body_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { body_bytes_max: 64 * 1024 * 1024 }
    }
}
