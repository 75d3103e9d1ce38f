//! The board: seats parts, starts them in order, keeps them alive, swaps them, takes them down.
//! One structural change at a time; looking never waits for one.

mod seating;

pub(crate) use seating::Seating;

use crate::facts::ComponentRegistered;
use crate::incarnation::DrainReport;
use crate::kernel::{Kernel, Seat};
use crate::kind::{AnySettings, Kind};
use crate::lifecycle::State;
use crate::lifecycle::Step;
use crate::post::{self, Plan};
use crate::registry::PartRecord;
use crate::supervisor::{Order, Supervisor, SwapReport, change_state};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use mag_contract::{Fault, Manifest, PartId, Standing, codes};
use seating::{may_leave, misfits_fault, nobody_needs, seat_of};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

#[derive(Clone)]
pub struct Board(Arc<Inner>);

struct Inner {
    kernel: Arc<Kernel>,
    /// Where supervisors run: the kernel's own thread.
    own: Handle,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    places: BTreeMap<PartId, Place>,
    /// In the order of the start.
    started: Vec<PartId>,
}

struct Place {
    seat: Seat,
    keeper: Option<Keeper>,
}

/// One supervising task a part.
struct Keeper {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

/// Orders that wait for a supervisor: it takes them one by one, and callers wait for their answer.
const ORDERS: usize = 4;

/// How a part came up at boot.
#[derive(Clone, Debug)]
pub struct Started {
    pub part: PartId,
    pub standing: Standing,
    pub outcome: Result<Duration, Fault>,
}

impl Board {
    pub(crate) fn new(kernel: Arc<Kernel>, own: Handle) -> Self {
        Self(Arc::new(Inner { kernel, own, places: Mutex::default() }))
    }
    pub(crate) fn kernel(&self) -> &Arc<Kernel> {
        &self.0.kernel
    }

    /// Every part, as people see it.
    pub fn parts(&self) -> Vec<PartRecord> {
        let kernel = self.kernel();
        kernel.registry.rows(|key| kernel.backplane.is_held(key))
    }
    pub fn part(&self, id: &PartId) -> Result<PartRecord, Fault> {
        let kernel = self.kernel();
        kernel.registry.row(id, |key| kernel.backplane.is_held(key)).ok_or_else(|| self.unknown(id))
    }
    fn unknown(&self, id: &PartId) -> Fault {
        let names = self.kernel().registry.names();
        Fault::new(codes::NO_PART, format!("no part is named `{id}`"))
            .hint("`mobo list` shows the parts of this board")
            .nearest(id.as_str(), names.iter().map(PartId::as_str))
    }

    /// Puts parts into their seats. Nothing runs yet; all misfits are told at once.
    pub(crate) async fn seat(
        &self,
        parts: Vec<(Arc<dyn Kind>, AnySettings, Json)>,
    ) -> Result<Plan, Seating> {
        let mut places = self.0.places.lock().await;
        let mut seats = vec![];
        for (kind, settings, shown) in parts {
            let manifest = kind.manifest(&settings).map_err(Seating::Broken)?;
            seats.push(seat_of(manifest, kind, settings, shown));
        }
        let held = places.places.values().map(|p| p.seat.manifest.clone());
        let manifests: Vec<Manifest> =
            held.chain(seats.iter().map(|s| s.manifest.clone())).collect();
        let plan = post::plan(&manifests).map_err(Seating::Misfits)?;
        for seat in seats {
            let began = Instant::now();
            let id = seat.manifest.id.clone();
            let waits = plan.iter().find(|(p, _)| *p == id).map(|(_, w)| w.clone());
            let kernel = self.kernel();
            let now = kernel.bus.clock().now();
            let (class, shown) = (seat.kind.type_name(), seat.shown.clone());
            kernel.registry.register(&seat.manifest, class, waits.unwrap_or_default(), shown, now);
            let version = seat.manifest.version.to_owned();
            kernel.bus.publish(ComponentRegistered { part: id.clone(), version });
            places.places.insert(id.clone(), Place { seat, keeper: None });
            let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            kernel.registry.update(&id, |r| r.registered_in_us = took);
        }
        Ok(plan)
    }

