//! Opening the file, for each use that is made of it. Every connection is hardened here, in one place:
//! foreign keys on, schemas not trusted, no extensions, no attached files, bounds on all that a
//! hostile statement could grow.
//! Never: a statement of someone else.

use crate::allow::{self, Allowed};
use crate::error;
use crate::leash::{Leash, STEPS_BETWEEN_LOOKS};
use crate::native;
use crate::near::Moment;
use mag_adapter::EngineError;
use mag_contract::{Clock, durable};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::convert::Infallible;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;

/// Where the rows are, and what may be done to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of ours: made when missing, kept in WAL mode.
    Managed(PathBuf),
    /// Someone's file. Not a byte of it changes when it is not `writable`; its journal mode stays
    /// as it is in any case.
    Existing { file: PathBuf, writable: bool },
}

impl Place {
    pub fn file(&self) -> &Path {
        match self {
            Self::Managed(file) | Self::Existing { file, .. } => file,
        }
    }
    pub fn writable(&self) -> bool {
        match self {
            Self::Managed(_) => true,
            Self::Existing { writable, .. } => *writable,
        }
    }
}

/// What an answered write has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The disk: it survives a power cut.
    #[default]
    Full,
    /// The operating system: it survives a crash of the program, and a power cut may lose the last
    /// moments.
    Normal,
}

#[derive(Clone)]
pub struct Settings {
    pub place: Place,
    pub durability: Durability,
    /// Threads that read.
    pub readers: usize,
    /// Calls that wait or run, for reads and for writes each; one more is told to come again.
    pub queue: usize,
    /// How long a call waits for a place in a full queue.
    pub queue_wait: Duration,
    /// Writes that share a commit, at most: a bound on what one failing disk write refuses.
    pub group: usize,
    /// How long a group takes in further writes: a bound on how long the first one waits.
    pub group_within: Duration,
    /// How long another program may hold the file.
    pub busy_wait: Duration,
    /// How large the file may become, when it has a bound of its own: beyond it the disk is full.
    pub bytes_max: Option<u64>,
    /// Prepared statements that each connection keeps.
    pub statements: usize,
    pub clock: Clock,
}

impl Settings {
    pub fn new(place: Place) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            place,
            durability: Durability::Full,
            // Two more than can run at once, for those that wait for the disk.
            readers: cores + 2,
            queue: 1_024,
            queue_wait: Duration::from_secs(5),
            group: 256,
            group_within: Duration::from_millis(5),
            busy_wait: Duration::from_secs(5),
            bytes_max: None,
            statements: 128,
            clock: Clock::machine(),
        }
    }
    pub fn managed(file: impl Into<PathBuf>) -> Self {
        Self::new(Place::Managed(file.into()))
    }
    pub fn existing(file: impl Into<PathBuf>, writable: bool) -> Self {
        Self::new(Place::Existing { file: file.into(), writable })
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Write,
    Read,
    /// Read, where nothing may wait.
    ReadNow,
    /// Copies of the whole file, for which SQLite attaches the new one.
    Copy,
}

/// A connection with its leash.
pub(crate) struct Link {
    pub(crate) db: Connection,
    pub(crate) leash: Arc<Leash>,
    /// What `now()` is, in microseconds since 2000: set once for each piece of work.
    moment: Arc<AtomicI64>,
    generation: u64,
    /// What it reads at, from one read to the next.
    pub(crate) kept: Option<Moment>,
}

/// Opens connections, all to the same file in the same way.
pub(crate) struct Opener {
    pub(crate) settings: Settings,
    /// Someone's file that nobody else has open: read without a lock or a companion file, for as
    /// long as it stands still.
    still: Option<Still>,
    moved: AtomicBool,
    generation: AtomicU64,
    /// Grows with each commit of ours, before anyone hears of it.
    changes: AtomicU64,
    threads: Mutex<Threads>,
    /// The file that is written, once it is open for that.
    written: OnceLock<Option<Mark>>,
}

/// What tells a file from another one of its name.
type Mark = (u64, u64);

#[cfg(unix)]
fn mark(file: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).ok().map(|known| (known.dev(), known.ino()))
}

/// Here an open file can be neither removed nor renamed.
#[cfg(not(unix))]
fn mark(_: &Path) -> Option<Mark> {
    None
}

/// Every thread holds an end of it; nothing is ever sent.
type Alive = mpsc::Sender<Infallible>;

