//! The board as a whole: status, parts, boots, the report of a boot.

use super::table::{Side, Table};
use super::{bytes, counted, list as items, number, text, time};
use crate::boot::stages;
use crate::screen::{Screen, Tone};
use serde_json::Value as Json;

pub(crate) fn tone_of(word: &str) -> Tone {
    match word {
        "healthy" | "running" | "clean" | "done" => Tone::Good,
        "failed" | "critical" | "dead" | "killed" => Tone::Bad,
        "stopped" | "on the shelf" | "cancelled" | "queued" | "loaded" => Tone::Dim,
        _ => Tone::Warn,
    }
}

pub(crate) fn status(screen: &Screen, status: &Json) -> String {
    let word = text(status, "status");
    let dot = screen.dot();
    let mut head = vec![
        screen.paint(tone_of(&word), &word),
        format!("MagFlock {}", text(status, "version")),
        format!("up {}", time::span(number(status, "uptime_s"))),
        format!("boot {}", number(status, "boot")),
    ];
    if let Some(ms) = status.get("ready_ms").and_then(Json::as_u64) {
        head.push(format!("ready in {ms} ms"));
    }
    let mut lines =
        vec![format!("{} {}", screen.mark(tone_of(&word)), head.join(&format!(" {dot} ")))];
    if status.get("safe").and_then(Json::as_bool) == Some(true) {
        lines.push(format!(
            "{} a safe boot: kernel, command line and doctor alone",
            screen.mark(Tone::Warn)
        ));
    }
    lines.push(String::new());
    let field = |name: &str, value: String| {
        let head = screen.paint(Tone::Dim, &format!("{name:<8}"));
        format!("  {head} {}", screen.fitted(&value, screen.width.saturating_sub(11)))
    };
    let urls: Vec<String> =
        items(status, "urls").iter().filter_map(Json::as_str).map(str::to_owned).collect();
    lines.push(field(
        "open",
        match urls.is_empty() {
            true => "no port: local socket only".to_owned(),
            false => urls.join("  "),
        },
    ));
    lines.push(field("data", text(status, "data_folder")));
    let mut process = vec![number(status, "process").to_string()];
    if let Some(memory) = status.get("memory_bytes").and_then(Json::as_u64) {
        process.push(bytes(memory));
    }
    if let Some(cpu) = status.get("cpu_s").and_then(Json::as_f64) {
        process.push(format!("{cpu:.1} s of CPU"));
    }
    lines.push(field("process", process.join(&format!(" {dot} "))));
    let jobs = status.get("jobs").cloned().unwrap_or_default();
    let dead = number(&jobs, "dead");
    let mut counts = vec![
        format!("{} queued", number(&jobs, "queued")),
        format!("{} running", number(&jobs, "running")),
    ];
    if dead > 0 {
        counts.push(format!("{dead} dead: `mobo jobs:list --state dead`"));
    }
    lines.push(field("jobs", counts.join(&format!(" {dot} "))));
    lines.push(field("facts", format!("{} told since the boot", number(status, "facts_told"))));
    lines.push(String::new());
    lines.extend(parts(screen, items(status, "parts"), 2));
    lines.join("\n")
}

pub(crate) fn list(screen: &Screen, answer: &Json) -> String {
    match items(answer, "parts") {
        [] => "no part is plugged in; `mobo list --all` shows what could be".to_owned(),
        rows => parts(screen, rows, 0).join("\n"),
    }
}

