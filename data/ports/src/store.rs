//! The socket through which every door reaches rows: projects, their sources, and what a source
//! looks like right now.

use crate::driver::Database;
use crate::project::{Project, ProjectRef};
use crate::trouble::Trouble;
use crate::view::View;
use futures::future::BoxFuture;
use mag_adapter::engine::{Ending, Transaction};
use mag_adapter::{Access, Bound};
use mag_contract::{Fault, Socket};
use mag_guard::{Ruleset, Session};
use mag_query::{Answer, Call, Options};
use std::sync::Arc;

pub struct StoreSocket;

impl Socket for StoreSocket {
    type Port = dyn Store;
    const NAME: &'static str = "data.store";
}

pub trait Store: Send + Sync {
    /// A lookup in memory: doors ask for every request.
    fn project(&self, which: ProjectRef<'_>) -> Result<Arc<Project>, Fault>;
    /// In the order of their names, project zero left out.
    fn projects(&self) -> Vec<Arc<Project>>;
    /// The control plane's own project.
    fn zero(&self) -> Result<Arc<Project>, Fault>;
}

/// One database that a project has. It stays the same object while the source is connected, also
/// when the engine goes away and comes back.
pub trait Source: Send + Sync {
    /// Unique in its project: `main`.
    fn name(&self) -> &str;
    /// The kind of engine, for people: `sqlite`, `postgres`.
    fn kind(&self) -> &str;
    /// The first one: its tables need no prefix.
    fn primary(&self) -> bool;
    /// Made by MagFlock, which owns its structure; otherwise it was there before.
    fn managed(&self) -> bool;
    /// Whether anything may be written through MagFlock.
    fn writable(&self) -> bool;
    /// Its structure and its rules at one moment; a fault when it was never reached.
    fn view(&self) -> Result<Arc<View>, Fault>;
    /// Reads structure and rules anew. After it, every caller of `view` sees what is there now.
    fn refresh(&self) -> BoxFuture<'_, Result<Arc<View>, Fault>>;
    /// The rules as they are in force: the engine's own, and what is kept beside them (budgets,
    /// masks, and everything for an engine without rules of its own).
    fn rules(&self) -> Result<Arc<Ruleset>, Fault>;
    /// Keeps what the engine does not hold itself, durably, and brings it into force.
    fn keep_rules(&self, rules: Ruleset) -> BoxFuture<'_, Result<(), Fault>>;
    /// The statements that keep these rules, where the source carries them itself: as a part of a
    /// transaction they are kept with it or not at all, and `refresh` brings them into force. Nothing
    /// where they are kept elsewhere.
    fn rules_statements(&self, _rules: &Ruleset) -> Result<Option<Vec<Bound>>, Fault> {
        Ok(None)
    }
    /// The engine, with this source's limits, counts and slow-query log around it.
    fn database(&self) -> &dyn Database;
}

impl dyn Source {
    /// The whole data path for one call, in a transaction of its own.
    pub async fn run(
        &self,
        call: &Call,
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Answer, Trouble> {
        let plan = self.view()?.prepare(call, session, options)?;
        Ok(self.database().run(plan).await?)
    }

    /// Several calls that happen together or not at all.
    pub async fn run_all(
        &self,
        calls: &[Call],
        session: &Arc<Session>,
        options: &Options,
    ) -> Result<Vec<Answer>, Trouble> {
        let view = self.view()?;
        let plans = calls
            .iter()
            .map(|call| view.prepare(call, session, options))
            .collect::<Result<Vec<_>, _>>()?;
        let writes = plans.iter().any(|plan| plan.writes());
        let work = Transaction {
            plans: plans.into(),
            access: if writes { Access::Write } else { Access::Read },
            ending: Ending::Commit,
            settings: Vec::new(),
            wanted_settings: &[],
            before: None,
            timeout: None,
        };
        Ok(self.database().transact(work).await?)
    }
}
