//! What can be wrong with migrations, before a server is asked.

use mag_contract::Fault;
use mag_contract::codes::{self, Code};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{} in the folder of migrations cannot be read", match .0.len() { 1 => "one name".to_owned(), n => format!("{n} names") })]
    BadFolder(Vec<Misplaced>),
    #[error("`{given}` is no name for a migration")]
    BadName { given: String },
    #[error("no migration has the version {version}")]
    NoMigration { version: String },
    #[error("the migration `{migration}` has no down.sql")]
    NoWayBack { migration: String },
    #[error("line {line} of the script: {problem}")]
    BadScript { line: usize, problem: String },
    #[error("{} would destroy what cannot be brought back", match .0.len() { 1 => "one step".to_owned(), n => format!("{n} steps") })]
    Destructive(Vec<crate::consent::Unconsented>),
    #[error("the migration `{migration}` was changed after it was applied")]
    Changed { migration: String },
    #[error("the files of the applied migration `{migration}` are gone")]
    Lost { migration: String },
    #[error("the migration `{migration}` is older than `{after}`, which is applied")]
    OutOfOrder { migration: String, after: String },
    #[error("somebody else is migrating `{source_name}` right now")]
    AnotherRunner { source_name: String },
    #[error("the migration `{migration}` ended midway, after {done} statements")]
    HalfDone { migration: String, done: u64 },
}

/// One file or folder that is not what a migration looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    pub path: String,
    pub problem: String,
}

impl Error {
    pub fn code(&self) -> Code {
        match self {
            Self::BadFolder(_) | Self::BadName { .. } => codes::BAD_MIGRATION,
            Self::NoMigration { .. } => codes::NO_MIGRATION,
            Self::NoWayBack { .. } => codes::NO_WAY_BACK,
            Self::BadScript { .. } => codes::BAD_SCRIPT,
            Self::Destructive(_) => codes::DESTRUCTIVE_STEP,
            Self::Changed { .. } => codes::MIGRATION_CHANGED,
            Self::Lost { .. } => codes::MIGRATION_LOST,
            Self::OutOfOrder { .. } => codes::MIGRATION_OUT_OF_ORDER,
            Self::AnotherRunner { .. } => codes::MIGRATION_RUNNING,
            Self::HalfDone { .. } => codes::MIGRATION_HALF_DONE,
        }
    }

    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::BadFolder(_) => {
                "a migration is `migrations/<14 digits>_<name>/up.sql`, with a down.sql beside it"
                    .into()
            }
            Self::BadName { .. } => "take letters, digits and `_`: `add_people`".into(),
            Self::NoMigration { .. } => "`migrate:status` lists the migrations".into(),
            Self::NoWayBack { .. } => "write its down.sql, or go back by a new migration".into(),
            Self::BadScript { .. } => return None,
            Self::Destructive(steps) => {
                let names: Vec<String> = steps.iter().map(|s| format!("`{}`", s.consent)).collect();
                format!("consent to each that is meant: {}", names.join(", "))
            }
            Self::Changed { .. } => {
                "put the file back as it was, and say what is new in a new migration".into()
            }
            Self::Lost { .. } => "bring its folder back from version control".into(),
            Self::OutOfOrder { .. } => {
                "give it a newer version, or say `--out-of-order`".into()
            }
            Self::AnotherRunner { .. } => "wait until it is done, and look at the status".into(),
            Self::HalfDone { .. } => {
                "look at what it did, finish or undo it by hand, then say `mobo migrate:mark ... done` or `undone`"
                    .into()
            }
        })
    }

    pub fn details(&self) -> Option<String> {
        let lines: Vec<String> = match self {
            Self::BadFolder(all) => {
                all.iter().map(|one| format!("{}: {}", one.path, one.problem)).collect()
            }
            Self::Destructive(steps) => steps
                .iter()
                .map(|s| format!("{} line {}: {}", s.whose, s.danger.line, s.danger.why))
                .collect(),
            _ => return None,
        };
        Some(lines.join("\n"))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let mut fault = Self::new(error.code(), error.to_string());
        if let Some(details) = error.details() {
            fault = fault.details(details);
        }
        match error.hint() {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}
