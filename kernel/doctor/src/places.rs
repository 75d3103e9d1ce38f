//! Where things are in a data folder, and when its last board booted. Reads only.

use mag_contract::Timestamp;
use std::path::{Path, PathBuf};

pub(crate) const SETTINGS: &str = "magflock.toml";
/// The folders that the board makes and owns. What else lies in the data folder belongs to parts.
pub(crate) const FOLDERS: [&str; 6] = ["run", "secrets", "state", "journal", "audit", "logs"];
/// A folder of ours holds far fewer; a look must end even in one that somebody filled.
const ENTRIES_MAX: usize = 20_000;

pub(crate) fn lock(data_folder: &Path) -> PathBuf {
    data_folder.join("run").join("board.lock")
}

/// The process that says that it runs a board here.
pub(crate) fn board(data_folder: &Path) -> Option<u32> {
    std::fs::read_to_string(lock(data_folder)).ok()?.trim().parse().ok()
}

pub(crate) fn socket(data_folder: &Path) -> PathBuf {
    data_folder.join("run").join("mobo.sock")
}

pub(crate) fn state(data_folder: &Path) -> PathBuf {
    data_folder.join("state").join("state.db")
}

/// When the newest board took the folder, or left it: it writes its lock at both moments.
pub(crate) fn last_boot(data_folder: &Path) -> Option<Timestamp> {
    modified(&lock(data_folder))
}

pub(crate) fn modified(path: &Path) -> Option<Timestamp> {
    let at = std::fs::symlink_metadata(path).ok()?.modified().ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

/// What is in a folder, sorted; nothing when it is not there or cannot be read, which is the
/// business of `permissions`.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(read) = std::fs::read_dir(folder) else { return vec![] };
    let mut all: Vec<_> = read.take(ENTRIES_MAX).flatten().map(|e| e.path()).collect();
    all.sort_unstable();
    all
}

/// Real files only: a link leads out of the folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = entries(folder);
    all.retain(|path| std::fs::symlink_metadata(path).is_ok_and(|m| m.is_file()));
    all
}
