//! Policies that ask who is asking, for each row.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, sql_name};
use mag_migrate::lex;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "auth_per_row",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a policy asks who is asking, for each row anew",
    why: "In a sub-select the answer is worked out once for the whole statement; without it, once a row: on large tables a hundred times slower.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for policy in &scene.facts.policies {
        let mut clauses = Vec::new();
        for (word, text) in [("USING", &policy.using), ("WITH CHECK", &policy.check)] {
            if let Some(better) = text.as_deref().and_then(once) {
                clauses.push(format!("{word} ({better})"));
            }
        }
        if !clauses.is_empty() {
            let table = sql_name(&policy.schema, &policy.table);
            let remedy = format!(
                "ALTER POLICY {} ON {table} {};",
                mag_migrate::dialect::ident(&policy.name),
                clauses.join(" ")
            );
            let detail = "`auth.*()` stands there bare";
            found.push(Found::new(format!("{table}.{}", policy.name), detail).remedy(remedy));
        }
    }
}

/// The condition with each bare call in a sub-select of its own; `None` when there is no bare one.
fn once(condition: &str) -> Option<String> {
    let tokens = lex::tokens(condition, lex::POSTGRES, false);
    let word = |at: usize| {
        tokens.get(at).map_or(String::new(), |t| condition[t.start..t.end].to_ascii_lowercase())
    };
    let mut better = String::new();
    let mut copied = 0;
    for at in 0..tokens.len() {
        let asks = matches!(word(at + 2).as_str(), "uid" | "jwt" | "role" | "email");
        let call = word(at) == "auth" && word(at + 1) == "." && asks;
        let call = call && word(at + 3) == "(" && word(at + 4) == ")";
        let alone = at.checked_sub(1).is_none_or(|before| word(before) != "select");
        if call && alone {
            let (start, end) = (tokens[at].start, tokens[at + 4].end);
            better.push_str(&condition[copied..start]);
            better.push_str(&format!("(SELECT {})", &condition[start..end]));
            copied = end;
        }
    }
    (copied > 0).then(|| format!("{better}{}", &condition[copied..]))
}
