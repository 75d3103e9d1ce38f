//! What advisors found, and why a role may or may not: sentences instead of wide tables.

use super::{counted, list, number, shown, text};
use crate::screen::{Screen, Tone, wrapped};
use serde_json::Value as Json;

pub(crate) fn lint(screen: &Screen, answer: &Json) -> String {
    let mut lines = Vec::new();
    let room = screen.width.saturating_sub(4).max(20);
    for finding in list(answer, "findings") {
        let level = text(finding, "level");
        let tone = match level.as_str() {
            "error" => Tone::Bad,
            "warning" => Tone::Warn,
            _ => Tone::Dim,
        };
        let object = screen.paint(Tone::Bold, &text(finding, "object"));
        let advisor = screen.paint(Tone::Dim, &text(finding, "advisor"));
        let level = screen.paint(tone, &level);
        lines.push(format!("{level} {object}: {} ({advisor})", text(finding, "detail")));
        lines.extend(wrapped(&text(finding, "why"), room).iter().map(|line| format!("    {line}")));
        let remedy = finding.get("remedy").and_then(Json::as_str).unwrap_or_default();
        for line in remedy.lines() {
            let line = crate::screen::tame(line);
            lines.push(format!("    {}", screen.paint(Tone::Accent, &line)));
        }
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let asked = counted(number(answer, "asked"), "advisor");
    let found = ["error", "warning", "info"].map(|level| {
        let count = number(answer, &format!("{level}s"));
        counted(count, level)
    });
    let good = answer.get("good").and_then(Json::as_bool) == Some(true);
    let mark = screen.mark(if good { Tone::Good } else { Tone::Bad });
    lines.push(format!("{mark} {asked}: {}", found.join(", ")));
    lines.join("\n")
}

pub(crate) fn explained(screen: &Screen, answer: &Json) -> String {
    let mut lines = vec![format!("{} and {}", text(answer, "role"), text(answer, "table"))];
    for deed in list(answer, "deeds") {
        let verdict = text(deed, "verdict");
        let tone = match verdict.as_str() {
            "all_rows" | "some_rows" | "bypasses" => Tone::Good,
            _ => Tone::Bad,
        };
        let verb = screen.paint(Tone::Bold, &text(deed, "verb"));
        lines.push(format!("{} {verb}: {}", screen.mark(tone), text(deed, "because")));
        let columns = list(deed, "columns");
        if !columns.is_empty() {
            let names: Vec<String> = columns.iter().map(shown).collect();
            lines.push(format!("    columns {}", names.join(", ")));
        }
        for policy in list(deed, "policies") {
            let applies = policy.get("applies").and_then(Json::as_bool) == Some(true);
            let is = match (applies, policy.get("restrictive").and_then(Json::as_bool)) {
                (false, _) => "is for others or for something else",
                (true, Some(true)) => "must hold",
                (true, _) => "opens",
            };
            let condition = text(policy, "condition");
            let name = text(policy, "policy");
            lines.push(format!("    policy {name} {is} {condition}").trim_end().to_owned());
        }
    }
    for row in list(answer, "rows") {
        lines.push(crate::screen::tame(&row.to_string()));
    }
    lines.join("\n")
}
