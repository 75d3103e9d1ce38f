//! One part with all the ways in which a part can go wrong.

use mag_contract::{Component, Fault, Health, Life, Manifest, Standing, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    #[default]
    Well,
    PanicAssembling,
    FailTest,
    NeverReady,
    /// The next ones are live first.
    Panic,
    Error,
    Return,
    TaskPanic,
    /// Waits for something that never comes.
    Hang,
    /// Holds its thread.
    Block,
    /// Has work that goes on when it shall leave.
    Late,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FaultySettings {
    /// What it does.
    pub behaviour: Behaviour,
    /// So many incarnations do it, the next ones are well; 0: all of them.
    pub times: u32,
    /// The board makes no sense without it.
    pub essential: bool,
    /// Does it only when a file `go` lies in the data folder.
    pub waits: bool,
    /// A number that changes nothing but the settings.
    pub version: u32,
}

pub struct Faulty {
    settings: FaultySettings,
    behaviour: Behaviour,
    go: PathBuf,
}

static INCARNATIONS: AtomicU32 = AtomicU32::new(0);

/// Only this part has so little time: none of the others does anything here that it is measured by, and
/// a busy machine may be slow.
const READY_WITHIN: Duration = Duration::from_secs(2);
const HEARTBEAT_WITHIN: Duration = Duration::from_millis(500);
const DRAIN_WITHIN: Duration = Duration::from_millis(200);
/// How often it looks whether it may begin.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Longer than any test runs, and bounded all the same.
const AGES: Duration = Duration::from_secs(300);

impl Component for Faulty {
    type Settings = FaultySettings;

    fn manifest(settings: &FaultySettings) -> Manifest {
        let standing = if settings.essential { Standing::Essential } else { Standing::Optional };
        Manifest::new("faulty", "1.0.0", "misbehaves as its settings say").standing(standing).pace(
            |pace| {
                pace.ready_within = Some(READY_WITHIN);
                pace.heartbeat_within = Some(HEARTBEAT_WITHIN);
                pace.drain_within = Some(DRAIN_WITHIN);
            },
        )
    }
    async fn assemble(settings: FaultySettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let before = INCARNATIONS.fetch_add(1, Relaxed);
        let well = settings.times > 0 && before >= settings.times;
        let behaviour = if well { Behaviour::Well } else { settings.behaviour };
        assert!(behaviour != Behaviour::PanicAssembling, "cannot be put together");
        Ok(Self { settings, behaviour, go: wiring.data_folder().join("go") })
    }
    async fn self_test(&self) -> Result<(), Fault> {
        match self.behaviour {
            Behaviour::FailTest => Err(Fault::new(codes::IO, "the thing it needs is not there")),
            _ => Ok(()),
        }
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        if self.behaviour == Behaviour::NeverReady {
            std::future::pending::<()>().await;
        }
        life.ready();
        // Long enough to be seen alive, far too short to wait for.
        tokio::time::sleep(Duration::from_millis(20)).await;
        while self.settings.waits && !self.go.exists() {
            tokio::select! {
                () = life.draining() => return Ok(()),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
        match self.behaviour {
            Behaviour::Panic => panic!("it broke at version {}", self.settings.version),
            Behaviour::Error => return Err(Fault::new(codes::IO, "the wire was cut")),
            Behaviour::Return => return Ok(()),
            Behaviour::TaskPanic => drop(life.spawn("worker", async { panic!("a worker broke") })),
            Behaviour::Hang => std::future::pending::<()>().await,
            Behaviour::Block => std::thread::sleep(AGES),
            Behaviour::Late => {
                life.spawn("long-work", tokio::time::sleep(AGES));
                life.health(Health::Degraded("it has long work".into()));
            }
            Behaviour::Well
            | Behaviour::PanicAssembling
            | Behaviour::FailTest
            | Behaviour::NeverReady => {}
        }
        life.draining().await;
        Ok(())
    }
}
