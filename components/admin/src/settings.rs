//! What an operator can turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[admin]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest input of an operation, in bytes. Inputs are typed by hand or made by a program
    /// from a form; files go elsewhere.
    pub body_bytes_max: u64,
    /// Wrong tokens from one address in a minute, before it is told to wait.
    pub wrong_tries_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { body_bytes_max: 1024 * 1024, wrong_tries_max: 10 }
    }
}
