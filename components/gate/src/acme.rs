//! Certificates from an authority that speaks ACME: asked for when there is none, renewed when a third
//! of their time is left, in use from the next handshake on. Whoever is connected notices nothing. The
//! proof (TLS-ALPN-01) is given on the gate's own port.
//! Never: an authority that no setting names, a key in the clear on the disk or in a log.

mod client;
mod order;
mod resolver;
mod store;
mod validity;

pub(crate) use resolver::{PROOF, Resolver};

use crate::settings::Settings;
use mag_contract::{Clock, Fault, Health, Lifeline};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{Kept, Store};

/// How often it is looked whether a certificate is due: a comparison of two numbers.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// After a failure; authorities lock out who asks too often, so the pause doubles up to the second.
const PAUSE_MIN: Duration = Duration::from_secs(60);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 60 * 60);
/// An authority that takes longer for one order is asked again later.
const ORDER_WITHIN: Duration = Duration::from_secs(300);

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    directory: String,
    domains: Vec<String>,
    email: Option<String>,
    root: Option<PathBuf>,
}

pub(crate) struct Keeper {
    wanted: Wanted,
    store: Store,
    clock: Clock,
    resolver: Arc<Resolver>,
}

impl Keeper {
    /// With the certificate that an earlier run was given. Nothing when no domains are named.
    pub(crate) fn of(
        settings: &Settings,
        data_folder: &Path,
        clock: Clock,
    ) -> Result<Option<Self>, Fault> {
        let Some(directory) = settings.acme_directory.clone() else { return Ok(None) };
        let wanted = Wanted {
            directory,
            domains: settings.acme_domains.iter().map(|name| name.to_ascii_lowercase()).collect(),
            email: settings.acme_email.clone(),
            root: settings.acme_root.clone(),
        };
        let store = Store::in_folder(data_folder)?;
        let resolver = Arc::new(Resolver::default());
        match store.certificate() {
            Ok(Some(kept)) if kept.is_for(&wanted) => resolver.use_certificate(&kept)?,
            Ok(_) => {}
            // It can be had again, so it is no reason not to serve.
            Err(fault) => tracing::warn!("the kept certificate is not used: {fault}"),
        }
        Ok(Some(Self { wanted, store, clock, resolver }))
    }

    pub(crate) fn resolver(&self) -> Arc<Resolver> {
        self.resolver.clone()
    }

    pub(crate) async fn keep(&self, mut line: Lifeline) {
        let mut pause = PAUSE_MIN;
        loop {
            let mut wait = LOOK_EVERY;
            if self.is_due() {
                self.tell_health(&line, "it has been asked for");
                match self.renewed().await {
                    Ok(()) => {
                        self.tell_health(&line, "");
                        tracing::info!(
                            "the certificate of {} is new",
                            self.wanted.domains.join(", ")
                        );
                        pause = PAUSE_MIN;
                    }
                    Err(why) => {
                        self.tell_health(&line, &why);
                        let (authority, again) = (&self.wanted.directory, pause.as_secs());
                        tracing::warn!(
                            "no certificate from {authority}: {why}; asked again in {again} s"
                        );
                        wait = pause;
                        pause = (pause * 2).min(PAUSE_MAX);
                    }
                }
            }
            tokio::select! {
                () = line.leaving() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn is_due(&self) -> bool {
        let now = self.clock.now().millis();
        self.resolver.lifetime().is_none_or(|lifetime| lifetime.is_due(now))
    }

    fn tell_health(&self, line: &Lifeline, why: &str) {
        let now = self.clock.now().millis();
        line.health(match self.resolver.lifetime() {
            None => Health::Degraded(format!("the port has no certificate yet: {why}")),
            Some(lifetime) if lifetime.ended(now) => {
                Health::Bad(format!("the certificate of the port has ended: {why}"))
            }
            Some(_) => Health::Good,
        });
    }

    async fn renewed(&self) -> Result<(), String> {
        let made = order::certificate(&self.wanted, &self.store, &self.resolver);
        let made = tokio::time::timeout(ORDER_WITHIN, made).await;
        let kept: Kept = made.map_err(|_| format!("not within {ORDER_WITHIN:?}"))??;
        // In use at once, and kept for the next start: what was not kept is asked for again then.
        self.resolver.use_certificate(&kept).map_err(|fault| fault.to_string())?;
        self.store.keep_certificate(&kept).map_err(|fault| fault.to_string())
    }
}
