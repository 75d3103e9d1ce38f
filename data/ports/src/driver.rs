//! The sockets through which engines come: an adapter is a card that plugs in like any other part,
//! and an engine whose card is missing is an answer, not a crash.

use crate::survey::{Extension, PoolState, Survey};
use futures::future::BoxFuture;
use mag_adapter::{Answering, Bound, Engine, EngineError};
use mag_base::Base;
use mag_contract::{Fault, Secret, Socket};
use mag_guard::Ruleset;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub type Opening<'a, T> = BoxFuture<'a, Result<T, Fault>>;

pub trait Driver: Send + Sync {
    /// Connects, and fails when the engine does not answer. Nothing is written into it, but that a
    /// managed file is made when it is missing.
    fn open(&self, connection: Connection) -> Opening<'_, Arc<dyn Database>>;
}

/// Where a database is, and what may be done with it.
#[derive(Clone, Debug)]
pub struct Connection {
    pub place: Place,
    /// Made by MagFlock, which owns its structure; otherwise it was there before.
    pub managed: bool,
    /// An existing database is only read until somebody says otherwise.
    pub writable: bool,
    /// Connections at most.
    pub connections_max: Option<u32>,
    /// How long a call waits for a connection when all are in use.
    pub acquire_within: Option<Duration>,
    /// Servers that follow it, for reads.
    pub replicas: Vec<Secret<String>>,
    /// Past a pooler, for what lasts longer than a transaction.
    pub direct: Option<Secret<String>>,
}

#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    /// `postgres://user:password@host:port/database?sslmode=…`
    Url(Secret<String>),
}

impl Connection {
    /// Of ours: written, and its structure is MagFlock's to keep.
    pub fn managed(place: Place) -> Self {
        Self { managed: true, writable: true, ..Self::existing(place) }
    }
    /// Somebody's: only read.
    pub fn existing(place: Place) -> Self {
        Self {
            place,
            managed: false,
            writable: false,
            connections_max: None,
            acquire_within: None,
            replicas: Vec::new(),
            direct: None,
        }
    }
}

/// An opened database: an engine, and what a source needs to know of it besides.
pub trait Database: Engine {
    /// The base model as this engine has it, and with it the engine's dialect of migrations.
    fn base(&self) -> &'static Base;

    /// The rules that the engine holds itself; nothing when it has no notion of them.
    fn rules(&self) -> Answering<'_, Option<Ruleset>>;

    /// A small text that the database itself carries, so that a copy of it carries it as well.
    fn note(&self, _name: &str) -> Answering<'_, Option<String>> {
        cannot("carry notes")
    }
    /// On the disk when it resolves.
    fn keep_note(&self, _name: &str, _text: String) -> Answering<'_, ()> {
        cannot("carry notes")
    }

    /// The statements that keep a note: as a part of a transaction it is kept with that or not at
    /// all. Nothing where notes are no rows of the database.
    fn note_statements(&self, _name: &str, _text: &str) -> Option<Vec<Bound>> {
        None
    }

    /// Roles, schemas and functions that apps' migrations expect; the steps that were taken.
    fn install_native(&self) -> Answering<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// How far that is; zero when nothing of it is there, or the engine needs nothing of it.
    fn native_version(&self) -> Answering<'_, u32> {
        Box::pin(async { Ok(0) })
    }

    /// How it is: sizes, indexes, caches, what runs now.
    fn survey(&self) -> Answering<'_, Survey> {
        cannot("tell how it is")
    }
    /// How full the pool of connections is; nothing when the engine has none.
    fn pool(&self) -> Option<PoolState> {
        None
    }
    /// Those that are enabled, and those that could be.
    fn extensions(&self) -> Answering<'_, Vec<Extension>> {
        cannot("be extended")
    }
    fn enable_extension(&self, _name: &str) -> Answering<'_, ()> {
        cannot("be extended")
    }

    /// A new empty database of this engine beside this one, to try something in; `folder` is there
    /// for its files. Whoever made it closes it and then drops it.
    fn make_shadow(&self, _name: &str, _folder: PathBuf) -> Answering<'_, Arc<dyn Database>> {
        cannot("make a database to try things in")
    }
    fn drop_shadow(&self, _name: &str) -> Answering<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Copies the whole database, as it is at one moment, into a new file.
    fn copy_to(&self, _file: PathBuf) -> Answering<'_, ()> {
        cannot("be copied into a file")
    }
    /// Ends what it began and lets go of files and lines; whoever else still holds it goes on.
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

fn cannot<'a, T>(what: &'static str) -> Answering<'a, T> {
    Box::pin(async move { Err(EngineError::unsupported(format!("this engine cannot {what}"))) })
}

macro_rules! drivers {
    ($($(#[$doc:meta])* $name:ident $key:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name;
        impl Socket for $name {
            type Port = dyn Driver;
            const NAME: &'static str = $key;
        }
    )*};
}

drivers! {
    SqliteDriver "driver.sqlite";
    PostgresDriver "driver.postgres";
}
