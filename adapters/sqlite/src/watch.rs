//! Changes of the structure: our own are told at once, those of other programs are found by asking
//! the file for its number from time to time.
//! Never: what has changed; whoever wants to know reads the structure again.

use crate::connect::{Link, Opener, Use};
use futures::stream::{self, BoxStream, StreamExt};
use mag_adapter::engine::StructureChanged;
use rusqlite::Connection;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How late a change by another program may be told. Asking costs a look into shared memory.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

pub(crate) struct Structure {
    /// SQLite's own number of the structure, when it was looked at last; it grows with each change.
    number: Mutex<Option<i64>>,
    told: watch::Sender<u64>,
    /// Dropping it ends the thread that looks; there is none before someone watches.
    looker: Mutex<Option<SyncSender<()>>>,
}

impl Structure {
    pub(crate) fn new() -> Self {
        let (told, _) = watch::channel(0);
        Self { number: Mutex::new(None), told, looker: Mutex::new(None) }
    }

    /// Reads the number, and tells when it is another one than before. Of two who look at the same
    /// time the second one reads later, so that no number of before comes after a newer one.
    pub(crate) fn look(&self, db: &Connection) {
        let mut held = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(number) = number(db) else { return };
        let before = held.replace(number);
        if before.is_some_and(|before| before != number) {
            self.told.send_modify(|changes| *changes += 1);
        }
    }

    pub(crate) fn watch(
        self: &Arc<Self>,
        opener: &Arc<Opener>,
    ) -> BoxStream<'static, StructureChanged> {
        self.begin_looking(opener);
        let told = self.told.subscribe();
        let changes = stream::unfold(told, |mut told| async move {
            told.changed().await.ok()?;
            Some((StructureChanged { command: None }, told))
        });
        changes.boxed()
    }

    /// The writer holds the structure as well, and outlives the thread that looks.
    pub(crate) fn end_looking(&self) {
        self.looker.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn begin_looking(self: &Arc<Self>, opener: &Arc<Opener>) {
        let mut looker = self.looker.lock().unwrap_or_else(PoisonError::into_inner);
        if looker.is_some() {
            return;
        }
        let (end, ended) = sync_channel::<()>(1);
        // The engine owns the structure: when it goes, `end` goes, and the thread with it.
        let (structure, keeper, opener) = (Arc::downgrade(self), opener, opener.clone());
        let looks = move || {
            let mut link: Option<Link> = None;
            loop {
                if let Some(structure) = structure.upgrade() {
                    let open = match &mut link {
                        Some(link) => opener.renew(link, Use::Read),
                        None => opener.open(Use::Read).map(|new| link = Some(new)),
                    };
                    match (open, &link) {
                        (Ok(()), Some(link)) => structure.look(&link.db),
                        _ => link = None,
                    }
                }
                if ended.recv_timeout(BETWEEN_LOOKS) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        if keeper.begin_thread("sqlite-watch", looks).is_ok() {
            *looker = Some(end);
        }
    }
}

pub(crate) fn number(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA schema_version", [], |row| row.get(0))
}