struct Threads {
    alive: Option<Alive>,
    ended: Option<mpsc::Receiver<Infallible>>,
}

#[derive(Debug)]
struct Still {
    stamp: Stamp,
    wal: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

fn stamp(file: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(file).ok()?;
    Some(Stamp { bytes: found.len(), modified: found.modified().ok() })
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl Opener {
    pub(crate) fn new(settings: Settings) -> Result<Self, EngineError> {
        let still =
            if settings.place.writable() { None } else { Still::of(settings.place.file())? };
        let (alive, ended) = mpsc::channel(1);
        Ok(Self {
            settings,
            still,
            moved: AtomicBool::new(false),
            generation: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            threads: Mutex::new(Threads { alive: Some(alive), ended: Some(ended) }),
            written: OnceLock::new(),
        })
    }

    /// Begins a thread that `threads_ended` waits for.
    pub(crate) fn begin_thread(
        &self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        let alive = self.threads.lock().unwrap_or_else(PoisonError::into_inner).alive.clone();
        let work = move || {
            work();
            drop(alive);
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
    }

    /// Waits for all threads. Whoever calls has told them to end.
    pub(crate) async fn threads_ended(&self) {
        let ended = {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.alive = None;
            threads.ended.take()
        };
        if let Some(mut ended) = ended {
            ended.recv().await;
        }
    }

    /// For the writer of a managed file: makes the file, in a folder whose names are on the disk.
    pub(crate) fn prepare_file(&self) -> Result<(), EngineError> {
        let file = self.settings.place.file();
        match &self.settings.place {
            Place::Existing { .. } if file.is_file() => Ok(()),
            Place::Existing { .. } => {
                Err(EngineError::gone(format!("there is no database file at `{}`", file.display())))
            }
            Place::Managed(_) if file.is_file() => Ok(()),
            Place::Managed(_) => {
                let folder = match file.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                let made = durable::create_folder(folder).and_then(|()| {
                    std::fs::OpenOptions::new()
                        .create(true)
                        .append(true)
                        .open(file)
                        .and_then(|_| durable::sync_folder(folder))
                });
                made.map_err(|e| {
                    EngineError::gone(format!("cannot make `{}`", file.display()))
                        .details(e.to_string())
                })
            }
        }
    }

    pub(crate) fn open(&self, for_what: Use) -> Result<Link, EngineError> {
        self.look();
        let generation = self.generation.load(Ordering::Acquire);
        let link = self.open_as(for_what, generation).map_err(error::of)?;
        if for_what == Use::Write {
            self.written.get_or_init(|| mark(self.settings.place.file()));
        }
        Ok(link)
    }

    /// The file that is written still has its name: what goes into one that was taken away, or that
    /// another one has replaced, would be kept by nobody.
    pub(crate) fn is_there(&self) -> Result<(), EngineError> {
        match self.written.get() {
            Some(written) if *written != mark(self.settings.place.file()) => Err(error::moved()),
            _ => Ok(()),
        }
    }

    fn open_as(&self, for_what: Use, generation: u64) -> rusqlite::Result<Link> {
        let file = self.settings.place.file();
        let access = if for_what == Use::Write {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        // Each connection is used by one thread at a time, which its owner sees to.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let mut db = Connection::open_with_flags(self.uri(file), flags)?;
        harden(&db, &self.settings.place, for_what)?;
        let busy_wait = match for_what {
            Use::ReadNow => Duration::ZERO,
            Use::Write | Use::Read | Use::Copy => self.settings.busy_wait,
        };
        db.busy_timeout(busy_wait)?;
        self.set_up(&db, for_what)?;
        db.set_prepared_statement_cache_capacity(self.settings.statements);
        let leash = Arc::new(Leash::default());
        leash.take_off();
        let held = leash.clone();
        db.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || held.pulls()))?;
        let moment = Arc::new(AtomicI64::new(0));
        native::install(&db, &moment)?;
        // A copy attaches the file that it makes, and nobody hands it a statement.
        if for_what != Use::Copy {
            allow::only(&mut db, Allowed::Plans)?;
        }
        let link = Link { db, leash, moment, generation, kept: None };
        link.set_moment(&self.settings.clock);
        Ok(link)
    }

    fn uri(&self, file: &Path) -> String {
        let mut uri = String::from("file:");
        for byte in file.as_os_str().as_encoded_bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
                byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
                byte => uri.push_str(&format!("%{byte:02x}")),
            }
        }
        if self.still.is_some() && !self.moved.load(Ordering::Acquire) {
            uri.push_str("?immutable=1");
        }
        uri
    }

