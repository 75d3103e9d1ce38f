//! The health monitor: checks live parts now and then, off the request path, and moves their
//! condition by consecutive outcomes.

use crate::facts::{HealthCheck, HealthDegraded, HealthRecovered};
use crate::health::{Condition, Thresholds};
use crate::incarnation::EndsWithUs;
use crate::registry::{Registry, Word};
use crate::settings::HealthSettings;
use mag_contract::bus::Bus;
use mag_contract::life::panic_text;
use mag_contract::wiring::Probe;
use mag_contract::{Fault, PartId, Timestamp, codes};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

pub(crate) struct Monitor {
    registry: Registry,
    bus: Bus,
    parts: Handle,
    settings: watch::Receiver<HealthSettings>,
    watched: Mutex<BTreeMap<PartId, (u64, Option<Probe>)>>,
}

/// How one check went.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Checked {
    pub part: PartId,
    pub good: bool,
    pub why: Option<String>,
    pub took_ms: u64,
    pub attempts: u32,
    pub condition: Condition,
}

impl Monitor {
    pub(crate) fn new(
        registry: Registry,
        bus: Bus,
        parts: Handle,
        settings: watch::Receiver<HealthSettings>,
    ) -> Self {
        Self { registry, bus, parts, settings, watched: Mutex::default() }
    }

    pub(crate) fn watch(&self, part: &PartId, serial: u64, probe: Option<Probe>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.insert(part.clone(), (serial, probe));
    }
    pub(crate) fn forget(&self, part: &PartId) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(part);
    }
    fn probes(&self) -> Vec<(PartId, u64, Option<Probe>)> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched
            .iter()
            .map(|(part, (serial, probe))| (part.clone(), *serial, probe.clone()))
            .collect()
    }

    /// Checks all live parts at every interval, until it is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut settings = self.settings.clone();
        loop {
            let interval = settings.borrow_and_update().interval.duration();
            tokio::select! {
                () = tokio::time::sleep(interval.max(Duration::from_millis(10))) => {}
                changed = settings.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
            }
            self.check(None, false).await;
        }
    }

    /// Checks one part, or all that are live, at once. `now`: without the pauses of a retry.
    pub(crate) async fn check(&self, only: Option<&PartId>, now: bool) -> Vec<Checked> {
        let probes = self.probes().into_iter().filter(|(part, ..)| only.is_none_or(|o| o == part));
        let checks = probes.map(|(part, serial, probe)| self.check_one(part, serial, probe, now));
        futures::future::join_all(checks).await
    }

    async fn check_one(
        &self,
        part: PartId,
        serial: u64,
        probe: Option<Probe>,
        now: bool,
    ) -> Checked {
        let settings = self.settings.borrow().clone();
        let began = Instant::now();
        let mut attempts = 0;
        let outcome = loop {
            attempts += 1;
            let outcome = self.attempt(probe.as_ref(), settings.timeout.duration()).await;
            if outcome.is_ok() || attempts > settings.retries || now {
                break outcome;
            }
            tokio::time::sleep(settings.retry_pause.duration()).await;
        };
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let why = outcome.as_ref().err().map(|fault| fault.chain());
        let good = outcome.is_ok();
        let still_there = self.probes().iter().any(|(p, s, _)| *p == part && *s == serial);
        let held = self.registry.judgement(&part).unwrap_or_default();
        let mut condition = held.condition;
        if still_there {
            let thresholds =
                Thresholds { failures: settings.failures, recoveries: settings.recoveries };
            let now = self.bus.clock().now();
            let word = Word::Checks(held.after(good, thresholds), why.clone());
            condition = self.judge(&part, word, Some(now)).unwrap_or(condition);
        }
        self.bus.publish(HealthCheck { part: part.clone(), good, took_ms, why: why.clone() });
        Checked { part, good, why, took_ms, attempts, condition }
    }

    /// The check runs where parts run: one that blocks does not block the monitor.
    async fn attempt(&self, probe: Option<&Probe>, within: Duration) -> Result<(), Fault> {
        let Some(probe) = probe else { return Ok(()) };
        let probe = probe.clone();
        let mut task = EndsWithUs(self.parts.spawn(async move { probe().await }));
        match timeout(within, &mut task.0).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(e)) => {
                let why = e.try_into_panic().map_or("it was ended".into(), |p| panic_text(&*p));
                Err(Fault::new(codes::PANICKED, format!("its check panicked: {why}")))
            }
            Err(_) => {
                Err(Fault::new(codes::TOO_LATE, format!("its check did not end within {within:?}")))
            }
        }
    }

    /// Takes a word about a part, and tells when its condition moved; answers with the condition.
    pub(crate) fn judge(
        &self,
        part: &PartId,
        word: Word,
        at: Option<Timestamp>,
    ) -> Option<Condition> {
        let (from, to, why) = self.registry.judge(part, word, at)?;
        let part = part.clone();
        if to.badness() > from.badness() {
            let why = why.unwrap_or_default();
            tracing::warn!(part = %part, "part `{part}` is {}: {why}", to.word());
            self.bus.publish(HealthDegraded { part, from, to, why });
        } else if from != to {
            tracing::info!(part = %part, "part `{part}` is {} again", to.word());
            self.bus.publish(HealthRecovered { part, from, to });
        }
        Some(to)
    }
}
