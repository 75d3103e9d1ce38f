//! The engine of a source with what the house puts around every engine: the promise to only read,
//! hooks before, counts and the log of slow calls after. Until the engine was reached once, every
//! call is told why it was not.
//! Never: a decision about who may do what; that was made before, and the type of a plan proves it.

use crate::engines::Engine as Kind;
use crate::shape;
use crate::slow::{SlowCall, SlowLog};
use crate::tally::Tally;
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use mag_adapter::engine::{Access, Bound, Console, MigrationLock, StructureChanged, Transaction};
use mag_adapter::{Abilities, Answering, Engine, EngineError};
use mag_base::Base;
use mag_contract::{Bus, Fault, codes};
use mag_guard::{Authorised, Ruleset, Session, Template};
use mag_model::FunctionId;
use mag_model::catalog::{Catalog, TableId};
use mag_ports::Database;
use mag_ports::events::{About, DataQuery, DataWrite, QueryExecuted};
use mag_ports::survey::{Extension, PoolState, Survey};
use mag_query::{Answer, Plan, Rows};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) struct Metered {
    project: Arc<str>,
    source: Arc<str>,
    kind: &'static Kind,
    writable: bool,
    inner: OnceLock<Arc<dyn Database>>,
    unreached: Abilities,
    why: ArcSwap<Fault>,
    bus: Bus,
    pub(crate) tally: Tally,
    pub(crate) slow: SlowLog,
    /// Someone was told that the engine is gone: it is looked at now, and not at the next turn.
    pub(crate) doubt: Notify,
}

/// A call under way.
struct Begun {
    access: Access,
    tables: Vec<TableId>,
    functions: Vec<FunctionId>,
    catalog: Option<Arc<Catalog>>,
    session: Option<Arc<Session>>,
    plans: usize,
    asked: Asked,
    at: Instant,
}

/// What a call asks, kept until it is known whether somebody has to be told.
enum Asked {
    /// Out of a template, which says it as well, at any time.
    Known(Arc<Template>),
    /// Told at once: the plan goes to the engine whole.
    Told(String),
}

impl Metered {
    pub(crate) fn new(
        project: Arc<str>,
        source: Arc<str>,
        kind: &'static Kind,
        writable: bool,
        slow: SlowLog,
        bus: Bus,
    ) -> Self {
        let unreached = Abilities {
            engine: kind.name.to_owned(),
            version: String::new(),
            abilities: BTreeSet::new(),
        };
        let why = Fault::new(
            codes::ENGINE_GONE,
            format!("source `{source}` of project `{project}` was not reached yet"),
        )
        .hint("try again in a moment; `mobo source:test` tells what stands in the way");
        Self {
            tally: Tally::new(&project, &source),
            project,
            source,
            kind,
            writable,
            inner: OnceLock::new(),
            unreached,
            why: ArcSwap::from_pointee(why),
            bus,
            slow,
            doubt: Notify::new(),
        }
    }

    /// The engine was reached. It stays the same from here on.
    pub(crate) fn reached(&self, database: Arc<dyn Database>) {
        let _ = self.inner.set(database);
    }
    pub(crate) fn is_reached(&self) -> bool {
        self.inner.get().is_some()
    }
    /// Why it was not reached, for those who ask meanwhile.
    pub(crate) fn not_reached(&self, why: Fault) {
        self.why.store(Arc::new(why));
    }
    pub(crate) fn why(&self) -> Fault {
        Fault::clone(&self.why.load())
    }
    /// The engine itself, for whoever ends it.
    pub(crate) fn into_inner(self) -> Option<Arc<dyn Database>> {
        self.inner.into_inner()
    }

    fn open(&self) -> Result<&Arc<dyn Database>, EngineError> {
        self.inner.get().ok_or_else(|| of_fault(&self.why.load()))
    }
    fn open_to(&self, access: Access) -> Result<&Arc<dyn Database>, EngineError> {
        if access == Access::Write && !self.writable {
            return Err(EngineError::of_state(
                "25006",
                format!("source `{}` of project `{}` may only be read", self.source, self.project),
            )
            .hint(format!(
                "`mobo source:set {} writable true` opens it for writing",
                self.source
            )));
        }
        self.open()
    }

