//! Runs the durable queue: takes jobs that are due, hands them to the part that knows their kind,
//! notes what became of them; and queues what schedules name. Off the kernel's own work.

use crate::facts::{JobDone, JobFailed, JobQueued};
use crate::incarnation::EndsWithUs;
use crate::settings::JobsSettings;
use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::bus::Bus;
use mag_contract::job::{Attempt, Order, Queue, Worker};
use mag_contract::life::panic_text;
use mag_contract::{Fault, Timestamp, codes};
use mag_state::{Failed, Job, JobOptions, LEASE, Lease, State};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

pub(crate) struct Workers {
    state: State,
    bus: Bus,
    parts: Handle,
    held: Mutex<BTreeMap<&'static str, Vec<(u64, Worker)>>>,
    /// Changes when a part brings or takes away kinds of jobs.
    changed: watch::Sender<u64>,
    running: Mutex<Vec<AbortHandle>>,
    /// Changes when somebody has cancelled a job.
    cancelled: watch::Sender<u64>,
}

/// The longest the runner sleeps: schedules have a resolution of a second, leases of half a minute.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often finished jobs are swept and lost leases looked for.
const SWEEP: Duration = Duration::from_secs(60);

impl Workers {
    pub(crate) fn new(state: State, bus: Bus, parts: Handle) -> Self {
        let changed = watch::channel(0).0;
        Self {
            state,
            bus,
            parts,
            held: Mutex::default(),
            changed,
            running: Mutex::default(),
            cancelled: watch::channel(0).0,
        }
    }
    pub(crate) fn seat(&self, serial: u64, workers: Vec<Worker>) {
        if workers.is_empty() {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in workers {
            held.entry(worker.kind).or_default().push((serial, worker));
        }
        self.changed.send_modify(|n| *n += 1);
    }
    pub(crate) fn withdraw(&self, serial: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, workers| {
            workers.retain(|(s, _)| *s != serial);
            !workers.is_empty()
        });
    }
    fn kinds(&self) -> Vec<&'static str> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
    fn worker(&self, kind: &str) -> Option<Worker> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(kind).and_then(|w| w.last()).map(|(_, worker)| worker.clone())
    }

    /// Somebody has cancelled a job: whoever runs it looks at once.
    pub(crate) fn poke(&self) {
        self.cancelled.send_modify(|n| *n += 1);
    }

    pub(crate) fn start(self: &Arc<Self>, settings: watch::Receiver<JobsSettings>) {
        let runner = self.clone();
        let jobs = self.parts.spawn(async move { runner.run(settings).await });
        let clock = self.clone();
        let schedules = self.parts.spawn(async move { clock.follow_schedules().await });
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.extend([jobs.abort_handle(), schedules.abort_handle()]);
    }
    /// Jobs under way are ended; they run again after the next boot, because their lease is lost.
    pub(crate) fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for task in running.drain(..) {
            task.abort();
        }
    }

    async fn run(self: Arc<Self>, mut settings: watch::Receiver<JobsSettings>) {
        let jobs = self.state.jobs();
        let mut queued = jobs.watch();
        let mut changed = self.changed.subscribe();
        let mut at_once = settings.borrow_and_update().at_once;
        let mut room = Arc::new(Semaphore::new(usize::try_from(at_once).unwrap_or(1)));
        let mut swept: Option<Timestamp> = None;
        loop {
            let now = self.bus.clock().now();
            if swept.is_none_or(|at| now.since(at) >= SWEEP) {
                let keep = settings.borrow().keep_done.duration();
                let (reclaimed, purged) =
                    (jobs.reclaim(now).await, jobs.purge(now.minus(keep)).await);
                for fault in [reclaimed.err(), purged.err()].into_iter().flatten() {
                    tracing::warn!(
                        part = "board",
                        "the queue of jobs could not be swept: {}",
                        fault.chain()
                    );
                }
                swept = Some(now);
            }
            if settings.borrow_and_update().at_once != at_once {
                at_once = settings.borrow().at_once;
                // Jobs under way keep their place in the old room.
                room = Arc::new(Semaphore::new(usize::try_from(at_once).unwrap_or(1)));
            }
            let kinds = self.kinds();
            let free = u32::try_from(room.available_permits()).unwrap_or(1);
            if free > 0 && !kinds.is_empty() {
                // Listened to from before they are ours: none is cancelled unheard.
                let cancelled = self.cancelled.subscribe();
                match jobs.take(now, &kinds, free).await {
                    Ok(taken) => self.launch(taken, &room, &cancelled),
                    Err(fault) => {
                        tracing::warn!(part = "board", "no job could be taken: {}", fault.chain());
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = queued.changed() => {}
                _ = changed.changed() => {}
            }
        }
    }

    fn launch(
        self: &Arc<Self>,
        taken: Vec<(Lease, Job)>,
        room: &Arc<Semaphore>,
        cancelled: &watch::Receiver<u64>,
    ) {
        for (lease, job) in taken {
            let (this, room, cancelled) = (self.clone(), room.clone(), cancelled.clone());
            let task = self.parts.spawn(async move {
                let place = room.acquire_owned().await;
                this.attempt(lease, job, cancelled).await;
                drop(place);
                // There is room for the next one.
                this.changed.send_modify(|n| *n += 1);
            });
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.retain(|task| !task.is_finished());
            running.push(task.abort_handle());
        }
    }

    async fn attempt(&self, lease: Lease, job: Job, cancelled: watch::Receiver<u64>) {
        let jobs = self.state.jobs();
        let began = tokio::time::Instant::now();
        let Some(worker) = self.worker(&job.kind) else {
            // Its part left between the taking and now: the attempt counts, the job waits.
            let why = format!("no part handles jobs of kind `{}` right now", job.kind);
            let _ = jobs.fail(&lease, &why, self.bus.clock().now()).await;
            return;
        };
        let attempt = Attempt { id: job.id.clone(), number: job.attempts };
        // Ends with this attempt, also when the board leaves in the middle of it.
        let handler = (worker.handler)(job.payload.clone(), attempt);
        let mut work = EndsWithUs(self.parts.spawn(handler));
        let within = Duration::from_millis(job.timeout_ms);
        let outcome = tokio::select! {
            ended = timeout(within, &mut work.0) => match ended {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(e)) => {
                    let why = e.try_into_panic().map_or("it was ended".into(), |p| panic_text(&*p));
                    Err(Fault::new(codes::PANICKED, format!("it panicked: {why}")))
                }
                Err(_) => Err(Fault::new(codes::TOO_LATE, format!("it did not end within {within:?}"))),
            },
            lost = self.hold(&lease, cancelled) => {
                drop(work);
                tracing::info!(part = "board", job = %job.id, "job `{}` was taken back: {}", job.id, lost.message());
                return;
            }
        };
        drop(work);
        self.settle(&lease, &job, outcome, began.elapsed()).await;
    }

    /// Keeps the lease; resolves when the job is no longer ours.
    async fn hold(&self, lease: &Lease, mut cancelled: watch::Receiver<u64>) -> Fault {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LEASE / 3) => {}
                _ = cancelled.changed() => {}
            }
            if let Err(fault) = self.state.jobs().heartbeat(lease, self.bus.clock().now()).await
                && fault.code() == codes::STATE_CONFLICT
            {
                return fault;
            }
        }
    }

    async fn settle(
        &self,
        lease: &Lease,
        job: &Job,
        outcome: Result<serde_json::Value, Fault>,
        took: Duration,
    ) {
        let jobs = self.state.jobs();
        let now = self.bus.clock().now();
        let (id, kind) = (job.id.clone(), job.kind.clone());
        let noted = match outcome {
            Ok(result) => {
                let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                let noted = jobs.done(lease, &result, now).await;
                if noted.is_ok() {
                    self.bus.publish(JobDone { id, kind, took_ms });
                }
                noted
            }
            Err(fault) => {
                let because = fault.chain();
                match jobs.fail(lease, &because, now).await {
                    Ok(failed) => {
                        let dead = matches!(failed, Failed::Dead);
                        tracing::warn!(part = "board", job = %id, kind, dead, "job `{id}` failed: {because}");
                        self.bus.publish(JobFailed {
                            id,
                            kind,
                            attempt: job.attempts,
                            because,
                            dead,
                        });
                        Ok(())
                    }
                    Err(fault) => Err(fault),
                }
            }
        };
        if let Err(fault) = noted {
            tracing::warn!(part = "board", job = %job.id, "the end of job `{}` could not be noted: {}", job.id, fault.chain());
        }
    }

    /// Queues what is due, once per due time. What was missed while the board was down is made up
    /// for once, not once per time missed.
    async fn follow_schedules(&self) {
        loop {
            if let Err(fault) = self.fire_due().await {
                tracing::warn!(
                    part = "board",
                    "schedules could not be looked at: {}",
                    fault.chain()
                );
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn fire_due(&self) -> Result<(), Fault> {
        let schedules = self.state.schedules();
        let now = self.bus.clock().now();
        for schedule in schedules.list().await?.into_iter().filter(|s| s.enabled) {
            let since = schedule.last_run.unwrap_or(schedule.created_at);
            let Ok(Some(due)) = last_due(&schedule.cron, since, now) else { continue };
            let options = JobOptions {
                unique_key: Some(format!("schedule.{}", schedule.name)),
                ..JobOptions::default()
            };
            if let Some(id) = schedules.fire(&schedule.name, due, options).await? {
                self.bus.publish(JobQueued { id, kind: schedule.kind });
            }
        }
        Ok(())
    }
}

/// The newest time in (`since`, `now`] that the cron line names.
pub(crate) fn last_due(
    cron: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let cron = parse(cron)?;
    let Some(now_at) = utc(now) else { return Ok(None) };
    let newest = cron.find_previous_occurrence(&now_at, true).ok();
    let newest = newest.map(|at| Timestamp(at.timestamp_millis()));
    Ok(newest.filter(|at| *at > since))
}

fn utc(at: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_millis(at.millis())
}

fn parse(line: &str) -> Result<croner::Cron, Fault> {
    line.parse().map_err(|e: croner::errors::CronError| {
        Fault::new(codes::BAD_SCHEDULE, format!("`{line}` is not a schedule: {e}"))
            .hint("write minute, hour, day, month and weekday, such as `0 3 * * *` for three at night (UTC)")
    })
}

impl Queue for Workers {
    fn enqueue(&self, order: Order) -> BoxFuture<'static, Result<String, Fault>> {
        let (jobs, bus) = (self.state.jobs(), self.bus.clone());
        async move {
            let options = JobOptions {
                run_at: order.run_at,
                max_attempts: order.attempts,
                unique_key: order.unique,
                timeout: order.within,
                ..JobOptions::default()
            };
            let queued = jobs.enqueue(&order.kind, &order.payload, options).await?;
            if queued.fresh {
                bus.publish(JobQueued { id: queued.id.clone(), kind: order.kind });
            }
            Ok(queued.id)
        }
        .boxed()
    }
    fn schedule(
        &self,
        name: &str,
        cron: &str,
        order: Order,
    ) -> BoxFuture<'static, Result<(), Fault>> {
        let (schedules, name, cron) = (self.state.schedules(), name.to_owned(), cron.to_owned());
        async move {
            parse(&cron)?;
            schedules.put(&name, &cron, &order.kind, &order.payload).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cron: &str, since: &str, now: &str, expected: &str) {
        let at = |text| Timestamp::parse(text).unwrap();
        let shown = match last_due(cron, at(since), at(now)) {
            Ok(Some(due)) => due.to_string(),
            Ok(None) => "nothing".into(),
            Err(fault) => fault.code().to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        let daily = "0 3 * * *";
        check(daily, "2026-01-01T00:00:00Z", "2026-01-01T02:59:59Z", "nothing");
        check(daily, "2026-01-01T00:00:00Z", "2026-01-01T03:00:00Z", "2026-01-01T03:00:00.000Z");
        check(daily, "2026-01-01T03:00:00Z", "2026-01-01T12:00:00Z", "nothing");
        check(daily, "2026-01-01T03:00:00Z", "2026-01-09T12:00:00Z", "2026-01-09T03:00:00.000Z");
        check("at noon", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "MF8010");
    }
}
