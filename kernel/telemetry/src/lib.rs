//! Observations become logs, metrics and traces here, and nowhere else. A part says what it saw with
//! `tracing` and `metrics`; where that goes is decided once, by settings.
//! Never: listens, or sends anything that was not configured, or lets a slow sink slow a part down.

mod layer;
mod level;
mod line;
pub mod logs;
mod metrics;
mod otlp;
mod process;
pub mod redact;
mod rotate;
mod settings;
mod sink;
mod telemetry;
mod trace;
mod visit;

pub use level::{Level, Levels};
pub use line::Line;
pub use metrics::Metrics;
pub use otlp::{Endpoint, Exporter, FinishedSpan};
pub use settings::{Format, LogSettings, TraceSettings, sections};
pub use telemetry::{Setup, Telemetry};
pub use trace::{SpanId, TraceId, Traceparent, current};
