//! The tables of MagAuth as migrations: the users' side in every home, keys in project zero.
//! Never: a table of the base model or of an app.

use mag_contract::{Fault, codes};
use mag_migrate::{Migration, Version};
use mag_ports::{Source, track};

/// Users, identities, sessions: what an app's users have.
const USERS: &str = "auth";
/// Keys of all projects: what an operator has.
const KEYS: &str = "auth-keys";

struct File {
    version: &'static str,
    name: &'static str,
    up: &'static str,
}

macro_rules! files {
    ($engine:literal: $($version:literal $name:literal),*) => {
        &[$(File {
            version: $version,
            name: $name,
            up: include_str!(concat!("../migrations/", $engine, "/", $version, "_", $name, ".sql")),
        }),*]
    };
}

const USERS_ON_POSTGRES: &[File] = files!("postgres":
    "20260102000000" "users", "20260102000300" "people", "20260201000000" "oauth",
    "20260201000100" "passkeys", "20260202000000" "permission_names",
    "20260203000000" "waiting_mails");
const USERS_ON_SQLITE: &[File] = files!("sqlite":
    "20260102000000" "users", "20260102000300" "people", "20260201000000" "oauth",
    "20260201000100" "passkeys", "20260202000000" "permission_names",
    "20260203000000" "waiting_mails");
const KEYS_ON_POSTGRES: &[File] = files!("postgres": "20260102000100" "keys");
const KEYS_ON_SQLITE: &[File] = files!("sqlite": "20260102000100" "keys");

/// What a home of users needs. Says whether anything was new.
pub(crate) async fn bring_users(source: &dyn Source) -> Result<bool, Fault> {
    bring(source, USERS, USERS_ON_POSTGRES, USERS_ON_SQLITE).await
}

/// What project zero needs for the keys of all.
pub(crate) async fn bring_keys(source: &dyn Source) -> Result<bool, Fault> {
    bring(source, KEYS, KEYS_ON_POSTGRES, KEYS_ON_SQLITE).await
}

async fn bring(
    source: &dyn Source,
    track: &str,
    on_postgres: &[File],
    on_sqlite: &[File],
) -> Result<bool, Fault> {
    let database = source.database();
    let native = database.base().schema == "mag";
    let files = if native { on_postgres } else { on_sqlite };
    let migrations = files
        .iter()
        .map(|file| {
            let version = Version::parse(file.version).map_err(|e| {
                Fault::new(codes::BUG, "a migration of MagAuth has no date").details(e)
            })?;
            Ok(Migration::new(version, file.name, file.up))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let done = track::bring_up(database, track, &migrations).await?;
    if !done.is_empty() {
        source.refresh().await?;
    }
    Ok(!done.is_empty())
}
