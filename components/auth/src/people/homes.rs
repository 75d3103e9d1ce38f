//! Where the users of each project are: in the project's own database when MagFlock made it, in
//! project zero otherwise. The tables are made when they are first needed.

use crate::home::{Home, Row};
use crate::schema;
use crate::watch::REMEMBERED;
use mag_contract::{Clock, Fault, Jack, Timestamp};
use mag_ports::{Project, Source, StoreSocket};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// Who is kept out although their token is good.
#[derive(Default)]
pub(crate) struct KeptOut {
    /// And until when.
    pub(crate) banned: Vec<(Uuid, Timestamp)>,
    pub(crate) ended: Vec<(Uuid, Timestamp)>,
}

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

    /// Those who may not come in now, and sessions that have ended lately, where there are users at
    /// all: nothing is made for the look.
    pub(crate) async fn kept_out(&self, project: &Project) -> Result<KeptOut, Fault> {
        let Some(home) = self.there(project, "users")? else { return Ok(KeptOut::default()) };
        let now = home.now();
        let later = mag_query::call::Comparison::Gt;
        let filter = vec![
            home.mine(),
            mag_query::call::Filter::compare("banned_until", later, &now.to_string()),
        ];
        let rows = home.find("users", filter).await?;
        let banned = |row: &Row| Some((row.id("id")?, row.time("banned_until")?));
        let mut out = KeptOut { banned: rows.iter().filter_map(banned).collect(), ended: vec![] };
        let (schema, table) = home.place("ended_sessions");
        if home.source.view()?.catalog.find_table(schema, &table).is_some() {
            let ended = |row: &Row| Some((row.id("session_id")?, row.time("ended_at")?));
            out.ended = home.ended(REMEMBERED).await?.iter().filter_map(ended).collect();
        }
        Ok(out)
    }

    /// The home of a project where it has this table already: nothing is made for the look.
    pub(crate) fn there(&self, project: &Project, table: &str) -> Result<Option<Home>, Fault> {
        let (source, instance) = self.place(project)?;
        let home = Home::new(source, instance, self.clock.clone());
        let (schema, table) = home.place(table);
        let found = home.source.view()?.catalog.find_table(schema, &table).is_some();
        Ok(Some(home).filter(|_| found))
    }

    fn place(&self, project: &Project) -> Result<(Arc<dyn Source>, Uuid), Fault> {
        let own = project.primary().ok().filter(|source| source.managed() && source.writable());
        Ok(match own {
            Some(source) => (source.clone(), Uuid::nil()),
            None => (self.store.get()?.zero()?.primary()?.clone(), project.id),
        })
    }

    pub(crate) async fn of(&self, project: &Project) -> Result<Home, Fault> {
        let (source, instance) = self.place(project)?;
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
