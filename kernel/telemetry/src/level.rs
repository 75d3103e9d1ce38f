//! How much an observation matters, and how much each part may say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use tracing::level_filters::LevelFilter;

/// `tracing` knows no `notice` and no `critical`: an event says `notice = true` or `critical = true`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    #[default]
    Info,
    Notice,
    Warning,
    Error,
    Critical,
}

impl Level {
    pub const ALL: [Self; 6] =
        [Self::Debug, Self::Info, Self::Notice, Self::Warning, Self::Error, Self::Critical];

    /// As it stands in a log line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text))
    }
    pub(crate) fn of(level: tracing::Level, notice: bool, critical: bool) -> Self {
        match level {
            _ if critical => Self::Critical,
            _ if notice => Self::Notice,
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warning,
            tracing::Level::INFO => Self::Info,
            tracing::Level::DEBUG | tracing::Level::TRACE => Self::Debug,
        }
    }
    /// What must be let through so that this level can be heard.
    fn filter(self) -> LevelFilter {
        match self {
            // Never TRACE: it is what libraries say to themselves.
            Self::Debug => LevelFilter::DEBUG,
            Self::Info | Self::Notice => LevelFilter::INFO,
            Self::Warning => LevelFilter::WARN,
            Self::Error | Self::Critical => LevelFilter::ERROR,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The level of each named part, and of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    pub default: Level,
    pub parts: BTreeMap<String, Level>,
}

impl Levels {
    pub fn of(&self, part: &str) -> Level {
        self.parts.get(part).copied().unwrap_or(self.default)
    }
    /// The most that any part may say.
    pub(crate) fn filter(&self) -> LevelFilter {
        let all = self.parts.values().copied().chain([self.default]);
        all.map(Level::filter).max().unwrap_or(LevelFilter::INFO)
    }
    /// A span tells which part speaks and carries the trace: it is there though its part is quiet.
    pub(crate) fn span_filter(&self) -> LevelFilter {
        self.filter().max(LevelFilter::INFO)
    }
}