    /// Starts parts after the parts they wait for, independent ones at the same time. A part that
    /// fails does not keep the others from starting.
    pub(crate) async fn start_all(
        &self,
        plan: &Plan,
        mut tell: impl FnMut(&Started),
    ) -> Vec<Started> {
        let mut places = self.0.places.lock().await;
        let mut open: BTreeMap<&PartId, BTreeSet<&PartId>> =
            plan.iter().map(|(part, waits)| (part, waits.iter().collect())).collect();
        let mut starting = FuturesUnordered::new();
        let mut outcomes = vec![];
        loop {
            let free: Vec<&PartId> =
                open.iter().filter(|(_, waits)| waits.is_empty()).map(|(p, _)| *p).collect();
            for part in free {
                open.remove(part);
                let Some(place) = places.places.get_mut(part) else { continue };
                let standing = place.seat.manifest.standing;
                let first = self.raise(place);
                places.started.push(part.clone());
                starting.push(async move {
                    let outcome = first.await.unwrap_or_else(|_| Err(stopped_meanwhile(part)));
                    Started { part: part.clone(), standing, outcome }
                });
            }
            let Some(started) = starting.next().await else { break };
            tell(&started);
            for waits in open.values_mut() {
                waits.remove(&started.part);
            }
            outcomes.push(started);
        }
        outcomes
    }

    /// A supervisor for this place; it hears how the first start went.
    fn raise(&self, place: &mut Place) -> oneshot::Receiver<Result<Duration, Fault>> {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (first, started) = oneshot::channel();
        let supervisor = Supervisor::new(self.kernel().clone(), place.seat.clone(), inbox);
        let task = self.0.own.spawn(supervisor.keep(first));
        place.keeper = Some(Keeper { orders, task });
        started
    }

    /// A change of the board, once begun, comes to its end, whoever stops waiting for it.
    async fn whole<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        let bug = |_| Err(Fault::new(codes::BUG, "a change of the board came to no end"));
        self.0.own.spawn(change).await.unwrap_or_else(bug)
    }

    pub async fn start(&self, id: &PartId) -> Result<Duration, Fault> {
        let (board, id) = (self.clone(), id.clone());
        self.whole(async move { board.start_now(&id).await }).await
    }
    async fn start_now(&self, id: &PartId) -> Result<Duration, Fault> {
        let mut places = self.0.places.lock().await;
        self.kernel().may_begin()?;
        let place = places.places.get_mut(id).ok_or_else(|| self.unknown(id))?;
        self.see_keeper_end(id, place).await;
        if place.keeper.is_some() {
            let state = self.kernel().registry.state(id).map_or("there", State::word);
            return Err(Fault::new(
                codes::STATE_CONFLICT,
                format!("part `{id}` is {state} already"),
            )
            .hint(format!("`mobo component:restart {id}` starts it anew")));
        }
        let first = self.raise(place);
        places.started.retain(|p| p != id);
        places.started.push(id.clone());
        drop(places);
        let kernel = self.kernel();
        kernel
            .unless_leaving(async { first.await.unwrap_or_else(|_| Err(stopped_meanwhile(id))) })
            .await
    }

    /// A supervisor that has given up or is about to return is out of the way afterwards. One that
    /// was just raised leaves these states with its first step.
    async fn see_keeper_end(&self, id: &PartId, place: &mut Place) {
        let Some(keeper) = place.keeper.as_mut() else { return };
        let over = || {
            let state = self.kernel().registry.state(id);
            matches!(state, Some(State::Failed | State::Stopped))
        };
        while !keeper.task.is_finished() {
            if !over() {
                return;
            }
            let _ = timeout(LOOK_AGAIN, &mut keeper.task).await;
        }
        place.keeper = None;
    }

    /// Takes a part down. What it gave to others is gone until it is started again.
    pub async fn stop(&self, id: &PartId, force: bool) -> Result<DrainReport, Fault> {
        let (board, id) = (self.clone(), id.clone());
        self.whole(async move { board.stop_now(&id, force).await }).await
    }
    async fn stop_now(&self, id: &PartId, force: bool) -> Result<DrainReport, Fault> {
        let mut places = self.0.places.lock().await;
        let place = places.places.get_mut(id).ok_or_else(|| self.unknown(id))?;
        may_leave(&place.seat.manifest, force)?;
        self.see_keeper_end(id, place).await;
        let report = match place.keeper.as_mut() {
            Some(keeper) => self.halt_unless_leaving(keeper, &place.seat.manifest).await?,
            None if self.kernel().registry.state(id) == Some(State::Failed) => {
                // It is lost; stopped it troubles nobody any more.
                change_state(self.kernel(), id, Step::Drain, "stopped after it was lost");
                DrainReport::default()
            }
            None => {
                return Err(Fault::new(
                    codes::STATE_CONFLICT,
                    format!("part `{id}` is not running"),
                )
                .hint(format!("`mobo component:start {id}` starts it")));
            }
        };
        place.keeper = None;
        places.started.retain(|p| p != id);
        Ok(report)
    }