    fn set_up(&self, db: &Connection, for_what: Use) -> rusqlite::Result<()> {
        match for_what {
            Use::Write => {
                if let Place::Managed(_) = self.settings.place {
                    // `auto_vacuum` must stand before the first table does.
                    db.execute_batch(
                        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL",
                    )?;
                }
                db.execute_batch(match self.settings.durability {
                    Durability::Full => "PRAGMA synchronous = FULL",
                    Durability::Normal => "PRAGMA synchronous = NORMAL",
                })?;
                if let Some(bytes) = self.settings.bytes_max {
                    let page: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0))?;
                    db.execute_batch(&format!(
                        "PRAGMA max_page_count = {}",
                        bytes / u64::from(page.max(1))
                    ))?;
                }
                db.execute_batch("PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 67108864")
            }
            // The pages that all ask for fit in; the rest is in the memory of the system, once for
            // all connections, a copy of a page away.
            Use::Read | Use::ReadNow => {
                db.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2000")
            }
            Use::Copy => Ok(()),
        }
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
    /// How long the log beside the file is.
    pub(crate) fn log_bytes(&self) -> u64 {
        let log = beside(self.settings.place.file(), "-wal");
        std::fs::metadata(log).map_or(0, |found| found.len())
    }

    /// The connection as it is, or a new one when the file was found to be in use by others.
    pub(crate) fn renew(&self, link: &mut Link, for_what: Use) -> Result<(), EngineError> {
        self.look();
        if link.generation != self.generation.load(Ordering::Acquire) {
            *link = self.open(for_what)?;
        }
        Ok(())
    }

    /// Whether what was just read was read from a file that stood still.
    pub(crate) fn stood_still(&self, link: &Link) -> bool {
        self.look();
        link.generation == self.generation.load(Ordering::Acquire)
    }

    fn look(&self) {
        let Some(still) = &self.still else { return };
        if self.moved.load(Ordering::Acquire) {
            return;
        }
        if stamp(self.settings.place.file()).as_ref() != Some(&still.stamp) || still.wal.exists() {
            self.moved.store(true, Ordering::Release);
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Still {
    /// A file in WAL mode without companions: opened in any other way SQLite would make them.
    fn of(file: &Path) -> Result<Option<Self>, EngineError> {
        let unreadable = |e: std::io::Error| {
            EngineError::gone(format!("cannot read the database file `{}`", file.display()))
                .details(e.to_string())
        };
        let Some(stamp) = stamp(file) else {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(unreadable(missing));
        };
        let mut header = [0u8; 20];
        let read = std::fs::File::open(file).and_then(|mut f| f.read_exact(&mut header));
        if read.is_err() {
            // An empty file is an empty database.
            return Ok(None);
        }
        let in_wal_mode = header[18] == 2 && header[19] == 2;
        let wal = beside(file, "-wal");
        let alone = !wal.exists() && !beside(file, "-shm").exists();
        Ok((in_wal_mode && alone).then_some(Self { stamp, wal }))
    }
}

impl Link {
    pub(crate) fn set_moment(&self, clock: &Clock) {
        let micros = native::micros_of(clock.now());
        self.moment.store(micros, Ordering::Relaxed);
    }
}

fn harden(db: &Connection, place: &Place, for_what: Use) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false)?;
    if let Place::Managed(_) = place {
        // A misspelt column in double quotes is an error and not a text. Someone's old views may
        // lean on the opposite.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    }
    for (limit, most) in [
        // A row of a quarter of a gigabyte is a mistake or an attack.
        (Limit::SQLITE_LIMIT_LENGTH, 256 << 20),
        // A plan with ten thousand values takes some hundred kilobytes.
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 4 << 20),
        (Limit::SQLITE_LIMIT_COLUMN, 2_000),
        // Five hundred conditions in a row are a tree that is five hundred deep.
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 1_000),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 500),
        (Limit::SQLITE_LIMIT_VDBE_OP, 5_000_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 1_000),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10_000),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 32_766),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
        // No threads that nobody counts.
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        (Limit::SQLITE_LIMIT_ATTACHED, i32::from(for_what == Use::Copy)),
    ] {
        db.set_limit(limit, most)?;
    }
    Ok(())
}
