//! One board a data folder: a lock that the machine takes back by itself when the process ends.

use crate::boot::folder_fault;
use mag_contract::{Fault, codes, durable};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

pub struct FolderLock {
    file: File,
}

/// Where the lock of a data folder is.
pub fn path(data_folder: &Path) -> PathBuf {
    data_folder.join("run").join("board.lock")
}

impl FolderLock {
    pub fn take(data_folder: &Path) -> Result<Self, Fault> {
        let path = path(data_folder);
        let folder = path.parent().unwrap_or(data_folder);
        durable::create_folder(folder).map_err(|e| folder_fault(data_folder, e))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(|e| folder_fault(data_folder, e))?;
        match locked(&mut file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let who = holder(&mut file)
                    .map_or("another process".into(), |pid| format!("process {pid}"));
                let message = format!("a board runs on {} already ({who})", data_folder.display());
                return Err(Fault::new(codes::TWO_BOARDS, message)
                    .hint("`mobo status` shows it, `mobo shutdown` ends it, `--data DIR` takes another folder"));
            }
            Err(TryLockError::Error(e)) => return Err(folder_fault(data_folder, e)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|e| folder_fault(data_folder, e))?;
        Ok(Self { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// The process that runs a board on this folder, if one does.
pub fn running(data_folder: &Path) -> Option<Option<u32>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path(data_folder)).ok()?;
    // Shared: those who only look do not take each other for a board.
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            None
        }
        Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
        Err(TryLockError::Error(_)) => None,
    }
}

/// Whoever only looks has the lock for a moment and writes nothing. So many looks, a little apart, are
/// more than any of them takes, also on a busy machine.
const LOOKS: u32 = 400;
/// A board that holds the lock has written its number. One that was killed has left it there, too, so
/// that a number alone does not tell a board from somebody who only looks.
const LOOKS_AT_A_NUMBER: u32 = 40;
const APART: std::time::Duration = std::time::Duration::from_millis(5);

fn locked(file: &mut File) -> Result<(), TryLockError> {
    for look in 0..LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if look < LOOKS_AT_A_NUMBER || holder(file).is_none() => {
                std::thread::sleep(APART);
            }
            outcome => return outcome,
        }
    }
    file.try_lock()
}

/// The number in the file; a lock file holds no more.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_board_on_the_same_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let held = FolderLock::take(folder.path()).unwrap();
        assert_eq!(running(folder.path()), Some(Some(std::process::id())));
        let fault = FolderLock::take(folder.path()).err().unwrap();
        assert_eq!(fault.code(), codes::TWO_BOARDS);
        assert!(fault.message().contains(&std::process::id().to_string()));
        drop(held);
        assert_eq!(running(folder.path()), None);
        // Someone who only looks does not keep a board from its boot.
        let looking = File::open(path(folder.path())).unwrap();
        looking.lock_shared().unwrap();
        assert_eq!(running(folder.path()), None);
        let away = std::thread::spawn(move || {
            std::thread::sleep(APART);
            drop(looking);
        });
        drop(FolderLock::take(folder.path()).unwrap());
        away.join().unwrap();
        FolderLock::take(folder.path()).unwrap();
    }
}