    async fn begin(
        &self,
        plans: &[Authorised<Plan>],
        access: Access,
        told: impl FnOnce() -> String,
    ) -> Result<Begun, EngineError> {
        let asked = match plans {
            [only] if only.template().is_some() => {
                only.template().map(|(template, _)| Asked::Known(template.clone()))
            }
            _ => None,
        };
        let asked = asked.unwrap_or_else(|| Asked::Told(told()));
        let begun = Begun {
            asked,
            access,
            tables: plans.iter().filter_map(|plan| plan.outline().table()).collect(),
            functions: plans.iter().filter_map(|plan| plan.outline().function()).collect(),
            catalog: plans.first().map(|plan| plan.outline().catalog.clone()),
            session: plans.first().map(|plan| plan.session().clone()),
            plans: plans.len(),
            at: Instant::now(),
        };
        begun.admitted()?;
        match access {
            Access::Read if self.bus.is_asked::<DataQuery>() => {
                if let Some(about) = self.about(&begun) {
                    let asked = Box::pin(self.bus.ask(DataQuery(about))).await;
                    asked.map_err(|refusal| of_fault(&refusal))?;
                }
            }
            Access::Write if self.bus.is_asked::<DataWrite>() => {
                if let Some(about) = self.about(&begun) {
                    let asked = Box::pin(self.bus.ask(DataWrite(about))).await;
                    asked.map_err(|refusal| of_fault(&refusal))?;
                }
            }
            Access::Read | Access::Write => {}
        }
        Ok(begun)
    }

    fn about(&self, begun: &Begun) -> Option<Arc<About>> {
        let session = begun.session.as_ref()?;
        Some(Arc::new(About {
            project: self.project.clone(),
            source: self.source.clone(),
            actor: session.actor.clone(),
            role: session.role.clone(),
            tables: begun.names(),
            plans: begun.plans,
        }))
    }

    /// `rows` of what was done, or the error.
    fn end(&self, begun: &Begun, outcome: Result<u64, &EngineError>) {
        let took = begun.at.elapsed();
        if let Some(leash) = begun.session.as_ref().and_then(|session| session.leash.as_ref()) {
            leash.spent(outcome.unwrap_or(0), took);
        }
        let writes = begun.access == Access::Write;
        self.tally.count(writes, outcome.ok(), took);
        let error = outcome.err().map(|error| error.code);
        if error == Some(codes::ENGINE_GONE) {
            self.doubt.notify_one();
        }
        let slow = took >= self.slow.threshold;
        let kind = if writes { "write" } else { "read" };
        // The names are made only for those who are told.
        let who = || {
            let session = begun.session.as_ref();
            session.map(|s| (s.role.to_string(), s.actor.id.clone())).unwrap_or_default()
        };
        if slow {
            let (role, actor) = who();
            self.slow.note(SlowCall {
                shape: begun.shape(),
                at: self.bus.clock().now(),
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                kind,
                tables: begun.names(),
                role,
                actor,
                rows: outcome.unwrap_or(0),
                error: error.map(|code| code.id),
            });
        }
        self.bus.publish_if_heard(|| {
            let (role, actor) = who();
            QueryExecuted {
                project: self.project.to_string(),
                source: self.source.to_string(),
                kind: kind.to_owned(),
                tables: begun.names(),
                role,
                actor,
                rows: outcome.unwrap_or(0),
                took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                slow,
                shape: slow.then(|| begun.shape()),
                error: error.map(|code| code.id.to_owned()),
            }
        });
    }
}

impl Begun {
    /// Whoever is bound, such as an agent, is told no before anything is done.
    fn admitted(&self) -> Result<(), EngineError> {
        let Some(leash) = self.session.as_ref().and_then(|session| session.leash.as_ref()) else {
            return Ok(());
        };
        let admitted = leash.admit(self.access == Access::Write, &|| self.touched());
        admitted.map_err(|refusal| of_fault(&refusal))
    }

    fn shape(&self) -> String {
        match &self.asked {
            Asked::Known(template) => shape::of_plan(template.outline()),
            Asked::Told(told) => told.clone(),
        }
    }

    fn names(&self) -> Vec<String> {
        let Some(catalog) = &self.catalog else { return Vec::new() };
        let name = |id: &TableId| {
            let table = catalog.table(*id);
            format!("{}.{}", table.schema, table.name)
        };
        self.tables.iter().map(name).collect()
    }

    /// What an agent's owner is asked about: a yes to one function is none to another.
    fn touched(&self) -> Vec<String> {
        let called = |catalog: &Arc<Catalog>, id: FunctionId| {
            let function = catalog.function(id);
            format!("{}.{}()", function.schema, function.name)
        };
        let functions = self
            .catalog
            .iter()
            .flat_map(|catalog| self.functions.iter().map(move |id| called(catalog, *id)));
        self.names().into_iter().chain(functions).collect()
    }
}

fn of_fault(fault: &Fault) -> EngineError {
    let mut error = EngineError::new(fault.code(), fault.message());
    error.details = fault.details_text().map(Into::into);
    error.hint = fault.hint_text().map(Into::into);
    error
}

impl Engine for Metered {
    fn abilities(&self) -> &Abilities {
        self.inner.get().map_or(&self.unreached, |inner| inner.abilities())
    }

