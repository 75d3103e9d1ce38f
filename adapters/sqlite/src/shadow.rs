//! A database to try things in: a new file of its own, with the same clock and functions, for which
//! nobody waits for the disk.

use crate::{Durability, Settings, Sqlite};
use mag_adapter::EngineError;
use std::path::PathBuf;

pub(crate) async fn make(
    like: &Sqlite,
    name: &str,
    folder: PathBuf,
) -> Result<Sqlite, EngineError> {
    let mut settings = Settings::managed(folder.join(format!("{name}.db")));
    settings.clock = like.opener.settings.clock.clone();
    settings.durability = Durability::Normal;
    settings.readers = 1;
    Sqlite::open(settings).await
}
