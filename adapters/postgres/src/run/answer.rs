//! A plan as its statements, and their replies as its answer.

use super::bulk::Bulk;
use crate::types;
use crate::wire::{Ask, Reply};
use fallible_iterator::FallibleIterator;
use mag_adapter::EngineError;
use mag_contract::codes;
use mag_model::{Type, Value};
use mag_query::call::{Count, Explain, Form};
use mag_query::plan::Insert;
use mag_query::{Answer, Body, Plan, Rows, Rules, Work};
use mag_sql::{Statement, Steps};
use std::sync::Arc;

pub(super) struct Rendered<'a> {
    plan: &'a Plan,
    statement: Option<Statement>,
    /// Writes whose rules are in the plan.
    pub(super) steps: Option<Steps>,
    pub(super) count: Option<Statement>,
    explained: Option<String>,
    pub(super) counting: Counting,
    pub(super) bulk: Option<Bulk>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    Nothing,
    /// By a statement beside the other.
    Exact,
    Planned,
    Estimated,
    /// The rows of the answer are all there are.
    Rows,
    /// Each row of the answer tells it.
    Within,
}

impl<'a> Rendered<'a> {
    pub(super) fn new(plan: &'a mag_guard::Authorised<Plan>) -> Result<Self, EngineError> {
        let plan: &Plan = plan;
        let dialect = &super::dialect_of(plan);
        let bulk = Bulk::of(plan);
        let counting = counting(plan);
        let (statement, steps) = match &plan.work {
            _ if bulk.is_some() => (None, None),
            Work::Read(_) => (Some(mag_sql::read(plan, dialect)), None),
            Work::Invoke(_) if counting == Counting::Within => {
                (Some(mag_sql::invoke_counted(plan, dialect)), None)
            }
            Work::Invoke(_) => (Some(mag_sql::invoke(plan, dialect)), None),
            _ if needs_steps(plan) => (None, Some(mag_sql::steps(plan, dialect))),
            _ => (Some(mag_sql::one_statement(plan, dialect)), None),
        };
        let count = match counting {
            Counting::Nothing | Counting::Rows | Counting::Within => None,
            Counting::Exact | Counting::Planned | Counting::Estimated => {
                Some(mag_sql::count(plan, dialect).map_err(cannot)?)
            }
        };
        let explained = match counting {
            Counting::Planned | Counting::Estimated => {
                count.as_ref().map(|count| format!("EXPLAIN (FORMAT JSON) {}", count.text))
            }
            Counting::Nothing | Counting::Exact | Counting::Rows | Counting::Within => None,
        };
        let mut statement = statement.transpose().map_err(cannot)?;
        if let (Some(statement), Some(explain)) = (&mut statement, &plan.wish.explain) {
            statement.text = explained_text(plan, *explain, &statement.text);
            statement.columns = vec![("plan".into(), Type::Text)];
        }
        Ok(Self {
            plan,
            statement,
            steps: steps.transpose().map_err(cannot)?,
            count,
            explained,
            counting,
            bulk,
        })
    }

    /// Nothing has to be looked at before the transaction ends.
    pub(super) fn goes_in_one(&self) -> bool {
        self.steps.is_none()
            && self.bulk.is_none()
            && self.plan.max_affected.is_none()
            && self.plan.wish.exactly.is_none()
            && self.counting != Counting::Estimated
    }

    pub(super) fn first(&self) -> Option<&Statement> {
        self.statement.as_ref().or_else(|| self.steps.as_ref()?.writes.first())
    }

