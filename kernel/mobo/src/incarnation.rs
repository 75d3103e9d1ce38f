//! One incarnation of a part: raised out of its kind and settings until it says ready, followed
//! while it lives, drained when its time is over.

use crate::kernel::{Kernel, Seat};
use futures::FutureExt;
use mag_contract::bus::Bus;
use mag_contract::life::{Crew, Reins, panic_text};
use mag_contract::socket::Plug;
use mag_contract::wiring::{Harness, Probe, Wired};
use mag_contract::{Fault, Life, Manifest, codes};
use serde::Serialize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout};

pub(crate) struct Incarnation {
    pub(crate) serial: u64,
    pub(crate) manifest: Manifest,
    pub(crate) reins: Reins,
    pub(crate) task: JoinHandle<Result<(), Fault>>,
    pub(crate) wired: Wired,
    bus: Bus,
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
    /// Assemble, test, run, wait until it says ready. Leaves nothing behind on failure. What it
    /// plugs is seen by the others only after `commit`.
    pub(crate) async fn raise(
        kernel: &Kernel,
        seat: &Seat,
        reached: Arc<dyn Fn(Reached) + Send + Sync>,
    ) -> Result<Self, Fault> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let bus = kernel.bus.speaking_as(seat.manifest.id.as_str(), serial);
        let mut scaffold =
            Scaffold { bus: bus.clone(), serial, tasks: vec![], crew: None, stands: false };
        Self::raise_in(&mut scaffold, kernel, seat, bus, reached).await
    }

    async fn raise_in(
        scaffold: &mut Scaffold,
        kernel: &Kernel,
        seat: &Seat,
        bus: Bus,
        reached: Arc<dyn Fn(Reached) + Send + Sync>,
    ) -> Result<Self, Fault> {
        let manifest = seat.manifest.clone();
        let within = kernel.pace(&manifest).ready_within;
        let harness = Harness {
            manifest: manifest.clone(),
            backplane: kernel.backplane.clone(),
            bus: bus.clone(),
            listeners: kernel.listeners.clone(),
            desk: kernel.desk.clone(),
            queue: kernel.queue.clone(),
            state: kernel.state_of(&manifest.id),
            data_folder: kernel.data_folder.clone(),
            settings: seat.live.subscribe(),
        };
        let tell = reached.clone();
        let assembled: crate::kind::Reached = Arc::new(move || tell(Reached::Assembled));
        let build = AssertUnwindSafe(seat.kind.build(seat.settings.clone(), harness, assembled));
        let mut build = kernel.parts.spawn(build.catch_unwind());
        scaffold.tasks.push(build.abort_handle());
        let built = match timeout(within, &mut build).await {
            Err(_) => {
                build.abort();
                let message = format!("it was not assembled and tested within {within:?}");
                return Err(Fault::new(codes::NOT_ASSEMBLED, message)
                    .hint("give it longer with `ready_within`, or look at what it waits for"));
            }
            Ok(Err(_)) => return Err(Fault::new(codes::NOT_ASSEMBLED, "its assembly was ended")),
            Ok(Ok(Err(panic))) => return Err(panicked(&*panic)),
            Ok(Ok(Ok(built))) => built?,
        };
        reached(Reached::Passed);
        let (life, mut reins) = Life::new(manifest.id.clone());
        let mut task = kernel.parts.spawn((built.run)(life));
        scaffold.tasks.push(task.abort_handle());
        scaffold.crew = Some(reins.crew.clone());
        let outcome = timeout(within, async {
            tokio::select! {
                biased;
                said = &mut reins.ready => said.is_ok(),
                end = &mut task => return Err(ended(end).err().unwrap_or_else(returned)),
            }
            .then_some(())
            .ok_or_else(|| {
                Fault::new(codes::NOT_READY, "it dropped its line to the board before it was ready")
            })
        })
        .await;
        let fault = match outcome {
            Ok(Ok(())) => {
                scaffold.stands = true;
                return Ok(Self {
                    serial: scaffold.serial,
                    manifest,
                    reins,
                    task,
                    wired: built.wired,
                    bus,
                });
            }
            Ok(Err(fault)) => fault,
            Err(_) => {
                Fault::new(codes::NOT_READY, format!("it did not say ready within {within:?}"))
                    .hint("a part says `life.ready()` once it can serve; silence is not readiness")
            }
        };
        Err(fault)
    }

    /// From now on the others see what it plugs, and its operations and jobs are answered by it.
    pub(crate) fn commit(&mut self, kernel: &Kernel) {
        let plugs: Vec<Plug> = std::mem::take(&mut self.wired.plugs);
        kernel.backplane.commit(self.serial, plugs);
        kernel.desk.seat(self.serial, std::mem::take(&mut self.wired.offers));
        kernel.workers.seat(self.serial, std::mem::take(&mut self.wired.workers));
        let addresses = std::mem::take(&mut self.wired.addresses);
        kernel.registry.update(&self.manifest.id, |r| r.addresses = addresses);
    }

    pub(crate) fn probe(&self) -> Option<Probe> {
        self.wired.probe.clone()
    }

    /// Take away what it gave to the board, unless a newcomer has replaced it already.
    pub(crate) fn withdraw(&self, kernel: &Kernel) {
        kernel.backplane.unplug(self.serial, &self.manifest.provides);
        kernel.desk.withdraw(self.serial);
        kernel.workers.withdraw(self.serial);
        self.bus.hooks().forget(self.serial);
    }

    /// Ask it to leave, wait so long, end what is left, and tell who was late.
    pub(crate) async fn drain(mut self, kernel: &Kernel, within: Duration) -> DrainReport {
        let began = Instant::now();
        self.reins.drain.send_replace(true);
        let mut late = vec![];
        if timeout(within, &mut self.task).await.is_err() {
            late.push("run".to_owned());
            self.task.abort();
        }
        while !self.reins.crew.at_work().is_empty() && began.elapsed() < within {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        late.extend(self.reins.crew.at_work());
        self.reins.crew.abort();
        self.withdraw(kernel);
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        DrainReport { took_ms, late }
    }

    /// It crashed: end its tasks and take back what it plugged.
    pub(crate) fn bury(self, kernel: &Kernel) {
        self.withdraw(kernel);
    }
}

/// Whoever lets go of an incarnation ends it.
impl Drop for Incarnation {
    fn drop(&mut self) {
        self.task.abort();
        self.reins.crew.abort();
    }
}

/// What holds an incarnation until it stands by itself. Taken down early, by a failure or because
/// the raising was given up midway, it leaves no task and no handler behind.
struct Scaffold {
    bus: Bus,
    serial: u64,
    tasks: Vec<AbortHandle>,
    crew: Option<Crew>,
    stands: bool,
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        if self.stands {
            return;
        }
        for task in &self.tasks {
            task.abort();
        }
        if let Some(crew) = &self.crew {
            crew.abort();
        }
        self.bus.hooks().forget(self.serial);
    }
}

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
