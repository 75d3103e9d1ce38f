//! The sockets through which engines come: an adapter is a card that plugs in like any other part,
//! and an engine whose card is missing is an answer, not a crash.

use futures::future::BoxFuture;
use mag_adapter::{Answering, Engine};
use mag_contract::{Fault, Secret, Socket};
use mag_guard::Ruleset;
use std::path::PathBuf;
use std::sync::Arc;

pub type Opening<'a, T> = BoxFuture<'a, Result<T, Fault>>;

pub trait Driver: Send + Sync {
    /// Connects, and fails when the engine does not answer. Nothing is written into it.
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
}

#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    /// `postgres://user:password@host:port/database?sslmode=…`
    Url(Secret<String>),
}

/// An opened database: an engine, and what a source needs to know of it besides.
pub trait Database: Engine {
    /// The rules that the engine holds itself; nothing when it has no notion of them.
    fn rules(&self) -> Answering<'_, Option<Ruleset>>;
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
