//! SQLite as an engine of the house: one file, one writer whose writes share their waits for the
//! disk, many readers, and PostgreSQL's words for everything.
//! Never: a thread of the runtime that waits, an extension that is loaded, a write to a file that was
//! given for reading.

mod allow;
mod catalog;
mod component;
mod connect;
mod console;
mod dump;
mod error;
mod functions;
mod hints;
mod leash;
mod lock;
mod native;
mod near;
mod readers;
mod rebuild;
mod run;
pub mod schema;
mod shadow;
mod survey;
mod types;
mod watch;
mod writer;

pub use component::{Card, Settings as CardSettings};
pub use connect::{Durability, Place, Settings};
pub use dump::Copy;
pub use writer::Written;

use connect::{Link, Opener, Use};
use futures::stream::BoxStream;
use mag_adapter::engine::{MigrationLock, StructureChanged};
use mag_adapter::{
    Abilities, Access, Answering, Console, Ending, Engine, EngineError, Transaction, discreet,
};
use mag_guard::Authorised;
use mag_model::catalog::Catalog;
use mag_query::select::From;
use mag_query::{Answer, Plan, Rows, Select, Work};
use near::Near;
use readers::Readers;
use run::Ready;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use watch::Structure;
use writer::{Done, Writer};

pub struct Sqlite {
    abilities: Abilities,
    opener: Arc<Opener>,
    readers: Readers,
    /// Absent when the file is only read.
    writer: Option<Writer>,
    structure: Arc<Structure>,
}

impl Sqlite {
    /// Opens the file, on a thread of its own: it may have to be repaired after a crash.
    pub async fn open(settings: Settings) -> Result<Self, EngineError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("sqlite-open".into())
            .spawn(move || {
                let _ = answer.send(Self::open_here(settings));
            })
            .map_err(|e| EngineError::gone("the machine gives no thread").details(e.to_string()))?;
        answered.await.unwrap_or_else(|_| Err(error::closed()))
    }

    fn open_here(settings: Settings) -> Result<Self, EngineError> {
        let opener = Arc::new(Opener::new(settings)?);
        opener.prepare_file()?;
        let structure = Arc::new(Structure::new());
        // Before the readers: it is the one who repairs.
        let writes = opener.settings.place.writable();
        let link = opener.open(if writes { Use::Write } else { Use::Read })?;
        structure.look(&link.db);
        let near = Near::open(&opener)?;
        let readers = Readers::new(opener.clone(), near.clone());
        let writer = writes
            .then(|| Writer::start(opener.clone(), link, structure.clone(), near))
            .transpose()?;
        let abilities = native::abilities(rusqlite::version());
        Ok(Self { abilities, opener, readers, writer, structure })
    }

    /// Ends all threads after what they have begun, and waits for it: then the file is whole by
    /// itself, and can be moved or removed.
    pub async fn close(self) {
        let Self { opener, readers, writer, structure, .. } = self;
        structure.end_looking();
        drop((readers, structure));
        opener.threads_ended().await;
        // It goes last: whoever closes the last connection brings all pages home, and only it may.
        if let Some(writer) = writer {
            writer.close().await;
        }
    }

    /// How many writes shared how many waits for the disk.
    pub fn written(&self) -> Written {
        self.writer.as_ref().map(Writer::written).unwrap_or_default()
    }

    /// Copies the whole database, as it is at one moment, into a new file.
    pub async fn copy_to(&self, file: PathBuf, how: Copy) -> Result<(), EngineError> {
        let opener = self.opener.clone();
        self.readers.read(None, move |_| dump::copy(&opener, &file, how)).await
    }

    fn writer(&self) -> Result<&Writer, EngineError> {
        self.writer.as_ref().ok_or_else(error::read_only_source)
    }

    fn prepare_all(&self, work: &Transaction) -> Result<Vec<Ready>, EngineError> {
        if let Some((schema, name)) = &work.before {
            return Err(EngineError::of_state(
                "42883",
                format!("function {schema}.{name}() does not exist"),
            ));
        }
        let each = work.plans.iter().enumerate();
        each.map(|(n, plan)| run::prepare(plan).map_err(|error| of_plan(work, n, error))).collect()
    }

    async fn read(&self, work: Transaction) -> Result<Vec<Answer>, EngineError> {
        let within = time_of(&work);
        let ready = self.prepare_all(&work)?;
        if work.plans.iter().any(|plan| plan.writes()) {
            return Err(EngineError::of_state(
                "25006",
                "cannot execute a writing statement in a read-only transaction",
            ));
        }
        let alone = ready.len() == 1 && !ready[0].needs_moment();
        let known = ready.first().and_then(Ready::pace);
        let pace = known.unwrap_or_else(|| self.readers.pace(ready.first().map_or(0, Ready::kind)));
        let read = move |link: &mut Link| {
            if alone {
                return run_all(link, &work, &ready);
            }
            at_one_moment(link, |link| run_all(link, &work, &ready))
        };
        if alone {
            self.readers.short_read(pace, within, read).await
        } else {
            Box::pin(self.readers.read(within, read)).await
        }
    }

    async fn write(&self, work: Transaction) -> Result<Vec<Answer>, EngineError> {
        let writer = self.writer()?;
        let within = time_of(&work);
        let ready = self.prepare_all(&work)?;
        let ending = work.ending;
        writer
            .write(within, move |link: &mut Link| {
                let answers = run_all(link, &work, &ready)?;
                Ok(match ending {
                    Ending::Commit => Done::Keep(answers),
                    Ending::RollBack => Done::Undo(answers),
                })
            })
            .await
    }
}