    /// A new incarnation takes over from the running one, without a gap; a part that is down is
    /// started.
    pub async fn restart(&self, id: &PartId) -> Result<SwapReport, Fault> {
        let places = self.0.places.lock().await;
        let place = places.places.get(id).ok_or_else(|| self.unknown(id))?;
        let seat = place.seat.clone();
        if self.kernel().registry.state(id) == Some(State::Live) {
            drop(places);
            return self.swap_seat(seat).await;
        }
        let state = self.kernel().registry.state(id);
        let waiting = place.keeper.as_ref().is_some_and(|k| !k.task.is_finished())
            && !matches!(state, Some(State::Failed | State::Stopped | State::Seated));
        drop(places);
        if waiting {
            // Between two starts: a stop ends the pause. The part is not protected from itself.
            self.stop(id, true).await?;
        }
        let took = self.start(id).await?;
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(SwapReport { part: id.clone(), took_ms, gap_ms: took_ms, drained: None })
    }

    /// New settings for a part, as a swap.
    pub(crate) async fn swap(
        &self,
        id: &PartId,
        settings: AnySettings,
        shown: Json,
    ) -> Result<SwapReport, Fault> {
        let places = self.0.places.lock().await;
        let place = places.places.get(id).ok_or_else(|| self.unknown(id))?;
        let kind = place.seat.kind.clone();
        let manifest = kind.manifest(&settings)?;
        if manifest.id != *id {
            let message = format!("part `{id}` would become `{}`", manifest.id);
            return Err(Fault::new(codes::BAD_WIRING, message));
        }
        drop(places);
        self.swap_seat(seat_of(manifest, kind, settings, shown)).await
    }

    async fn swap_seat(&self, seat: Seat) -> Result<SwapReport, Fault> {
        let board = self.clone();
        self.whole(async move { board.swap_seat_now(seat).await }).await
    }
    async fn swap_seat_now(&self, seat: Seat) -> Result<SwapReport, Fault> {
        let mut places = self.0.places.lock().await;
        self.kernel().may_begin()?;
        let id = seat.manifest.id.clone();
        let others = places.places.values().map(|p| &p.seat.manifest).filter(|m| m.id != id);
        let manifests: Vec<Manifest> =
            others.cloned().chain(std::iter::once(seat.manifest.clone())).collect();
        let plan = post::plan(&manifests).map_err(|misfits| misfits_fault(&misfits))?;
        let waits = plan.into_iter().find(|(p, _)| *p == id).map(|(_, waits)| waits);
        let place = places.places.get_mut(&id).ok_or_else(|| self.unknown(&id))?;
        let keeper = place.keeper.as_ref().filter(|k| !k.task.is_finished()).ok_or_else(|| {
            Fault::new(codes::STATE_CONFLICT, format!("part `{id}` is not running"))
        })?;
        let (done, answer) = oneshot::channel();
        let order = Order::Swap { seat: Box::new(seat.clone()), done };
        keeper.orders.send(order).await.map_err(|_| stopped_meanwhile(&id))?;
        let answer = async { answer.await.unwrap_or_else(|_| Err(stopped_meanwhile(&id))) };
        let report = self.kernel().unless_leaving(answer).await?;
        self.kernel().registry.reseat(&seat.manifest, waits, seat.shown.clone());
        place.seat = seat;
        Ok(report)
    }

    /// New settings for a part that is down: they hold from its next start on. `false` when it is
    /// not down.
    pub(crate) async fn reseat(
        &self,
        id: &PartId,
        settings: &AnySettings,
        shown: &Json,
    ) -> Result<bool, Fault> {
        let mut places = self.0.places.lock().await;
        let place = places.places.get_mut(id).ok_or_else(|| self.unknown(id))?;
        self.see_keeper_end(id, place).await;
        if place.keeper.is_some() {
            return Ok(false);
        }
        let kind = place.seat.kind.clone();
        let manifest = kind.manifest(settings)?;
        let others = places.places.values().map(|p| &p.seat.manifest).filter(|m| m.id != *id);
        let manifests: Vec<Manifest> =
            others.cloned().chain(std::iter::once(manifest.clone())).collect();
        let plan = post::plan(&manifests).map_err(|misfits| misfits_fault(&misfits))?;
        let waits = plan.into_iter().find(|(p, _)| p == id).map(|(_, waits)| waits);
        self.kernel().registry.reseat(&manifest, waits, shown.clone());
        let seat = seat_of(manifest, kind, settings.clone(), shown.clone());
        if let Some(place) = places.places.get_mut(id) {
            place.seat = seat;
        }
        Ok(true)
    }

    /// Settings that the running part picks up by itself.
    pub(crate) async fn tell_live(
        &self,
        id: &PartId,
        settings: AnySettings,
        shown: Json,
    ) -> Result<(), Fault> {
        let mut places = self.0.places.lock().await;
        let place = places.places.get_mut(id).ok_or_else(|| self.unknown(id))?;
        place.seat.settings = settings.clone();
        place.seat.live.send_replace(settings);
        place.seat.shown = shown.clone();
        self.kernel().registry.update(id, |r| r.config = shown);
        Ok(())
    }
    pub(crate) async fn seated(&self, id: &PartId) -> Option<(Arc<dyn Kind>, AnySettings)> {
        let places = self.0.places.lock().await;
        places.places.get(id).map(|p| (p.seat.kind.clone(), p.seat.settings.clone()))
    }