    pub(super) fn asks(&self) -> impl Iterator<Item = Ask<'_>> {
        let count = self.count.as_ref().map(|count| match &self.explained {
            None => ask_number(count),
            // Its arguments are the count's.
            Some(text) => Ask { sql: text, keep: false, ..ask_number(count) },
        });
        let changed = counts_changed(self.plan).then(|| Ask::new(CHANGED));
        let explains = self.plan.wish.explain.is_some();
        let first = self.statement.iter().map(move |statement| match explains {
            true => Ask { keep: false, ..ask_number(statement) },
            false => ask(statement),
        });
        first.chain(count).chain(changed)
    }

    pub(super) fn answer(&self, replies: &[Reply]) -> Result<Answer, EngineError> {
        let (Some(statement), Some(reply)) = (&self.statement, replies.first()) else {
            return Err(EngineError::broken("PostgreSQL gave no answer to a statement"));
        };
        if self.plan.wish.explain.is_some() {
            let lines: Vec<&str> =
                reply.texts().filter_map(|row| row.first().copied().flatten()).collect();
            let body = Body::Json((lines.join("\n") + "\n").into_bytes());
            return Ok(Answer { body, ..Answer::default() });
        }
        let mut rows = rows(reply, &statement.columns)?;
        if mag_sql::counts_touched(self.plan) {
            self.bounded(&mut rows)?;
        }
        if self.plan.wish.form != Form::Rows && self.plan.answer().is_some() {
            return Ok(self.formed(rows, replies));
        }
        let touched = match self.plan.answer() {
            Some(_) => u64::try_from(rows.rows.len()).unwrap_or(u64::MAX),
            None => reply.affected(),
        };
        let beside = || replies.get(1).and_then(Reply::first_text);
        let count = match self.counting {
            Counting::Nothing => None,
            Counting::Rows => Some(touched),
            Counting::Within => self.within(&mut rows),
            Counting::Exact => beside().and_then(|text| text.parse().ok()),
            Counting::Planned | Counting::Estimated => {
                beside().and_then(|json| planned_rows(&json))
            }
        };
        let inserted = counts_changed(self.plan).then(|| {
            let changed = beside().and_then(|text| text.parse().ok()).unwrap_or(0);
            touched.saturating_sub(changed)
        });
        Ok(Answer { body: Body::Rows(rows), count, rows: touched, inserted, ..Answer::default() })
    }

    /// Rows that are touched and not told count as well.
    fn bounded(&self, rows: &mut Rows) -> Result<(), EngineError> {
        rows.columns.truncate(rows.columns.len().saturating_sub(2));
        let mut affected = 0;
        rows.rows.retain_mut(|row| {
            let touched = row.pop().and_then(|cell| cell.as_int());
            affected = touched.and_then(|n| u64::try_from(n).ok()).unwrap_or(u64::MAX);
            row.pop() == Some(Value::Bool(true))
        });
        match self.plan.max_affected {
            Some(most) if affected > most => Err(EngineError::too_many_affected(affected)),
            _ => Ok(()),
        }
    }

    /// The number that is the last cell of each row. Beyond the last row nobody tells it.
    fn within(&self, rows: &mut Rows) -> Option<u64> {
        rows.columns.pop();
        let cells: Vec<Option<Value>> = rows.rows.iter_mut().map(Vec::pop).collect();
        match cells.into_iter().next() {
            Some(cell) => cell.and_then(|cell| cell.as_int()).and_then(|n| u64::try_from(n).ok()),
            None => self.plan.answer().filter(|select| select.offset == 0).map(|_| 0),
        }
    }

    /// The one value that all rows became, and how many they were.
    fn formed(&self, rows: Rows, replies: &[Reply]) -> Answer {
        let mut cells = rows.rows.into_iter().next().unwrap_or_default().into_iter();
        let body = match cells.next() {
            Some(Value::Bytes(bytes)) => bytes.to_vec(),
            Some(Value::Text(text)) => text.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        let touched = match cells.next() {
            Some(Value::Int(n)) => u64::try_from(n).unwrap_or(0),
            _ => 0,
        };
        let beside = || replies.get(1).and_then(Reply::first_text);
        let count = match self.counting {
            Counting::Nothing | Counting::Within => None,
            Counting::Rows => Some(touched),
            Counting::Exact => beside().and_then(|text| text.parse().ok()),
            Counting::Planned | Counting::Estimated => {
                beside().and_then(|json| planned_rows(&json))
            }
        };
        Answer { body: Body::Json(body), count, rows: touched, ..Answer::default() }
    }
}

/// How many rows the upsert before it has changed, and from zero again.
const CHANGED: &str =
    "SELECT current_setting('magflock.changed', true), set_config('magflock.changed', '', true)";

/// An upsert in one statement, whose changed rows are counted in the server.
fn counts_changed(plan: &Plan) -> bool {
    let Work::Insert(insert) = &plan.work else { return false };
    let merges = insert.on_conflict.as_ref().is_some_and(|clash| clash.merge.is_some());
    merges && !needs_steps(plan) && plan.wish.explain.is_none()
}

/// What a read costs with its rows made into one document, which clients look for at the top of a
/// plan: here that is done outside of the engine, and costs about as much.
fn explained_text(plan: &Plan, explain: Explain, text: &str) -> String {
    let words = explain_words(explain);
    match &plan.work {
        Work::Read(_) | Work::Invoke(_) if plan.wish.form == Form::Rows => format!(
            "{words} SELECT count(*) AS rows, coalesce(json_agg(r), '[]'::json) AS body FROM ({text}) AS r"
        ),
        _ => format!("{words} {text}"),
    }
}

fn explain_words(explain: Explain) -> String {
    let mut words = vec![if explain.json { "FORMAT JSON" } else { "FORMAT TEXT" }];
    let options = [
        (explain.analyze, "ANALYZE"),
        (explain.verbose, "VERBOSE"),
        (explain.settings, "SETTINGS"),
        (explain.buffers, "BUFFERS"),
        (explain.wal, "WAL"),
    ];
    words.extend(options.iter().filter(|(wanted, _)| *wanted).map(|(_, word)| *word));
    format!("EXPLAIN ({})", words.join(", "))
}

