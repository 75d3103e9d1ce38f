//! A disk that fails when it is told to, and that forgets at a power cut what was not synced.

use mag_journal::{Disk, DiskFile, Machine};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is written.
    Error,
    /// A part is written, then there is no room.
    ShortThenFull,
    /// Only a part is written, and the next call may go on.
    Short,
}

#[derive(Default)]
pub(crate) struct State {
    calls: u64,
    /// Which call fails, and how.
    pub(crate) plan: BTreeMap<u64, Failure>,
    /// From this call on nothing works: the power is gone.
    pub(crate) dead_from: Option<u64>,
    /// No room for another byte.
    pub(crate) full: bool,
    /// What is certain to be there after a power cut; files whose name was not synced are not in it.
    certain: HashMap<PathBuf, u64>,
    unnamed: HashMap<PathBuf, u64>,
}

#[derive(Clone, Default)]
pub(crate) struct FailingDisk(pub(crate) Arc<Mutex<State>>);

impl FailingDisk {
    fn call(&self) -> io::Result<Option<Failure>> {
        let mut state = self.0.lock().unwrap();
        let call = state.calls;
        state.calls += 1;
        if state.dead_from.is_some_and(|from| call >= from) {
            return Err(io::Error::other("the power is gone"));
        }
        Ok(state.plan.get(&call).copied())
    }

    fn refuse(&self) -> io::Result<()> {
        match self.call()? {
            Some(Failure::Error | Failure::ShortThenFull) => {
                Err(io::Error::other("input/output error"))
            }
            Some(Failure::Short) | None => Ok(()),
        }
    }

    /// Every call waits until `work` is done.
    pub(crate) fn while_it_hangs(&self, work: impl FnOnce()) {
        let _hanging = self.0.lock().unwrap();
        work();
    }

    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().unwrap().calls
    }

    /// What a power cut leaves of the files: all that was synced, and of the rest as much as `keep`
    /// says (0 nothing, 255 all), with its last bytes turned into nonsense when `nonsense` says so.
    pub(crate) fn cut_power(&self, keep: u8, nonsense: bool) {
        let mut state = self.0.lock().unwrap();
        for (path, certain) in state.certain.drain().collect::<Vec<_>>() {
            let Ok(mut bytes) = std::fs::read(&path) else { continue };
            let certain = usize::try_from(certain).unwrap().min(bytes.len());
            let kept = certain + (bytes.len() - certain) * usize::from(keep) / 255;
            bytes.truncate(kept);
            if nonsense {
                let from = certain.max(kept.saturating_sub(7));
                bytes[from..].fill(0xA5);
            }
            std::fs::write(&path, bytes).unwrap();
        }
        for (path, _) in state.unnamed.drain() {
            if keep < 128 {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl Disk for FailingDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.refuse()?;
        if self.0.lock().unwrap().full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = Machine.create(path)?;
        self.0.lock().unwrap().unnamed.insert(path.to_path_buf(), 0);
        Ok(Box::new(FailingFile { disk: self.clone(), path: path.to_path_buf(), file }))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.refuse()?;
        let file = Machine.open(path)?;
        let len = std::fs::metadata(path)?.len();
        self.0.lock().unwrap().certain.entry(path.to_path_buf()).or_insert(len);
        Ok(Box::new(FailingFile { disk: self.clone(), path: path.to_path_buf(), file }))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.refuse()?;
        Machine.remove(path)?;
        let mut state = self.0.lock().unwrap();
        state.certain.remove(path);
        state.unnamed.remove(path);
        Ok(())
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.refuse()?;
        Machine.sync_folder(path)?;
        let mut state = self.0.lock().unwrap();
        let named: Vec<_> = state.unnamed.drain().collect();
        state.certain.extend(named);
        Ok(())
    }
}

struct FailingFile {
    disk: FailingDisk,
    path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl FailingFile {
    fn note(&self, change: impl Fn(u64) -> u64) {
        let mut state = self.disk.0.lock().unwrap();
        let State { certain, unnamed, .. } = &mut *state;
        for files in [certain, unnamed] {
            if let Some(len) = files.get_mut(&self.path) {
                *len = change(*len);
            }
        }
    }
}

impl DiskFile for FailingFile {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len().div_ceil(2)];
        let failure = self.disk.call()?;
        if self.disk.0.lock().unwrap().full {
            self.file.write(offset, half)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        match failure {
            None => self.file.write(offset, bytes),
            Some(Failure::Short) => self.file.write(offset, half),
            Some(Failure::ShortThenFull) => {
                self.file.write(offset, half)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(Failure::Error) => Err(io::Error::other("input/output error")),
        }
    }
    fn sync(&mut self) -> io::Result<()> {
        self.disk.refuse()?;
        self.file.sync()?;
        let len = std::fs::metadata(&self.path)?.len();
        self.note(|_| len);
        Ok(())
    }
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.refuse()?;
        self.file.truncate(len)?;
        self.note(|certain| certain.min(len));
        Ok(())
    }
}
