//! The local socket as a component of its own: the way in for the owner of the machine, which is
//! there when the gate is stopped, swapped or lost, and in a safe boot.

use crate::front::Doors;
use crate::gate::{VERSION, with_doors};
use crate::serve::{Serving, url_of};
use crate::settings::Settings;
use mag_contract::door::LOCAL_SOCKET;
use mag_contract::vitals::Vital;
use mag_contract::wiring::Listener;
use mag_contract::{Bus, Claim, Component, Fault, Jack, Life, Manifest, Standing, Wiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[console]`: there is nothing to turn. Where it is, every command knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleSettings {}

pub struct Console {
    listener: Listener,
    doors: Doors,
    vital: Jack<Vital>,
    bus: Bus,
}

/// More commands at once than a person or a script has under way.
const CONNECTIONS_MAX: u32 = 256;

impl Component for Console {
    type Settings = ConsoleSettings;

    fn manifest(_: &ConsoleSettings) -> Manifest {
        with_doors(Manifest::new("console", VERSION, "the local socket, which `mobo` itself uses"))
            .claims(claim())
            .standing(Standing::Protected)
    }

    async fn assemble(_: ConsoleSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let listener = wiring.listen(&claim())?;
        let doors = Doors::of(wiring);
        let vital = wiring.socket();
        Ok(Self { listener, doors, vital, bus: wiring.bus() })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        url_of(&self.listener, false).map(drop)
    }

    async fn run(self, life: Life) -> Result<(), Fault> {
        let Self { listener, doors, vital, bus } = self;
        let settings = Settings {
            connections_max: CONNECTIONS_MAX,
            // It is nearer than any packing would pay for.
            compress: false,
            ..Settings::default()
        };
        Serving { settings, doors, vital, bus, tls: None }.until_drained(listener, life).await
    }
}

fn claim() -> Claim {
    Claim::ListenLocal(LOCAL_SOCKET.into())
}
