//! It hears the ticks and answers an operation about them. It knows the fact, not the ticker.

// ANCHOR: listener
use crate::Ticked;
use mag_contract::bus::Subscription;
use mag_contract::{Component, Effect, Example, Fault, Heard, Life, Manifest, Operation, Wiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `mobo listener:count`, `POST /admin/v1/operations/listener:count`, and a page in the reference.
pub struct Count;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CountInput {}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    pub heard: u64,
    pub missed: u64,
}

impl Operation for Count {
    type Input = CountInput;
    type Output = Counted;
    const NAME: &'static str = "listener:count";
    const SUMMARY: &'static str = "Shows how many ticks were heard";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "listener.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("So far", serde_json::json!({}), serde_json::json!({ "missed": 0 }))]
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListenerSettings {}

pub struct Listener {
    ticks: Subscription<Ticked>,
    heard: Arc<AtomicU64>,
    missed: Arc<AtomicU64>,
}

impl Component for Listener {
    type Settings = ListenerSettings;

    fn manifest(_: &ListenerSettings) -> Manifest {
        Manifest::new("listener", "1.0.0", "counts the ticks that it hears").operation::<Count>()
    }
    async fn assemble(_: ListenerSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let (heard, missed) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (h, m) = (heard.clone(), missed.clone());
        wiring.operation::<Count, _, _>(move |_, _| {
            let counted = Counted { heard: h.load(Relaxed), missed: m.load(Relaxed) };
            async move { Ok(counted) }
        });
        Ok(Self { ticks: wiring.bus().subscribe::<Ticked>(), heard, missed })
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
                    Some(Heard::Fact(_)) => drop(self.heard.fetch_add(1, Relaxed)),
                    Some(Heard::Missed(n)) => drop(self.missed.fetch_add(n, Relaxed)),
                    None => return Ok(()),
                },
            }
        }
    }
}
// ANCHOR_END: listener
