//! The one thread that writes log lines. Whoever logs hands over a line and goes on: when the queue
//! is full the line is dropped and counted, and the count is written down.

use crate::level::Level;
use crate::line::Line;
use crate::rotate::{Limits, RotatingFile};
use crate::settings::{Format, LogSettings};
use mag_contract::Clock;
use serde_json::Map;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A burst of a tenth of a second at 40,000 lines a second.
pub(crate) const QUEUE: usize = 4096;
/// Lines written with one call; more only wait in memory.
const BATCH: usize = 512;

pub(crate) enum Order {
    Line(Box<Line>),
    Settings(Box<LogSettings>),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
    Stop,
}

#[derive(Clone)]
pub(crate) struct Sink {
    orders: SyncSender<Order>,
    dropped: Arc<AtomicU64>,
}

pub(crate) struct Console {
    pub(crate) to: Option<Box<dyn Write + Send>>,
    pub(crate) colour: bool,
}

impl Sink {
    pub(crate) fn start(
        folder: PathBuf,
        clock: Clock,
        settings: LogSettings,
        console: Console,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (orders, waiting) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let file = RotatingFile::new(folder, clock.clone());
        let told = dropped.clone();
        let writer = Writer { clock, settings, console, file, dropped: told, told: 0, lost: None };
        let thread = std::thread::Builder::new().name("log".into());
        let thread = thread.spawn(move || writer.run(&waiting))?;
        Ok((Self { orders, dropped }, thread))
    }
    pub(crate) fn write(&self, line: Line) {
        if self.orders.try_send(Order::Line(Box::new(line))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
    pub(crate) fn set(&self, settings: LogSettings) -> bool {
        self.order(Order::Settings(Box::new(settings)))
    }
    /// Whether all that was logged before is written now.
    pub(crate) fn flush(&self) -> bool {
        let (done, wait) = sync_channel(1);
        self.order(Order::Flush(done)) && wait.recv_timeout(PATIENCE).is_ok()
    }
    pub(crate) fn stop(&self) -> bool {
        self.flush() && self.order(Order::Stop)
    }
    /// An order is worth a short wait for room in the queue; a terminal that stands still is not
    /// worth a long one.
    fn order(&self, mut order: Order) -> bool {
        for _ in 0..PATIENCE.as_millis() / STEP.as_millis() {
            match self.orders.try_send(order) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(back)) => order = back,
            }
            std::thread::sleep(STEP);
        }
        false
    }
}

/// How long the end of the board waits for its last lines.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(5);

struct Writer {
    clock: Clock,
    settings: LogSettings,
    console: Console,
    file: RotatingFile,
    dropped: Arc<AtomicU64>,
    /// So many dropped lines were told of.
    told: u64,
    /// Lines that the file did not take since it last took one; the first of them was told of.
    lost: Option<u64>,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let mut lines = vec![];
            let mut next = Some(first);
            while let Some(order) = next.take() {
                match order {
                    Order::Line(line) => lines.push(*line),
                    Order::Settings(settings) => {
                        self.write(&std::mem::take(&mut lines));
                        self.settings = *settings;
                    }
                    Order::Flush(done) => {
                        self.tell_dropped(&mut lines);
                        self.write(&std::mem::take(&mut lines));
                        // Whoever asked may have gone.
                        let _ = done.try_send(());
                    }
                    Order::Stop => {
                        self.write(&lines);
                        return;
                    }
                }
                if lines.len() < BATCH {
                    next = orders.try_recv().ok();
                }
            }
            self.tell_dropped(&mut lines);
            self.write(&lines);
        }
    }
    fn tell_dropped(&mut self, lines: &mut Vec<Line>) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let new = dropped - self.told;
        if new > 0 {
            self.told = dropped;
            let message = format!("{new} log lines were dropped, because the queue was full");
            let mut line = self.own(Level::Warning, message);
            line.fields.insert("dropped".into(), new.into());
            lines.push(line);
        }
    }
    fn own(&self, level: Level, message: String) -> Line {
        let time = self.clock.now();
        Line { time, level, part: "telemetry".into(), message, fields: Map::new() }
    }
    fn write(&mut self, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        if self.settings.console {
            self.write_console(lines);
        }
        if self.settings.file {
            self.write_file(lines);
        }
    }
    fn write_console(&mut self, lines: &[Line]) {
        let Some(to) = &mut self.console.to else { return };
        let mut text = String::new();
        for line in lines {
            match self.settings.format {
                Format::Json => text.push_str(&line.json()),
                Format::Auto | Format::Human if self.console.colour => {
                    text.push_str(&line.coloured())
                }
                Format::Auto | Format::Human => text.push_str(&line.to_string()),
            }
            text.push('\n');
        }
        // A closed terminal is nothing to stop for, and there is no one to tell.
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }
    fn write_file(&mut self, lines: &[Line]) {
        let limits = Limits {
            size: self.settings.rotate_size.count(),
            age: self.settings.rotate_age.duration(),
            keep: usize::try_from(self.settings.keep).unwrap_or(usize::MAX),
        };
        let texts: Vec<String> = lines.iter().map(|line| self.file_text(line)).collect();
        let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        match (self.file.write(&texts, limits), self.lost) {
            (Ok(()), None) => {}
            (Ok(()), Some(lost)) => {
                self.lost = None;
                let message = format!("the log file is written again; {lost} lines are not in it");
                let line = self.own(Level::Warning, message);
                let text = self.file_text(&line);
                // If this fails, the next line will tell.
                let _ = self.file.write(&[text], limits);
                self.write_console(&[line]);
            }
            (Err(_), Some(lost)) => self.lost = Some(lost.saturating_add(count)),
            (Err(error), None) => {
                self.lost = Some(count);
                let message = format!("the log file cannot be written: {error}");
                self.alarm(&self.own(Level::Error, message));
            }
        }
    }
    fn file_text(&self, line: &Line) -> String {
        match self.settings.format {
            Format::Human => line.to_string(),
            Format::Auto | Format::Json => line.json(),
        }
    }
    /// Told once, on the console though it is switched off: the file can't say it.
    fn alarm(&mut self, line: &Line) {
        let text = format!("{line}\n");
        // There is no further place to tell.
        let _ = match &mut self.console.to {
            Some(to) => to.write_all(text.as_bytes()),
            None => std::io::stderr().write_all(text.as_bytes()),
        };
    }
}
