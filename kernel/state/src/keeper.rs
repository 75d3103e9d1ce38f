//! The one thread that owns the file. Orders that wait together share one transaction and one sync;
//! each has its own savepoint, so that one that fails takes none of the others with it. Nobody hears
//! "done" before the commit.

use crate::faults;
use crate::open;
use mag_contract::Fault;
use rusqlite::Connection;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// Told whether the commit failed; then it answers.
type Reply = Box<dyn FnOnce(Option<&Fault>) -> bool + Send>;

/// Gets the file, or why it cannot be used.
type Work = Box<dyn FnOnce(Result<&Connection, Fault>) -> Reply + Send>;

pub(crate) struct Order {
    writes: bool,
    work: Work,
}

/// Orders that wait; who asks one more waits until there is room.
pub(crate) const QUEUE: usize = 256;
/// Orders in one transaction: past this the sync is no longer what costs.
const GROUP_MAX: usize = 64;

impl Order {
    pub(crate) fn new<T: Send + 'static>(
        writes: bool,
        answer: oneshot::Sender<Result<T, Fault>>,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Self {
        let work = move |db: Result<&Connection, Fault>| -> Reply {
            let outcome = db.and_then(|db| if writes { alone(db, work) } else { work(db) });
            Box::new(move |failed| {
                let outcome = match failed {
                    Some(fault) => outcome.and_then(|_| Err(fault.clone())),
                    None => outcome,
                };
                let damaged = outcome.as_ref().err().is_some_and(faults::is_damage);
                // Who asked may have gone; what was asked is done all the same.
                let _ = answer.send(outcome);
                damaged
            })
        };
        Self { writes, work: Box::new(work) }
    }
}

/// Its own savepoint: all of the work or nothing.
fn alone<T>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let cannot = |e| faults::sqlite("write the state", e);
    db.prepare_cached("SAVEPOINT work").and_then(|mut s| s.execute([])).map_err(cannot)?;
    let outcome = work(db);
    if outcome.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK TO work").map_err(cannot)?;
    }
    if !db.is_autocommit() {
        db.prepare_cached("RELEASE work").and_then(|mut s| s.execute([])).map_err(cannot)?;
    }
    outcome
}

pub(crate) fn run(db: Connection, folder: PathBuf, mut orders: mpsc::Receiver<Order>) {
    let mut suspected = false;
    while let Some(order) = orders.blocking_recv() {
        let mut group = vec![order];
        while group.len() < GROUP_MAX {
            let Ok(order) = orders.try_recv() else { break };
            group.push(order);
        }
        if commit(&db, group) && !suspected {
            suspected = true;
            open::suspect(&folder);
        }
    }
    // Closing folds the log into the file; what cannot be folded now is folded at the next open.
    let _ = db.close();
}

/// True when somebody met damage.
fn commit(db: &Connection, group: Vec<Order>) -> bool {
    let writes = group.iter().any(|order| order.writes);
    let cannot = |e| faults::sqlite("write the state", e);
    let begin = if writes { "BEGIN IMMEDIATE" } else { "BEGIN" };
    let begun = db.prepare_cached(begin).and_then(|mut s| s.execute([])).map_err(cannot);
    let rolled_back = || {
        Fault::new(mag_contract::codes::STATE, "the change was undone with others that failed")
            .hint("try again")
    };
    let mut replies = Vec::with_capacity(group.len());
    for order in group {
        let usable = match &begun {
            Err(fault) => Err(fault.clone()),
            // A full disk makes SQLite undo the whole transaction by itself.
            Ok(_) if db.is_autocommit() => Err(rolled_back()),
            Ok(_) => Ok(db),
        };
        replies.push((order.work)(usable));
    }
    let failed = match begun {
        Err(fault) => Some(fault),
        Ok(_) if db.is_autocommit() => Some(rolled_back()),
        Ok(_) => db.prepare_cached("COMMIT").and_then(|mut s| s.execute([])).map_err(cannot).err(),
    };
    if !db.is_autocommit() {
        let _ = db.execute_batch("ROLLBACK");
    }
    replies.into_iter().fold(false, |damaged, reply| reply(failed.as_ref()) | damaged)
}
