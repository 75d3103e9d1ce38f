//! AI agents: users with an owner, a purpose and bounds. What they may do is looked up in memory;
//! here is where it is kept, and what was refused to them is written down.

use crate::gotrue::Gotrue;
use crate::home::{Home, Row, newest_first, page};
use mag_contract::Fault;
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Lines of the log that are kept for one agent.
const LOG_MAX: u64 = 1_000;

impl Home {
    /// The row of an agent; nothing when it is no agent of this home.
    pub(crate) async fn agent(&self, user: Uuid) -> Result<Option<Row>, Fault> {
        self.one("agents", vec![Filter::eq("user_id", &user.to_string())]).await
    }

    pub(crate) async fn agent_rows(&self) -> Result<Vec<Row>, Fault> {
        const LISTED_MAX: u64 = 1_000;
        let query = page(vec![], newest_first("created_at"), LISTED_MAX, 0);
        self.run(self.read("agents", query)).await
    }

    pub(crate) async fn note(
        &self,
        agent: Uuid,
        at: mag_contract::Timestamp,
        what: &str,
        result: &str,
        details: Json,
    ) -> Result<(), Fault> {
        let row = json!({
            "id": Uuid::new_v4(), "user_id": agent, "at": at, "what": what, "result": result,
            "details": details,
        });
        self.run(self.insert("agent_log", row)?).await?;
        // The oldest lines go when there are too many.
        let mine = || Filter::eq("user_id", &agent.to_string());
        let query = page(vec![mine()], newest_first("at"), 1, LOG_MAX);
        let Some(first) = self.run(self.read("agent_log", query)).await?.pop() else {
            return Ok(());
        };
        let Some(at) = first.time("at") else { return Ok(()) };
        let older = mag_query::call::Comparison::Lte;
        let old = vec![mine(), Filter::compare("at", older, &at.to_string())];
        self.run(self.delete("agent_log", old)).await.map(|_| ())
    }

    pub(crate) async fn notes(&self, agent: Uuid, limit: u64) -> Result<Vec<Row>, Fault> {
        let mine = vec![Filter::eq("user_id", &agent.to_string())];
        self.run(self.read("agent_log", page(mine, newest_first("at"), limit, 0))).await
    }
}

impl Gotrue {
    /// Writes what agents were refused into the logs that their owners read.
    pub(crate) async fn write_refusals(&self) -> Result<(), Fault> {
        let refused = self.agents.take_refused();
        if refused.is_empty() {
            return Ok(());
        }
        let store = self.store.get()?;
        let mut projects = store.projects();
        projects.push(store.zero()?);
        for one in &refused {
            let Some(project) = projects.iter().find(|p| p.id == one.project) else { continue };
            let home = self.homes.of(project).await?;
            let details = json!({ "why": one.why, "code": one.code });
            home.note(one.agent, one.at, "call", "refused", details).await?;
        }
        Ok(())
    }
}
