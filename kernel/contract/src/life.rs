//! The running part's line to the board: it says ready, tells its health, answers the heartbeat,
//! learns that it shall leave. Tasks are born through it, so that the board sees and ends them.

use crate::fault::Fault;
use crate::part::PartId;
use futures::FutureExt;
use serde::Serialize;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

/// How a part says it is. The board makes its own judgement out of this and of its own probes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Health {
    Good,
    Degraded(String),
    Bad(String),
}

pub struct Life {
    ready: Option<oneshot::Sender<()>>,
    line: Lifeline,
}

/// The part of a `Life` that tasks share. Cheap to clone.
#[derive(Clone)]
pub struct Lifeline {
    part: PartId,
    drain: watch::Receiver<bool>,
    ping: watch::Receiver<u64>,
    pong: Arc<AtomicU64>,
    health: watch::Sender<Health>,
    crew: Crew,
}

/// The board's end of a `Life`.
pub struct Reins {
    pub ready: oneshot::Receiver<()>,
    pub drain: watch::Sender<bool>,
    pub ping: watch::Sender<u64>,
    pub pong: Arc<AtomicU64>,
    pub health: watch::Receiver<Health>,
    /// A task of the part panicked.
    pub fallen: mpsc::Receiver<Fault>,
    pub crew: Crew,
}

impl Life {
    pub fn new(part: PartId) -> (Self, Reins) {
        let (ready_tx, ready) = oneshot::channel();
        let (drain, drain_rx) = watch::channel(false);
        let (ping, ping_rx) = watch::channel(0);
        let (health_tx, health) = watch::channel(Health::Good);
        // One is enough: the first panic ends the incarnation.
        let (fall, fallen) = mpsc::channel(1);
        let pong = Arc::<AtomicU64>::default();
        let crew = Crew { fall, tasks: Arc::default() };
        let line = Lifeline {
            part,
            drain: drain_rx,
            ping: ping_rx,
            pong: pong.clone(),
            health: health_tx,
            crew: crew.clone(),
        };
        let life = Self { ready: Some(ready_tx), line };
        (life, Reins { ready, drain, ping, pong, health, fallen, crew })
    }

    /// Say it once, when requests can be served. Silence is not readiness.
    pub fn ready(&mut self) {
        if let Some(ready) = self.ready.take() {
            let _ = ready.send(());
        }
    }
    pub fn health(&self, health: Health) {
        self.line.health(health);
    }
    /// Resolves when the board wants this part to finish its work and leave. Awaiting it answers
    /// the heartbeat, so a part that waits here (alone or in a `select!`) is seen to live.
    pub async fn draining(&mut self) {
        self.line.draining().await;
    }
    pub fn spawn(
        &self,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        self.line.spawn(name, work)
    }
    pub fn line(&self) -> Lifeline {
        self.line.clone()
    }
}

impl Lifeline {
    pub fn part(&self) -> &PartId {
        &self.part
    }
    pub fn health(&self, health: Health) {
        self.health.send_if_modified(|held| {
            let changed = *held != health;
            *held = health;
            changed
        });
    }
    pub fn is_draining(&self) -> bool {
        *self.drain.borrow()
    }
    /// Answers the heartbeat by hand, in a long piece of work.
    pub fn beat(&mut self) {
        self.pong.store(*self.ping.borrow_and_update(), Ordering::Relaxed);
    }
    pub async fn draining(&mut self) {
        loop {
            self.beat();
            tokio::select! {
                _ = self.drain.wait_for(|drain| *drain) => return,
                pinged = self.ping.changed() => if pinged.is_err() { return },
            }
        }
    }
    /// Resolves when the part drains, without answering the heartbeat: for the part's tasks.
    pub async fn leaving(&mut self) {
        let _ = self.drain.wait_for(|drain| *drain).await;
    }
    /// Starts a task that ends with the part. A panic in it is a crash of the part.
    #[expect(clippy::disallowed_methods, reason = "the one place where a part's tasks are born")]
    pub fn spawn(
        &self,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let (crew, name) = (self.crew.clone(), name.to_owned());
        let task = tokio::spawn({
            let name = name.clone();
            async move {
                if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
                    let message = format!("task `{name}` panicked: {}", panic_text(&*panic));
                    let _ = crew.fall.try_send(Fault::new(crate::codes::PANICKED, message));
                }
            }
        });
        let handle = task.abort_handle();
        self.crew.add(name, handle.clone());
        handle
    }
}

/// The tasks of one incarnation.
#[derive(Clone)]
pub struct Crew {
    fall: mpsc::Sender<Fault>,
    tasks: Arc<Mutex<Tasks>>,
}

#[derive(Default)]
struct Tasks {
    open: Vec<(String, AbortHandle)>,
    /// The incarnation has ended: a task that is born later ends at once.
    closed: bool,
}

/// Names of ended tasks are swept when the list has grown by so many.
const SWEEP_EVERY: usize = 64;

impl Crew {
    fn add(&self, name: String, task: AbortHandle) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.closed {
            task.abort();
            return;
        }
        if tasks.open.len() % SWEEP_EVERY == SWEEP_EVERY - 1 {
            tasks.open.retain(|(_, task)| !task.is_finished());
        }
        tasks.open.push((name, task));
    }
    /// Who is still at work.
    pub fn at_work(&self) -> Vec<String> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let open = tasks.open.iter().filter(|(_, task)| !task.is_finished());
        open.map(|(name, _)| name.clone()).collect()
    }
    /// Ends all of them, and those to come.
    pub fn abort(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.closed = true;
        for (_, task) in tasks.open.drain(..) {
            task.abort();
        }
    }
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say why".to_owned())
}
