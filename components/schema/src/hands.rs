//! What every operation here works with: the store of projects, the clock, the bus, the folder of
//! the installation, and the turns in which kept rules are changed.

use crate::settings::Settings;
use crate::turns::Turns;
use mag_adapter::{Console, EngineError};
use mag_contract::{Bus, Clock, Fault, Jack, codes};
use mag_migrate::Dialect;
use mag_model::{Value, literal};
use mag_ports::driver::Database;
use mag_ports::{Project, ProjectRef, Source, StoreSocket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// Where an operation works.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct At {
    /// The project; the default one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// The source of the project; its primary one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

pub(crate) struct Hands {
    store: Jack<StoreSocket>,
    pub(crate) clock: Clock,
    pub(crate) bus: Bus,
    folder: PathBuf,
    pub(crate) settings: Settings,
    turns: Turns,
}

/// A source, and the project it is of.
pub(crate) struct Spot {
    pub(crate) project: Arc<Project>,
    pub(crate) source: Arc<dyn Source>,
}

impl Hands {
    pub(crate) fn new(
        store: Jack<StoreSocket>,
        clock: Clock,
        bus: Bus,
        folder: &Path,
        settings: Settings,
    ) -> Self {
        Self { store, clock, bus, folder: folder.to_owned(), settings, turns: Turns::default() }
    }

    pub(crate) fn find(&self, at: &At) -> Result<Spot, Fault> {
        let which = at.project.as_deref().map_or(ProjectRef::Default, ProjectRef::Reference);
        let project = self.store.get()?.project(which)?;
        let source = project.source(at.source.as_deref())?.clone();
        Ok(Spot { project, source })
    }

    /// Rules are read, changed and kept in one turn: of two changes at once, neither is lost.
    pub(crate) async fn rules_turn(&self, spot: &Spot) -> OwnedMutexGuard<()> {
        self.turns.of(spot.project.id, spot.source.name()).await
    }

    pub(crate) fn data_folder(&self) -> &Path {
        &self.folder
    }

    /// The folder that was named, or the one that the installation has for this: relative ones are
    /// meant from the installation's.
    pub(crate) fn folder(&self, spot: &Spot, given: Option<&str>, kind: &str) -> PathBuf {
        match given {
            Some(given) => self.folder.join(given),
            None => self.folder.join(kind).join(&*spot.project.reference).join(spot.source.name()),
        }
    }

    /// Where something lies, as a person of this installation would say it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
    }

    pub(crate) fn statement_within(&self) -> Duration {
        Duration::from_millis(self.settings.migration_statement_ms)
    }
}

impl Spot {
    pub(crate) fn database(&self) -> &dyn Database {
        self.source.database()
    }
    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.database().base().dialect
    }
    /// Before anything is written.
    pub(crate) fn writable(&self) -> Result<(), Fault> {
        if self.source.writable() {
            return Ok(());
        }
        let message = format!("the source `{}` may only be read", self.source.name());
        Err(Fault::new(codes::NOT_WRITABLE_SOURCE, message)
            .hint("it was there before MagFlock: whoever it belongs to has to allow writing"))
    }
    /// The rules are kept beside the engine, which has no words for them.
    pub(crate) fn keeps_rules(&self) -> Result<bool, Fault> {
        Ok(self.source.view()?.rules == mag_query::Rules::Compiled)
    }
    /// MagFlock's own tables, which are no part of the app's structure.
    pub(crate) fn is_ours(&self, schema: &str, table: &str) -> bool {
        is_ours(self.database(), schema, table)
    }
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.project.reference, self.source.name())
    }
}

/// Schemas that apps' migrations expect to find, and that are MagFlock's to keep.
const OUR_SCHEMAS: [&str; 8] =
    ["auth", "extensions", "graphql", "graphql_public", "magflock", "realtime", "storage", "vault"];

pub(crate) fn is_ours(database: &dyn Database, schema: &str, table: &str) -> bool {
    let base = database.base();
    let (at, history) = base.dialect.history().table;
    base.owns(schema, table)
        || (schema == at && table == history)
        || schema == base.schema && !base.prefix.is_empty() && table.starts_with(base.prefix)
        || (base.prefix.is_empty() && schema == base.schema)
        || OUR_SCHEMAS.contains(&schema)
        || table.starts_with("_mag_")
}

/// The rows of one statement, each cell as the engine's text.
pub(crate) async fn texts(
    database: &dyn Database,
    console: Console,
) -> Result<Vec<Vec<Option<String>>>, EngineError> {
    let answers = database.console(console).await?;
    let cell = |value: Value| match value {
        Value::Null => None,
        value => Some(literal::text(&value)),
    };
    let rows = answers.into_iter().flat_map(|rows| rows.rows);
    Ok(rows.map(|row| row.into_iter().map(cell).collect()).collect())
}
