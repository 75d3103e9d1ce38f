//! The stages of a boot as lines: `[POST]`, `[COMPONENTS]`, `[HEALTH]`, `[BOOT]`, each with a mark
//! and, at the end of a stage, the time it took. Pure.

use crate::screen::{Screen, Tone, columns, tame};
use mag_mobo::Stage;
use serde_json::Value as Json;

pub(crate) fn as_json(stage: &Stage) -> Json {
    let mut json = serde_json::to_value(stage).unwrap_or_default();
    for (at, line) in stage.lines.iter().enumerate() {
        if let Some(took) = line.took {
            let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            json["lines"][at]["took_us"] = took.into();
        }
    }
    json
}

fn label(stage: &str) -> &'static str {
    match stage {
        "parts" => "[COMPONENTS]",
        "services" => "[HEALTH]",
        "ready" => "[BOOT]",
        // Before the first part runs, everything is the power-on self-test.
        _ => "[POST]",
    }
}

/// The widest label and a blank.
const LABEL: usize = 13;
const TIME: usize = 9;

pub(crate) fn lines(screen: &Screen, stage: &Json) -> Vec<String> {
    let text =
        |v: &Json, name: &str| v.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let label = label(&text(stage, "name"));
    let found = stage.get("lines").and_then(Json::as_array).cloned().unwrap_or_default();
    let last = found.len().saturating_sub(1);
    let mut lines = vec![];
    for (at, line) in found.iter().enumerate() {
        let tone = match text(line, "mark").as_str() {
            "good" => Tone::Good,
            "warn" => Tone::Warn,
            "bad" => Tone::Bad,
            _ => Tone::Dim,
        };
        let took = line.get("took_us").and_then(Json::as_u64);
        let took = took.or_else(|| (at == last).then(|| stage.get("took_us")?.as_u64()).flatten());
        let room = screen.width.saturating_sub(LABEL + 2 + TIME + 1);
        let message = tame(&text(line, "text"));
        let mark = screen.mark(tone);
        let head = screen.paint(Tone::Bold, &format!("{label:<LABEL$}"));
        // What went wrong is told whole, on as many lines as it takes.
        if tone == Tone::Bad {
            for (n, part) in
                crate::screen::wrapped(&message, screen.width - LABEL - 2).iter().enumerate()
            {
                let head = if n == 0 { format!("{head}{mark} ") } else { " ".repeat(LABEL + 2) };
                lines.push(format!("{head}{part}"));
            }
            continue;
        }
        let message = screen.fitted(&message, room);
        let gap = " ".repeat(room.saturating_sub(columns(&message)));
        let took = took.map(|us| screen.paint(Tone::Dim, &format!("{:>TIME$}", time(us))));
        lines.push(match took {
            Some(took) => format!("{head}{mark} {message}{gap} {took}"),
            None => format!("{head}{mark} {message}"),
        });
    }
    lines
}

/// `0.4 ms`, `12 ms`, `1.5 s`
pub(crate) fn time(us: u64) -> String {
    match us {
        0..10_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}