    /// Seats and starts one more part while the board runs.
    pub(crate) async fn plug(
        &self,
        kind: Arc<dyn Kind>,
        settings: AnySettings,
        shown: Json,
    ) -> Result<Duration, Fault> {
        let id = kind.manifest(&settings)?.id;
        if self.kernel().registry.state(&id).is_some() {
            return Err(Fault::new(codes::EXISTS, format!("part `{id}` is plugged in already")));
        }
        let board = self.clone();
        self.whole(async move {
            board.kernel().may_begin()?;
            board.seat(vec![(kind, settings, shown)]).await.map_err(|s| s.fault())?;
            let started = board.start_now(&id).await;
            if started.is_err() {
                // Plugged in or not, never half of it.
                let _ = board.unplug_now(&id, true).await;
            }
            started
        })
        .await
    }

    /// Stops a part and takes it out of its seat.
    pub(crate) async fn unplug(&self, id: &PartId, force: bool) -> Result<DrainReport, Fault> {
        let (board, id) = (self.clone(), id.clone());
        self.whole(async move { board.unplug_now(&id, force).await }).await
    }
    async fn unplug_now(&self, id: &PartId, force: bool) -> Result<DrainReport, Fault> {
        let mut places = self.0.places.lock().await;
        let place = places.places.get(id).ok_or_else(|| self.unknown(id))?;
        may_leave(&place.seat.manifest, force)?;
        if !force {
            let all = places.places.values().map(|p| p.seat.manifest.clone());
            nobody_needs(id, all.collect())?;
        }
        let place = places.places.get_mut(id).ok_or_else(|| self.unknown(id))?;
        self.see_keeper_end(id, place).await;
        let report = match place.keeper.as_mut() {
            Some(keeper) => self.halt_unless_leaving(keeper, &place.seat.manifest).await?,
            None => DrainReport::default(),
        };
        places.places.remove(id);
        places.started.retain(|p| p != id);
        self.kernel().registry.forget(id);
        Ok(report)
    }

    /// Takes everything down in the reverse order of the start, within this time.
    pub(crate) async fn halt(&self, within: Duration) -> Vec<(PartId, DrainReport)> {
        let deadline = Instant::now() + within;
        // Whoever changes the board right now lets go of it.
        self.kernel().leaving.send_replace(true);
        let mut places = self.0.places.lock().await;
        let mut reports = vec![];
        for id in std::mem::take(&mut places.started).into_iter().rev() {
            let Some(place) = places.places.get_mut(&id) else { continue };
            let Some(mut keeper) = place.keeper.take() else { continue };
            let left = deadline.saturating_duration_since(Instant::now());
            let report = self.halt_one(&mut keeper, &place.seat.manifest, Some(left)).await;
            reports.push((id, report));
        }
        reports
    }

    async fn halt_unless_leaving(
        &self,
        keeper: &mut Keeper,
        manifest: &Manifest,
    ) -> Result<DrainReport, Fault> {
        let halt = async { Ok(self.halt_one(keeper, manifest, None).await) };
        self.kernel().unless_leaving(halt).await
    }

    async fn halt_one(
        &self,
        keeper: &mut Keeper,
        manifest: &Manifest,
        left: Option<Duration>,
    ) -> DrainReport {
        let drain_within = self.kernel().pace(manifest).drain_within;
        let within = left.map_or(drain_within, |left| left.min(drain_within));
        let (done, report) = oneshot::channel();
        if keeper.orders.send(Order::Halt { within, done }).await.is_err() {
            return DrainReport::default();
        }
        match timeout(within + GRACE, report).await {
            Ok(report) => report.unwrap_or_default(),
            Err(_) => {
                // Ending the supervisor ends what it holds.
                keeper.task.abort();
                let took_ms = u64::try_from((within + GRACE).as_millis()).unwrap_or(u64::MAX);
                DrainReport { took_ms, late: vec!["its supervisor".to_owned()] }
            }
        }
    }
}

/// A supervisor returns, or begins, in much less.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// What a supervisor takes for itself beyond the time of its part: ending late tasks, mostly.
const GRACE: Duration = Duration::from_secs(1);

/// Its supervisor has left in the middle: another order came in between.
fn stopped_meanwhile(id: &PartId) -> Fault {
    Fault::new(codes::STATE_CONFLICT, format!("part `{id}` was stopped meanwhile"))
        .hint("`mobo list` shows how it is")
}
