//! Where a value was written down.

use serde::Serialize;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    Default,
    File { path: String, line: usize, column: usize },
    Env { name: String },
    EnvFile { name: String, path: String },
    Flag { text: String },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, column } => write!(f, "{path}:{line}:{column}"),
            Self::Env { name } => f.write_str(name),
            Self::EnvFile { name, path } => write!(f, "{name} ({path})"),
            Self::Flag { text } => write!(f, "--set {text}"),
        }
    }
}
