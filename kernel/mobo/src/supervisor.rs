//! One task a part: raises it, follows it, restarts it with growing pauses, swaps it, drains it.
//! It runs on the kernel's own thread, so no part can hold it up.

use crate::facts::*;
use crate::health::{Condition, Judgement};
use crate::incarnation::{DrainReport, Incarnation, Reached, Told, ended, returned};
use crate::kernel::{Kernel, Paces, Seat};
use crate::lifecycle::{self, State, Step};
use crate::registry::Word;
use mag_contract::life::Health;
use mag_contract::{Claim, Fault, PartId, Standing, codes};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

pub(crate) enum Order {
    /// A new incarnation of the same or another seat takes over.
    Swap {
        seat: Box<Seat>,
        done: oneshot::Sender<Result<SwapReport, Fault>>,
    },
    Halt {
        within: Duration,
        done: oneshot::Sender<DrainReport>,
    },
}

#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct SwapReport {
    pub part: PartId,
    pub took_ms: u64,
    /// How long nobody served; 0 when the newcomer was ready before the old one left.
    pub gap_ms: u64,
    /// How the old one left; missing while it still finishes its work.
    pub drained: Option<DrainReport>,
}

pub(crate) struct Supervisor {
    kernel: Arc<Kernel>,
    seat: Seat,
    inbox: mpsc::Receiver<Order>,
    crashes: u32,
    /// Old incarnations that finish their work beside the newcomer.
    leaving: tokio::task::JoinSet<()>,
    trial: Option<Trial>,
}

/// A seat that waits to be proven by the next start, and the one to go back to.
struct Trial {
    before: Seat,
    done: oneshot::Sender<Result<SwapReport, Fault>>,
    began: Instant,
}

/// A swap waits so long for the old incarnation, to tell how it left; most leave at once.
const GOODBYE: Duration = Duration::from_millis(50);

/// How the following of a live incarnation ended.
enum End {
    Crashed(Fault),
    Halted,
}

impl Supervisor {
    pub(crate) fn new(kernel: Arc<Kernel>, seat: Seat, inbox: mpsc::Receiver<Order>) -> Self {
        let leaving = tokio::task::JoinSet::new();
        Self { kernel, seat, inbox, crashes: 0, leaving, trial: None }
    }

    fn id(&self) -> &PartId {
        &self.seat.manifest.id
    }
    fn pace(&self) -> Paces {
        self.kernel.pace(&self.seat.manifest)
    }
    fn step(&self, step: Step, because: &str) {
        change_state(&self.kernel, self.id(), step, because);
    }

    /// Keeps the part alive until it is halted or lost. `first` hears how the first start went.
    pub(crate) async fn keep(mut self, first: oneshot::Sender<Result<Duration, Fault>>) {
        let mut first = Some(first);
        loop {
            let began = Instant::now();
            self.step(Step::Assemble, "");
            let raised = self.raise().await;
            let fault = match raised {
                None => return,
                Some(Err(fault)) => {
                    self.trial_failed(&fault);
                    fault
                }
                Some(Ok(mut alive)) => {
                    alive.commit();
                    // Whoever hears that it runs may ask how it is.
                    self.kernel.monitor.watch(self.id(), alive.serial, alive.probe());
                    self.judged_ready();
                    self.step(Step::Ready, "");
                    self.told_ready(began.elapsed());
                    self.trial_passed();
                    if let Some(first) = first.take() {
                        let _ = first.send(Ok(began.elapsed()));
                    }
                    match self.follow(alive).await {
                        End::Halted => return,
                        End::Crashed(fault) => fault,
                    }
                }
            };
            self.told_crash(&fault);
            if let Some(first) = first.take() {
                let _ = first.send(Err(fault.clone()));
            }
            if !self.may_try_again(&fault).await {
                return;
            }
        }
    }

    /// `None`: it was halted meanwhile.
    async fn raise(&mut self) -> Option<Result<Incarnation, Fault>> {
        let (kernel, id) = (self.kernel.clone(), self.id().clone());
        let reached = Arc::new(move |reached| match reached {
            Reached::Assembled => change_state(&kernel, &id, Step::Assembled, ""),
            Reached::Passed => {
                change_state(&kernel, &id, Step::Passed, "");
                kernel.bus.publish(ComponentBooted { part: id.clone() });
            }
        });
        let (kernel, seat) = (self.kernel.clone(), self.seat.clone());
        let mut raising = Box::pin(Incarnation::raise(&kernel, &seat, reached));
        loop {
            let order = tokio::select! {
                biased;
                raised = &mut raising => return Some(raised),
                order = self.inbox.recv() => order,
            };
            match order {
                Some(Order::Swap { done, .. }) => drop(done.send(Err(self.busy()))),
                halt => {
                    drop(raising);
                    self.step(Step::Drain, "halted while it was starting");
                    self.step(Step::Ended, "");
                    self.kernel.listeners.release(self.id(), &self.seat.manifest.claims);
                    if let Some(Order::Halt { done, .. }) = halt {
                        let _ = done.send(DrainReport::default());
                    }
                    return None;
                }
            }
        }
    }

