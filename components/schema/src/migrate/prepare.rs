//! A script made ready to run: what the engine is told statement by statement, and what is kept
//! beside it as rules because the engine has no words for it. Pure.

use mag_adapter::Bound;
use mag_contract::{Fault, codes};
use mag_migrate::rules::{self, RuleChange};
use mag_migrate::{Dialect, Effects, Mode, Script, copy};
use mag_model::{Catalog, Value};

pub(crate) struct Prepared {
    /// Each with the line that it stands in.
    pub(crate) work: Vec<(usize, Bound)>,
    pub(crate) rules: Vec<RuleChange>,
    pub(crate) effects: Effects,
}

impl Prepared {
    pub(crate) fn of(
        sql: &str,
        dialect: &dyn Dialect,
        catalog: Option<&Catalog>,
        keeps_rules: bool,
    ) -> Result<Self, Fault> {
        let script = Script::read(sql, dialect)?;
        let effects = Effects::on(&script, dialect, catalog);
        let mut work = Vec::with_capacity(script.statements.len());
        let mut kept = Vec::new();
        let within = script.framed(dialect).unwrap_or(0..script.statements.len());
        for statement in &script.statements[within] {
            if keeps_rules {
                let read = rules::read(&statement.text).map_err(|why| {
                    let message = format!("line {}: {why}", statement.line);
                    Fault::new(codes::BAD_POLICY, message)
                        .details(statement.text.chars().take(EXCERPT).collect::<String>())
                })?;
                if let Some(changes) = read {
                    kept.extend(changes);
                    continue;
                }
                kept.extend(rules::renamed(&statement.text, dialect));
            }
            match copy::inserts(statement)? {
                None => work.push((statement.line, Bound::new(statement.text.clone(), vec![]))),
                Some(inserts) => work.extend(inserts.into_iter().map(|(sql, texts)| {
                    let value = |text: Option<String>| text.map_or(Value::Null, Value::text);
                    (statement.line, Bound::new(sql, texts.into_iter().map(value).collect()))
                })),
            }
        }
        Ok(Self { work, rules: kept, effects })
    }

    /// The statements can only run one by one.
    pub(crate) fn alone(&self) -> bool {
        self.effects.mode != Mode::Together
    }
    pub(crate) fn line_of(&self, statement: usize) -> Option<usize> {
        self.work.get(statement).map(|(line, _)| *line)
    }
}

/// Enough to find a statement again.
const EXCERPT: usize = 200;
