//! The rings of all projects: read from project zero when they are first asked for, and again when
//! something in them changes.

use super::{Book, Ring};
use crate::home::Home;
use crate::schema;
use crate::vault::Vault;
use arc_swap::ArcSwap;
use mag_contract::{Clock, Fault, Jack, Timestamp};
use mag_ports::StoreSocket;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// A store that cannot be reached is asked again after so long, not by every request.
const REST: Duration = Duration::from_secs(1);

pub(crate) struct Rings {
    store: Jack<StoreSocket>,
    vault: Arc<Vault>,
    clock: Clock,
    held: ArcSwap<HashMap<Uuid, Arc<Ring>>>,
    /// One at a time reads; the others wait for what it finds.
    reading: tokio::sync::Mutex<()>,
    failed: Mutex<Option<(Instant, Fault)>>,
    generation: AtomicU64,
}

impl Rings {
    pub(crate) fn new(store: Jack<StoreSocket>, vault: Arc<Vault>, clock: Clock) -> Self {
        Self {
            store,
            vault,
            clock,
            held: ArcSwap::default(),
            reading: tokio::sync::Mutex::new(()),
            failed: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// Counts changes: what was verified under another number is verified anew.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn known(&self, project: Uuid) -> Option<Arc<Ring>> {
        self.held.load().get(&project).cloned()
    }

    pub(crate) async fn of(&self, project: Uuid) -> Result<Arc<Ring>, Fault> {
        if let Some(ring) = self.known(project) {
            return Ok(ring);
        }
        let _one = self.reading.lock().await;
        if let Some(ring) = self.known(project) {
            return Ok(ring);
        }
        if let Some(fault) = self.recent_failure() {
            return Err(fault);
        }
        self.read(project).await.inspect_err(|fault| {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed = Some((Instant::now(), fault.clone()));
        })
    }

    /// Reads it again: something in it is another now.
    pub(crate) async fn renew(&self, project: Uuid) -> Result<Arc<Ring>, Fault> {
        let _one = self.reading.lock().await;
        self.read(project).await
    }

    pub(crate) async fn book(&self) -> Result<Book, Fault> {
        let zero = self.store.get()?.zero()?;
        let source = zero.primary()?.clone();
        schema::bring_keys(&*source).await?;
        let home = Home::new(source, zero.id, self.clock.clone());
        Ok(Book { home, vault: self.vault.clone() })
    }

    async fn read(&self, project: Uuid) -> Result<Arc<Ring>, Fault> {
        let ring = Arc::new(self.book().await?.ring(project).await?);
        let mut held = HashMap::clone(&self.held.load());
        held.insert(project, ring.clone());
        self.held.store(Arc::new(held));
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(ring)
    }

    fn recent_failure(&self) -> Option<Fault> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(at, _)| at.elapsed() < REST).map(|(_, fault)| fault.clone())
    }

    /// Writes down when keys were used, as far as that is newer than what was written before.
    pub(crate) async fn write_uses(&self, since: Timestamp) -> Result<(), Fault> {
        let held = self.held.load_full();
        let keys = held.values().flat_map(|ring| ring.keys());
        let used: Vec<_> = keys
            .map(|key| (key.id, Timestamp(key.last_used.load(Ordering::Relaxed))))
            .filter(|(_, at)| *at > since)
            .collect();
        if used.is_empty() {
            return Ok(());
        }
        let book = self.book().await?;
        for (id, at) in used {
            book.used(id, at).await?;
        }
        Ok(())
    }
}
