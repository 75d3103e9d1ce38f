//! The folder of migrations on the disk, read into texts; new ones are written into it.

use mag_contract::{Fault, codes, durable};
use mag_migrate::Migration;
use std::path::{Path, PathBuf};

/// More files than anybody looks through; the wrong folder was named.
const FILES_MAX: usize = 20_000;
/// One script; a larger one is a load of data.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Nothing when the folder is not there: there are no migrations yet.
pub(crate) async fn read(folder: &Path) -> Result<Vec<Migration>, Fault> {
    let folder = folder.to_owned();
    let read = tokio::task::spawn_blocking(move || files(&folder));
    let files =
        read.await.map_err(|e| Fault::new(codes::BUG, "reading ended early").because(e))??;
    Ok(mag_migrate::read_folder(files)?)
}

fn files(folder: &Path) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(unreadable(folder, e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| unreadable(folder, e))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if !path.is_dir() {
            found.push((name, String::new()));
            continue;
        }
        for inner in std::fs::read_dir(&path).map_err(|e| unreadable(&path, e))? {
            let inner = inner.map_err(|e| unreadable(&path, e))?;
            let file = inner.file_name().to_string_lossy().into_owned();
            let text = if file.ends_with(".sql") { text(&inner.path())? } else { String::new() };
            found.push((format!("{name}/{file}"), text));
            if found.len() > FILES_MAX {
                let message = format!("`{}` holds more than {FILES_MAX} files", folder.display());
                return Err(Fault::new(codes::BAD_MIGRATION, message)
                    .hint("is it the folder of migrations?"));
            }
        }
    }
    Ok(found)
}

/// A script, when it is a text of a size that can be meant.
pub(crate) fn text(path: &Path) -> Result<String, Fault> {
    let size = std::fs::metadata(path).map_err(|e| unreadable(path, e))?.len();
    if size > BYTES_MAX {
        let message = format!("`{}` is larger than {} MiB", path.display(), BYTES_MAX >> 20);
        return Err(Fault::new(codes::BAD_SCRIPT, message)
            .hint("load so much data with the engine's own tools"));
    }
    std::fs::read_to_string(path).map_err(|e| unreadable(path, e))
}

fn unreadable(path: &Path, e: std::io::Error) -> Fault {
    if e.kind() == std::io::ErrorKind::NotFound {
        return Fault::new(codes::NO_SUCH_NAME, format!("there is no `{}`", path.display()));
    }
    let code = match e.kind() {
        std::io::ErrorKind::InvalidData => codes::BAD_SCRIPT,
        _ => codes::IO,
    };
    Fault::new(code, format!("`{}` cannot be read", path.display())).because(e)
}

/// Each file is whole on the disk when this returns, and none is written over.
pub(crate) async fn write(folder: &Path, files: Vec<(String, String)>) -> Result<(), Fault> {
    let folder = folder.to_owned();
    let work = move || -> Result<(), Fault> {
        for (path, text) in files {
            let path: PathBuf = folder.join(path);
            let unwritable = |e: std::io::Error| {
                Fault::new(codes::NOT_WRITABLE, format!("`{}` cannot be written", path.display()))
                    .because(e)
            };
            if path.exists() {
                let message = format!("`{}` is there already", path.display());
                return Err(Fault::new(codes::EXISTS, message));
            }
            if let Some(parent) = path.parent() {
                durable::create_folder(parent).map_err(unwritable)?;
            }
            durable::write(&path, text.as_bytes()).map_err(unwritable)?;
        }
        Ok(())
    };
    let wrote = tokio::task::spawn_blocking(work);
    wrote.await.map_err(|e| Fault::new(codes::BUG, "writing ended early").because(e))?
}

/// A migration that was written a moment ago and has not happened.
pub(crate) async fn forget(folder: &Path, migration: &str) -> Result<(), Fault> {
    let path = folder.join(migration);
    let gone = tokio::task::spawn_blocking(move || {
        std::fs::remove_dir_all(&path).map_err(|e| unreadable(&path, e))
    });
    gone.await.map_err(|e| Fault::new(codes::BUG, "removing ended early").because(e))?
}
