//! The port to the disk for everything that is written, so that a test can be a disk that fails.
//! Reading needs no port: a damaged file is a file like any other.

use mag_contract::durable;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

pub trait Disk: Send + Sync + 'static {
    /// A new file; an error when it is there already.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// A file that is there, for writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// New names in this folder are found after a power cut.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

pub trait DiskFile: Send {
    /// Writes some of `bytes` at `offset` and says how many.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

impl Disk for Machine {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(path)?))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        durable::sync_folder(path)
    }
}

impl DiskFile for File {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.seek(SeekFrom::Start(offset))?;
        Write::write(self, bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        durable::sync(self)
    }
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// All of `bytes`, however small the pieces are that the disk takes.
pub(crate) fn write_all(file: &mut dyn DiskFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(offset + written as u64, &bytes[written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => written += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
