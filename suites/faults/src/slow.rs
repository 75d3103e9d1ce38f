//! A listener that cannot keep up, and says how much it missed.

use mag_contract::bus::Subscription;
use mag_contract::{Component, Effect, Example, Fault, Heard, Life, Manifest, Operation, Wiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use suite_demo::Ticked;

struct Missed;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MissedInput {}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MissedFacts {
    pub missed: u64,
}

impl Operation for Missed {
    type Input = MissedInput;
    type Output = MissedFacts;
    const NAME: &'static str = "slow:missed";
    const SUMMARY: &'static str = "Shows how many facts came too fast";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "slow.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("So far", json!({}), json!({}))]
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlowSettings {}

pub struct SlowListener {
    ticks: Subscription<Ticked>,
    missed: Arc<AtomicU64>,
}

impl Component for SlowListener {
    type Settings = SlowSettings;

    fn manifest(_: &SlowSettings) -> Manifest {
        Manifest::new("slow", "1.0.0", "listens more slowly than facts come").operation::<Missed>()
    }
    async fn assemble(_: SlowSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let missed = Arc::<AtomicU64>::default();
        let seen = missed.clone();
        wiring.operation::<Missed, _, _>(move |_, _| {
            let missed = seen.load(Relaxed);
            async move { Ok(MissedFacts { missed }) }
        });
        Ok(Self { ticks: wiring.bus().subscribe::<Ticked>(), missed })
    }
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }
    async fn run(mut self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        loop {
            tokio::select! {
                () = life.draining() => return Ok(()),
                heard = self.ticks.next() => match heard {
                    Some(Heard::Missed(n)) => drop(self.missed.fetch_add(n, Relaxed)),
                    Some(Heard::Fact(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                    None => return Ok(()),
                },
            }
        }
    }
}
