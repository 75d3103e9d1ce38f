//! SQLite's own plan of a statement, for people and as the answer of a call that asks for it.
//! Never: runs what it explains, tells a value that is bound.

use super::{Counting, Ready, What, unrendered};
use crate::connect::Link;
use crate::error;
use mag_adapter::EngineError;
use mag_guard::Authorised;
use mag_query::call::Explain;
use mag_query::{Answer, Body, Plan, Work};
use mag_sql::Sqlite as Dialect;
use std::collections::HashMap;

/// One line of SQLite's plan, and those below it.
struct Node {
    detail: String,
    below: Vec<Node>,
}

/// The statements that are known before it runs.
fn texts(ready: &Ready) -> Vec<&str> {
    match ready {
        Ready::Known(kept) => match &kept.what {
            What::Read { rows, count: Counting::Ask(count) } => vec![&rows.form.text, &count.text],
            What::Read { rows, .. } => vec![&rows.form.text],
            What::Write(known) => vec![&known.step.text],
        },
        Ready::Read { rows, count: Counting::Ask(count) } => vec![&rows.text, &count.text],
        Ready::Read { rows, .. } => vec![&rows.text],
        Ready::Invoke(steps) => steps.iter().flat_map(|(_, ready)| texts(ready)).collect(),
        Ready::Fill(rows) => rows.iter().map(|rows| rows.text.as_str()).collect(),
        Ready::Write(steps) => {
            steps.before.iter().chain(&steps.writes).map(|step| step.text.as_str()).collect()
        }
    }
}

/// The statements, and SQLite's own plan for each.
pub(crate) fn explain(link: &Link, ready: &Ready) -> Result<String, EngineError> {
    let mut told = String::new();
    for text in texts(ready) {
        told.push_str(text);
        told.push('\n');
        lines(&planned(link, text)?, 0, &mut told);
    }
    Ok(told)
}

/// The plan as the body of an answer, in the forms that clients of PostgreSQL's plans read.
pub(super) fn told(
    link: &Link,
    plan: &Authorised<Plan>,
    ready: &Ready,
    wanted: Explain,
) -> Result<Answer, EngineError> {
    let refused = [
        (wanted.analyze && plan.writes(), "analyze"),
        (wanted.settings, "settings"),
        (wanted.buffers, "buffers"),
        (wanted.wal, "wal"),
    ];
    if let Some((_, option)) = refused.iter().find(|(asked, _)| *asked) {
        return Err(EngineError::unsupported(format!(
            "SQLite has no option `{option}` for the plan of this request"
        )));
    }
    let last = match &plan.work {
        Work::Invoke(_) => Some(mag_sql::read(plan, &Dialect).map_err(unrendered)?.text),
        Work::Read(_) | Work::Insert(_) | Work::Update(_) | Work::Delete(_) => None,
    };
    let mut nodes = Vec::new();
    for text in texts(ready).into_iter().chain(last.as_deref()) {
        nodes.push(Node { detail: statement(text), below: planned(link, text)? });
    }
    let mut body = String::new();
    if wanted.json {
        list(&nodes, &mut body, |node, body| {
            body.push_str("{\"Plan\": ");
            json(node, body);
            body.push('}');
        });
        body.push('\n');
    } else {
        lines(&nodes, 0, &mut body);
    }
    Ok(Answer { body: Body::Json(body.into_bytes()), ..Answer::default() })
}

/// What kind it is: its text would tell how the rules of others are written.
fn statement(text: &str) -> String {
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty());
    word.unwrap_or("SELECT").to_ascii_uppercase()
}

fn planned(link: &Link, text: &str) -> Result<Vec<Node>, EngineError> {
    let mut plan = link.db.prepare(&format!("EXPLAIN QUERY PLAN {text}")).map_err(error::of)?;
    let mut rows = plan.raw_query();
    // By the parent, in the order in which SQLite tells them.
    let mut children: HashMap<i64, Vec<(i64, String)>> = HashMap::new();
    while let Some(row) = rows.next().map_err(error::of)? {
        let (id, parent): (i64, i64) =
            (row.get(0).map_err(error::of)?, row.get(1).map_err(error::of)?);
        children.entry(parent).or_default().push((id, row.get(3).map_err(error::of)?));
    }
    Ok(below(0, &mut children))
}

/// Each is taken out, so that no circle could hold us.
fn below(parent: i64, children: &mut HashMap<i64, Vec<(i64, String)>>) -> Vec<Node> {
    let own = children.remove(&parent).unwrap_or_default();
    own.into_iter().map(|(id, detail)| Node { detail, below: below(id, children) }).collect()
}

fn lines(nodes: &[Node], depth: usize, told: &mut String) {
    for node in nodes {
        told.push_str(&format!("{}-> {}\n", "   ".repeat(depth), node.detail));
        lines(&node.below, depth + 1, told);
    }
}

fn json(node: &Node, told: &mut String) {
    told.push_str("{\"Node Type\": ");
    mag_model::json::write_string(told, &node.detail);
    if !node.below.is_empty() {
        told.push_str(", \"Plans\": ");
        list(&node.below, told, json);
    }
    told.push('}');
}

fn list(nodes: &[Node], told: &mut String, each: impl Fn(&Node, &mut String)) {
    told.push('[');
    for (place, node) in nodes.iter().enumerate() {
        if place > 0 {
            told.push_str(", ");
        }
        each(node, told);
    }
    told.push(']');
}
