//! PostgreSQL as a card of the board: it plugs the driver that opens databases of servers.
//! Never: a server of its own; who opens a database keeps its connections, also while the card is
//! swapped.

use crate::connect::Target;
use crate::engine::{Postgres, Settings as Opening};
use crate::shadow;
use futures::future::BoxFuture;
use mag_adapter::{Answering, EngineError};
use mag_base::Base;
use mag_contract::{Component, Fault, Life, Manifest, Secret, Wiring, codes};
use mag_guard::Ruleset;
use mag_ports::driver::{self, Connection, Database, Driver, Place, PostgresDriver};
use mag_ports::survey::{Extension, PoolState, Survey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The section `[postgres]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Connections that a source opens at most, when it does not say it itself. Beyond a few per
    /// core of its machine a PostgreSQL only gets slower.
    pub connections_max: u32,
    /// How long a call waits for a connection when all are in use.
    pub acquire_ms: u64,
    /// How long a statement may take when nobody says less; 0 sets no bound.
    pub statement_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { connections_max: 16, acquire_ms: 3_000, statement_ms: 30_000 }
    }
}

pub struct Card;

impl Component for Card {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "PostgreSQL: databases of servers that are there already";
        Manifest::new("postgres", env!("CARGO_PKG_VERSION"), about).provides::<PostgresDriver>()
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        if settings.connections_max == 0 || settings.acquire_ms == 0 {
            let message = "`postgres.connections_max` and `postgres.acquire_ms` are at least 1";
            return Err(Fault::new(codes::BAD_SETTING, message));
        }
        wiring.plug::<PostgresDriver>(Arc::new(Servers { settings }));
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        // An address is all that can be tried without a server.
        Target::parse("postgres://somebody@localhost/somewhere").map(drop).map_err(Fault::from)
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}

struct Servers {
    settings: Settings,
}

impl Driver for Servers {
    fn open(&self, connection: Connection) -> driver::Opening<'_, Arc<dyn Database>> {
        Box::pin(async move {
            let url = match &connection.place {
                Place::Url(url) => url,
                Place::File(_) => {
                    let message = "PostgreSQL is reached by an address, not by a file";
                    return Err(Fault::new(codes::BAD_INPUT, message));
                }
            };
            let target = |url: &Secret<String>| Target::parse(url.expose());
            let mut opening = Opening::new(target(url)?);
            opening.replicas =
                connection.replicas.iter().map(target).collect::<Result<Vec<_>, EngineError>>()?;
            opening.direct = connection.direct.as_ref().map(target).transpose()?;
            let most = connection.connections_max.unwrap_or(self.settings.connections_max);
            opening.pool.connections_max = usize::try_from(most).unwrap_or(1).max(1);
            opening.pool.acquire_within = connection
                .acquire_within
                .unwrap_or_else(|| Duration::from_millis(self.settings.acquire_ms));
            let statement = Duration::from_millis(self.settings.statement_ms);
            opening.time_max = (!statement.is_zero()).then_some(statement);
            let opened: Arc<dyn Database> = Arc::new(Postgres::connect(opening).await?);
            Ok(opened)
        })
    }
}

impl Database for Postgres {
    fn base(&self) -> &'static Base {
        &mag_base::ON_POSTGRES
    }

    fn rules(&self) -> Answering<'_, Option<Ruleset>> {
        Box::pin(async move { Self::rules(self).await.map(Some) })
    }

    fn install_native(&self) -> Answering<'_, Vec<String>> {
        Box::pin(async move {
            let done = Self::install_native(self).await?;
            Ok(done.into_iter().map(str::to_owned).collect())
        })
    }
    fn native_version(&self) -> Answering<'_, u32> {
        Box::pin(Self::native_version(self))
    }

    fn survey(&self) -> Answering<'_, Survey> {
        Box::pin(crate::survey::survey(self))
    }
    fn pool(&self) -> Option<PoolState> {
        let state = Self::pool(self);
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Some(PoolState {
            connections_max: number(state.connections_max),
            in_use: number(state.in_use),
            idle: number(state.idle),
            waiting: number(state.waiting),
        })
    }
    fn extensions(&self) -> Answering<'_, Vec<Extension>> {
        Box::pin(async move {
            let found = Self::extensions(self).await?;
            let shown = found.into_iter().map(|known| Extension {
                name: known.name,
                installed: known.installed,
                newest: known.newest,
                schema: known.schema,
                comment: known.comment,
            });
            Ok(shown.collect())
        })
    }
    fn enable_extension(&self, name: &str) -> Answering<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move { Self::enable_extension(self, &name).await })
    }

    fn make_shadow(&self, name: &str, _: PathBuf) -> Answering<'_, Arc<dyn Database>> {
        let name = name.to_owned();
        Box::pin(async move {
            let shadow: Arc<dyn Database> = Arc::new(shadow::make(self, &name).await?);
            Ok(shadow)
        })
    }
    fn drop_shadow(&self, name: &str) -> Answering<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move { shadow::remove(self, &name).await })
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        // Its connections end with the last who holds it.
        Box::pin(async move { drop(self) })
    }
}
