//! Bytes that are on the disk when the call returns. The ONE place that syncs files and folders:
//! everything that promises durability writes through here.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replace a file whole: a reader, or a boot after a power cut, sees the old or the new content.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with_mode(path, content, None)
}

/// The same for a secret: nobody but the owner reads it, from the first byte on.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with_mode(path, content, Some(0o600))
}

/// A folder and its parents, on the disk.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = folder_of(path);
    if parent != path {
        create_folder(&parent)?;
    }
    match std::fs::create_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }?;
    sync_folder(&parent)
}

/// Move a file, and know that the move is on the disk.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_folder(&folder_of(to))
}

pub fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    sync_folder(&folder_of(path))
}

/// What was written to `file` so far.
pub fn sync(file: &File) -> io::Result<()> {
    file.sync_data()
}

/// The names in a folder: a new file is found after a power cut only when its folder was synced.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn write_with_mode(path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.draft", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if let Some(mode) = mode {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        }
        #[cfg(not(unix))]
        let _ = mode;
        let mut file = options.open(&draft)?;
        file.write_all(content)?;
        sync(&file)?;
        rename(&draft, path)
    })();
    if written.is_err() {
        // The draft is worth nothing; the first error is the one to tell.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_replaced_whole_and_no_draft_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("b");
        super::create_folder(&path).unwrap();
        let file = path.join("state.json");
        super::write(&file, b"one").unwrap();
        super::write_private(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
    }
}
