//! The smallest part that does something: it says a fact now and then.

// ANCHOR: ticker
use mag_contract::{Bus, Component, Fact, Fault, Life, Manifest, Wiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What it says. The type is the topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticked {
    pub count: u64,
}
impl Fact for Ticked {
    const NAME: &'static str = "ticker.ticked";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TickerSettings {
    /// Milliseconds between two ticks.
    #[schemars(range(min = 1))]
    pub every_ms: u64,
}
impl Default for TickerSettings {
    fn default() -> Self {
        Self { every_ms: 1_000 }
    }
}

pub struct Ticker {
    every: Duration,
    bus: Bus,
}

impl Component for Ticker {
    type Settings = TickerSettings;

    fn manifest(_: &TickerSettings) -> Manifest {
        Manifest::new("ticker", "1.0.0", "says a fact now and then")
    }
    async fn assemble(settings: TickerSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        Ok(Self { every: Duration::from_millis(settings.every_ms), bus: wiring.bus() })
    }
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(()) // It needs nothing that could be missing.
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        for count in 1.. {
            tokio::select! {
                () = life.draining() => break,
                () = tokio::time::sleep(self.every) => self.bus.publish(Ticked { count }),
            }
        }
        Ok(())
    }
}
// ANCHOR_END: ticker
