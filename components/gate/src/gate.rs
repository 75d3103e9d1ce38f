//! The component: its claims, its sockets, its life.

use crate::accept;
use crate::front::{Doors, Front};
use crate::settings::Settings;
use crate::tally::Tally;
use crate::trace::TraceIds;
use crate::trust::Trust;
use mag_contract::door::{
    AdminDoor, AuthDoor, FunctionsDoor, GraphqlDoor, McpDoor, RealtimeDoor, RestDoor, ScreenDoor,
    StorageDoor,
};
use mag_contract::vitals::Vital;
use mag_contract::wiring::Listener;
use mag_contract::{Claim, Component, Fault, Jack, Life, Manifest, Wiring, codes};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

pub struct Gate {
    settings: Settings,
    listeners: Vec<Listener>,
    doors: Doors,
    vital: Jack<Vital>,
}

/// The owner gets in even when the network takes every place.
const LOCAL_CONNECTIONS_MAX: usize = 256;

impl Component for Gate {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        // The board waits a little longer than the gate does, so that the gate ends by itself.
        let drain_within = Duration::from_millis(settings.drain_ms.saturating_add(1_000));
        Manifest::new("gate", env!("CARGO_PKG_VERSION"), "one HTTP origin for all doors")
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
            .claims_all(claims(settings))
            .pace(|pace| pace.drain_within = Some(drain_within))
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        if let Some(mistake) = settings.mistake() {
            return Err(Fault::new(codes::BAD_SETTING, mistake));
        }
        let mut listeners = vec![];
        for claim in claims(&settings) {
            let listener = wiring.listen(&claim)?;
            if let Some(url) = url_of(&listener)? {
                wiring.announce(url);
            }
            listeners.push(listener);
        }
        let doors = Doors::of(wiring);
        let vital = wiring.socket();
        Ok(Self { settings, listeners, doors, vital })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        for listener in &self.listeners {
            url_of(listener)?;
        }
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        let tally = Tally::new();
        let front = Arc::new(Front {
            doors: self.doors,
            vital: self.vital,
            trust: Trust::new(&self.settings),
            limits: self.settings.limits(),
            metrics_for_all: self.settings.metrics_for_all,
            ids: TraceIds::new()?,
            line: life.line(),
            tally,
        });
        // Each connection holds a sender: when all are gone, so is the last connection.
        let (busy, mut all_done) = mpsc::channel::<()>(1);
        let places = usize::try_from(self.settings.connections_max).unwrap_or(usize::MAX);
        for listener in self.listeners {
            let (front, busy) = (front.clone(), busy.clone());
            match listener {
                Listener::Network(listener) => {
                    let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
                    life.spawn("port", accept::network(listener, front, places, busy));
                }
                #[cfg(unix)]
                Listener::Local(listener) => {
                    let places = Arc::new(Semaphore::new(LOCAL_CONNECTIONS_MAX));
                    life.spawn("local socket", accept::local(listener, front, places, busy));
                }
            }
        }
        drop(busy);
        life.ready();
        life.draining().await;
        let within = Duration::from_millis(self.settings.drain_ms);
        if tokio::time::timeout(within, all_done.recv()).await.is_err() {
            tracing::warn!(?within, "the gate leaves while requests are still under way");
        }
        Ok(())
    }
}

fn claims(settings: &Settings) -> Vec<Claim> {
    let port = Claim::Listen(SocketAddr::new(settings.address, settings.port));
    let local = Claim::ListenLocal(settings.local_socket.clone());
    let network = settings.network.then_some(port);
    network.into_iter().chain(cfg!(unix).then_some(local)).collect()
}

trait ClaimsAll {
    fn claims_all(self, claims: Vec<Claim>) -> Self;
}
impl ClaimsAll for Manifest {
    fn claims_all(self, claims: Vec<Claim>) -> Self {
        claims.into_iter().fold(self, Self::claims)
    }
}

/// Where a browser on this machine finds the listener; a local socket has no URL.
fn url_of(listener: &Listener) -> Result<Option<String>, Fault> {
    let broken =
        |e| Fault::new(codes::IO, "the gate's listener does not know its address").because(e);
    match listener {
        Listener::Network(listener) => {
            let mut at = listener.local_addr().map_err(broken)?;
            if at.ip().is_unspecified() {
                at.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
            }
            Ok(Some(format!("http://{at}")))
        }
        #[cfg(unix)]
        Listener::Local(listener) => listener.local_addr().map(|_| None).map_err(broken),
    }
}
