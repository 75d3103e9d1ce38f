//! Opening a state file of which nothing is certain. It is checked when the last run did not end
//! well; when it is damaged it is moved aside, whole, and a new one is begun.

use crate::boots::{self, HowEnded};
use crate::faults;
use crate::schema;
use mag_contract::{Clock, Fault, codes, durable};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    pub file: PathBuf,
    /// The file was damaged: where it is now.
    pub set_aside: Option<SetAside>,
    /// The whole file was checked. It is not after a clean end, so that boots are fast.
    pub checked: bool,
    /// The tables were brought from one version to another; from 0 means that they are new.
    pub migrated: Option<(usize, usize)>,
    /// How the boot before this one ended.
    pub last_boot: Option<HowEnded>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub files: Vec<PathBuf>,
    pub why: String,
}

const FILE: &str = "state.db";
/// Left by a run that met damage: the next open checks everything, however that run ended.
const SUSPECT: &str = "state.db.suspect";
/// A backup or a curious person may read the file; nobody else writes it.
const WAIT_FOR_READERS: Duration = Duration::from_secs(5);

pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<(Connection, OpenReport), Fault> {
    durable::create_folder(folder).map_err(|e| faults::io("make the folder", folder, e))?;
    let file = folder.join(FILE);
    let mut set_aside = None;
    let opened = match open_as_found(folder, &file) {
        Err(Trouble::Damaged(why)) => {
            let files = move_aside(folder, &file, clock)?;
            set_aside = Some(SetAside { files, why });
            open_as_found(folder, &file)
        }
        other => other,
    };
    match opened {
        Ok((db, report)) => Ok((db, OpenReport { set_aside, ..report })),
        Err(Trouble::Other(fault)) => Err(fault),
        Err(Trouble::Damaged(why)) => {
            Err(Fault::new(codes::STATE, "a new state file is damaged at once").details(why))
        }
    }
}

pub(crate) fn suspect(folder: &Path) {
    // When this cannot be written either, the next boot finds the damage where this one did.
    let _ = durable::write(&folder.join(SUSPECT), b"");
}

enum Trouble {
    Damaged(String),
    Other(Fault),
}

impl From<rusqlite::Error> for Trouble {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory,
            ) => Self::Other(faults::sqlite("open the state", e)),
            _ => Self::Damaged(e.to_string()),
        }
    }
}

fn open_as_found(folder: &Path, file: &Path) -> Result<(Connection, OpenReport), Trouble> {
    let found = std::fs::metadata(file).ok();
    let is_new = found.is_none();
    if found.as_ref().is_some_and(|found| !found.is_file() || found.len() == 0) {
        return Err(Trouble::Damaged("it holds nothing".to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.busy_timeout(WAIT_FOR_READERS)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -1024;
         PRAGMA journal_size_limit = 4194304;",
    )?;
    let (mut last_boot, mut checked) = (None, false);
    if !is_new {
        let (application, version): (i32, i64) = db.query_row(
            "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if application != schema::APPLICATION && (application != 0 || version != 0) {
            return Err(Trouble::Damaged("it is the database of another program".to_owned()));
        }
        last_boot = if version > 0 { boots::last(&db)? } else { None };
        let bytes = found.map_or(0, |found| found.len());
        if last_boot != Some(HowEnded::Clean)
            || folder.join(SUSPECT).exists()
            || is_shorter_than_it_says(&db, bytes)?
        {
            check(&db)?;
            checked = true;
            let _ = std::fs::remove_file(folder.join(SUSPECT));
        }
    }
    let migrated = schema::migrate(&db).map_err(|fault| {
        let newer = std::error::Error::source(&fault).is_none();
        let known = fault.code() != codes::STATE;
        if newer || known { Trouble::Other(fault) } else { Trouble::Damaged(fault.chain()) }
    })?;
    if is_new {
        durable::sync_folder(folder)
            .map_err(|e| Trouble::Other(faults::io("sync the folder", folder, e)))?;
    }
    let file = file.to_path_buf();
    Ok((db, OpenReport { file, set_aside: None, checked, migrated, last_boot }))
}

/// After a clean end all pages are in the file itself. Costs one look, and finds a file that was cut.
fn is_shorter_than_it_says(db: &Connection, bytes: u64) -> rusqlite::Result<bool> {
    let promised: i64 = db.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )?;
    Ok(u64::try_from(promised).is_ok_and(|promised| promised > bytes))
}

fn check(db: &Connection) -> Result<(), Trouble> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Trouble::Damaged(verdict));
    }
    if !schema::is_ours(db)? {
        return Err(Trouble::Damaged("its tables are not the ones that were made".to_owned()));
    }
    Ok(())
}

/// The file and its companions, under a name that says when.
fn move_aside(folder: &Path, file: &Path, clock: &Clock) -> Result<Vec<PathBuf>, Fault> {
    let when = clock.now().to_string().replace(':', "");
    let mut mark = format!("damaged-{when}");
    let mut again = 1;
    while folder.join(format!("{FILE}.{mark}")).exists() {
        again += 1;
        mark = format!("damaged-{when}-{again}");
    }
    let mut moved = Vec::new();
    for companion in ["-wal", "-shm", ""] {
        let from = folder.join(format!("{FILE}{companion}"));
        let to = folder.join(format!("{FILE}.{mark}{companion}"));
        match durable::rename(&from, &to) {
            Ok(()) => moved.push(to),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(faults::io("move aside", file, e)),
        }
    }
    Ok(moved)
}
