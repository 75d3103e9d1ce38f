//! SQLite as a card of the board: it plugs the driver that opens files.
//! Never: a file of its own; who opens one keeps it, also while the card is swapped.

use crate::dump::Copy;
use crate::shadow;
use crate::{Durability, Place, Settings as Opening, Sqlite};
use futures::future::BoxFuture;
use mag_adapter::{Answering, Bound, Console, Engine, EngineError};
use mag_base::Base;
use mag_contract::{Clock, Component, Fault, Life, Manifest, Wiring, codes};
use mag_guard::Ruleset;
use mag_model::Value;
use mag_ports::driver::{self, Connection, Database, Driver, SqliteDriver};
use mag_ports::survey::Survey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// The section `[sqlite]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What an answered write has reached: `full` is the disk, `normal` the operating system, which
    /// a power cut may rob of the last moments.
    pub durability: Reached,
    /// Threads that read, for each file; 0 takes two more than there are cores.
    pub readers: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    #[default]
    Full,
    Normal,
}

pub struct Card;

impl Component for Card {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "SQLite: databases in files, inside of this process";
        Manifest::new("sqlite", env!("CARGO_PKG_VERSION"), about).provides::<SqliteDriver>()
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        wiring.plug::<SqliteDriver>(Arc::new(Files { settings, clock: wiring.clock() }));
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        let asked = rusqlite::Connection::open_in_memory().and_then(|db| {
            db.query_row("SELECT json_valid('{}')", [], |row| row.get::<_, bool>(0))
        });
        match asked {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::new(codes::SELF_TEST, "this SQLite has no JSON")),
            Err(e) => Err(Fault::new(codes::SELF_TEST, "SQLite does not work").because(e)),
        }
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}

struct Files {
    settings: Settings,
    clock: Clock,
}

impl Driver for Files {
    fn open(&self, connection: Connection) -> driver::Opening<'_, Arc<dyn Database>> {
        Box::pin(async move {
            let file = match connection.place {
                driver::Place::File(file) => file,
                driver::Place::Url(_) => {
                    return Err(Fault::new(codes::BAD_INPUT, "SQLite opens files, not addresses"));
                }
            };
            let place = if connection.managed {
                Place::Managed(file)
            } else {
                Place::Existing { file, writable: connection.writable }
            };
            let mut opening = Opening::new(place);
            opening.clock = self.clock.clone();
            opening.durability = match self.settings.durability {
                Reached::Full => Durability::Full,
                Reached::Normal => Durability::Normal,
            };
            let readers = connection.connections_max.unwrap_or(self.settings.readers);
            if readers > 0 {
                opening.readers = usize::try_from(readers).unwrap_or(opening.readers);
            }
            if let Some(within) = connection.acquire_within {
                opening.queue_wait = within;
            }
            let opened: Arc<dyn Database> = Arc::new(Sqlite::open(opening).await?);
            Ok(opened)
        })
    }
}

/// Begins like all tables of the house's own bookkeeping, so that no catalog shows it.
const NOTES: &str = "CREATE TABLE IF NOT EXISTS _mag_notes \
     (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID";

fn keeping(name: &str, text: &str) -> Vec<Bound> {
    let keep = "INSERT INTO _mag_notes (name, value) VALUES (?1, ?2) \
                ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    vec![Bound::new(NOTES, vec![]), Bound::new(keep, vec![Value::text(name), Value::text(text)])]
}

impl Database for Sqlite {
    fn base(&self) -> &'static Base {
        &mag_base::ON_SQLITE
    }

    fn rules(&self) -> Answering<'_, Option<Ruleset>> {
        Box::pin(async { Ok(None) })
    }

    fn note(&self, name: &str) -> Answering<'_, Option<String>> {
        let mut asked = Console::reading("SELECT value FROM _mag_notes WHERE name = ?1");
        asked.values.push(Value::text(name));
        Box::pin(async move {
            match self.console(asked).await {
                Ok(rows) => {
                    let first = rows.first().and_then(|rows| rows.rows.first()?.first());
                    Ok(first.and_then(Value::as_str).map(str::to_owned))
                }
                // Nothing was ever noted in this file.
                Err(error) if error.state.as_deref() == Some("42P01") => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn keep_note(&self, name: &str, text: String) -> Answering<'_, ()> {
        let then = keeping(name, &text);
        Box::pin(
            async move { self.console(Console { then, ..Console::writing("") }).await.map(drop) },
        )
    }

    fn note_statements(&self, name: &str, text: &str) -> Option<Vec<Bound>> {
        Some(keeping(name, text))
    }

    fn survey(&self) -> Answering<'_, Survey> {
        Box::pin(crate::survey::survey(self))
    }

    fn make_shadow(&self, name: &str, folder: PathBuf) -> Answering<'_, Arc<dyn Database>> {
        let name = name.to_owned();
        Box::pin(async move {
            let shadow: Arc<dyn Database> = Arc::new(shadow::make(self, &name, folder).await?);
            Ok(shadow)
        })
    }

    fn copy_to(&self, file: PathBuf) -> Answering<'_, ()> {
        Box::pin(async move { Self::copy_to(self, file, Copy::Exact).await })
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(whole) = Arc::into_inner(self) {
                whole.close().await;
            }
        })
    }
}

/// The whole file, as the console asks for it.
pub(crate) async fn numbers(sqlite: &Sqlite, sql: &str) -> Result<Vec<Vec<Value>>, EngineError> {
    let rows = sqlite.console(Console::reading(sql)).await?;
    Ok(rows.into_iter().flat_map(|rows| rows.rows).collect())
}
