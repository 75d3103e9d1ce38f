//! The log: read back and follow.

use super::{moment, operations};
use crate::session::Session;
use mag_contract::operation::{Call, Expect};
use mag_contract::{Clock, Effect, Example, Fault, Operation, Timestamp, codes};
use mag_telemetry::{Level, Line, logs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;

operations! {
    Show => show;
    Tail => tail;
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LogsInput {
    /// Only lines of this part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// This level and those that matter more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// From this moment on: `2026-01-02T03:04:05Z` or `10m` ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// So many at most, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl LogsInput {
    fn filter(&self, now: Timestamp) -> Result<logs::Filter, Fault> {
        let since = self.since.as_ref().map(|s| moment(s, now)).transpose()?;
        let limit = usize::try_from(self.limit.unwrap_or(LINES).min(LINES_MAX)).unwrap_or(1);
        Ok(logs::Filter {
            part: self.part.clone(),
            level: self.level.unwrap_or(Level::Debug),
            since,
            limit,
        })
    }
}
/// A screen or two.
const LINES: u32 = 100;
/// One answer holds no more.
const LINES_MAX: u32 = 10_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogRow {
    pub at: Timestamp,
    pub level: Level,
    pub part: String,
    pub message: String,
    pub fields: Json,
}

impl From<Line> for LogRow {
    fn from(line: Line) -> Self {
        let fields = Json::Object(line.fields);
        Self { at: line.time, level: line.level, part: line.part, message: line.message, fields }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogLines {
    pub lines: Vec<LogRow>,
}

pub(super) struct Show;

impl Operation for Show {
    type Input = LogsInput;
    type Output = LogLines;
    const NAME: &'static str = "logs:show";
    const SUMMARY: &'static str = "Shows the newest lines of the log";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "logs.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const ALIASES: &'static [&'static str] = &["logs"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("The last lines", json!({ "limit": 20 }), json!({})),
            Example::new(
                "Warnings of the last hour",
                json!({ "level": "warning", "since": "1h" }),
                json!({}),
            ),
        ]
    }
}

async fn show(session: Session, input: LogsInput, _: Call) -> Result<LogLines, Fault> {
    session.telemetry().flush();
    let folder = session.config().data_folder().to_path_buf();
    let clock = session.clock().clone();
    let read = tokio::task::spawn_blocking(move || lines(&folder, &input, &clock)).await;
    read.unwrap_or_else(|_| Err(Fault::new(codes::BUG, "reading the log panicked")))
}

/// The lines, also while no board runs.
pub fn lines(data_folder: &Path, input: &LogsInput, clock: &Clock) -> Result<LogLines, Fault> {
    let filter = input.filter(clock.now())?;
    let lines = logs::tail(&data_folder.join("logs"), &filter).map_err(unreadable)?;
    Ok(LogLines { lines: lines.into_iter().map(Into::into).collect() })
}

fn unreadable(e: std::io::Error) -> Fault {
    Fault::new(codes::IO, "the log cannot be read")
        .hint("`mobo doctor` looks at the permissions of the data folder")
        .because(e)
}

pub(super) struct Tail;

/// How many lines were handed over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Tailed {
    pub lines: u64,
}

impl Operation for Tail {
    type Input = LogsInput;
    type Output = Tailed;
    const NAME: &'static str = "logs:tail";
    const SUMMARY: &'static str = "Follows the log";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "logs.read";
    const POSITIONAL: &'static [&'static str] = &["part"];
    const FOLLOWS: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Beginning with the last ten lines",
            input: json!({ "limit": 10 }),
            expect: Expect::Line,
        }]
    }
}

/// A person reads slower than this.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

async fn tail(session: Session, input: LogsInput, mut call: Call) -> Result<Tailed, Fault> {
    let folder = session.config().data_folder().join("logs");
    let filter = input.filter(session.clock().now())?;
    let mut tailed = Tailed { lines: 0 };
    session.telemetry().flush();
    let mut follower = logs::Follower::new(&folder, filter.clone()).map_err(unreadable)?;
    let mut lines = match input.limit {
        Some(0) | None => vec![],
        Some(_) => logs::tail(&folder, &filter).map_err(unreadable)?,
    };
    loop {
        for line in lines {
            let item = serde_json::to_value(LogRow::from(line)).unwrap_or_default();
            if !call.progress.item(item).await {
                return Ok(tailed);
            }
            tailed.lines += 1;
        }
        tokio::select! {
            () = call.cancelled.wait() => return Ok(tailed),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        lines = follower.poll().map_err(unreadable)?;
    }
}
