//! The name of a part, as the board, the settings file and a person use it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Lower-case words joined by `-`, `.` or `:`; also the name of the part's settings section.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartId(Arc<str>);

impl PartId {
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }
    /// The board itself, as the source of facts and log lines.
    pub fn board() -> Self {
        Self::new("board")
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl schemars::JsonSchema for PartId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PartId".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
    fn inline_schema() -> bool {
        true
    }
}
