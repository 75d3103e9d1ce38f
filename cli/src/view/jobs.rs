//! Background jobs in a table.

use super::board::tone_of;
use super::table::{Side, Table};
use super::{list as items, number, text, time};
use crate::screen::{Screen, Tone};
use serde_json::Value as Json;

pub(crate) fn list(screen: &Screen, answer: &Json) -> String {
    let heads = [
        ("job", Side::Left),
        ("kind", Side::Left),
        ("state", Side::Left),
        ("tries", Side::Right),
        ("due", Side::Left),
        ("last error", Side::Left),
    ];
    let mut table = Table::new(heads);
    for job in items(answer, "jobs") {
        let state = text(job, "state");
        let tries = format!("{}/{}", number(job, "attempts"), number(job, "attempts_max"));
        table.row(vec![
            (text(job, "id"), Some(Tone::Dim)),
            (text(job, "kind"), Some(Tone::Bold)),
            (state.clone(), Some(tone_of(&state))),
            (tries, None),
            (time::relative(&text(job, "due"), screen.now), None),
            (text(job, "error"), None),
        ]);
    }
    let mut lines = match items(answer, "jobs") {
        [] => vec!["no jobs".to_owned()],
        _ => table.lines(screen),
    };
    let counts = ["queued", "running", "done", "dead", "cancelled"]
        .map(|name| format!("{} {name}", number(answer, name)));
    lines.push(String::new());
    lines.push(screen.paint(Tone::Dim, &counts.join(&format!(" {} ", screen.dot()))));
    lines.join("\n")
}