    fn busy(&self) -> Fault {
        let message = format!("part `{}` is between two starts", self.id());
        Fault::new(codes::STATE_CONFLICT, message).hint("try again when it is running")
    }

    /// Follow a live incarnation, and those that take over from it.
    async fn follow(&mut self, mut alive: Incarnation) -> End {
        let mut pulse = Pulse::new(self.pace().heartbeat_within);
        let mut live_since = Instant::now();
        let end = loop {
            self.forgive(live_since);
            tokio::select! {
                biased;
                end = &mut alive.task => {
                    break End::Crashed(ended(end).err().unwrap_or_else(returned));
                }
                Some(fault) = alive.reins.fallen.recv() => break End::Crashed(fault),
                Ok(()) = alive.reins.health.changed() => {
                    let health = alive.reins.health.borrow_and_update().clone();
                    self.heard_health(health);
                }
                order = self.inbox.recv() => match order {
                    Some(Order::Swap { seat, done }) => match self.swap(alive, *seat).await {
                        (Some(newcomer), answer) => {
                            alive = newcomer;
                            live_since = Instant::now();
                            pulse = Pulse::new(self.pace().heartbeat_within);
                            self.kernel.monitor.watch(self.id(), alive.serial, alive.probe());
                            let _ = done.send(answer);
                        }
                        (None, answer) => {
                            let fault = answer.as_ref().err().cloned().unwrap_or_else(returned);
                            let _ = done.send(answer);
                            self.kernel.monitor.forget(self.id());
                            return End::Crashed(fault);
                        }
                    },
                    halt => {
                        let within = match &halt {
                            Some(Order::Halt { within, .. }) => *within,
                            _ => self.pace().drain_within,
                        };
                        self.kernel.monitor.forget(self.id());
                        self.step(Step::Drain, "halt");
                        let within = within.min(self.pace().drain_within);
                        let report = alive.drain(within).await;
                        self.end_leaving(within.saturating_sub(Duration::from_millis(report.took_ms))).await;
                        self.kernel.listeners.release(self.id(), &self.seat.manifest.claims);
                        self.step(Step::Ended, "");
                        self.told_stopped(&report);
                        if let Some(Order::Halt { done, .. }) = halt {
                            let _ = done.send(report);
                        }
                        return End::Halted;
                    }
                },
                () = pulse.next() => {
                    if let Some(silent) = pulse.silent(&alive) {
                        let message = format!("it has not answered its heartbeat for {silent:?}");
                        break End::Crashed(Fault::new(codes::HUNG, message)
                            .hint("a part answers by awaiting `life.draining()` in its loop"));
                    }
                }
            }
        };
        self.kernel.monitor.forget(self.id());
        // Its tasks end here, and what it plugged is taken back.
        drop(alive);
        self.forgive(live_since);
        end
    }

    /// A part that lived long enough has its restarts back.
    fn forgive(&mut self, live_since: Instant) {
        if self.crashes > 0 && live_since.elapsed() >= self.kernel.settings().stable_after() {
            self.crashes = 0;
            self.kernel.registry.update(self.id(), |r| r.restarts = 0);
        }
    }

    fn trial_passed(&mut self) {
        let Some(Trial { before, done, began }) = self.trial.take() else { return };
        self.kernel.release_difference(&before.manifest, &self.seat.manifest);
        let report = self.told_swap(began, began.elapsed(), None);
        let _ = done.send(Ok(report));
    }
    fn trial_failed(&mut self, fault: &Fault) {
        let Some(Trial { before, done, .. }) = self.trial.take() else { return };
        self.kernel.release_difference(&self.seat.manifest, &before.manifest);
        self.seat = before;
        let _ = done.send(Err(fault.clone()));
    }