fn parts(screen: &Screen, rows: &[Json], indent: usize) -> Vec<String> {
    let heads = ["", "part", "state", "health", "restarts", "about"];
    let mut table =
        Table::new(heads.map(|h| (h, if h == "restarts" { Side::Right } else { Side::Left })));
    table.indent = indent;
    let mut reasons = vec![];
    for row in rows {
        let (name, state, health) = (text(row, "name"), text(row, "state"), text(row, "health"));
        let worst = match (tone_of(&state), tone_of(&health)) {
            _ if health.is_empty() => Tone::Dim,
            (Tone::Good, health) => health,
            (state, _) => state,
        };
        let mark = match (worst, screen.unicode) {
            (Tone::Good, true) => "✓",
            (Tone::Good, false) => "+",
            (Tone::Bad, true) => "✗",
            (Tone::Bad, false) => "x",
            (Tone::Warn, _) => "!",
            (Tone::Dim | Tone::Bold | Tone::Accent, true) => "·",
            (Tone::Dim | Tone::Bold | Tone::Accent, false) => "-",
        };
        let restarts = number(row, "restarts");
        // What is as expected need not be said.
        let health = if tone_of(&state) == Tone::Dim { String::new() } else { health };
        table.row(vec![
            (mark.to_owned(), Some(worst)),
            (name.clone(), Some(Tone::Bold)),
            (state.clone(), Some(tone_of(&state))),
            (health.clone(), Some(tone_of(&health))),
            (if restarts == 0 { String::new() } else { restarts.to_string() }, None),
            (text(row, "about"), Some(Tone::Dim)),
        ]);
        let why = text(row, "why");
        if !why.is_empty() {
            reasons.push(format!(
                "{}{} {name}: {why}",
                " ".repeat(indent),
                screen.mark(Tone::Warn)
            ));
        }
    }
    let mut lines = table.lines(screen);
    if !reasons.is_empty() {
        lines.push(String::new());
        lines.extend(reasons);
    }
    lines
}

pub(crate) fn report(screen: &Screen, report: &Json) -> String {
    let mut lines: Vec<String> =
        items(report, "stages").iter().flat_map(|stage| stages::lines(screen, stage)).collect();
    lines.push(String::new());
    lines.push(format!(
        "boot {} was ready in {} ms",
        number(report, "boot"),
        number(report, "ready_ms")
    ));
    lines.join("\n")
}

pub(crate) fn boots(screen: &Screen, answer: &Json) -> String {
    let heads = [
        ("boot", Side::Right),
        ("began", Side::Left),
        ("lasted", Side::Left),
        ("ended", Side::Left),
        ("ready in", Side::Right),
        ("version", Side::Left),
    ];
    let mut table = Table::new(heads);
    for row in items(answer, "boots") {
        let (began, ended, how) =
            (text(row, "started_at"), text(row, "ended_at"), text(row, "how"));
        let at = mag_contract::Timestamp::parse;
        let lasted = match (at(&began), at(&ended)) {
            (Some(began), Some(ended)) => {
                time::span(u64::try_from(ended.millis() - began.millis()).unwrap_or(0) / 1_000)
            }
            _ => String::new(),
        };
        let ready = row.get("ready_ms").and_then(Json::as_f64).map(|ms| format!("{ms:.0} ms"));
        table.row(vec![
            (number(row, "boot").to_string(), None),
            (time::relative(&began, screen.now), None),
            (lasted, None),
            (how.clone(), Some(tone_of(&how))),
            (ready.unwrap_or_default(), None),
            (text(row, "version"), Some(Tone::Dim)),
        ]);
    }
    table.lines(screen).join("\n")
}

pub(crate) fn check(screen: &Screen, answer: &Json) -> String {
    let problems = items(answer, "problems");
    if problems.is_empty() {
        let parts: Vec<&str> = items(answer, "parts").iter().filter_map(Json::as_str).collect();
        let n = counted(u64::try_from(parts.len()).unwrap_or(0), "part");
        let mut told = format!("{} it would boot, with {n}", screen.mark(Tone::Good));
        for line in crate::screen::wrapped(&parts.join(", "), screen.width - 2) {
            told.push_str("\n  ");
            told.push_str(&line);
        }
        return told;
    }
    let mut lines = vec![];
    for problem in problems.iter().filter_map(Json::as_str) {
        let wrapped = crate::screen::wrapped(&crate::screen::tame(problem), screen.width - 2);
        for (n, part) in wrapped.iter().enumerate() {
            let head = if n == 0 { screen.mark(Tone::Bad) } else { " ".to_owned() };
            lines.push(format!("{head} {part}"));
        }
    }
    lines.push("it would not boot".to_owned());
    lines.join("\n")
}
