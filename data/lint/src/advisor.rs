//! What an advisor is, and what it finds.

use crate::facts::Engine;
use crate::scene::Scene;
use serde::Serialize;

#[derive(Clone, Copy, Debug)]
pub struct Advisor {
    pub id: &'static str,
    pub level: Level,
    pub engines: Engines,
    pub title: &'static str,
    /// Why it matters, for somebody who has not met it before.
    pub why: &'static str,
    pub(crate) check: fn(&Scene<'_>, &mut Vec<Found>),
}

/// The worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Data is open, or will be lost.
    Error,
    /// It will hurt, sooner or later.
    Warning,
    /// It could be better.
    Info,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engines {
    All,
    Postgres,
    Sqlite,
}

impl Engines {
    pub fn has(self, engine: Engine) -> bool {
        match self {
            Self::All => true,
            Self::Postgres => engine == Engine::Postgres,
            Self::Sqlite => engine == Engine::Sqlite,
        }
    }
}

/// One thing that an advisor has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub advisor: &'static str,
    pub level: Level,
    pub title: &'static str,
    /// `app.people.email`
    pub object: String,
    /// What it is here, in one sentence.
    pub detail: String,
    pub why: &'static str,
    /// SQL that mends it, where that is safe to say.
    pub remedy: Option<String>,
    /// The page that tells more.
    pub docs: String,
}

pub(crate) struct Found {
    pub(crate) object: String,
    pub(crate) detail: String,
    pub(crate) remedy: Option<String>,
}

impl Found {
    pub(crate) fn new(object: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { object: object.into(), detail: detail.into(), remedy: None }
    }
    pub(crate) fn remedy(mut self, sql: impl Into<String>) -> Self {
        self.remedy = Some(sql.into());
        self
    }
}

impl Advisor {
    pub(crate) fn run(&self, scene: &Scene<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        (self.check)(scene, &mut found);
        let finding = |found: Found| Finding {
            advisor: self.id,
            level: self.level,
            title: self.title,
            object: found.object,
            detail: found.detail,
            why: self.why,
            remedy: found.remedy,
            docs: format!("guides/advisors.md#{}", self.id),
        };
        found.into_iter().map(finding).collect()
    }
}
