//! The handle of the house's eyes: started once, before anything else runs.

use crate::layer::House;
use crate::level::Levels;
use crate::metrics::Metrics;
use crate::otlp::{Endpoint, Exporter, SpanQueue};
use crate::process;
use crate::settings::{LogSettings, TraceSettings};
use crate::sink::{Console, Sink};
use arc_swap::ArcSwap;
use mag_contract::{Clock, Fault, codes};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::time::Instant;
use tracing_subscriber::layer::SubscriberExt;

pub struct Setup {
    /// Where `mobo.log` is written.
    pub folder: PathBuf,
    pub log: LogSettings,
    pub traces: TraceSettings,
    pub clock: Clock,
    pub console: Option<Box<dyn Write + Send>>,
    pub colour: bool,
}

impl Setup {
    /// Standard error is the console, with colours when it is a terminal.
    pub fn new(folder: impl Into<PathBuf>, log: LogSettings, clock: Clock) -> Self {
        let stderr = std::io::stderr();
        let colour = stderr.is_terminal();
        let console: Option<Box<dyn Write + Send>> = Some(Box::new(stderr));
        Self {
            folder: folder.into(),
            log,
            traces: TraceSettings::default(),
            clock,
            console,
            colour,
        }
    }
}

/// Cheap to clone; the last one to go writes what is left.
#[derive(Clone)]
pub struct Telemetry(Arc<Inner>);

struct Inner {
    levels: Arc<ArcSwap<Levels>>,
    sink: Sink,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Metrics,
    dispatch: tracing::Dispatch,
    exporter: Mutex<Option<Exporter>>,
    spans: Option<SpanQueue>,
    started: Instant,
}

impl Telemetry {
    /// Nothing is sent yet: see [`Telemetry::exporter`].
    pub fn start(setup: Setup) -> Result<Self, Fault> {
        let endpoint = setup.traces.otlp_endpoint.as_deref().map(Endpoint::parse).transpose()?;
        let levels = Arc::new(ArcSwap::from_pointee(setup.log.levels()));
        let console = Console { to: setup.console, colour: setup.colour };
        let (sink, thread) = Sink::start(setup.folder, setup.clock.clone(), setup.log, console)
            .map_err(|error| {
                Fault::new(codes::IO, "the thread that writes the log cannot be started")
                    .because(error)
            })?;
        let (spans, exporter) = match endpoint {
            Some(endpoint) => {
                let (queue, exporter) = Exporter::new(endpoint, &setup.traces);
                (Some(queue), Some(exporter))
            }
            None => (None, None),
        };
        let house = House {
            levels: levels.clone(),
            sink: sink.clone(),
            clock: setup.clock,
            spans: spans.clone(),
        };
        let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(house));
        Ok(Self(Arc::new(Inner {
            levels,
            sink,
            thread: Mutex::new(Some(thread)),
            metrics: Metrics::default(),
            dispatch,
            exporter: Mutex::new(exporter),
            spans,
            started: Instant::now(),
        })))
    }
    /// From now on every observation of this process comes here.
    pub fn install(&self) -> Result<(), Fault> {
        let taken =
            |what: &str| Fault::new(codes::BUG, format!("{what} go somewhere else already"));
        tracing::dispatcher::set_global_default(self.0.dispatch.clone())
            .map_err(|error| taken("log lines").because(error))?;
        metrics::set_global_recorder(self.0.metrics.clone()).map_err(|_| taken("metrics"))
    }
    /// For a piece of a program that has its own telemetry, such as a test.
    pub fn dispatch(&self) -> tracing::Dispatch {
        self.0.dispatch.clone()
    }
    pub fn recorder(&self) -> Metrics {
        self.0.metrics.clone()
    }
    pub fn levels(&self) -> Levels {
        Levels::clone(&self.0.levels.load())
    }
    pub fn set_levels(&self, levels: Levels) {
        self.0.levels.store(Arc::new(levels));
        // While there is one subscriber, `tracing` asks that of the thread: it must be this one.
        tracing::dispatcher::with_default(
            &self.0.dispatch,
            tracing::callsite::rebuild_interest_cache,
        );
    }
    /// All of the log's settings, live.
    pub fn apply(&self, settings: &LogSettings) {
        self.set_levels(settings.levels());
        self.0.sink.set(settings.clone());
    }
    /// What `/metrics` answers: Prometheus' text.
    pub fn render_metrics(&self) -> String {
        let mut text = self.0.metrics.render();
        process::render(&mut text, self.0.started.elapsed());
        let mut own = |name: &str, help: &str, value: u64| {
            text.push_str(&format!(
                "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n"
            ));
        };
        own(
            "magflock_log_lines_dropped_total",
            "Log lines that were dropped because the queue was full.",
            self.log_lines_dropped(),
        );
        if let Some(spans) = &self.0.spans {
            own(
                "magflock_spans_dropped_total",
                "Spans that were dropped because the queue was full or the collector did not answer.",
                spans.dropped(),
            );
        }
        text
    }
    /// Sends the spans, when an endpoint is set. The caller runs it as a task of its own, once.
    pub fn exporter(&self) -> Option<Exporter> {
        self.0.exporter.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
    pub fn log_lines_dropped(&self) -> u64 {
        self.0.sink.dropped()
    }
    /// Whether all that was logged so far is written; waits two seconds at most.
    pub fn flush(&self) -> bool {
        self.0.sink.flush()
    }
    /// Writes what is left and ends the thread. What is logged later is dropped.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A thread that hangs in a write is left behind: the process ends without it.
        if let Some(thread) = thread.filter(|_| self.sink.stop()) {
            // Its panic, if any, was shown when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
