//! What the board hands to a part while it is assembled: sockets, the bus, listeners, state,
//! jobs. A part gets only what its manifest names; anything else fails the assembly by name.

use crate::bus::Bus;
use crate::clock::Clock;
use crate::codes;
use crate::component::Settings;
use crate::fault::Fault;
use crate::job::{Job, Queue, Worker};
use crate::manifest::{Claim, Manifest};
use crate::operation::{Call, Desk, Offer, Operation};
use crate::part::PartId;
use crate::socket::{Backplane, Jack, Plug, Socket, SocketKey};
use crate::state::KeyValues;
use futures::future::BoxFuture;
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

pub struct Wiring {
    board: Harness,
    plugs: Vec<Plug>,
    offers: Vec<Offer>,
    workers: Vec<Worker>,
    probe: Option<Probe>,
    addresses: Vec<String>,
    misuse: Vec<Fault>,
}

/// A check of a live part, made by the health monitor off the request path.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>;

/// What the kernel puts into a `Wiring`.
#[derive(Clone)]
pub struct Harness {
    pub manifest: Manifest,
    pub backplane: Backplane,
    pub bus: Bus,
    pub listeners: Arc<dyn Listeners>,
    pub desk: Arc<dyn Desk>,
    pub queue: Arc<dyn Queue>,
    pub state: Arc<dyn KeyValues>,
    pub data_folder: PathBuf,
    pub settings: watch::Receiver<Arc<dyn Any + Send + Sync>>,
}

/// What a part has put into its wiring.
pub struct Wired {
    pub plugs: Vec<Plug>,
    pub offers: Vec<Offer>,
    pub workers: Vec<Worker>,
    pub probe: Option<Probe>,
    pub addresses: Vec<String>,
}

/// Listening sockets belong to the board and are lent to parts, so that the next incarnation of a
/// part takes over the same queue of connections.
pub trait Listeners: Send + Sync {
    fn listen(&self, claim: &Claim) -> Result<Listener, Fault>;
}

pub enum Listener {
    Network(tokio::net::TcpListener),
    #[cfg(unix)]
    Local(tokio::net::UnixListener),
}

impl Wiring {
    pub fn new(board: Harness) -> Self {
        Self {
            board,
            plugs: vec![],
            offers: vec![],
            workers: vec![],
            probe: None,
            addresses: vec![],
            misuse: vec![],
        }
    }

    pub fn id(&self) -> &PartId {
        &self.board.manifest.id
    }
    pub fn bus(&self) -> Bus {
        self.board.bus.clone()
    }
    pub fn clock(&self) -> Clock {
        self.board.bus.clock().clone()
    }
    pub fn queue(&self) -> Arc<dyn Queue> {
        self.board.queue.clone()
    }
    /// The part's own memory across boots.
    pub fn state(&self) -> Arc<dyn KeyValues> {
        self.board.state.clone()
    }
    /// Every operation of the board, for doors.
    pub fn desk(&self) -> Arc<dyn Desk> {
        self.board.desk.clone()
    }
    /// Where this installation keeps its files.
    pub fn data_folder(&self) -> &Path {
        &self.board.data_folder
    }

    /// The socket must be named in the manifest: the order of the boot follows from it.
    pub fn socket<S: Socket>(&mut self) -> Jack<S> {
        let key = SocketKey::of::<S>();
        let manifest = &self.board.manifest;
        if manifest.needs.contains(&key) || manifest.uses_if_present.contains(&key) {
            return self.board.backplane.jack();
        }
        self.misused(format!("uses socket `{key}`"));
        Jack::empty()
    }

    /// Offers `port` to the others, from the moment this part is ready.
    pub fn plug<S: Socket>(&mut self, port: Arc<S::Port>) {
        let key = SocketKey::of::<S>();
        if !self.board.manifest.provides.contains(&key) {
            self.misused(format!("plugs socket `{key}`"));
            return;
        }
        let plug = self.board.backplane.plug::<S>(port);
        self.plugs.push(plug);
    }