    fn ping(&self) -> Answering<'_, ()> {
        Box::pin(async move { self.open()?.ping().await })
    }

    fn inspect(&self, known: u64) -> Answering<'_, Arc<Catalog>> {
        Box::pin(async move { self.open()?.inspect(known).await })
    }

    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>> {
        Box::pin(async move {
            let inner = self.open_to(work.access)?;
            let asked = || shape::of_plans(&work.plans);
            let begun = self.begin(&work.plans, work.access, asked).await?;
            let done = inner.transact(work).await;
            let rows = |answers: &Vec<Answer>| answers.iter().map(|answer| answer.rows).sum();
            self.end(&begun, done.as_ref().map(rows));
            done
        })
    }

    fn run(&self, plan: Authorised<Plan>) -> Answering<'_, Answer> {
        Box::pin(async move {
            let access = if plan.writes() { Access::Write } else { Access::Read };
            let inner = self.open_to(access)?;
            let plans = std::slice::from_ref(&plan);
            let begun = self.begin(plans, access, || shape::of_plans(plans)).await?;
            let done = inner.run(plan).await;
            self.end(&begun, done.as_ref().map(|answer| answer.rows));
            done
        })
    }

    fn explain(&self, plan: Authorised<Plan>, analyze: bool) -> Answering<'_, String> {
        Box::pin(async move {
            // To analyse a write is to do it.
            let writes = analyze && plan.writes();
            let access = if writes { Access::Write } else { Access::Read };
            let inner = self.open_to(access)?;
            if let Some(leash) = &plan.session().leash {
                let admitted = leash.admit(writes, &Vec::new);
                admitted.map_err(|refusal| of_fault(&refusal))?;
            }
            inner.explain(plan, analyze).await
        })
    }

    fn console(&self, console: Console) -> Answering<'_, Vec<Rows>> {
        Box::pin(async move {
            let access = console.access;
            let inner = self.open_to(access)?;
            let dialect = self.kind.base.dialect;
            let asked = || shape::of_script(&console, dialect);
            let begun = self.begin(&[], access, asked).await?;
            let done = inner.console(console).await;
            let rows = |all: &Vec<Rows>| {
                all.iter().map(|rows| u64::try_from(rows.rows.len()).unwrap_or(u64::MAX)).sum()
            };
            self.end(&begun, done.as_ref().map(rows));
            done
        })
    }

    fn lock_migrations(&self, within: Duration) -> Answering<'_, MigrationLock> {
        Box::pin(async move { self.open_to(Access::Write)?.lock_migrations(within).await })
    }

    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        Box::pin(async move { self.open()?.watch().await })
    }
}

impl Database for Metered {
    fn base(&self) -> &'static Base {
        self.kind.base
    }
    fn rules(&self) -> Answering<'_, Option<Ruleset>> {
        Box::pin(async move { self.open()?.rules().await })
    }
    fn note(&self, name: &str) -> Answering<'_, Option<String>> {
        let name = name.to_owned();
        Box::pin(async move { self.open()?.note(&name).await })
    }
    fn keep_note(&self, name: &str, text: String) -> Answering<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move { self.open_to(Access::Write)?.keep_note(&name, text).await })
    }
    fn note_statements(&self, name: &str, text: &str) -> Option<Vec<Bound>> {
        self.inner.get().and_then(|inner| inner.note_statements(name, text))
    }
    fn install_native(&self) -> Answering<'_, Vec<String>> {
        Box::pin(async move { self.open_to(Access::Write)?.install_native().await })
    }
    fn native_version(&self) -> Answering<'_, u32> {
        Box::pin(async move { self.open()?.native_version().await })
    }
    fn survey(&self) -> Answering<'_, Survey> {
        Box::pin(async move { self.open()?.survey().await })
    }
    fn pool(&self) -> Option<PoolState> {
        self.inner.get().and_then(|inner| inner.pool())
    }
    fn extensions(&self) -> Answering<'_, Vec<Extension>> {
        Box::pin(async move { self.open()?.extensions().await })
    }
    fn enable_extension(&self, name: &str) -> Answering<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move { self.open_to(Access::Write)?.enable_extension(&name).await })
    }
    fn make_shadow(&self, name: &str, folder: PathBuf) -> Answering<'_, Arc<dyn Database>> {
        let name = name.to_owned();
        Box::pin(async move { self.open_to(Access::Write)?.make_shadow(&name, folder).await })
    }
    fn drop_shadow(&self, name: &str) -> Answering<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move { self.open_to(Access::Write)?.drop_shadow(&name).await })
    }
    fn copy_to(&self, file: PathBuf) -> Answering<'_, ()> {
        Box::pin(async move { self.open()?.copy_to(file).await })
    }
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(inner) = Arc::into_inner(self).and_then(Self::into_inner) {
                inner.close().await;
            }
        })
    }
}
