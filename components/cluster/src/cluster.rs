//! The component: what it offers, what it claims, and the handle by which others ask for databases.

use crate::databases;
use crate::keeper::{self, Keeper, Plan, WISHES, Wishes};
use crate::server;
use crate::settings::Settings;
use crate::stage::Stage;
use crate::status::{self, Status};
use mag_contract::{Claim, Component, Fault, Jack, Life, Manifest, Wiring, codes};
use mag_ports::cluster::ClusterState;
use mag_ports::driver::PostgresDriver;
use mag_ports::{Cluster, ClusterSocket, Connection, Opening};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::timeout;

pub struct ManagedPostgres(Keeper);

/// Beyond the time in which the server ends by itself: it is ended at once then.
const LEAVES_WITHIN: Duration = Duration::from_secs(15);
/// Whoever opens a database waits so long for a server that is starting, and asks again later.
const OPEN_WAITS: Duration = Duration::from_secs(20);
/// An end of the server brings a new one at once; ends in a row bring longer pauses, up to half a
/// minute.
const RESTART_PAUSE: Duration = Duration::from_millis(250);
const RESTARTS: u32 = 8;

impl Component for ManagedPostgres {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let about = "the managed PostgreSQL: a server of its own, over a local socket";
        let stop = Duration::from_millis(settings.stop_ms);
        Manifest::new("postgresql", env!("CARGO_PKG_VERSION"), about)
            .provides::<ClusterSocket>()
            .uses::<PostgresDriver>()
            // Two servers on one folder would destroy it: the old one leaves first.
            .claims(Claim::Exclusive("the folder of the managed PostgreSQL".into()))
            .operation::<Status>()
            .pace(|pace| {
                pace.drain_within = Some(stop.saturating_add(LEAVES_WITHIN));
                pace.restart_pause = Some(RESTART_PAUSE);
                pace.restarts = Some(RESTARTS);
            })
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        if let Some(mistake) = settings.mistake() {
            return Err(Fault::new(codes::BAD_SETTING, mistake));
        }
        let plan = Plan { settings, data_folder: wiring.data_folder().to_path_buf() };
        let (stage, seen) = watch::channel(Stage::Off);
        let (wishes, heard) = mpsc::channel(WISHES);
        let data_folder = plan.data_folder.clone();
        let driver = wiring.socket::<PostgresDriver>();
        let handle =
            Handle { wishes, seen: seen.clone(), driver, data_folder, turn: Mutex::new(()) };
        wiring.plug::<ClusterSocket>(Arc::new(handle));
        wiring.operation::<Status, _, _>({
            let (plan, seen) = (plan.clone(), seen.clone());
            move |_, _| status::status(plan.clone(), seen.borrow().clone())
        });
        wiring.probe(move || well(seen.borrow().clone()));
        Ok(Self(Keeper { plan, stage, wishes: heard }))
    }

    /// What can be wrong is found at the start of a server, and there is none before a first
    /// database is wanted.
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, life: Life) -> Result<(), Fault> {
        self.0.keep(life).await
    }
}

async fn well(stage: Stage) -> Result<(), Fault> {
    match stage {
        Stage::Off | Stage::Starting => Ok(()),
        Stage::Broken(fault) => Err(fault),
        Stage::Running(running) => server::answers(&running.socket_folder).await.map_err(|e| {
            Fault::new(codes::ENGINE_GONE, "the managed PostgreSQL does not answer").because(e)
        }),
    }
}

/// What is plugged into the socket.
struct Handle {
    wishes: Wishes,
    seen: watch::Receiver<Stage>,
    driver: Jack<PostgresDriver>,
    data_folder: PathBuf,
    /// Databases are made and dropped one after the other: the template is copied by one at a time.
    turn: Mutex<()>,
}

impl Cluster for Handle {
    fn state(&self) -> ClusterState {
        match &*self.seen.borrow() {
            Stage::Running(running) => {
                ClusterState { running: true, version: Some(running.version.clone()), why: None }
            }
            absent @ (Stage::Off | Stage::Starting | Stage::Broken(_)) => ClusterState {
                running: false,
                version: None,
                why: Some(absent.absent().message().to_owned()),
            },
        }
    }

    fn create_database(&self, name: &str) -> Opening<'_, Connection> {
        let name = name.to_owned();
        Box::pin(async move {
            databases::check_name(&name)?;
            let driver = self.driver.get()?;
            let _turn = self.turn.lock().await;
            let running = keeper::wish(&self.wishes, true).await?;
            databases::create(&running, &driver, &name).await
        })
    }

    fn connection(&self, name: &str) -> Opening<'_, Connection> {
        let name = name.to_owned();
        Box::pin(async move {
            databases::check_name(&name)?;
            let waited = timeout(OPEN_WAITS, keeper::wish(&self.wishes, false)).await;
            let running = waited.unwrap_or_else(|_| Err(Stage::Starting.absent()))?;
            Ok(running.as_owner(&name))
        })
    }

    fn drop_database(&self, name: &str) -> Opening<'_, ()> {
        let name = name.to_owned();
        Box::pin(async move {
            databases::check_name(&name)?;
            let _turn = self.turn.lock().await;
            if crate::folder::find(&self.data_folder)?.is_none() {
                return Ok(());
            }
            let driver = self.driver.get()?;
            let running = keeper::wish(&self.wishes, false).await?;
            databases::drop_it(&running, &driver, &name).await
        })
    }
}
