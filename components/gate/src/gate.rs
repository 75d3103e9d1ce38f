//! The network card as a component: its claim, its sockets, its life.

use crate::front::Doors;
use crate::serve::{Serving, url_of};
use crate::settings::Settings;
use crate::tls::Tls;
use mag_contract::door::{
    AdminDoor, AuthDoor, FunctionsDoor, GraphqlDoor, McpDoor, RealtimeDoor, RestDoor, ScreenDoor,
    StorageDoor,
};
use mag_contract::vitals::Vital;
use mag_contract::wiring::Listener;
use mag_contract::{Bus, Claim, Component, Fault, Jack, Life, Manifest, Wiring, codes};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub struct Gate {
    settings: Settings,
    listener: Listener,
    doors: Doors,
    vital: Jack<Vital>,
    bus: Bus,
    tls: Option<Arc<Tls>>,
}

impl Component for Gate {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        // The board waits a little longer than the gate does, so that the gate ends by itself.
        let drain_within = Duration::from_millis(settings.drain_ms.saturating_add(1_000));
        with_doors(Manifest::new("gate", VERSION, "one HTTP origin for all doors"))
            .claims(claim(settings))
            .pace(|pace| pace.drain_within = Some(drain_within))
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        if let Some(mistake) = settings.mistake() {
            return Err(Fault::new(codes::BAD_SETTING, mistake));
        }
        let tls = Tls::of(&settings, wiring.data_folder(), wiring.clock())?;
        let listener = wiring.listen(&claim(&settings))?;
        if let Some(url) = url_of(&listener, tls.is_some())? {
            wiring.announce(url);
        }
        let doors = Doors::of(wiring);
        let vital = wiring.socket();
        Ok(Self { settings, listener, doors, vital, bus: wiring.bus(), tls })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        url_of(&self.listener, self.tls.is_some()).map(drop)
    }

    async fn run(self, life: Life) -> Result<(), Fault> {
        let Self { settings, listener, doors, vital, bus, tls } = self;
        Serving { settings, doors, vital, bus, tls }.until_drained(listener, life).await
    }
}

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every door there may be, and the board's own vitals.
pub(crate) fn with_doors(manifest: Manifest) -> Manifest {
    manifest
        .uses::<AdminDoor>()
        .uses::<RestDoor>()
        .uses::<GraphqlDoor>()
        .uses::<AuthDoor>()
        .uses::<RealtimeDoor>()
        .uses::<StorageDoor>()
        .uses::<FunctionsDoor>()
        .uses::<McpDoor>()
        .uses::<ScreenDoor>()
        .uses::<Vital>()
}

fn claim(settings: &Settings) -> Claim {
    Claim::Listen(SocketAddr::new(settings.address, settings.port))
}
