//! What an operator decides about logs and traces.

use crate::level::{Level, Levels};
use mag_settings::{Bytes, Section, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What is written: this level and those that matter more.
    #[schemars(extend("x-live" = true))]
    pub level: Level,
    /// Levels of single parts, such as `gate = "debug"`.
    #[schemars(extend("x-live" = true))]
    pub parts: BTreeMap<String, Level>,
    /// How lines are written: `human`, `json`, or `auto`, which is human on the console and JSON in the file.
    #[schemars(extend("x-live" = true))]
    pub format: Format,
    /// Whether lines go to the console (standard error).
    #[schemars(extend("x-live" = true))]
    pub console: bool,
    /// Whether lines go to the file `mobo.log` in the folder of the logs.
    #[schemars(extend("x-live" = true))]
    pub file: bool,
    /// A file of this size is set aside, and a new one begun.
    #[schemars(extend("x-live" = true, "x-minimum" = "4KiB"))]
    pub rotate_size: Bytes,
    /// A file whose first line is this old is set aside, and a new one begun.
    #[schemars(extend("x-live" = true, "x-minimum" = "1m"))]
    pub rotate_age: Span,
    /// How many files are kept beside the one that is written.
    #[schemars(range(max = 1000), extend("x-live" = true))]
    pub keep: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: Level::Info,
            parts: BTreeMap::new(),
            format: Format::Auto,
            console: true,
            file: true,
            rotate_size: Bytes::of_mib(10),
            rotate_age: Span::of_secs(24 * 60 * 60),
            keep: 7,
        }
    }
}

impl LogSettings {
    pub fn levels(&self) -> Levels {
        Levels { default: self.level, parts: self.parts.clone() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Auto,
    Human,
    Json,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TraceSettings {
    /// Where spans are sent, as OTLP over HTTP: `http://127.0.0.1:4318`. Nothing is sent when unset.
    pub otlp_endpoint: Option<String>,
    /// The share of traces that is sent, from 0 to 1. A caller's own decision is kept.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample: f64,
    /// The name under which this board is shown.
    pub service_name: String,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample: 1.0, service_name: "magflock".into() }
    }
}

/// The sections of the settings that belong to this crate.
pub fn sections() -> Vec<Section> {
    vec![
        Section::of::<LogSettings>("log", "What is written down, and where."),
        Section::of::<TraceSettings>("traces", "Spans for a collector that speaks OpenTelemetry."),
    ]
}
