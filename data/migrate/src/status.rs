//! The files beside the history: what is applied, what waits, and where the two contradict.

use crate::error::Error;
use crate::folder::Migration;
use crate::history::{Applied, State};
use crate::name::Version;
use std::collections::BTreeMap;

/// One line for each version that either side knows, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub version: Version,
    pub name: String,
    pub standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Applied,
    Pending,
    /// Applied, and its up.sql says something else now.
    Changed,
    /// Applied, and its files are gone.
    Lost,
    /// Pending, and a newer one is applied.
    OutOfOrder {
        after: String,
    },
    /// It ended midway, outside of a transaction.
    HalfDone {
        statements: u64,
    },
}

impl Standing {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Lost => "lost",
            Self::OutOfOrder { .. } => "out of order",
            Self::HalfDone { .. } => "half done",
        }
    }
}

impl Line {
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
    fn trouble(&self, allow: Allow) -> Option<Error> {
        let migration = self.label();
        match &self.standing {
            Standing::Applied | Standing::Pending => None,
            Standing::Changed => Some(Error::Changed { migration }),
            Standing::Lost => Some(Error::Lost { migration }),
            Standing::OutOfOrder { .. } if allow.out_of_order => None,
            Standing::OutOfOrder { after } => {
                Some(Error::OutOfOrder { migration, after: after.clone() })
            }
            Standing::HalfDone { statements } => {
                Some(Error::HalfDone { migration, done: *statements })
            }
        }
    }
}

/// What one may overlook on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    pub out_of_order: bool,
}

impl Status {
    pub fn of(migrations: &[Migration], history: &[Applied]) -> Self {
        let files: BTreeMap<&Version, &Migration> =
            migrations.iter().map(|m| (&m.version, m)).collect();
        let applied: BTreeMap<&Version, &Applied> =
            history.iter().map(|a| (&a.version, a)).collect();
        let newest = history.iter().max_by(|a, b| a.version.cmp(&b.version));
        let mut versions: Vec<&Version> = files.keys().chain(applied.keys()).copied().collect();
        versions.sort_unstable();
        versions.dedup();
        let lines = versions.into_iter().map(|version| {
            let standing = match (files.get(version), applied.get(version)) {
                (_, Some(Applied { state: State::Begun | State::Failed, statements, .. })) => {
                    Standing::HalfDone { statements: *statements }
                }
                (Some(file), Some(done)) if file.checksum != done.checksum => Standing::Changed,
                (Some(_), Some(_)) => Standing::Applied,
                (None, _) => Standing::Lost,
                (Some(_), None) => match newest {
                    Some(newest) if newest.version > *version => {
                        Standing::OutOfOrder { after: newest.label() }
                    }
                    _ => Standing::Pending,
                },
            };
            let name = files.get(version).map(|m| m.name.clone());
            let name = name.or_else(|| applied.get(version).map(|a| a.name.clone()));
            Line { version: version.clone(), name: name.unwrap_or_default(), standing }
        });
        Self { lines: lines.collect() }
    }

    /// The first thing that has to be settled before anything is applied.
    pub fn trouble(&self, allow: Allow) -> Option<Error> {
        self.lines.iter().find_map(|line| line.trouble(allow))
    }
    pub fn pending(&self) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .filter(|line| matches!(line.standing, Standing::Pending | Standing::OutOfOrder { .. }))
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            writeln!(f, "{:<12} {}", line.standing.name(), line.label())?;
        }
        Ok(())
    }
}
