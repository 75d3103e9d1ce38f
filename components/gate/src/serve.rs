//! The work that the port and the local socket share: take connections, serve each, and when the
//! part leaves let those under way end within their time.

use crate::accept;
use crate::account::Account;
use crate::cors::Cors;
use crate::front::{Doors, Front};
use crate::limit::Rates;
use crate::proxies::Proxies;
use crate::settings::Settings;
use crate::tally::Tally;
use crate::tls::Tls;
use crate::trace::TraceIds;
use crate::trust::Trust;
use mag_contract::vitals::Vital;
use mag_contract::wiring::Listener;
use mag_contract::{Bus, Fault, Jack, Life, codes};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

pub(crate) struct Serving {
    pub(crate) settings: Settings,
    pub(crate) doors: Doors,
    pub(crate) vital: Jack<Vital>,
    pub(crate) bus: Bus,
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Serving {
    pub(crate) async fn until_drained(
        self,
        listener: Listener,
        mut life: Life,
    ) -> Result<(), Fault> {
        let places = usize::try_from(self.settings.connections_max).unwrap_or(usize::MAX);
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        let front = Arc::new(Front {
            doors: self.doors,
            vital: self.vital,
            proxies: Proxies::new(&self.settings),
            trust: Trust::new(&self.settings),
            cors: Cors::new(&self.settings.app_origins),
            rates: Rates::new(&self.settings),
            account: Account::new(
                self.bus.clone(),
                self.settings.access_log,
                Duration::from_millis(self.settings.slow_ms),
            ),
            bus: self.bus,
            compress: self.settings.compress,
            encrypted: self.tls.is_some(),
            limits: self.settings.limits(),
            metrics_for_all: self.settings.metrics_for_all,
            ids: TraceIds::new()?,
            line: life.line(),
            tally: Tally::new(),
        });
        // Each connection holds a sender: when all are gone, so is the last connection.
        let (busy, mut all_done) = mpsc::channel::<()>(1);
        match listener {
            Listener::Network(listener) => {
                if let Some(tls) = &self.tls {
                    life.spawn("certificate", tls.clone().keep_fresh(front.line.clone()));
                }
                life.spawn("port", accept::network(listener, front, places, busy, self.tls));
            }
            #[cfg(unix)]
            Listener::Local(listener) => {
                life.spawn("local socket", accept::local(listener, front, places, busy));
            }
        }
        life.ready();
        life.draining().await;
        let within = Duration::from_millis(self.settings.drain_ms);
        if tokio::time::timeout(within, all_done.recv()).await.is_err() {
            tracing::warn!(?within, "it leaves while requests are still under way");
        }
        Ok(())
    }
}

/// Where a browser on this machine finds the listener; a local socket has no URL.
pub(crate) fn url_of(listener: &Listener, tls: bool) -> Result<Option<String>, Fault> {
    let broken = |e| Fault::new(codes::IO, "a listener does not know its address").because(e);
    match listener {
        Listener::Network(listener) => {
            let mut at = listener.local_addr().map_err(broken)?;
            if at.ip().is_unspecified() {
                at.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
            }
            let scheme = if tls { "https" } else { "http" };
            Ok(Some(format!("{scheme}://{at}")))
        }
        #[cfg(unix)]
        Listener::Local(listener) => listener.local_addr().map(|_| None).map_err(broken),
    }
}
