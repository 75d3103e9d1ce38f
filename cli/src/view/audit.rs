//! The audit log: who did what, when, and how it went.

use super::table::{Side, Table};
use super::{list as items, number, text, time};
use crate::screen::{Screen, Tone};
use serde_json::Value as Json;

pub(crate) fn list(screen: &Screen, answer: &Json) -> String {
    let heads = ["when", "who", "through", "operation", "how", "took", "input"];
    let mut table =
        Table::new(heads.map(|h| (h, if h == "took" { Side::Right } else { Side::Left })));
    for line in items(answer, "lines") {
        let code = text(line, "code");
        let preview = line.get("preview").and_then(Json::as_bool) == Some(true);
        let (how, tone) = match (code.is_empty(), preview) {
            (false, _) => (code, Tone::Bad),
            (true, true) => ("preview".to_owned(), Tone::Dim),
            (true, false) => ("done".to_owned(), Tone::Good),
        };
        let input = match line.get("input") {
            Some(Json::Object(input)) if input.is_empty() => String::new(),
            Some(Json::Null) | None => String::new(),
            Some(input) => crate::screen::tame(&input.to_string()),
        };
        table.row(vec![
            (time::relative(&text(line, "at"), screen.now), None),
            (text(line, "actor"), Some(Tone::Bold)),
            (text(line, "door"), Some(Tone::Dim)),
            (text(line, "operation"), Some(Tone::Accent)),
            (how, Some(tone)),
            (time::millis(number(line, "took_ms")), None),
            (input, Some(Tone::Dim)),
        ]);
    }
    match items(answer, "lines") {
        [] => "no such call is in the log".to_owned(),
        _ => table.lines(screen).join("\n"),
    }
}

pub(crate) fn verify(screen: &Screen, answer: &Json) -> String {
    let lines = super::counted(number(answer, "lines"), "line");
    let verdict = match text(answer, "broken") {
        none if none.is_empty() => {
            format!("{} {lines}, and none was changed or taken out", screen.mark(Tone::Good))
        }
        broken => format!("{} {lines}, and the chain is broken: {broken}", screen.mark(Tone::Bad)),
    };
    format!("{verdict}\n  seal  {}", screen.paint(Tone::Dim, &text(answer, "seal")))
}
