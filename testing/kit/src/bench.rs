//! A board for one part: it lends listeners, plugs sockets, and runs the part's whole life.
//! Never: supervision, restarts, time limits of the real board.

use crate::toys::{Drawer, ToyDesk, ToyQueue};
use mag_contract::job::{Attempt, Order, Worker};
use mag_contract::life::Reins;
use mag_contract::manifest::Claim;
use mag_contract::operation::{Desk, Offer};
use mag_contract::socket::{Backplane, Socket, SocketKey};
use mag_contract::wiring::{Harness, Listener, Listeners, Wired};
use mag_contract::{Bus, Clock, Component, Fault, Life, Wiring, codes};
use std::any::Any;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A part that neither becomes ready nor ends within this is stuck, also on a busy machine.
const STUCK: Duration = Duration::from_secs(60);

pub struct Bench {
    pub backplane: Backplane,
    pub bus: Bus,
    pub clock: Clock,
    /// What parts have queued.
    pub queue: Arc<ToyQueue>,
    desk: Arc<dyn Desk>,
    listeners: Arc<Lent>,
    folder: tempfile::TempDir,
    serial: AtomicU64,
}

impl Default for Bench {
    fn default() -> Self {
        Self::with(vec![])
    }
}

impl Bench {
    /// A bench whose desk answers these operations.
    pub fn with(offers: Vec<Offer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The first minute of 2026: a clock that moves by hand only.
        let clock = Clock::held(1_767_225_600_000);
        Self {
            backplane: Backplane::default(),
            bus: Bus::new(clock.clone()),
            clock,
            queue: Arc::default(),
            desk: Arc::new(ToyDesk::new(offers)),
            listeners: Arc::new(Lent { base: folder.path().into(), held: Mutex::default() }),
            folder,
            serial: AtomicU64::new(1),
        }
    }

    pub fn data_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Plugs `port` as some other part would.
    pub fn plug<S: Socket>(&self, port: Arc<S::Port>) {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        self.backplane.commit(serial, vec![self.backplane.plug::<S>(port)]);
    }

    /// From manifest to ready, as at boot.
    pub async fn start<C: Component>(&self, settings: C::Settings) -> Result<Live, Fault> {
        let (part, wired, manifest, settings) = self.assemble::<C>(settings).await?;
        part.self_test().await?;
        let (life, mut reins) = Life::new(manifest.id.clone());
        let task = tokio::spawn(part.run(life));
        let ready = tokio::time::timeout(STUCK, &mut reins.ready).await;
        ready.expect("the part says ready in time").expect("the part says ready");
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        self.backplane.commit(serial, wired.plugs);
        let keys = manifest.provides;
        let backplane = self.backplane.clone();
        let (addresses, offers, workers) = (wired.addresses, wired.offers, wired.workers);
        Ok(Live {
            addresses,
            offers,
            workers,
            reins,
            task,
            serial,
            keys,
            backplane,
            _settings: settings,
        })
    }

    async fn assemble<C: Component>(
        &self,
        settings: C::Settings,
    ) -> Result<(C, Wired, mag_contract::Manifest, SettingsLine), Fault> {
        let manifest = C::manifest(&settings);
        let (line, current) =
            watch::channel(Arc::new(settings.clone()) as Arc<dyn Any + Send + Sync>);
        let mut wiring = Wiring::new(Harness {
            manifest: manifest.clone(),
            backplane: self.backplane.clone(),
            bus: self.bus.clone(),
            listeners: self.listeners.clone(),
            desk: self.desk.clone(),
            queue: self.queue.clone(),
            state: Arc::new(Drawer::default()),
            data_folder: self.data_folder().to_owned(),
            settings: current,
        });
        let part = C::assemble(settings, &mut wiring).await?;
        Ok((part, wiring.finish()?, manifest, line))
    }
}

type SettingsLine = watch::Sender<Arc<dyn Any + Send + Sync>>;

/// A part that runs on the bench.
pub struct Live {
    pub addresses: Vec<String>,
    /// The operations that it answers.
    pub offers: Vec<Offer>,
    workers: Vec<Worker>,
    pub reins: Reins,
    task: JoinHandle<Result<(), Fault>>,
    serial: u64,
    keys: Vec<SocketKey>,
    backplane: Backplane,
    _settings: SettingsLine,
}

impl Live {
    /// Does a job of this part's, as the board would: the first attempt is number 1.
    pub async fn work(&self, order: &Order, number: u32) -> Result<serde_json::Value, Fault> {
        let worker = self.workers.iter().find(|worker| worker.kind == order.kind);
        let worker = worker.expect("the part does jobs of this kind");
        let attempt = Attempt { id: "job".into(), number };
        (worker.handler)(order.payload.clone(), attempt).await
    }
    /// Asks it to leave, without waiting.
    pub fn ask_to_leave(&self) {
        self.reins.drain.send_replace(true);
    }
    /// Its end, after it was asked to leave.
    pub async fn end(self) -> Result<(), Fault> {
        let end = tokio::time::timeout(STUCK, self.task).await;
        self.backplane.unplug(self.serial, &self.keys);
        self.reins.crew.abort();
        end.expect("the part leaves in time").expect("the part does not panic")
    }
    pub async fn drain(self) -> Result<(), Fault> {
        self.ask_to_leave();
        self.end().await
    }
    /// Where it listens on the network, as `127.0.0.1:4711`.
    pub fn network(&self) -> &str {
        let url = self.addresses.iter().find_map(|a| a.strip_prefix("http://"));
        url.expect("the part announces a network address")
    }
}

/// Listening sockets of the bench; kept, so that a newcomer takes over the same queue.
struct Lent {
    base: PathBuf,
    held: Mutex<HashMap<Claim, Owned>>,
}

enum Owned {
    Network(std::net::TcpListener),
    #[cfg(unix)]
    Local(std::os::unix::net::UnixListener),
}

impl Listeners for Lent {
    fn listen(&self, claim: &Claim) -> Result<Listener, Fault> {
        let broken = |e: std::io::Error| Fault::new(codes::IO, format!("{claim}: {e}"));
        let mut held = self.held.lock().unwrap();
        if !held.contains_key(claim) {
            held.insert(claim.clone(), self.open(claim).map_err(broken)?);
        }
        match &held[claim] {
            Owned::Network(owned) => {
                let lent = owned.try_clone().map_err(broken)?;
                Ok(Listener::Network(tokio::net::TcpListener::from_std(lent).map_err(broken)?))
            }
            #[cfg(unix)]
            Owned::Local(owned) => {
                let lent = owned.try_clone().map_err(broken)?;
                Ok(Listener::Local(tokio::net::UnixListener::from_std(lent).map_err(broken)?))
            }
        }
    }
}

impl Lent {
    fn open(&self, claim: &Claim) -> std::io::Result<Owned> {
        match claim {
            Claim::Listen(at) => {
                let listener = std::net::TcpListener::bind(at)?;
                listener.set_nonblocking(true)?;
                Ok(Owned::Network(listener))
            }
            #[cfg(unix)]
            Claim::ListenLocal(path) => {
                let path = self.base.join(path);
                std::fs::create_dir_all(path.parent().unwrap_or(&self.base))?;
                let listener = std::os::unix::net::UnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                Ok(Owned::Local(listener))
            }
            other => Err(std::io::Error::other(format!("the bench does not lend {other}"))),
        }
    }
}
