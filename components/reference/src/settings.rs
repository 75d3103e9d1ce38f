//! There is nothing to turn: what is described follows from the source and its project's settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[reference]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}
