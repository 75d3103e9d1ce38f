//! Registration: what one more part costs the boot.

use mag_contract::{Clock, Component, Fault, Life, Manifest, Wiring};
use mag_mobo::{Boot, Ending, Parts, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NoSettings {}

/// Twenty of them, told apart by a number.
struct Idle<const N: usize>;

const NAMES: [&str; 20] = [
    "idle-0", "idle-1", "idle-2", "idle-3", "idle-4", "idle-5", "idle-6", "idle-7", "idle-8",
    "idle-9", "idle-10", "idle-11", "idle-12", "idle-13", "idle-14", "idle-15", "idle-16",
    "idle-17", "idle-18", "idle-19",
];

impl<const N: usize> Component for Idle<N> {
    type Settings = NoSettings;
    fn manifest(_: &NoSettings) -> Manifest {
        Manifest::new(NAMES[N], "1.0.0", "does nothing")
    }
    async fn assemble(_: NoSettings, _: &mut Wiring) -> Result<Self, Fault> {
        Ok(Self)
    }
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}

macro_rules! idle {
    ($($n:literal)*) => { Parts::default()$(.with::<Idle<$n>>(NAMES[$n], "does nothing"))* };
}

pub(crate) fn boot(parts: Parts, folder: &std::path::Path) -> Boot {
    let sources = Sources { data_folder: folder.to_path_buf(), ..Sources::default() };
    Boot {
        parts,
        sources,
        safe: false,
        version: "bench",
        clock: Clock::machine(),
        runtime: tokio::runtime::Handle::current(),
        install_telemetry: false,
        tell: Arc::new(|_| ()),
    }
}

pub(crate) async fn run() {
    println!("\n## parts");
    let parts = idle!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
    let mut times = vec![];
    for parts in [Parts::default(), parts] {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let session = boot(parts, folder.path()).run().await.map_err(|f| f.fault).unwrap();
        times.push(began.elapsed());
        let rows = session.board().parts();
        if let Some(most) = rows.iter().map(|r| r.registered_in_us).max() {
            println!("registration of a part {most} µs at most, of {}", rows.len());
        }
        session.shutdown(&Ending::Shutdown("the bench is over".into())).await;
    }
    println!("boot without parts     {:?}; with twenty idle ones {:?}", times[0], times[1]);
}
