//! The lock against a second runner of migrations: a lock of the operating system on a file beside
//! the database, which ends with its holder, however that ends.

use crate::connect::{Opener, Place};
use crate::error;
use mag_adapter::EngineError;
use mag_adapter::engine::MigrationLock;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// Between two tries. Migrations take longer.
const AGAIN: Duration = Duration::from_millis(20);

pub(crate) async fn take(opener: &Opener, within: Duration) -> Result<MigrationLock, EngineError> {
    let place: &Place = &opener.settings.place;
    if !place.writable() {
        return Err(error::read_only_source());
    }
    let mut name = place.file().as_os_str().to_owned();
    name.push("-migrations");
    let path = PathBuf::from(name);
    let refused = |e: std::io::Error| {
        EngineError::broken(format!("cannot lock `{}`", path.display())).details(e.to_string())
    };
    let file: File =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(refused)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(MigrationLock::new(file)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < within => {
                tokio::time::sleep(AGAIN).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(error::busy("migrations are run by someone else"));
            }
            Err(TryLockError::Error(e)) => return Err(refused(e)),
        }
    }
}
