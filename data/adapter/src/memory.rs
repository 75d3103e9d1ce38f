//! The operators in memory as an engine: what the suites compare with, and what a door is tested on
//! without a server.

use crate::abilities::Abilities;
use crate::discretion::discreet;
use crate::engine::{
    Answering, Console, Ending, Engine, MigrationLock, StructureChanged, Transaction,
};
use crate::error::EngineError;
use futures::StreamExt;
use futures::stream::BoxStream;
use mag_guard::Authorised;
use mag_model::Catalog;
use mag_query::{Answer, Plan, Rows};
use mag_rows::Database;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub struct Memory {
    database: Mutex<Database>,
    abilities: Abilities,
}

impl Memory {
    pub fn new(catalog: Arc<Catalog>) -> Self {
        let abilities = Abilities {
            engine: "memory".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            abilities: BTreeSet::new(),
        };
        Self { database: Mutex::new(Database::new(catalog)), abilities }
    }

    fn transact_now(&self, work: &Transaction) -> Result<Vec<Answer>, EngineError> {
        let mut held = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let mut trial = held.clone();
        let mut answers = Vec::with_capacity(work.plans.len());
        for plan in &*work.plans {
            let answer = trial.run(plan).map_err(of_rows);
            answers.push(answer.map_err(|error| discreet(error, [plan]))?);
        }
        if work.ending == Ending::Commit {
            *held = trial;
        }
        Ok(answers)
    }
}

pub(crate) fn of_rows(error: mag_rows::Error) -> EngineError {
    match error {
        mag_rows::Error::Value(bad) => bad.into(),
        mag_rows::Error::Broken { bad, about } => EngineError { about: Some(about), ..bad.into() },
        mag_rows::Error::RowRefused { .. } => EngineError {
            code: mag_contract::codes::ROW_REFUSED,
            ..EngineError::of_state("42501", error.to_string())
        },
        mag_rows::Error::TooManyAffected { rows } => EngineError::too_many_affected(rows),
        mag_rows::Error::Unsupported { .. } => EngineError::unsupported(error.to_string()),
    }
}

fn no<T: Send + 'static>(what: &'static str) -> Answering<'static, T> {
    Box::pin(async move { Err(EngineError::unsupported(format!("memory has no {what}"))) })
}

impl Engine for Memory {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }
    fn ping(&self) -> Answering<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    fn inspect(&self, _known: u64) -> Answering<'_, Arc<Catalog>> {
        let held = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let catalog = held.catalog.clone();
        Box::pin(async move { Ok(catalog) })
    }
    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>> {
        let answers = self.transact_now(&work);
        Box::pin(async move { answers })
    }
    fn explain(&self, _plan: Authorised<Plan>, _analyze: bool) -> Answering<'_, String> {
        no("plan of its own")
    }
    fn console(&self, _console: Console) -> Answering<'_, Vec<Rows>> {
        no("console")
    }
    fn lock_migrations(&self, _within: Duration) -> Answering<'_, MigrationLock> {
        no("migrations")
    }
    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        Box::pin(async { Ok(futures::stream::pending().boxed()) })
    }
}
