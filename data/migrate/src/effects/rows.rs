//! `DELETE` and `UPDATE` of every row there is, wherever in a statement they stand. The parser tells
//! what the condition is; where it cannot read the statement, its words do.

use super::Reader;
use super::words::{Word, Words};
use sqlparser::ast::{
    BinaryOperator, Expr, FromTable, Statement, TableFactor, UnaryOperator, Value, Visit, Visitor,
};
use std::ops::ControlFlow;

impl Reader<'_> {
    pub(super) fn rows(&mut self, text: &str, words: &Words) {
        if words.any("REPLACE") && !words.has(&["OR", "REPLACE", "VIEW"]) {
            let head = words.head(3);
            if head.first() == Some(&"REPLACE") || *head == ["INSERT", "OR", "REPLACE"] {
                self.warn(
                    "replaces",
                    "",
                    "rows with the same key are deleted first, with all their other columns",
                    Some("INSERT ... ON CONFLICT DO UPDATE"),
                );
            }
        }
        if !words.any("DELETE") && !words.any("UPDATE") {
            return;
        }
        // The body of a function, a trigger, a rule or a policy does not run now.
        let head = words.head(4);
        if head.first() == Some(&"CREATE") && !head.contains(&"TABLE") {
            return;
        }
        match self.parsed(text) {
            Some(found) => found.into_iter().for_each(|(verb, table)| self.all_rows(verb, table)),
            None => spelled(words.all()).into_iter().for_each(|(v, t)| self.all_rows(v, t)),
        }
    }

    fn all_rows(&mut self, verb: &str, table: String) {
        if self.is_new(&table) {
            return;
        }
        match verb {
            "delete" => self.danger("delete_all", table, "no condition holds it back: all rows go"),
            _ => self.danger(
                "update_all",
                table,
                "no condition holds it back: the old values of all rows are gone",
            ),
        }
    }

    fn parsed(&self, text: &str) -> Option<Vec<(&'static str, String)>> {
        let statements = crate::parse::parse(text, self.dialect)?;
        let mut finder = Finder(Vec::new());
        let _ = statements.visit(&mut finder);
        Some(finder.0)
    }
}

struct Finder(Vec<(&'static str, String)>);

impl Visitor for Finder {
    type Break = ();
    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Delete(delete)
                if open(delete.selection.as_ref()) && delete.limit.is_none() =>
            {
                let from = match &delete.from {
                    FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from) => from,
                };
                for table in from {
                    self.0.push(("delete", name_of(&table.relation)));
                }
            }
            Statement::Update(update)
                // A join with another table is a condition of its kind.
                if open(update.selection.as_ref())
                    && update.limit.is_none()
                    && update.from.is_none() =>
            {
                self.0.push(("update", name_of(&update.table.relation)));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn name_of(table: &TableFactor) -> String {
    match table {
        TableFactor::Table { name, .. } => {
            let parts = name.0.iter().map(|part| match part.as_ident() {
                Some(ident) if ident.quote_style.is_none() => ident.value.to_lowercase(),
                Some(ident) => ident.value.clone(),
                None => part.to_string(),
            });
            parts.collect::<Vec<_>>().join(".")
        }
        other => other.to_string(),
    }
}

fn open(condition: Option<&Expr>) -> bool {
    condition.is_none_or(always)
}

/// Whether the condition holds for every row, whatever is in it.
pub(super) fn always(condition: &Expr) -> bool {
    match condition {
        Expr::Nested(inner) => always(inner),
        Expr::Value(value) => match &value.value {
            Value::Boolean(truth) => *truth,
            Value::Number(number, _) => number.parse::<f64>().is_ok_and(|n| n != 0.0),
            _ => false,
        },
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => never(expr),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => always(left) || always(right),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => always(left) && always(right),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            matches!((&**left, &**right), (Expr::Value(a), Expr::Value(b)) if a.value == b.value)
        }
        _ => false,
    }
}

fn never(condition: &Expr) -> bool {
    match condition {
        Expr::Nested(inner) => never(inner),
        Expr::Value(value) => value.value == Value::Boolean(false),
        _ => false,
    }
}

/// `DELETE FROM t` and `UPDATE t SET` without a `WHERE` before their bracket closes.
fn spelled(words: &[Word]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |at| words[at].upper.as_str());
        let next = words.get(at + 1).map_or("", |w| w.upper.as_str());
        let begins = matches!(before, "" | "(" | ")" | "ANALYZE" | "EXPLAIN" | "AS");
        let (verb, name_at) = match word.upper.as_str() {
            "DELETE" if next == "FROM" => ("delete", at + 2),
            "UPDATE" if begins && next != "SET" => ("update", at + 1),
            _ => continue,
        };
        let mut depth = 0usize;
        let conditioned = words[at..].iter().find_map(|word| match word.upper.as_str() {
            "(" => {
                depth += 1;
                None
            }
            ")" if depth == 0 => Some(false),
            ")" => {
                depth -= 1;
                None
            }
            ";" => Some(false),
            "WHERE" if depth == 0 => Some(true),
            _ => None,
        });
        if conditioned != Some(true) {
            let mut name = Words::from(words.get(name_at..).unwrap_or_default());
            name.accept(&["ONLY"]);
            found.push((verb, name.name().unwrap_or_default()));
        }
    }
    found
}
