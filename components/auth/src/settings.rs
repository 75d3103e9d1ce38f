//! What an operator can turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[auth]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}
