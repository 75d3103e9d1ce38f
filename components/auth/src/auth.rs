//! The component: it fills the socket that says who asks, and answers the operations about keys.

use crate::identify::Identify;
use crate::keys::Rings;
use crate::operations;
use crate::settings::Settings;
use crate::vault::Vault;
use crate::watch::Watch;
use mag_contract::{Clock, Component, Fault, Life, Manifest, Standing, Timestamp, Wiring};
use mag_ports::{AuthnSocket, StoreSocket};
use std::sync::Arc;
use std::time::Duration;

pub struct Auth {
    rings: Arc<Rings>,
    clock: Clock,
}

/// When a key was last used is told to the minute.
const USES_WRITTEN_EVERY: Duration = Duration::from_secs(60);

impl Component for Auth {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "who asks: keys, tokens and users of four kinds";
        operations::declared(
            Manifest::new("auth", env!("CARGO_PKG_VERSION"), about)
                .provides::<AuthnSocket>()
                .needs::<StoreSocket>()
                .standing(Standing::Protected),
        )
    }

    async fn assemble(_: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let store = wiring.socket::<StoreSocket>();
        let clock = wiring.clock();
        let vault = Arc::new(Vault::in_folder(wiring.data_folder())?);
        let watch = Arc::new(Watch::default());
        let rings = Arc::new(Rings::new(store.clone(), vault, clock.clone()));
        let identify = Identify::new(rings.clone(), watch, clock.clone());
        wiring.plug::<AuthnSocket>(Arc::new(identify));
        let office = operations::Office { store, rings: rings.clone(), clock: clock.clone() };
        operations::answered(wiring, &Arc::new(office));
        Ok(Self { rings, clock })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        let mut written = Timestamp::default();
        loop {
            tokio::select! {
                () = life.draining() => break,
                () = tokio::time::sleep(USES_WRITTEN_EVERY) => {}
            }
            written = self.write_uses(written).await;
        }
        self.write_uses(written).await;
        Ok(())
    }
}

impl Auth {
    async fn write_uses(&self, since: Timestamp) -> Timestamp {
        let now = self.clock.now();
        match self.rings.write_uses(since).await {
            Ok(()) => now,
            Err(fault) => {
                tracing::warn!("when keys were last used could not be written: {}", fault.chain());
                since
            }
        }
    }
}