    /// The newcomer is built, tested and ready before the old one drains; if it never is, nothing
    /// changes. With an exclusive claim the old one leaves first, and comes back when the newcomer
    /// fails. `None`: neither is there.
    async fn swap(
        &mut self,
        old: Incarnation,
        seat: Seat,
    ) -> (Option<Incarnation>, Result<SwapReport, Fault>) {
        let began = Instant::now();
        let kernel = self.kernel.clone();
        let quiet: Told = Arc::new(|_| ());
        let exclusive = seat.manifest.claims.iter().any(|c| matches!(c, Claim::Exclusive(_)));
        if exclusive {
            let mut drained = old.drain(self.pace().drain_within).await;
            let left = Instant::now();
            let (mut newcomer, answer) = match raise(&kernel, &seat, quiet.clone()).await {
                Ok(newcomer) => {
                    kernel.release_difference(&self.seat.manifest, &seat.manifest);
                    self.seat = seat;
                    (newcomer, Ok(()))
                }
                Err(fault) => {
                    kernel.release_difference(&seat.manifest, &self.seat.manifest);
                    match raise(&kernel, &self.seat, quiet).await {
                        Ok(back) => (back, Err(fault)),
                        Err(lost) => return (None, Err(lost)),
                    }
                }
            };
            newcomer.commit();
            drained.late.dedup();
            let report = self.told_swap(began, left.elapsed(), Some(drained));
            return (Some(newcomer), answer.map(|()| report));
        }
        let mut newcomer = match raise(&kernel, &seat, quiet).await {
            Ok(newcomer) => newcomer,
            Err(fault) => {
                kernel.release_difference(&seat.manifest, &self.seat.manifest);
                return (Some(old), Err(fault));
            }
        };
        newcomer.commit();
        old.hand_over();
        // The old one goes on with what it has borrowed until it is gone.
        kernel.release_difference(&self.seat.manifest, &seat.manifest);
        self.seat = seat;
        let drained = self.see_off(old).await;
        let report = self.told_swap(began, Duration::ZERO, drained);
        (Some(newcomer), Ok(report))
    }

    /// The old incarnation leaves in a task of its own: a part may be asked for its own swap, and
    /// then the old one still carries the answer.
    async fn see_off(&mut self, old: Incarnation) -> Option<DrainReport> {
        let within = self.pace().drain_within;
        let (left, report) = oneshot::channel();
        while self.leaving.try_join_next().is_some() {}
        self.leaving.spawn(async move {
            let part = old.manifest.id.clone();
            let report = old.drain(within).await;
            if !report.late.is_empty() {
                let late = report.late.join(", ");
                tracing::warn!(part = %part, "the old `{part}` was late to leave: {late}");
            }
            let _ = left.send(report);
        });
        tokio::time::timeout(GOODBYE, report).await.ok()?.ok()
    }

    /// Old incarnations that are still there end with the part.
    async fn end_leaving(&mut self, within: Duration) {
        let all = async { while self.leaving.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            self.leaving.abort_all();
        }
    }

    /// Spend one restart from the budget, or give up for good.
    async fn may_try_again(&mut self, fault: &Fault) -> bool {
        let Paces { restarts, restart_pause, .. } = self.pace();
        if self.crashes > restarts {
            let because = format!("{} after {restarts} restarts", fault.message());
            self.step(Step::GiveUp, &because);
            self.kernel.listeners.release(self.id(), &self.seat.manifest.claims);
            self.kernel.bus.publish(SystemCritical { part: self.id().clone(), because });
            tracing::error!(critical = true, part = %self.id(), "part `{}` is lost for good: {}", self.id(), fault.message());
            if self.seat.manifest.standing == Standing::Essential {
                self.kernel.lost_essential(self.id(), fault);
            }
            return false;
        }
        let doubled = 2u32.saturating_pow(self.crashes.saturating_sub(1));
        let pause = restart_pause.saturating_mul(doubled).min(PAUSE_MAX.max(restart_pause));
        let order = tokio::select! {
            () = tokio::time::sleep(pause) => return true,
            order = self.inbox.recv() => order,
        };
        match order {
            // An operator who brings new settings need not wait for the pause.
            Some(Order::Swap { seat, done }) => {
                let before = std::mem::replace(&mut self.seat, *seat);
                self.trial = Some(Trial { before, done, began: Instant::now() });
                true
            }
            halt => {
                self.step(Step::Drain, "halt");
                self.kernel.listeners.release(self.id(), &self.seat.manifest.claims);
                if let Some(Order::Halt { done, .. }) = halt {
                    let _ = done.send(DrainReport::default());
                }
                false
            }
        }
    }

    fn heard_health(&self, health: Health) {
        let said = match health {
            Health::Good => None,
            Health::Degraded(why) => Some((Condition::Degraded, why)),
            Health::Bad(why) => Some((Condition::Critical, why)),
        };
        self.kernel.monitor.judge(self.id(), Word::Own(said), None);
    }

    /// Before anybody sees it run: a part that runs again is not failed any more.
    fn judged_ready(&self) {
        let part = self.id();
        let judgement = match self.kernel.registry.judgement(part).map(|j| j.condition) {
            Some(Condition::Failed) => Judgement::at(Condition::Recovering),
            _ => Judgement::default(),
        };
        self.kernel.monitor.judge(part, Word::Life(judgement, None), None);
    }

