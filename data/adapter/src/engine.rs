//! The port that every adapter fills. Futures are boxed: an engine is used behind `dyn`.

use crate::abilities::Abilities;
use crate::error::EngineError;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use mag_guard::Authorised;
use mag_model::Value;
use mag_model::catalog::Catalog;
use mag_query::{Answer, Plan, Rows};
use std::sync::Arc;
use std::time::Duration;

pub type Answering<'a, T> = BoxFuture<'a, Result<T, EngineError>>;

pub trait Engine: Send + Sync {
    fn abilities(&self) -> &Abilities;

    /// Whether it answers at all.
    fn ping(&self) -> Answering<'_, ()>;

    /// Reads the structure anew, as the next version after `known`.
    fn inspect(&self, known: u64) -> Answering<'_, Arc<Catalog>>;

    /// Runs the plans in their order in one transaction, and gives an answer for each. The first
    /// error undoes all.
    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>>;

    /// One plan, in its own transaction.
    fn run(&self, plan: Authorised<Plan>) -> Answering<'_, Answer> {
        let work = Transaction::of(plan);
        Box::pin(async move {
            let mut answers = self.transact(work).await?;
            answers.pop().ok_or_else(|| EngineError::broken("the engine gave no answer"))
        })
    }

    /// The statement as it would be run, and the engine's own plan for it.
    fn explain(&self, plan: Authorised<Plan>, analyze: bool) -> Answering<'_, String>;

    /// SQL as a person wrote it: for the console and for migrations. Who may do this is decided
    /// before; the promise to only read is kept here.
    fn console(&self, console: Console) -> Answering<'_, Vec<Rows>>;

    /// The lock against a second runner of migrations; dropping it frees it. Waits at most so long.
    fn lock_migrations(&self, within: Duration) -> Answering<'_, MigrationLock>;

    /// Tells of every change of the structure, by whomever it was made.
    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>>;
}

/// Plans that happen together or not at all.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Shared with whoever renders the answers.
    pub plans: Arc<[Authorised<Plan>]>,
    pub access: Access,
    pub ending: Ending,
    /// Settings for the time of the transaction (`request.headers`, `timezone`).
    pub settings: Vec<(String, String)>,
    /// Settings to be read at its end (`response.headers`).
    pub wanted_settings: &'static [&'static str],
    /// A function without arguments that is called first (schema and name).
    pub before: Option<(String, String)>,
    pub timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Commit,
    /// Answers as if it had happened, and undoes it.
    RollBack,
}

impl Transaction {
    pub fn of(plan: Authorised<Plan>) -> Self {
        let access = if plan.writes() { Access::Write } else { Access::Read };
        Self {
            plans: Arc::new([plan]),
            access,
            ending: Ending::Commit,
            settings: Vec::new(),
            wanted_settings: &[],
            before: None,
            timeout: None,
        }
    }
}

/// A statement or a script for the console.
#[derive(Clone, Debug)]
pub struct Console {
    pub sql: String,
    pub access: Access,
    pub ending: Ending,
    /// The role to run as; the connection's own when absent.
    pub role: Option<String>,
    /// More than one statement is a mistake when not a script.
    pub script: bool,
    /// Each statement by itself, for what no transaction can hold.
    pub autocommit: bool,
    pub timeout: Option<Duration>,
    pub rows_max: Option<u64>,
    /// What stands for `$1`, `$2` in a single statement.
    pub values: Vec<Value>,
    /// Settings for the time of the transaction, where the engine has such (`request.jwt.claims`).
    pub settings: Vec<(String, String)>,
    /// Statements that are taken apart already, run behind `sql` in the same transaction.
    pub then: Vec<Bound>,
    /// It builds tables anew, on an engine that has no other way to change them.
    pub rebuild: Option<Rebuild>,
}

/// While tables are built anew no reference is followed. Before the end the engine looks whether rows
/// point to nothing, or views cannot be read, that did and could before: then nothing has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// The engine's number of the structure that the statements were made for; with another one they
    /// are refused.
    pub structure: Option<i64>,
}

/// One statement and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Bound {
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }
}

impl Console {
    /// One statement that reads.
    pub fn reading(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            access: Access::Read,
            ending: Ending::Commit,
            role: None,
            script: false,
            autocommit: false,
            timeout: None,
            rows_max: None,
            values: Vec::new(),
            settings: Vec::new(),
            then: Vec::new(),
            rebuild: None,
        }
    }
    /// A script that writes, in one transaction.
    pub fn writing(sql: impl Into<String>) -> Self {
        Self { access: Access::Write, script: true, ..Self::reading(sql) }
    }
}

/// Held while migrations run.
pub struct MigrationLock {
    _held: Box<dyn Send>,
}

impl MigrationLock {
    /// `held` frees the lock when it is dropped.
    pub fn new(held: impl Send + 'static) -> Self {
        Self { _held: Box::new(held) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureChanged {
    /// What the engine said was done, when it says (`ALTER TABLE`).
    pub command: Option<String>,
}
