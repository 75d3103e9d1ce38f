//! What `mobo doctor` looks for: each known trouble is one small value that can see itself, explain
//! itself and, where that is safe, mend itself. Parts bring their own.

use crate::clock::Clock;
use crate::fault::Fault;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

pub trait Ailment: Send + Sync {
    /// `state-damaged`; also what `--only` takes.
    fn name(&self) -> &'static str;
    /// What was looked at, in a few words, for the line that says that all is well.
    fn looks_at(&self) -> &'static str;
    /// Reads only. May block: it is called off the runtime.
    fn look(&self, host: &Host) -> Vec<Finding>;
    /// Mends one finding and says what was done. Called only with consent, and only for a finding
    /// that says it can be mended.
    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault>;
}

/// What an ailment may look at.
#[derive(Clone)]
pub struct Host {
    pub data_folder: PathBuf,
    pub clock: Clock,
    /// Whether a board runs on the data folder right now.
    pub running: bool,
    /// Ports that the parts of this installation claim.
    pub ports: Vec<SocketAddr>,
    /// Parts that are not well, with their state and the reason; empty while the board is down.
    pub unwell: Vec<(String, String, String)>,
    /// What is wrong with the settings, one line each.
    pub settings_errors: Vec<String>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Note,
    Warning,
    Serious,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    pub ailment: String,
    pub severity: Severity,
    /// One sentence: what is wrong.
    pub problem: String,
    /// Why it matters, or how it came about.
    pub explanation: String,
    /// What to do, as a command where there is one.
    pub suggestion: String,
    /// Whether `--fix` mends it.
    pub fixable: bool,
    /// What the fix needs to know: a path, a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}
