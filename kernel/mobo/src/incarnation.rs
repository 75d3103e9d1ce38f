//! One incarnation of a part: raised out of its kind and settings until it says ready, followed
//! while it lives, drained when its time is over.

use crate::kernel::{Kernel, Seat};
use futures::FutureExt;
use mag_contract::bus::Bus;
use mag_contract::life::{Reins, panic_text};
use mag_contract::socket::Plug;
use mag_contract::wiring::{Harness, Probe, Wired};
use mag_contract::{Fault, Life, Manifest, codes};
use serde::Serialize;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub(crate) struct Incarnation {
    pub(crate) serial: u64,
    pub(crate) manifest: Manifest,
    pub(crate) reins: Reins,
    pub(crate) task: JoinHandle<Result<(), Fault>>,
    pub(crate) wired: Wired,
    kernel: Arc<Kernel>,
    handlers: Handlers,
}

/// Whatever becomes of an incarnation, also when its supervisor is ended in the middle of a step:
/// its tasks end with it, and nothing that it gave to the board stays.
impl Drop for Incarnation {
    fn drop(&mut self) {
        self.task.abort();
        self.reins.crew.abort();
        self.kernel.backplane.unplug(self.serial, &self.manifest.provides);
        self.kernel.desk.withdraw(self.serial);
        self.kernel.workers.withdraw(self.serial);
    }
}

/// The handlers of hooks that one incarnation brings.
struct Handlers {
    bus: Bus,
    serial: u64,
}

impl Handlers {
    fn of(bus: Bus, serial: u64) -> Self {
        bus.hooks().hold(serial);
        Self { bus, serial }
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        self.bus.hooks().forget(self.serial);
    }
}

/// A task that ends with whoever waits for it.
pub(crate) struct EndsWithUs<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for EndsWithUs<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) type Told = Arc<dyn Fn(Reached) + Send + Sync>;

/// The line on which an assembly says how far it is. An assembly that blocks its thread cannot be
/// ended: when the board has given up on it, its late word must change nothing.
#[derive(Clone)]
struct Line(Arc<Mutex<Option<Told>>>);

impl Line {
    fn say(&self, reached: Reached) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tell) = held.as_ref() {
            tell(reached);
        }
    }
}

/// Cuts the line when the raising is over, well or not.
struct Cut(Line);

impl Drop for Cut {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// How far the raising of a part has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    Assembled,
    Passed,
}

/// What a part did with the time it had to leave.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct DrainReport {
    pub took_ms: u64,
    /// Who was still at work when the time was over, and was ended.
    pub late: Vec<String>,
}

/// Incarnations are told apart by a number, over the whole life of the process.
static SERIAL: AtomicU64 = AtomicU64::new(1);