/// A rule in the plan that only the written row can be held against.
fn needs_steps(plan: &Plan) -> bool {
    if plan.rules == Rules::Native {
        return false;
    }
    match &plan.work {
        Work::Insert(insert) => insert.check.is_some() || clash_has_rules(insert),
        Work::Update(update) => update.check.is_some(),
        Work::Delete(_) | Work::Read(_) | Work::Invoke(_) => false,
    }
}

fn clash_has_rules(insert: &Insert) -> bool {
    insert.on_conflict.as_ref().is_some_and(|clash| clash.using.is_some() || clash.check.is_some())
}

fn behind_a_rule(plan: &Plan) -> bool {
    let mut found = false;
    if let Some(select) = plan.answer() {
        select.visit(&mut |select| found |= select.sources.iter().any(|s| s.rule.is_some()));
    }
    found
}

pub(super) fn counting(plan: &Plan) -> Counting {
    let Some(count) = plan.count else { return Counting::Nothing };
    match &plan.work {
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => Counting::Rows,
        // Counting would call it a second time.
        Work::Invoke(invoke) if !invoke.read_only => {
            let all = invoke.select.limit.is_none() && invoke.select.offset == 0;
            match (all, &plan.wish.form) {
                (true, _) => Counting::Rows,
                (false, Form::Rows) if plan.wish.explain.is_none() => Counting::Within,
                (false, _) => Counting::Nothing,
            }
        }
        Work::Read(_) | Work::Invoke(_) => match count {
            // Statistics are of all rows, those behind a policy of the plan included.
            Count::Planned | Count::Estimated if behind_a_rule(plan) => Counting::Exact,
            Count::Exact => Counting::Exact,
            Count::Planned => Counting::Planned,
            Count::Estimated => Counting::Estimated,
        },
    }
}

pub(super) fn ask(statement: &Statement) -> Ask<'_> {
    let arguments = statement.args.iter().map(|arg| types::argument(&arg.value)).collect();
    let keep = statement.text.len() <= TEXT_KEPT_MAX;
    Ask { keep, as_text: false, ..Ask::with(&statement.text, arguments) }
}

/// For a number that is read as it is written.
pub(super) fn ask_number(statement: &Statement) -> Ask<'_> {
    Ask { as_text: true, ..ask(statement) }
}

/// A longer text is a bulk of rows, which seldom comes in the same number again.
const TEXT_KEPT_MAX: usize = 16 * 1024;

pub(crate) fn rows(reply: &Reply, columns: &[(Arc<str>, Type)]) -> Result<Rows, EngineError> {
    let mut rows = Vec::with_capacity(reply.rows.len());
    for row in &reply.rows {
        let mut cells: Vec<Value> = Vec::with_capacity(columns.len());
        let mut ranges = row.ranges();
        let malformed = |_| EngineError::broken("PostgreSQL sent a row that cannot be read");
        while let Some(range) = ranges.next().map_err(malformed)? {
            let at = cells.len();
            let Some((_, ty)) = columns.get(at) else { break };
            let Some(bytes) = range.and_then(|range| row.buffer().get(range)) else {
                cells.push(Value::Null);
                continue;
            };
            cells.push(match (reply.binary.get(at), reply.fields.get(at)) {
                (Some(true), Some(field)) => types::of_binary(field.oid, bytes, ty)?,
                _ => types::of_text(&String::from_utf8_lossy(bytes), ty),
            });
        }
        if cells.len() != columns.len() {
            return Err(EngineError::broken(
                "PostgreSQL sent another number of columns than asked",
            ));
        }
        rows.push(cells);
    }
    Ok(Rows { columns: columns.to_vec(), rows, ..Rows::default() })
}

/// What the planner expects below the count itself.
fn planned_rows(json: &str) -> Option<u64> {
    let explained: serde_json::Value = serde_json::from_str(json).ok()?;
    let mut node = explained.get(0)?.get("Plan")?;
    while node.get("Node Type")?.as_str()?.contains("Aggregate") {
        node = node.get("Plans")?.get(0)?;
    }
    node.get("Plan Rows")?.as_u64()
}

pub(super) fn cannot(error: mag_sql::Error) -> EngineError {
    match error {
        mag_sql::Error::Unsupported { .. } => EngineError::unsupported(error.to_string()),
        mag_sql::Error::Misfit(bad) => bad.into(),
        mag_sql::Error::NoType { .. } => EngineError::of_state("42704", error.to_string()),
        mag_sql::Error::TooManyValues { .. } => {
            EngineError::new(codes::ENGINE_REFUSED, error.to_string())
                .hint("send fewer values at a time")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::planned_rows;

    #[test]
    fn an_estimate_is_what_is_expected_below_the_count() {
        let json = r#"[{"Plan":{"Node Type":"Aggregate","Plan Rows":1,"Plans":[
            {"Node Type":"Seq Scan","Plan Rows":4711}]}}]"#;
        assert_eq!(planned_rows(json), Some(4711));
        assert_eq!(planned_rows("[]"), None);
    }
}
