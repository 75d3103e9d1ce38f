//! The engine: one PostgreSQL database behind the port that every adapter fills, with a pool for
//! the server that writes and one for each that only reads.

use crate::catalog::{self, Extension};
use crate::connect::Target;
use crate::pool::{Pool, PoolLimits, PoolState, bounded};
use crate::run::{Together, quoted};
use crate::wire::Ask;
use crate::{console, lock, run, watch};
use futures::stream::BoxStream;
use mag_adapter::abilities::Ability;
use mag_adapter::engine::{Access, MigrationLock, StructureChanged};
use mag_adapter::{Abilities, Answering, Console, Engine, EngineError, Transaction};
use mag_guard::Authorised;
use mag_model::catalog::Catalog;
use mag_query::{Answer, Plan, Rows};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Settings {
    pub target: Target,
    /// Servers that follow it. Reads of one transaction go to one of them, in turn; what they do
    /// not have yet is not there for the reader.
    pub replicas: Vec<Target>,
    /// Past a pooler, for what lasts longer than a transaction: listening and locks.
    pub direct: Option<Target>,
    pub pool: PoolLimits,
    /// How long one statement may take when nobody says less.
    pub time_max: Option<Duration>,
    /// How often the structure is looked at where nobody tells of changes.
    pub look_every: Duration,
}

/// One scan of small tables: a few milliseconds, so once in ten seconds is nothing.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A page that takes longer has lost its reader.
const TIME_MAX: Duration = Duration::from_secs(30);
/// A catalog of thousands of tables over a slow line.
const INSPECT_WITHIN: Duration = Duration::from_secs(60);
const PING_WITHIN: Duration = Duration::from_secs(5);
/// Older ones lack functions that the catalog asks with, and get no repairs any more.
const OLDEST: u32 = 130_000;

impl Settings {
    pub fn new(target: Target) -> Self {
        Self {
            target,
            replicas: Vec::new(),
            direct: None,
            pool: PoolLimits::default(),
            time_max: Some(TIME_MAX),
            look_every: LOOK_EVERY,
        }
    }
    /// Where a connection can be had that is one's own as long as it is open.
    pub(crate) fn direct(&self) -> &Target {
        self.direct.as_ref().unwrap_or(&self.target)
    }
}

pub struct Postgres {
    settings: Settings,
    abilities: Abilities,
    /// As the server counts: 150004.
    version: u32,
    primary: Pool,
    replicas: Vec<Pool>,
    turn: AtomicUsize,
    /// As they were at the last look at the rules.
    roles: RwLock<Arc<RoleSettings>>,
    together: Together,
    makings: Together,
}

/// What a role is set to (`ALTER ROLE ... SET`), by its name: PostgreSQL applies it to a role that
/// logs in, and not to one that a caller is given.
pub(crate) type RoleSettings = HashMap<String, Arc<[(String, String)]>>;

