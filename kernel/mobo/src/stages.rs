//! The boot report: stages, what each found, how long each took. Data; a door prints it.

use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Good,
    Note,
    Warn,
    Bad,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Line {
    pub mark: Mark,
    pub text: String,
    #[serde(skip)]
    #[schemars(skip)]
    pub took: Option<Duration>,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Stage {
    pub number: usize,
    pub name: String,
    pub took_us: u64,
    pub lines: Vec<Line>,
}

/// How a boot went.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct BootReport {
    pub boot: i64,
    pub version: String,
    pub data_folder: String,
    pub ready_ms: u64,
    pub ready: bool,
    pub degraded: bool,
    pub urls: Vec<String>,
    pub stages: Vec<Stage>,
}

pub(crate) struct Stages {
    version: &'static str,
    data_folder: String,
    began: Instant,
    done: Vec<Stage>,
    open: Option<(Stage, Instant)>,
    tell: Arc<dyn Fn(&Stage) + Send + Sync>,
}

impl Stages {
    pub(crate) fn new(
        version: &'static str,
        data_folder: &Path,
        tell: Arc<dyn Fn(&Stage) + Send + Sync>,
    ) -> Self {
        let data_folder = data_folder.display().to_string();
        Self { version, data_folder, began: Instant::now(), done: vec![], open: None, tell }
    }
    pub(crate) fn begin(&mut self, name: &str) {
        self.end();
        let number = self.done.len() + 1;
        let stage = Stage { number, name: name.to_owned(), took_us: 0, lines: vec![] };
        self.open = Some((stage, Instant::now()));
    }
    fn end(&mut self) {
        if let Some((mut stage, began)) = self.open.take() {
            stage.took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            (self.tell)(&stage);
            self.done.push(stage);
        }
    }
    pub(crate) fn line(&mut self, mark: Mark, text: impl Into<String>) {
        self.line_of(Line { mark, text: text.into(), took: None });
    }
    pub(crate) fn line_of(&mut self, line: Line) {
        if let Some((stage, _)) = &mut self.open {
            stage.lines.push(line);
        }
    }
    pub(crate) fn ready(&mut self, boot: i64, degraded: bool, urls: Vec<String>) -> BootReport {
        self.end();
        BootReport { boot, ready: true, degraded, urls, ..self.report() }
    }
    pub(crate) fn failed(&mut self) -> BootReport {
        self.end();
        self.report()
    }
    fn report(&self) -> BootReport {
        BootReport {
            boot: 0,
            version: self.version.to_owned(),
            data_folder: self.data_folder.clone(),
            ready_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            ready: false,
            degraded: false,
            urls: vec![],
            stages: self.done.clone(),
        }
    }
}
