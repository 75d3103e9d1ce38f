//! The cases, as data: tables, rows, rules, people, and one line a call with what it must answer.

use super::NOON;
use mag_contract::Actor;
use mag_guard::{Ruleset, Session};
use mag_model::catalog::Draft;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub struct Suite {
    pub name: &'static str,
    pub schema: String,
    pub draft: Draft,
    /// In the order in which they can be loaded.
    pub rows: Vec<(String, String)>,
    pub rules: Ruleset,
    people: BTreeMap<String, Person>,
    differences: Vec<Difference>,
    pub cases: Vec<Case>,
}

/// Everything but the cases of one suite.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    catalog: Draft,
    rows: Vec<(String, Box<serde_json::value::RawValue>)>,
    rules: Ruleset,
    people: BTreeMap<String, Person>,
    #[serde(default)]
    differences: Vec<Difference>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    role: String,
    claims: serde_json::Value,
}

/// A difference that someone has looked at and found right.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    engine: String,
    /// The beginning of the case's line.
    case: String,
    reason: String,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub who: String,
    pub line: String,
    pub expected: Outcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Answered { json: Option<String>, rows: u64, count: Option<u64> },
    Refused { state: String, message: String },
}

impl Outcome {
    pub fn refused(state: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused { state: state.into(), message: message.into() }
    }
    fn read(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix("!! ") {
            let (state, message) = rest.split_once(' ').unwrap_or((rest, ""));
            return Self::refused(state, message);
        }
        let rest = text.strip_prefix("=> ").unwrap_or(text);
        let (numbers, json) = rest.split_once(' ').unwrap_or((rest, ""));
        let (rows, count) = numbers.split_once('/').unwrap_or((numbers, ""));
        Self::Answered {
            json: (!json.is_empty()).then(|| json.to_owned()),
            rows: rows.parse().unwrap_or(0),
            count: count.parse().ok(),
        }
    }
}

/// `=> rows[/count] json`, or `!! state message`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { json, rows, count } => {
                write!(f, "=> {rows}")?;
                if let Some(count) = count {
                    write!(f, "/{count}")?;
                }
                match json {
                    Some(json) => write!(f, " {json}"),
                    None => Ok(()),
                }
            }
            Self::Refused { state, message } => write!(f, "!! {state} {message}"),
        }
    }
}

impl Case {
    pub fn new(who: impl Into<String>, line: impl Into<String>) -> Self {
        let expected = Outcome::refused("", "nothing is expected yet");
        Self { who: who.into(), line: line.into(), expected }
    }
    /// Whether the order of the rows is part of the answer.
    pub fn ordered(&self) -> bool {
        self.line.contains("order=")
    }
}

impl Suite {
    pub(crate) fn load(name: &'static str, setting: &str, cases: &str) -> Self {
        let setting: Setting =
            serde_json::from_str(setting).expect("a suite's setting is checked by its own test");
        let rows = setting.rows.into_iter().map(|(table, rows)| (table, rows.get().to_owned()));
        Self {
            name,
            schema: "public".into(),
            draft: setting.catalog,
            rows: rows.collect(),
            rules: setting.rules,
            people: setting.people,
            differences: setting.differences,
            cases: read_cases(cases),
        }
    }

    /// The same without the rows in which the text stands, and without the cases.
    pub(crate) fn without(&self, text: &str) -> Self {
        let kept = |rows: &String| {
            let all: Vec<Box<serde_json::value::RawValue>> =
                serde_json::from_str(rows).unwrap_or_default();
            let kept: Vec<&str> =
                all.iter().map(|row| row.get()).filter(|row| !row.contains(text)).collect();
            format!("[{}]", kept.join(","))
        };
        Self {
            name: self.name,
            schema: self.schema.clone(),
            draft: self.draft.clone(),
            rows: self.rows.iter().map(|(table, rows)| (table.clone(), kept(rows))).collect(),
            rules: self.rules.clone(),
            people: self.people.clone(),
            differences: self.differences.clone(),
            cases: Vec::new(),
        }
    }

    pub fn session(&self, who: &str) -> Option<Arc<Session>> {
        let person = self.people.get(who)?;
        let claims = person.claims.to_string();
        Some(Arc::new(Session::new(Actor::owner(who), person.role.as_str(), claims, NOON)))
    }

    pub fn reviewed(&self, engine: &str, case: &Case) -> Option<&str> {
        let known = self.differences.iter();
        known
            .filter(|d| d.engine == engine && case.line.starts_with(&d.case))
            .map(|d| d.reason.as_str())
            .next()
    }
}

/// `# what this is about`, `as somebody`, a call, and the line with its outcome.
pub(crate) fn read_cases(text: &str) -> Vec<Case> {
    let mut who = String::from("admin");
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("as ") {
            name.clone_into(&mut who);
        } else if line.starts_with("=> ") || line.starts_with("!! ") {
            if let Some(case) = cases.last_mut() {
                case.expected = Outcome::read(line);
            }
        } else {
            cases.push(Case::new(who.clone(), line));
        }
    }
    cases
}

pub fn suites() -> Vec<Suite> {
    vec![
        Suite::load(
            "blog",
            include_str!("../../cases/blog/setting.json"),
            include_str!("../../cases/blog/cases.txt"),
        ),
        Suite::load(
            "types",
            include_str!("../../cases/types/setting.json"),
            include_str!("../../cases/types/cases.txt"),
        ),
    ]
}
