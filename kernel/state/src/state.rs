//! The handle of the state: cheap to clone, and it can only ask.

use crate::boots::Boots;
use crate::faults;
use crate::jobs::Jobs;
use crate::keeper::{self, Order, QUEUE};
use crate::open::{self, OpenReport};
use crate::schedules::Schedules;
use crate::values::Values;
use mag_contract::{Clock, Fault, Timestamp, codes};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    clock: Clock,
    /// Names this opening of the file: a job that runs under another name lost its board.
    run: String,
    jobs_changed: watch::Sender<u64>,
}

/// SQLite's own needs, with room to spare.
const STACK: usize = 1024 * 1024;

impl State {
    /// Opens or makes the state in this folder. Blocks for the few milliseconds that takes.
    pub fn open(folder: &Path, clock: Clock) -> Result<(Self, OpenReport), Fault> {
        let (db, report) = open::open(folder, &clock)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        let (orders, waiting) = mpsc::channel(QUEUE);
        let folder = folder.to_path_buf();
        let thread = std::thread::Builder::new()
            .name("state".to_owned())
            .stack_size(STACK)
            .spawn(move || keeper::run(db, folder, waiting))
            .map_err(|e| Fault::new(codes::STATE, "could not start a thread").because(e))?;
        let inner = Inner {
            orders: Some(orders),
            thread: Some(thread),
            clock,
            run: uuid::Uuid::new_v4().to_string(),
            jobs_changed: watch::channel(0).0,
        };
        Ok((Self { inner: Arc::new(inner) }, report))
    }

    /// The values of one part. No part sees another's.
    pub fn part(&self, name: &str) -> Result<Values, Fault> {
        Values::of(self.clone(), name)
    }

    pub fn boots(&self) -> Boots {
        Boots::of(self.clone())
    }

    pub fn jobs(&self) -> Jobs {
        Jobs::of(self.clone())
    }

    pub fn schedules(&self) -> Schedules {
        Schedules::of(self.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn run(&self) -> &str {
        &self.inner.run
    }

    pub(crate) fn jobs_changed(&self) -> &watch::Sender<u64> {
        &self.inner.jobs_changed
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.ask(false, work).await
    }

    /// Returns when the change is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.ask(true, work).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let orders = self.inner.orders.as_ref().expect("only the drop takes it");
        orders.send(Order::new(writes, answer, work)).await.map_err(|_| faults::closed())?;
        answered.await.map_err(|_| faults::closed())?
    }
}

/// More than this crate has.
const STATEMENTS: usize = 64;

/// Waits until what was asked is done and the file is closed.
impl Drop for Inner {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