    /// Borrows the listening socket of a claim.
    pub fn listen(&mut self, claim: &Claim) -> Result<Listener, Fault> {
        if !self.board.manifest.claims.contains(claim) {
            // Not opened: nobody would know that it has to be closed.
            return Err(self.misused(format!("listens on {claim}")));
        }
        self.board.listeners.listen(claim)
    }

    /// The function behind an operation that the manifest declares.
    pub fn operation<O, F, R>(&mut self, function: F)
    where
        O: Operation,
        F: Fn(O::Input, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O::Output, Fault>> + Send + 'static,
    {
        if !self.board.manifest.operations.iter().any(|spec| spec.name == O::NAME) {
            self.misused(format!("answers operation `{}`", O::NAME));
            return;
        }
        self.offers.push(Offer::new::<O, F, R>(function));
    }

    /// The function that does jobs of this kind.
    pub fn job<J, F, R>(&mut self, function: F)
    where
        J: Job,
        F: Fn(J, crate::job::Attempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<serde_json::Value, Fault>> + Send + 'static,
    {
        self.workers.push(Worker::new::<J, F, R>(function));
    }

    /// Where this part can be reached, for the boot report and `mobo status`.
    pub fn announce(&mut self, url: impl Into<String>) {
        self.addresses.push(url.into());
    }

    /// How the health monitor finds out whether the live part is well.
    pub fn probe<F, R>(&mut self, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        self.probe = Some(Arc::new(move || Box::pin(check())));
    }

    /// The part's settings as they change; for parts that answer `OnChange::Live`.
    pub fn live_settings<T: Settings>(&self) -> LiveSettings<T> {
        LiveSettings { line: self.board.settings.clone(), _type: std::marker::PhantomData }
    }

    /// For the kernel: what the part has wired, or what it did that its manifest does not name.
    pub fn finish(self) -> Result<Wired, Fault> {
        if let Some(fault) = self.misuse.into_iter().next() {
            return Err(fault);
        }
        let manifest = &self.board.manifest;
        let silent =
            manifest.provides.iter().find(|key| !self.plugs.iter().any(|p| p.socket == **key));
        if let Some(key) = silent {
            return Err(bad_wiring(
                manifest,
                format!("offers socket `{key}` but plugs nothing into it"),
            ));
        }
        let unanswered = |name: &str| !self.offers.iter().any(|o| o.spec.name == name);
        if let Some(spec) = manifest.operations.iter().find(|spec| unanswered(spec.name)) {
            let what = format!("declares operation `{}` but does not answer it", spec.name);
            return Err(bad_wiring(manifest, what));
        }
        Ok(Wired {
            plugs: self.plugs,
            offers: self.offers,
            workers: self.workers,
            probe: self.probe,
            addresses: self.addresses,
        })
    }

    fn misused(&mut self, what: String) -> Fault {
        let what = format!("{what} that its manifest does not name");
        let fault = bad_wiring(&self.board.manifest, what);
        self.misuse.push(fault.clone());
        fault
    }
}

fn bad_wiring(manifest: &Manifest, what: String) -> Fault {
    Fault::new(codes::BAD_WIRING, format!("part `{}` {what}", manifest.id))
}

/// The current settings of a part, and a way to wait for the next ones.
pub struct LiveSettings<T> {
    line: watch::Receiver<Arc<dyn Any + Send + Sync>>,
    _type: std::marker::PhantomData<fn() -> T>,
}

impl<T: Settings> LiveSettings<T> {
    /// `None` only when the board has put settings of another type in.
    pub fn now(&mut self) -> Option<Arc<T>> {
        self.line.borrow_and_update().clone().downcast::<T>().ok()
    }
    /// Resolves when they have changed; never again once the board is gone.
    pub async fn changed(&mut self) {
        if self.line.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
