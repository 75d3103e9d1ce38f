//! What the doctor found: problem, what it means, what to do.

use super::{counted, list, text};
use crate::screen::{Screen, Tone, wrapped};
use serde_json::Value as Json;

pub(crate) fn report(screen: &Screen, answer: &Json) -> String {
    let mut lines = vec![];
    for fixed in list(answer, "fixed") {
        let failed = fixed.get("failed").and_then(Json::as_bool) == Some(true);
        let (tone, word) = if failed { (Tone::Bad, "not mended") } else { (Tone::Good, "mended") };
        lines.push(format!("{} {word}: {}", screen.mark(tone), text(fixed, "what")));
    }
    for finding in list(answer, "findings") {
        lines.extend(of_finding(screen, finding));
    }
    let looked = u64::try_from(list(answer, "looked_at").len()).unwrap_or(0);
    let findings = list(answer, "findings");
    if findings.is_empty() {
        lines.push(format!(
            "{} all is well: {} looked at",
            screen.mark(Tone::Good),
            counted(looked, "thing")
        ));
    } else if findings.iter().any(|f| f.get("fixable").and_then(Json::as_bool) == Some(true)) {
        lines.push("`mobo doctor --fix` mends what can be mended".to_owned());
    }
    lines.join("\n")
}

fn of_finding(screen: &Screen, finding: &Json) -> Vec<String> {
    let tone = match text(finding, "severity").as_str() {
        "serious" => Tone::Bad,
        "warning" => Tone::Warn,
        _ => Tone::Dim,
    };
    let room = screen.width.saturating_sub(8);
    let mut lines = vec![];
    let mut parts = wrapped(&text(finding, "problem"), room + 6).into_iter();
    lines.push(format!(
        "{} {}",
        screen.mark(tone),
        screen.paint(Tone::Bold, &parts.next().unwrap_or_default())
    ));
    lines.extend(parts.map(|p| format!("  {}", screen.paint(Tone::Bold, &p))));
    for (label, name) in [("why", "explanation"), ("fix", "suggestion")] {
        for (n, part) in wrapped(&text(finding, name), room).into_iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            lines.push(format!("  {} {part}", screen.paint(Tone::Dim, &format!("{label:<4}"))));
        }
    }
    lines.push(String::new());
    lines
}
