//! What operations on migrations answer.

use super::Prepared;
use mag_migrate::{Consents, Danger, Direction, Effects, Mode, Step, Warning};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// `project/source`
    pub(crate) at: String,
    /// What was run, or would be.
    pub(crate) steps: Vec<StepRow>,
    /// How many wait still.
    pub(crate) waiting: usize,
    /// What would be destroyed, and how one consents to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dangers: Vec<DangerRow>,
    /// Worth knowing on a source that is in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<WarningRow>,
    /// Policies that cannot be read: their tables are closed until they are mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StepRow {
    pub(crate) migration: String,
    /// `up` or `down`
    pub(crate) direction: &'static str,
    /// In one transaction, or why not.
    pub(crate) runs: String,
    pub(crate) statements: usize,
    /// Statements about who may do what, which are kept as rules.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) rules: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) took_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DangerRow {
    pub(crate) migration: String,
    pub(crate) line: usize,
    pub(crate) why: String,
    /// For `--consent`.
    pub(crate) consent: String,
    pub(crate) given: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WarningRow {
    pub(crate) migration: String,
    pub(crate) line: usize,
    pub(crate) object: String,
    pub(crate) why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instead: Option<String>,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

impl Report {
    /// What would be done, without having done anything.
    pub(crate) fn add(&mut self, step: &Step, script: &Prepared, consents: &Consents) {
        let label = step.label();
        self.steps.push(StepRow {
            migration: label.clone(),
            direction: direction(step.direction),
            runs: match &script.effects.mode {
                Mode::Together => "in one transaction".into(),
                Mode::OneByOne { line, why } => format!("one by one: line {line}, {why}"),
            },
            statements: script.work.len() + script.rules.len(),
            rules: script.rules.len(),
            took_ms: None,
        });
        self.dangers.extend(dangers(&label, &script.effects, consents));
        self.warnings.extend(warnings(&label, &script.effects));
    }
}

pub(crate) fn dangers(migration: &str, effects: &Effects, consents: &Consents) -> Vec<DangerRow> {
    let row = |danger: &Danger| DangerRow {
        migration: migration.to_owned(),
        line: danger.line,
        why: danger.why.clone(),
        consent: danger.consent(),
        given: consents.covers(danger),
    };
    effects.dangers.iter().map(row).collect()
}

pub(crate) fn warnings(migration: &str, effects: &Effects) -> Vec<WarningRow> {
    let row = |warning: &Warning| WarningRow {
        migration: migration.to_owned(),
        line: warning.line,
        object: warning.object.clone(),
        why: warning.why.clone(),
        instead: warning.instead.clone(),
    };
    effects.warnings.iter().map(row).collect()
}
