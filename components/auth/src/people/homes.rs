//! Where the users of each project are: in the project's own database when MagFlock made it, in
//! project zero otherwise. The tables are made when they are first needed.

use crate::home::Home;
use crate::schema;
use mag_contract::{Clock, Fault, Jack};
use mag_ports::{Project, StoreSocket};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

pub(crate) struct Homes {
    store: Jack<StoreSocket>,
    clock: Clock,
    /// Homes whose tables are known to be there, for the sources they were made on.
    ready: RwLock<HashMap<Uuid, Home>>,
    making: tokio::sync::Mutex<()>,
}

impl Homes {
    pub(crate) fn new(store: Jack<StoreSocket>, clock: Clock) -> Self {
        Self { store, clock, ready: RwLock::default(), making: tokio::sync::Mutex::new(()) }
    }

    pub(crate) async fn of(&self, project: &Project) -> Result<Home, Fault> {
        let own = project.primary().ok().filter(|source| source.managed() && source.writable());
        let (source, instance) = match own {
            Some(source) => (source.clone(), Uuid::nil()),
            None => (self.store.get()?.zero()?.primary()?.clone(), project.id),
        };
        if let Some(home) = self.known(project.id).filter(|h| Arc::ptr_eq(&h.source, &source)) {
            return Ok(home);
        }
        let _one = self.making.lock().await;
        schema::bring_users(&*source).await?;
        let home = Home::new(source, instance, self.clock.clone());
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        ready.insert(project.id, home.clone());
        Ok(home)
    }

    fn known(&self, project: Uuid) -> Option<Home> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.get(&project).cloned()
    }
}