impl Incarnation {
    /// Assemble, test, run, wait until it says ready. Leaves nothing behind on failure, or when
    /// nobody waits for it any more. What it plugs is seen by the others only after `commit`.
    pub(crate) async fn raise(
        kernel: &Arc<Kernel>,
        seat: &Seat,
        reached: Told,
    ) -> Result<Self, Fault> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let manifest = seat.manifest.clone();
        let bus = kernel.bus.speaking_as(manifest.id.as_str(), serial);
        let handlers = Handlers::of(bus.clone(), serial);
        let line = Line(Arc::new(Mutex::new(Some(reached))));
        let _cut = Cut(line.clone());
        let within = kernel.pace(&manifest).ready_within;
        let built = Self::build(kernel, seat, bus, line.clone(), within).await?;
        line.say(Reached::Passed);
        let (life, reins) = Life::new(manifest.id.clone());
        let run = built.run;
        // Called where it runs, too: a part may panic or block before its first wait.
        let task = kernel.parts.spawn(async move { run(life).await });
        let mut alive = Self {
            serial,
            manifest,
            reins,
            task,
            wired: built.wired,
            kernel: kernel.clone(),
            handlers,
        };
        match timeout(within, alive.said_ready()).await {
            Ok(Ok(())) => Ok(alive),
            Ok(Err(fault)) => Err(fault),
            Err(_) => {
                Err(Fault::new(codes::NOT_READY, format!("it did not say ready within {within:?}"))
                    .hint("a part says `life.ready()` once it can serve; silence is not readiness"))
            }
        }
    }

    async fn said_ready(&mut self) -> Result<(), Fault> {
        tokio::select! {
            biased;
            said = &mut self.reins.ready => said.map_err(|_| {
                Fault::new(codes::NOT_READY, "it dropped its line to the board before it was ready")
            }),
            end = &mut self.task => Err(ended(end).err().unwrap_or_else(returned)),
        }
    }

    async fn build(
        kernel: &Arc<Kernel>,
        seat: &Seat,
        bus: Bus,
        line: Line,
        within: Duration,
    ) -> Result<crate::kind::Ready, Fault> {
        let harness = Harness {
            manifest: seat.manifest.clone(),
            backplane: kernel.backplane.clone(),
            bus,
            listeners: kernel.listeners.of(&seat.manifest.id),
            desk: kernel.desk.clone(),
            queue: kernel.queue.clone(),
            state: kernel.state_of(&seat.manifest.id),
            data_folder: kernel.data_folder.clone(),
            settings: seat.live.subscribe(),
        };
        let assembled: crate::kind::Reached = Arc::new(move || line.say(Reached::Assembled));
        // The settings of now: a part may have taken up new ones since it was seated.
        let settings = seat.live.borrow().clone();
        let build = AssertUnwindSafe(seat.kind.build(settings, harness, assembled));
        let mut build = EndsWithUs(kernel.parts.spawn(build.catch_unwind()));
        match timeout(within, &mut build.0).await {
            Err(_) => {
                let message = format!("it was not assembled and tested within {within:?}");
                Err(Fault::new(codes::NOT_ASSEMBLED, message)
                    .hint("give it longer with `ready_within`, or look at what it waits for"))
            }
            Ok(Err(_)) => Err(Fault::new(codes::NOT_ASSEMBLED, "its assembly was ended")),
            Ok(Ok(Err(panic))) => Err(panicked(&*panic)),
            Ok(Ok(Ok(built))) => built,
        }
    }

    /// From now on the others see what it plugs, and its operations and jobs are answered by it.
    pub(crate) fn commit(&mut self) {
        let kernel = self.kernel.clone();
        let plugs: Vec<Plug> = std::mem::take(&mut self.wired.plugs);
        kernel.backplane.commit(self.serial, plugs);
        kernel.desk.seat(self.serial, std::mem::take(&mut self.wired.offers));
        kernel.workers.seat(self.serial, std::mem::take(&mut self.wired.workers));
        let addresses = std::mem::take(&mut self.wired.addresses);
        kernel.bus.hooks().seat(self.serial);
        kernel.registry.update(&self.manifest.id, |r| r.addresses = addresses);
    }

    pub(crate) fn probe(&self) -> Option<Probe> {
        self.wired.probe.clone()
    }

    /// A newcomer has taken over: its handlers are asked in place of these.
    pub(crate) fn hand_over(&self) {
        self.handlers.bus.hooks().forget(self.serial);
    }

    /// Ask it to leave, wait so long, end what is left, and tell who was late.
    pub(crate) async fn drain(mut self, within: Duration) -> DrainReport {
        let began = Instant::now();
        self.reins.drain.send_replace(true);
        let mut late = vec![];
        if timeout(within, &mut self.task).await.is_err() {
            late.push("run".to_owned());
            self.task.abort();
            // What it holds, such as its ports, is free when the report is there.
            let _ = timeout(GONE_WITHIN, &mut self.task).await;
        }
        while !self.reins.crew.at_work().is_empty() && began.elapsed() < within {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        late.extend(self.reins.crew.at_work());
        self.reins.crew.abort();
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        DrainReport { took_ms, late }
    }
}

/// An ended task is dropped at its next wait; one that blocks its thread is not waited for.
const GONE_WITHIN: Duration = Duration::from_millis(50);
/// How often a drain looks whether the part's tasks have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Why a part's `run` came to its end.
pub(crate) fn ended(end: Result<Result<(), Fault>, tokio::task::JoinError>) -> Result<(), Fault> {
    match end {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(Fault::new(
            codes::BROKEN_PART,
            format!("it ended with an error: {}", fault.chain()),
        )
        .because(fault)),
        Err(e) => Err(match e.try_into_panic() {
            Ok(panic) => panicked(&*panic),
            Err(_) => Fault::new(codes::BROKEN_PART, "it was ended from outside"),
        }),
    }
}

pub(crate) fn returned() -> Fault {
    Fault::new(codes::RETURNED, "it returned without being asked to")
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    Fault::new(codes::PANICKED, format!("it panicked: {}", panic_text(panic)))
}