    fn told_ready(&self, took: Duration) {
        let took_ms = millis(took);
        let part = self.id().clone();
        self.kernel.registry.update(&part, |r| r.ready_in_ms = Some(took_ms));
        tracing::info!(part = %part, "part `{part}` is running after {took_ms} ms");
        self.kernel.bus.publish(ComponentStarted { part, took_ms });
    }

    fn told_crash(&mut self, fault: &Fault) {
        self.crashes += 1;
        let (part, attempt) = (self.id().clone(), self.crashes);
        self.step(Step::Crashed, fault.message());
        self.kernel.registry.update(&part, |r| r.restarts = attempt);
        let why = Some(fault.message().to_owned());
        self.kernel.monitor.judge(&part, Word::Life(Judgement::at(Condition::Failed), why), None);
        tracing::warn!(part = %part, code = %fault.code(), "part `{part}` failed: {}", fault.chain());
        self.kernel.bus.publish(ComponentFailed {
            part,
            because: fault.message().to_owned(),
            code: fault.code().id.to_owned(),
            attempt,
        });
    }

    fn told_stopped(&self, report: &DrainReport) {
        let part = self.id().clone();
        if !report.late.is_empty() {
            tracing::warn!(part = %part, "part `{part}` was late to leave: {}", report.late.join(", "));
        }
        let (took_ms, late) = (report.took_ms, report.late.clone());
        self.kernel.bus.publish(ComponentStopped { part, took_ms, late });
    }

    fn told_swap(&self, began: Instant, gap: Duration, drained: Option<DrainReport>) -> SwapReport {
        let part = self.id().clone();
        let (took_ms, gap_ms) = (millis(began.elapsed()), millis(gap));
        self.kernel.bus.publish(ComponentSwapped { part: part.clone(), took_ms, gap_ms });
        SwapReport { part, took_ms, gap_ms, drained }
    }
}

/// The longest pause before a restart: a machine that comes back after a night is not waited for
/// until the next one.
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);

/// A newcomer, unless the board leaves meanwhile.
async fn raise(kernel: &Arc<Kernel>, seat: &Seat, reached: Told) -> Result<Incarnation, Fault> {
    kernel.unless_leaving(Incarnation::raise(kernel, seat, reached)).await
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// Every change of state of every part goes through the table, the registry and the bus.
pub(crate) fn change_state(kernel: &Kernel, part: &PartId, step: Step, because: &str) {
    let from = kernel.registry.state(part).unwrap_or(State::Seated);
    let to = match lifecycle::next(from, step) {
        Ok(to) => to,
        Err(illegal) => {
            let message = format!("a bug in the kernel: part `{part}`: {illegal}");
            tracing::error!(part = %part, "{message}");
            kernel.bus.publish(SystemError { message, code: codes::BUG.id.to_owned() });
            return;
        }
    };
    let now = kernel.bus.clock().now();
    kernel.registry.update(part, |r| {
        r.state = to;
        r.since = now;
        if matches!(to, State::Waiting | State::Failed | State::Stopped) {
            r.addresses.clear();
        }
    });
    let (part, because) = (part.clone(), because.to_owned());
    kernel.bus.publish(PartChanged { part, from, to, because });
}

/// The heartbeat: a question now and then, and how long the answer has been missing.
struct Pulse {
    within: Duration,
    ticks: tokio::time::Interval,
    asked: u64,
    /// When the oldest question without an answer was asked.
    open_since: Option<Instant>,
    /// How often it was looked at in vain: a process that slept for a while asks again before it
    /// takes a part for hung.
    looks: u32,
}

/// A part is asked so often within the time that it has to answer.
const QUESTIONS: u32 = 3;

impl Pulse {
    fn new(within: Duration) -> Self {
        let every = (within / QUESTIONS).max(Duration::from_millis(1));
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { within, ticks, asked: 0, open_since: None, looks: 0 }
    }
    async fn next(&mut self) {
        if self.within.is_zero() {
            std::future::pending::<()>().await;
        }
        self.ticks.tick().await;
    }
    fn silent(&mut self, alive: &Incarnation) -> Option<Duration> {
        if alive.reins.pong.load(Ordering::Relaxed) >= self.asked {
            self.asked += 1;
            self.open_since = Some(Instant::now());
            self.looks = 0;
            alive.reins.ping.send_replace(self.asked);
            return None;
        }
        self.looks += 1;
        let silent = self.open_since.map(|since| since.elapsed());
        silent.filter(|silent| *silent >= self.within && self.looks >= QUESTIONS)
    }
}
