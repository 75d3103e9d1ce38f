//! Which migrations run, in which direction and order, to come to a target. Refused as a whole
//! while history and files contradict each other.

use crate::dialect::Dialect;
use crate::effects::{Effects, Mode};
use crate::error::Error;
use crate::folder::Migration;
use crate::history::Applied;
use crate::name::Version;
use crate::script::Script;
use crate::status::{Allow, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything that waits.
    Newest,
    /// Up to and with this version; down to it, and it stays.
    To(Version),
    /// So many migrations.
    Count(usize),
    /// Nothing is left.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
}

/// One script to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub direction: Direction,
    pub version: Version,
    pub name: String,
    /// Of the up.sql: what the history keeps.
    pub checksum: String,
    pub sql: String,
    /// What the history keeps for the way back.
    pub down: Option<String>,
}

impl Step {
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
    pub fn script(&self, dialect: &dyn Dialect) -> Result<Script, Error> {
        Script::read(&self.sql, dialect)
    }
    fn up(migration: &Migration) -> Self {
        Self {
            direction: Direction::Up,
            version: migration.version.clone(),
            name: migration.name.clone(),
            checksum: migration.checksum.clone(),
            sql: migration.up.clone(),
            down: migration.down.clone(),
        }
    }
}

impl Plan {
    pub fn up(
        migrations: &[Migration],
        history: &[Applied],
        target: &Target,
        allow: Allow,
    ) -> Result<Self, Error> {
        let status = Status::of(migrations, history);
        status.trouble(allow).map_or(Ok(()), Err)?;
        let waiting: Vec<&Migration> = status
            .pending()
            .filter_map(|line| migrations.iter().find(|m| m.version == line.version))
            .collect();
        let count = match target {
            Target::Newest => waiting.len(),
            Target::Count(n) => *n,
            Target::Nothing => 0,
            Target::To(version) => {
                known(version, migrations)?;
                waiting.iter().filter(|m| m.version <= *version).count()
            }
        };
        Ok(Self { steps: waiting.into_iter().take(count).map(Step::up).collect() })
    }

    /// The newest first. The down.sql of the folder counts; where it is gone, the one that the
    /// history has kept.
    pub fn down(
        migrations: &[Migration],
        history: &[Applied],
        target: &Target,
    ) -> Result<Self, Error> {
        let mut applied: Vec<&Applied> = history.iter().collect();
        applied.sort_by(|a, b| b.version.cmp(&a.version));
        let status = Status::of(migrations, history);
        let half = |error: &Error| matches!(error, Error::HalfDone { .. });
        status.trouble(Allow { out_of_order: true }).filter(half).map_or(Ok(()), Err)?;
        let count = match target {
            // Without a word, one step back.
            Target::Newest => 1,
            Target::Count(n) => *n,
            Target::Nothing => applied.len(),
            Target::To(version) => {
                if !applied.iter().any(|a| a.version == *version) {
                    known(version, migrations)?;
                }
                applied.iter().filter(|a| a.version > *version).count()
            }
        };
        let steps = applied.into_iter().take(count).map(|done| {
            let file = migrations.iter().find(|m| m.version == done.version);
            let down = file.and_then(|m| m.down.clone()).or_else(|| done.down.clone());
            let down = down.ok_or_else(|| Error::NoWayBack { migration: done.label() })?;
            Ok(Step {
                direction: Direction::Down,
                version: done.version.clone(),
                name: done.name.clone(),
                checksum: done.checksum.clone(),
                sql: down,
                down: None,
            })
        });
        Ok(Self { steps: steps.collect::<Result<_, Error>>()? })
    }

    /// Down and up again: for a migration that is still being written, so a changed one is fine.
    pub fn redo(
        migrations: &[Migration],
        history: &[Applied],
        count: usize,
    ) -> Result<Self, Error> {
        let mut plan = Self::down(migrations, history, &Target::Count(count))?;
        let mut again = Vec::with_capacity(plan.steps.len());
        for step in plan.steps.iter().rev() {
            let file = migrations.iter().find(|m| m.version == step.version);
            let file = file.ok_or_else(|| Error::Lost { migration: step.label() })?;
            again.push(Step::up(file));
        }
        plan.steps.extend(again);
        Ok(plan)
    }

    /// What each step does. A script that cannot be read ends the whole plan before it begins.
    pub fn effects(&self, dialect: &dyn Dialect) -> Result<Vec<Effects>, Error> {
        self.steps.iter().map(|step| Ok(Effects::of(&step.script(dialect)?, dialect))).collect()
    }
    /// The steps that cannot be undone as a whole when they fail midway.
    pub fn alone(&self, dialect: &dyn Dialect) -> Result<Vec<String>, Error> {
        let effects = self.effects(dialect)?;
        let alone = self.steps.iter().zip(effects).filter(|(_, e)| e.mode != Mode::Together);
        Ok(alone.map(|(step, _)| step.label()).collect())
    }
}

fn known(version: &Version, migrations: &[Migration]) -> Result<(), Error> {
    if migrations.iter().any(|m| m.version == *version) {
        return Ok(());
    }
    Err(Error::NoMigration { version: version.to_string() })
}
