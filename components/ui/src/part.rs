//! The component: it fills the screen's socket, and watches what charts are drawn from.

use crate::door::Door;
use crate::files;
use crate::history::{EVERY, Ring};
use crate::operations::{self, Memory};
use crate::queries;
use crate::scrape::Scrape;
use mag_contract::bus::{BACKLOG, Heard, Subscription};
use mag_contract::door::ScreenDoor;
use mag_contract::life::Lifeline;
use mag_contract::state::KeyValues;
use mag_contract::traffic::Response;
use mag_contract::vitals::Vital;
use mag_contract::{Clock, Component, Fault, Jack, Life, Manifest, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Where the day and the week are kept in the board's store.
const KEPT: &str = "history";
/// Written so often: what a crash may cost.
const KEEP_EVERY: Duration = Duration::from_secs(900);
/// So long answers gather before they are counted.
const GATHERED: Duration = Duration::from_millis(1);
/// Of those that the bus keeps for who is late.
const MANY: usize = BACKLOG / 4;
/// Doors whose requests are the screen's own, or a probe's.
const OWN_DOORS: [&str; 3] = ["admin", "screen", "ops"];

/// The section `[ui]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Counts requests by route and key for a day. Without it, `metrics:usage` shows none.
    pub usage: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { usage: true }
    }
}

pub struct Ui {
    memory: Arc<Memory>,
    vitals: Jack<Vital>,
    store: Arc<dyn KeyValues>,
    clock: Clock,
    answers: Option<Subscription<Response>>,
}

impl Component for Ui {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "the admin screen at `/`, and the numbers behind its charts";
        let manifest = Manifest::new("ui", env!("CARGO_PKG_VERSION"), about);
        queries::declare(operations::declare(manifest)).provides::<ScreenDoor>().uses::<Vital>()
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        wiring.plug::<ScreenDoor>(Arc::new(Door::new(files::all())));
        let memory = Arc::new(Memory::default());
        operations::offer(wiring, &memory);
        queries::offer(wiring);
        Ok(Self {
            memory,
            vitals: wiring.socket(),
            store: wiring.state(),
            clock: wiring.clock(),
            answers: settings.usage.then(|| wiring.bus().subscribe()),
        })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        let all = files::all();
        // Built without a screen it serves the page that says so: that is no failure.
        if all.is_empty() || all.iter().any(|file| file.path == files::ENTRY) {
            return Ok(());
        }
        Err(Fault::new(codes::SELF_TEST, "the screen in this binary has no first page"))
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        let Self { memory, vitals, store, clock, answers } = self;
        recall(&memory, &*store).await;
        if let Some(answers) = answers {
            life.spawn("usage", count(life.line(), answers, memory.clone(), clock.clone()));
        }
        let watching = watch(life.line(), memory.clone(), vitals, store.clone(), clock);
        life.spawn("history", watching);
        life.ready();
        life.draining().await;
        memory.over.send_replace(true);
        keep(&memory, &*store).await;
        Ok(())
    }
}

/// Reads the numbers as often as the finest ring wants them, until the part leaves.
async fn watch(
    mut line: Lifeline,
    memory: Arc<Memory>,
    vitals: Jack<Vital>,
    store: Arc<dyn KeyValues>,
    clock: Clock,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut kept = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = line.leaving() => return,
            _ = ticks.tick() => {}
        }
        // Before the board has plugged it there is nothing to read.
        let Ok(vitals) = vitals.get() else { continue };
        let scrape = Scrape::read(&vitals.metrics());
        memory.history.lock().unwrap_or_else(PoisonError::into_inner).add(clock.now(), &scrape);
        memory.over.send_replace(false);
        if kept.elapsed() >= KEEP_EVERY {
            keep(&memory, &*store).await;
            kept = tokio::time::Instant::now();
        }
    }
}

async fn count(
    mut line: Lifeline,
    mut answers: Subscription<Response>,
    memory: Arc<Memory>,
    clock: Clock,
) {
    let mut came = 0;
    loop {
        let heard = tokio::select! {
            () = line.leaving() => return,
            heard = answers.next() => heard,
        };
        let Some(heard) = heard else { return };
        {
            // Those that have gathered are counted in one go, and no more than can have.
            let mut usage = memory.usage.lock().unwrap_or_else(PoisonError::into_inner);
            let now = clock.now();
            let gathered = std::iter::from_fn(|| answers.at_once()).take(BACKLOG);
            for heard in std::iter::once(heard).chain(gathered) {
                came += 1;
                // Numbers of a busy hour may miss some: whoever answers them does not wait for us.
                let Heard::Fact(envelope) = heard else { continue };
                let told = &envelope.data.0;
                if !OWN_DOORS.contains(&&*told.request.door) {
                    usage.add(now, told);
                }
            }
        }
        if !answers.has_more() {
            // Whoever answers would wake us with each request; they gather meanwhile, unless so many
            // came of late that more might be lost.
            if came < MANY {
                tokio::time::sleep(GATHERED).await;
            }
            came = 0;
        }
    }
}

async fn recall(memory: &Memory, store: &dyn KeyValues) {
    let kept = match store.get(KEPT).await {
        Ok(Some(kept)) => serde_json::from_value::<Vec<Ring>>(kept).ok(),
        Ok(None) => None,
        Err(fault) => {
            tracing::warn!("the history of before cannot be read: {fault}");
            None
        }
    };
    if let Some(kept) = kept {
        memory.history.lock().unwrap_or_else(PoisonError::into_inner).recall(kept);
    }
}

async fn keep(memory: &Memory, store: &dyn KeyValues) {
    let kept = memory.history.lock().unwrap_or_else(PoisonError::into_inner).kept();
    let put = match serde_json::to_value(kept) {
        Ok(kept) => store.put(KEPT, kept).await,
        Err(error) => Err(Fault::new(codes::BUG, "the history cannot be written").because(error)),
    };
    if let Err(fault) = put {
        tracing::warn!("the history is not kept: {fault}");
    }
}
