//! The component: it fills the REST door's socket. Which projects there are and who asks is told by
//! others, through theirs.

use crate::door::Door;
use crate::settings::Settings;
use mag_contract::door::RestDoor;
use mag_contract::{Component, Fault, Life, Manifest, Wiring};
use mag_ports::{AuthnSocket, StoreSocket};
use std::sync::Arc;

pub struct Rest;

impl Component for Rest {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "REST in the PostgREST dialect, over every engine";
        Manifest::new("rest", env!("CARGO_PKG_VERSION"), about)
            .provides::<RestDoor>()
            .needs::<StoreSocket>()
            .uses::<AuthnSocket>()
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let (store, authn) = (wiring.socket::<StoreSocket>(), wiring.socket::<AuthnSocket>());
        let door = Door::new(store, authn, settings);
        wiring.plug::<RestDoor>(Arc::new(door));
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        // Requests under way are held by the gate, which waits for them.
        life.draining().await;
        Ok(())
    }
}
