//! What SQLite can do by itself, and what it is taught: functions and collations with PostgreSQL's
//! meaning, the same on every connection.

use crate::functions;
use mag_adapter::Abilities;
use mag_adapter::abilities::Ability;
use mag_contract::Timestamp;
use mag_model::time;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

pub(crate) fn abilities(version: &str) -> Abilities {
    Abilities {
        engine: "sqlite".to_owned(),
        version: version.to_owned(),
        abilities: BTreeSet::from([
            Ability::TransactionalDdl,
            Ability::TellsOfStructure,
            Ability::Cancels,
        ]),
    }
}

/// Whoever reads the file's structure may call it: it harms nobody, whatever it is given.
pub(crate) const HARMLESS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_INNOCUOUS);
/// The same answer for the same arguments, so that an index can be built on it.
pub(crate) const PURE: FunctionFlags = HARMLESS.union(FunctionFlags::SQLITE_DETERMINISTIC);

pub(crate) fn install(db: &Connection, moment: &Arc<AtomicI64>) -> rusqlite::Result<()> {
    functions::moment::install(db, moment)?;
    functions::identity::install(db)?;
    functions::operators::install(db)?;
    functions::pattern::install(db)
}

/// 2000-01-01 in milliseconds since 1970.
const UNIX_TO_2000_MS: i64 = time::EPOCH_DAYS * 86_400_000;

pub(crate) fn micros_of(at: Timestamp) -> i64 {
    (at.millis() - UNIX_TO_2000_MS).saturating_mul(1_000)
}