impl Postgres {
    /// Enters the database, learns what it is, and is ready. Must be called inside a runtime.
    pub async fn connect(settings: Settings) -> Result<Self, EngineError> {
        let primary = Pool::new(settings.target.clone(), settings.pool);
        let replicas: Vec<Pool> =
            settings.replicas.iter().map(|t| Pool::new(t.clone(), settings.pool)).collect();
        let mut lease = primary.lease().await?;
        let name = lease.parameter("server_version").unwrap_or_default().to_owned();
        let asked = lease.exchange(&[Ask::once("SHOW server_version_num")]).await?;
        drop(lease);
        let number = asked.first().and_then(|reply| reply.first_text());
        let version: u32 = number.and_then(|n| n.parse().ok()).unwrap_or_default();
        if version < OLDEST {
            let message = format!("PostgreSQL {name} is too old: 13 or newer is needed");
            return Err(EngineError::unsupported(message));
        }
        let abilities = Abilities {
            engine: "postgres".into(),
            version: name,
            abilities: [
                Ability::NativePolicies,
                Ability::Functions,
                Ability::PlannedCounts,
                Ability::TransactionalDdl,
                Ability::ForeignTypes,
                Ability::LanguageSearch,
                Ability::TellsOfStructure,
                Ability::ParallelWrites,
                Ability::Cancels,
                Ability::UpsertsThroughViews,
                Ability::TellsInZones,
            ]
            .into(),
        };
        let together = Together::of_reads(&settings.pool);
        let makings = Together::of_makings(&settings.pool);
        let (turn, roles) = (AtomicUsize::new(0), RwLock::default());
        Ok(Self { settings, abilities, version, primary, replicas, turn, roles, together, makings })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// As the server counts: 150004 is 15.4.
    pub fn version(&self) -> u32 {
        self.version
    }
    /// How full the pool of the server that writes is.
    pub fn pool(&self) -> PoolState {
        self.primary.state()
    }
    /// How many reads shared the way of another's.
    pub fn taken_along(&self) -> u64 {
        self.together.taken_along()
    }
    /// How many rows were made on the way of another's.
    pub fn made_along(&self) -> u64 {
        self.makings.taken_along()
    }
    pub(crate) fn together(&self) -> &Together {
        &self.together
    }
    pub(crate) fn makings(&self) -> &Together {
        &self.makings
    }
    /// Whether a session may belong to others between two transactions.
    pub(crate) fn pooled(&self) -> bool {
        self.settings.target.pooler || self.settings.replicas.iter().any(|replica| replica.pooler)
    }
    pub(crate) fn know_roles(&self, roles: RoleSettings) {
        *self.roles.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roles);
    }
    /// What transactions of the role begin with.
    pub(crate) fn role_settings(&self, role: &str) -> Option<Arc<[(String, String)]>> {
        self.roles.read().unwrap_or_else(PoisonError::into_inner).get(role).cloned()
    }
    pub(crate) fn primary(&self) -> &Pool {
        &self.primary
    }
    pub(crate) fn pool_for(&self, access: Access) -> &Pool {
        match access {
            Access::Read if !self.replicas.is_empty() => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.replicas.len();
                self.replicas.get(turn).unwrap_or(&self.primary)
            }
            Access::Read | Access::Write => &self.primary,
        }
    }

    /// The extensions that are there, and those that could be.
    pub async fn extensions(&self) -> Result<Vec<Extension>, EngineError> {
        let mut lease = self.primary.lease().await?;
        bounded(self.primary.target(), INSPECT_WITHIN, catalog::extensions(&mut lease)).await
    }

    /// Enables an extension, with those that it needs, in the schema for extensions when there is
    /// one.
    pub async fn enable_extension(&self, name: &str) -> Result<(), EngineError> {
        let mut lease = self.primary.lease().await?;
        let enabling = async {
            let asked = [Ask::once("SELECT to_regnamespace('extensions') IS NOT NULL")];
            let there = lease.exchange(&asked).await?;
            let own = there.first().and_then(|reply| reply.first_text()).as_deref() == Some("t");
            let into = if own { " SCHEMA extensions" } else { "" };
            let text = format!("CREATE EXTENSION IF NOT EXISTS {}{into} CASCADE", quoted(name));
            lease.exchange(&[Ask::once(&text)]).await?;
            Ok(())
        };
        bounded(self.primary.target(), INSPECT_WITHIN, enabling).await
    }
}

impl Engine for Postgres {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn ping(&self) -> Answering<'_, ()> {
        Box::pin(async move {
            let mut lease = self.primary.lease().await?;
            let asked = async {
                lease.exchange(&[Ask::new("SELECT 1")]).await?;
                Ok(())
            };
            bounded(self.primary.target(), PING_WITHIN, asked).await
        })
    }

    fn inspect(&self, known: u64) -> Answering<'_, Arc<Catalog>> {
        Box::pin(async move {
            let mut lease = self.primary.lease().await?;
            let read = catalog::inspect(&mut lease, known);
            bounded(self.primary.target(), INSPECT_WITHIN, read).await
        })
    }

    fn transact(&self, work: Transaction) -> Answering<'_, Vec<Answer>> {
        Box::pin(run::transact(self, work))
    }

    fn run(&self, plan: Authorised<Plan>) -> Answering<'_, Answer> {
        Box::pin(run::one(self, plan))
    }

    fn explain(&self, plan: Authorised<Plan>, analyze: bool) -> Answering<'_, String> {
        Box::pin(run::explain(self, plan, analyze))
    }

    fn console(&self, console: Console) -> Answering<'_, Vec<Rows>> {
        Box::pin(console::run(self, console))
    }

    fn lock_migrations(&self, within: Duration) -> Answering<'_, MigrationLock> {
        Box::pin(lock::migrations(self.settings.direct(), within))
    }

    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        Box::pin(watch::watch(self.settings.direct().clone(), self.settings.look_every))
    }
}
