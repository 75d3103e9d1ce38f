//! What a board says on its console while it boots, runs and goes down: for a person as lines, for
//! a program (and for the process that started it in the background) as JSON, a line each.

use super::stages;
use crate::screen::{Screen, Tone};
use crate::trouble::Trouble;
use crate::view;
use mag_mobo::{BootReport, Ending, ReloadReport, ShutdownReport};
use serde_json::{Value as Json, json};
use std::path::Path;

#[derive(Clone)]
pub(crate) struct Voice {
    screen: Screen,
    detached: bool,
    /// Log lines are on the console already.
    logs: bool,
}

impl Voice {
    pub(crate) fn new(screen: Screen, detached: bool, logs: bool) -> Self {
        Self { screen, detached, logs }
    }
    fn json(&self, line: &Json) {
        self.screen.out(&line.to_string());
    }

    pub(crate) fn begins(&self, data: &Path) {
        let title = self.screen.paint(Tone::Bold, &format!("MagFlock {}", super::VERSION));
        self.screen.say(&format!("{title} {} {}\n", self.screen.dot(), data.display()));
    }
    pub(crate) fn stage(&self, stage: &Json) {
        if self.screen.json {
            return self.json(&json!({ "stage": stage }));
        }
        for line in stages::lines(&self.screen, stage) {
            self.screen.say(&line);
        }
    }
    /// Somebody reads along, and nothing keeps what is said.
    pub(crate) fn is_heard_by_a_person(&self) -> bool {
        self.screen.live && !self.screen.json && !self.detached
    }
    pub(crate) fn ready(&self, report: &BootReport, fresh: bool, safe: bool, link: Option<&str>) {
        let pid = std::process::id();
        if self.screen.json {
            return self.json(&json!({ "ready": report, "pid": pid }));
        }
        let json = serde_json::to_value(report).unwrap_or_default();
        let next = "mobo status   (in another terminal; Ctrl-C stops the board)";
        for line in ready_lines(&self.screen, &json, next) {
            self.screen.say(&line);
        }
        if let Some(link) = link {
            let link = self.screen.paint(Tone::Accent, link);
            self.screen.say(&format!("  sign in      {link}"));
            self.screen
                .say("               (opens the admin screen once, within a quarter of an hour)");
        }
        if safe {
            self.screen.say("  safe         this is a safe boot: parts of your own do not run");
        }
        if fresh && !safe {
            self.screen.say("  settings     all by default; `mobo init` in another folder writes a file to start from");
        }
        self.screen.say("");
    }
    pub(crate) fn failed(&self, trouble: &Trouble) {
        if self.detached {
            if let Some(problem) = trouble.problem() {
                self.json(&json!({ "problem": problem }));
            }
            return;
        }
        if self.screen.json {
            return trouble.tell(&self.screen);
        }
        self.screen.err("");
        // The stages have told the details already.
        let mut problem = trouble.problem().unwrap_or_default();
        if let Some(fields) = problem.as_object_mut() {
            fields.remove("details");
            Trouble::Problem(problem).tell(&self.screen);
        }
    }

    /// Something that a person at the console wants to know.
    pub(crate) fn fact(&self, fact: &Json) {
        if self.logs || self.screen.json {
            return;
        }
        if let Some(line) = view::events::notable(&self.screen, fact) {
            self.screen.say(&line);
        }
    }
    pub(crate) fn reloaded(&self, outcome: &Result<ReloadReport, mag_contract::Fault>) {
        if self.logs || self.screen.json {
            return;
        }
        let (bad, good) = (self.screen.mark(Tone::Bad), self.screen.mark(Tone::Good));
        match outcome {
            Err(fault) => {
                self.screen.say(&format!("{bad} the settings were not taken: {}", fault.message()));
                for line in fault.details_text().into_iter().flat_map(str::lines) {
                    self.screen.say(&format!("  {line}"));
                }
                if let Some(hint) = fault.hint_text() {
                    self.screen.say(&format!("  {hint}"));
                }
            }
            Ok(report) => {
                for (keys, what) in [
                    (report.live.clone(), "is in force"),
                    (
                        report.swapped.iter().map(ToString::to_string).collect(),
                        "took its new settings",
                    ),
                    (report.needs_restart.clone(), "waits for the next boot"),
                ] {
                    if !keys.is_empty() {
                        self.screen.say(&format!("{good} {} {what}", keys.join(", ")));
                    }
                }
                for refused in &report.refused {
                    self.screen.say(&format!("{bad} not taken: {refused}"));
                }
            }
        }
    }
    pub(crate) fn stopping(&self, ending: &Ending) {
        let why = match ending {
            Ending::Shutdown(why) | Ending::Lost(why) => why.as_str(),
            Ending::Restart => "it was asked to start again",
        };
        self.screen.say(&format!("\nthe board goes down: {why}"));
    }
    pub(crate) fn down(&self, report: &ShutdownReport) {
        if self.screen.json {
            return self.json(&json!({ "down": report }));
        }
        let report = serde_json::to_value(report).unwrap_or_default();
        for line in view::drained(&self.screen, &report) {
            self.screen.say(&line);
        }
    }
}

/// The last words of a boot: where the board is, and what to do next.
pub(crate) fn ready_lines(screen: &Screen, report: &Json, next: &str) -> Vec<String> {
    let urls: Vec<&str> = report
        .get("urls")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let ms = report.get("ready_ms").and_then(Json::as_u64).unwrap_or(0);
    let degraded = report.get("degraded").and_then(Json::as_bool).unwrap_or(false);
    let (tone, how) = match degraded {
        false => (Tone::Good, "ready"),
        true => (Tone::Warn, "up, but degraded: `mobo list` says what is missing;"),
    };
    let label = screen.paint(Tone::Bold, "[BOOT]       ");
    let mut lines = vec![format!("{label}{} {how} in {ms} ms", screen.mark(tone)), String::new()];
    for url in &urls {
        lines.push(format!("  open         {}", screen.paint(Tone::Accent, url)));
    }
    if urls.is_empty() {
        lines.push("  open         no port: `mobo` reaches it by its local socket".into());
    }
    let data = report.get("data_folder").and_then(Json::as_str).unwrap_or_default();
    lines.push(format!("  data         {data}"));
    lines.push(format!("  next         {}", screen.paint(Tone::Bold, next)));
    lines
}