/// The shortest of all the times that were given.
/// What a function does may have no end of its own: without a bound that was said, it has this one.
fn time_of(work: &Transaction) -> Option<Duration> {
    let said = work.plans.iter().filter_map(Authorised::time_max).chain(work.timeout).min();
    let calls = |plan: &Authorised<Plan>| {
        let plan = plan.outline();
        matches!(plan.work, Work::Invoke(_)) || plan.answer().is_some_and(calls_function)
    };
    said.or_else(|| work.plans.iter().any(calls).then_some(console::TIME))
}

fn calls_function(select: &Select) -> bool {
    select.sources.iter().any(|source| matches!(source.from, From::Function { .. }))
        || select.embeds.iter().any(|embed| calls_function(&embed.select))
}

/// All statements of it see the same rows.
fn at_one_moment<T>(
    link: &mut Link,
    read: impl FnOnce(&Link) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    link.db.execute_batch("BEGIN").map_err(error::of)?;
    let answer = read(link);
    link.db.execute_batch("ROLLBACK").map_err(error::of)?;
    answer
}

fn run_all(link: &Link, work: &Transaction, ready: &[Ready]) -> Result<Vec<Answer>, EngineError> {
    let mut answers = Vec::with_capacity(ready.len());
    for (n, (plan, ready)) in work.plans.iter().zip(ready).enumerate() {
        let answer = run_one(link, plan, ready).map_err(|error| of_plan(work, n, error));
        let mut answer = answer?;
        let wanted =
            work.settings.iter().filter(|(name, _)| work.wanted_settings.contains(&&**name));
        answer.settings.extend(wanted.cloned());
        answers.push(answer);
    }
    Ok(answers)
}

/// Among several plans it is told which one failed.
fn of_plan(work: &Transaction, number: usize, error: EngineError) -> EngineError {
    match work.plans.len() {
        0 | 1 => error,
        _ => EngineError { statement: Some(number), ..error },
    }
}

fn run_one(link: &Link, plan: &Authorised<Plan>, ready: &Ready) -> Result<Answer, EngineError> {
    run::run(link, plan, ready).map_err(|error| discreet(error, [plan]))
}

impl Engine for Sqlite {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn ping(&self) -> Answering<'_, ()> {
        Box::pin(async move {
            let asks = |link: &mut Link| watch::number(&link.db).map(drop).map_err(error::of);
            self.readers.read(Some(self.opener.settings.busy_wait), asks).await
        })
    }

    fn inspect(&self, known: u64) -> Answering<'_, Arc<Catalog>> {
        Box::pin(self.readers.read(None, move |link| catalog::read(link, known.saturating_add(1))))
    }

    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>> {
        match work.access {
            Access::Read => Box::pin(self.read(work)),
            Access::Write => Box::pin(self.write(work)),
        }
    }

    fn run(&self, plan: Authorised<Plan>) -> Answering<'_, Answer> {
        Box::pin(async move {
            let ready = run::prepare(&plan)?;
            let within = plan.time_max();
            if plan.writes() {
                let work = move |link: &mut Link| run_one(link, &plan, &ready).map(Done::Keep);
                return self.writer()?.write(within, work).await;
            }
            let alone = !ready.needs_moment();
            let pace = ready.pace().unwrap_or_else(|| self.readers.pace(ready.kind()));
            let read = move |link: &mut Link| match alone {
                true => run_one(link, &plan, &ready),
                false => at_one_moment(link, |link| run_one(link, &plan, &ready)),
            };
            match alone {
                true => self.readers.short_read(pace, within, read).await,
                false => self.readers.read(within, read).await,
            }
        })
    }

    fn explain(&self, plan: Authorised<Plan>, analyze: bool) -> Answering<'_, String> {
        Box::pin(async move {
            let ready = run::prepare(&plan)?;
            let within = plan.time_max();
            let told = move |link: &mut Link| {
                let mut told = run::explain(link, &ready)?;
                if analyze && !plan.writes() {
                    let answer = run::run(link, &plan, &ready)?;
                    told.push_str(&format!("({} rows)\n", answer.rows));
                }
                Ok(told)
            };
            self.readers.read(within, told).await
        })
    }

    fn console(&self, console: Console) -> Answering<'_, Vec<Rows>> {
        Box::pin(async move {
            if let Some(role) = &console.role {
                return Err(EngineError::unsupported(format!(
                    "SQLite has no roles, so nothing can be run as `{role}`"
                )));
            }
            let within = Some(console.timeout.unwrap_or(console::TIME));
            match console.access {
                Access::Read => {
                    let opener = self.opener.clone();
                    self.readers
                        .aside(within, move |wish| console::run(&opener, &console, wish))
                        .await
                }
                Access::Write => {
                    let work =
                        move |opener: &Arc<Opener>, wish| console::run(opener, &console, wish);
                    self.writer()?.alone(within, work).await
                }
            }
        })
    }

    fn lock_migrations(&self, within: Duration) -> Answering<'_, MigrationLock> {
        Box::pin(lock::take(&self.opener, within))
    }

    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        Box::pin(async move { Ok(self.structure.watch(&self.opener)) })
    }
}
