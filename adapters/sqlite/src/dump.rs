//! Copies of the whole database as it is at one moment, while others go on reading and writing.
//! A copy is under its name only when it is whole and on the disk.

use crate::connect::{Link, Opener, Use};
use crate::error;
use mag_adapter::EngineError;
use mag_contract::durable;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

/// How the copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// Page by page: the same file.
    Exact,
    /// Written anew without empty pages: the smallest file.
    Compact,
}

pub(crate) fn copy(opener: &Opener, to: &Path, how: Copy) -> Result<(), EngineError> {
    if to.exists() {
        return Err(EngineError::of_state("58P02", format!("`{}` is there already", to.display()))
            .hint("choose another name, or remove the file"));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".draft");
    let draft = PathBuf::from(name);
    let made = opener.open(Use::Copy).and_then(|link| {
        // A draft of a copy that did not come to its end.
        let _ = std::fs::remove_file(&draft);
        match how {
            Copy::Exact => exact(&link, &draft),
            Copy::Compact => compact(&link, &draft),
        }
    });
    let done = made.and_then(|()| {
        File::open(&draft)
            .and_then(|file| durable::sync(&file))
            .and_then(|()| durable::rename(&draft, to))
            .map_err(|e| EngineError::broken("the copy cannot be written").details(e.to_string()))
    });
    if done.is_err() {
        // It is worth nothing; the first error is the one to tell.
        let _ = std::fs::remove_file(&draft);
    }
    done
}

/// All pages in one step: in WAL mode this is one read, which stops nobody, and needs no second try.
fn exact(link: &Link, draft: &Path) -> Result<(), EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut target = Connection::open_with_flags(draft, flags).map_err(error::of)?;
    let backup = Backup::new(&link.db, &mut target).map_err(error::of)?;
    match backup.step(-1).map_err(error::of)? {
        StepResult::Done => Ok(()),
        _ => Err(error::busy("another program holds the database file")),
    }
}

fn compact(link: &Link, draft: &Path) -> Result<(), EngineError> {
    let Some(draft) = draft.to_str() else {
        return Err(EngineError::unsupported("the name of the copy is not UTF-8"));
    };
    link.db.execute("VACUUM INTO ?1", [draft]).map(drop).map_err(error::of)
}
