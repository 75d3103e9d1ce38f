//! What a source counts: calls, rows, failures and time, for the metrics and for `source:show`.

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) struct Tally {
    reads: AtomicU64,
    writes: AtomicU64,
    rows: AtomicU64,
    failures: AtomicU64,
    micros: AtomicU64,
    metrics: Metrics,
}

struct Metrics {
    reads: Counter,
    writes: Counter,
    rows: Counter,
    failures: Counter,
    seconds: Histogram,
}

/// Since the source was connected in this run of the board.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Counts {
    pub reads: u64,
    pub writes: u64,
    pub rows: u64,
    pub failures: u64,
    /// Microseconds that a call took on average, within the engine.
    pub mean_us: u64,
}

impl Tally {
    pub(crate) fn new(project: &str, source: &str) -> Self {
        describe_counter!("data_calls_total", "Calls that reached an engine, by source and kind.");
        describe_counter!("data_rows_total", "Rows that were read or written, by source.");
        describe_counter!("data_failures_total", "Calls that an engine did not do, by source.");
        describe_histogram!("data_call_seconds", "How long calls took within the engine.");
        let (project, source) = (project.to_owned(), source.to_owned());
        let calls = |kind: &'static str| counter!("data_calls_total", "project" => project.clone(), "source" => source.clone(), "kind" => kind);
        let metrics = Metrics {
            reads: calls("read"),
            writes: calls("write"),
            rows: counter!("data_rows_total", "project" => project.clone(), "source" => source.clone()),
            failures: counter!("data_failures_total", "project" => project.clone(), "source" => source.clone()),
            seconds: histogram!("data_call_seconds", "project" => project.clone(), "source" => source.clone()),
        };
        let zero = AtomicU64::default;
        Self {
            reads: zero(),
            writes: zero(),
            rows: zero(),
            failures: zero(),
            micros: zero(),
            metrics,
        }
    }

    pub(crate) fn count(&self, writes: bool, rows: Option<u64>, took: Duration) {
        let (calls, metric) = if writes {
            (&self.writes, &self.metrics.writes)
        } else {
            (&self.reads, &self.metrics.reads)
        };
        calls.fetch_add(1, Ordering::Relaxed);
        metric.increment(1);
        match rows {
            Some(rows) => {
                self.rows.fetch_add(rows, Ordering::Relaxed);
                self.metrics.rows.increment(rows);
            }
            None => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                self.metrics.failures.increment(1);
            }
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.metrics.seconds.record(took.as_secs_f64());
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (reads, writes) = (of(&self.reads), of(&self.writes));
        Counts {
            reads,
            writes,
            rows: of(&self.rows),
            failures: of(&self.failures),
            mean_us: of(&self.micros).checked_div(reads + writes).unwrap_or(0),
        }
    }
}
