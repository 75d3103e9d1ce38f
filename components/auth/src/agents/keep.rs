//! What is kept of agents: their bounds, what they have spent, what they ask for, in the home of
//! their project. Read when an agent first comes; written by a task, soon after it changes.

use super::Agents;
use super::asks::{Ask, AskState};
use super::bounds::{Bounds, Risk};
use super::spending::{Budget, Tally};
use crate::gotrue::Gotrue;
use crate::home::{Home, Row};
use crate::people::Homes;
use mag_contract::{Fault, codes};
use mag_ports::Project;
use mag_ports::identity::ApprovalAsked;
use mag_query::call::Filter;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// A budget that a write did not reach yet is lost when the machine stops: this much of it.
pub(crate) const WRITTEN_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

impl Agents {
    /// Brings what is kept of an agent into force; nothing when it is no agent of this project.
    pub(crate) async fn know(
        &self,
        homes: &Homes,
        project: &Project,
        agent: Uuid,
    ) -> Result<Option<Arc<Bounds>>, Fault> {
        let home = homes.of(project).await?;
        let Some(bounds) = home.bounds(project, agent).await? else { return Ok(None) };
        if self.bounds(agent).is_none() {
            let (hour, day) = home.spending_of(agent).await?;
            self.spending.recall(agent, hour, day);
            self.asks.recall(home.open_asks(agent).await?);
        }
        self.keep(bounds);
        Ok(self.bounds(agent))
    }
}

impl Gotrue {
    /// Writes what has changed since the last time. What cannot be written now is tried again.
    pub(crate) async fn write_spending(&self) -> Result<(), Fault> {
        let mut changed = self.agents.spending.take_changed().into_iter();
        while let Some((agent, hour, day)) = changed.next() {
            let written = async {
                let Some(home) = self.home_of(agent).await? else { return Ok(()) };
                home.keep_spending(agent, hour, day).await
            };
            if let Err(fault) = written.await {
                self.agents.spending.changed(agent);
                changed.for_each(|(agent, _, _)| self.agents.spending.changed(agent));
                return Err(fault);
            }
        }
        Ok(())
    }

    pub(crate) async fn write_asks(&self) -> Result<(), Fault> {
        let _one = self.agents.asks_written.lock().await;
        let mut changed = self.agents.asks.take_changed().into_iter();
        while let Some(ask) = changed.next() {
            let written = async {
                let Some(home) = self.home_of(ask.agent).await? else { return Ok(false) };
                home.keep_ask(&ask).await
            };
            match written.await {
                Ok(is_new) => {
                    if is_new && ask.state == AskState::Waiting {
                        self.tell_ask(&ask);
                    }
                }
                Err(fault) => {
                    std::iter::once(ask).chain(changed).for_each(|a| self.agents.asks.unwritten(a));
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    fn tell_ask(&self, ask: &Ask) {
        let Some(bounds) = self.agents.bounds(ask.agent) else { return };
        self.bus.publish(ApprovalAsked {
            project: bounds.reference.to_string(),
            agent: ask.agent.to_string(),
            owner: bounds.owner.map(|owner| owner.to_string()),
            ask: ask.id.to_string(),
            what: ask.what.clone(),
            risk: ask.risk.name().to_owned(),
        });
    }

    /// Nothing when the agent or its project is gone meanwhile.
    async fn home_of(&self, agent: Uuid) -> Result<Option<Home>, Fault> {
        let Some(bounds) = self.agents.bounds(agent) else { return Ok(None) };
        let store = self.store.get()?;
        let zero = store.zero()?;
        let project = match zero.id == bounds.project {
            true => Some(zero),
            false => store.projects().into_iter().find(|project| project.id == bounds.project),
        };
        match project {
            Some(project) => self.homes.of(&project).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Home {
    /// What an agent is bound to; nothing when it is no agent of this home.
    pub(crate) async fn bounds(
        &self,
        project: &Project,
        agent: Uuid,
    ) -> Result<Option<Bounds>, Fault> {
        let Some(row) = self.agent(agent).await? else { return Ok(None) };
        let by_id = vec![Filter::eq("id", &agent.to_string())];
        let base = self.find_base("users", by_id).await?.into_iter().next().unwrap_or_default();
        Ok(Some(bounds_of(&row, &base, project, agent)))
    }

    async fn spending_of(&self, agent: Uuid) -> Result<((i64, Tally), (i64, Tally)), Fault> {
        let mine = vec![Filter::eq("user_id", &agent.to_string())];
        let rows = self.find("agent_spending", mine).await?;
        let of = |span: &str| {
            let row = rows.iter().find(|row| row.words("span") == span);
            row.map_or((0, Tally::default()), |row| {
                let tally = Tally {
                    calls: count(row, "calls"),
                    rows: count(row, "rows"),
                    cost: count(row, "cost"),
                };
                (row.number("began").unwrap_or(0), tally)
            })
        };
        Ok((of("hour"), of("day")))
    }

    async fn keep_spending(
        &self,
        agent: Uuid,
        hour: (i64, Tally),
        day: (i64, Tally),
    ) -> Result<(), Fault> {
        let mine = vec![Filter::eq("user_id", &agent.to_string())];
        let mut calls = vec![self.delete("agent_spending", mine)];
        for (span, (began, tally)) in [("hour", hour), ("day", day)] {
            let row = json!({
                "user_id": agent, "span": span, "began": began, "calls": tally.calls,
                "rows": tally.rows, "cost": tally.cost, "updated_at": self.now(),
            });
            calls.push(self.insert("agent_spending", row)?);
        }
        self.all(calls).await.map(|_| ())
    }

    /// What still waits, and what was approved or denied and may count.
    async fn open_asks(&self, agent: Uuid) -> Result<Vec<Ask>, Fault> {
        let states = [AskState::Waiting, AskState::Approved, AskState::Denied];
        let open = states.map(|state| state.name().to_owned()).to_vec();
        let mine =
            vec![Filter::eq("user_id", &agent.to_string()), crate::home::any_of("state", open)];
        let newest = crate::home::newest_first("created_at");
        let rows =
            self.run(self.read("agent_asks", crate::home::page(mine, newest, 1_000, 0))).await?;
        Ok(rows.iter().filter_map(ask_of).collect())
    }

    /// Whether it is a new one.
    async fn keep_ask(&self, ask: &Ask) -> Result<bool, Fault> {
        let change = json!({
            "state": ask.state.name(), "times": ask.times, "why": ask.why,
            "decided_by": ask.decided_by, "decided_at": ask.decided_at,
            "good_until": ask.good_until, "uses_left": ask.uses_left, "updated_at": self.now(),
        });
        let by_id = vec![Filter::eq("id", &ask.id.to_string())];
        if !self.run(self.update("agent_asks", by_id, change.clone())?).await?.is_empty() {
            return Ok(false);
        }
        let mut row = json!({
            "id": ask.id, "user_id": ask.agent, "what": ask.what,
            "fingerprint": ask.fingerprint, "door": ask.door, "risk": ask.risk.name(),
            "input": ask.input, "created_at": ask.created_at,
        });
        if let (Some(row), Some(change)) = (row.as_object_mut(), change.as_object()) {
            row.extend(change.clone());
        }
        self.run(self.insert("agent_asks", row)?).await.map(|_| true)
    }

    pub(crate) async fn ask(&self, id: Uuid) -> Result<Ask, Fault> {
        let row = self.one("agent_asks", vec![Filter::eq("id", &id.to_string())]).await?;
        row.as_ref().and_then(ask_of).ok_or_else(|| {
            Fault::new(codes::NO_SUCH_NAME, format!("no agent has asked `{id}`"))
                .hint("`mobo agent:asks` lists what waits")
        })
    }

    /// The newest first.
    pub(crate) async fn asks(
        &self,
        agent: Option<Uuid>,
        waiting: bool,
        limit: u64,
    ) -> Result<Vec<Ask>, Fault> {
        let mut filter = vec![];
        if let Some(agent) = agent {
            filter.push(Filter::eq("user_id", &agent.to_string()));
        }
        if waiting {
            filter.push(Filter::eq("state", AskState::Waiting.name()));
        }
        let newest = crate::home::newest_first("created_at");
        let page = crate::home::page(filter, newest, limit, 0);
        Ok(self.run(self.read("agent_asks", page)).await?.iter().filter_map(ask_of).collect())
    }

    /// Names of agents, by their ids.
    pub(crate) async fn agent_names(&self, asks: &[Ask]) -> Result<HashMap<String, Row>, Fault> {
        let mut ids: Vec<String> = asks.iter().map(|ask| ask.agent.to_string()).collect();
        ids.sort();
        ids.dedup();
        self.names_of(ids).await
    }
}

fn count(row: &Row, column: &str) -> u64 {
    row.number(column).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

pub(crate) fn bounds_of(row: &Row, base: &Row, project: &Project, agent: Uuid) -> Bounds {
    let max = |column: &str| row.number(column).and_then(|n| u64::try_from(n).ok());
    let paused = (row.text("state") == Some("paused")).then(|| row.words("why").to_owned());
    Bounds {
        id: agent,
        project: project.id,
        reference: project.reference.clone(),
        name: base.words("display_name").to_owned(),
        owner: base.id("owner_id"),
        paused,
        expires_at: row.time("expires_at"),
        tools: row.texts("tools"),
        doors: row.texts("doors"),
        read_only: row.flag("read_only"),
        risk: Risk::named(row.words("risk_level")).unwrap_or_default(),
        hour: Budget {
            calls: max("calls_per_hour"),
            rows: max("rows_per_hour"),
            cost: max("cost_per_hour"),
        },
        day: Budget {
            calls: max("calls_per_day"),
            rows: max("rows_per_day"),
            cost: max("cost_per_day"),
        },
    }
}

fn ask_of(row: &Row) -> Option<Ask> {
    Some(Ask {
        id: row.id("id")?,
        agent: row.id("user_id")?,
        what: row.words("what").to_owned(),
        fingerprint: row.words("fingerprint").to_owned(),
        door: row.words("door").to_owned(),
        risk: Risk::named(row.words("risk"))?,
        input: row.json("input"),
        state: AskState::named(row.words("state"))?,
        times: count(row, "times"),
        why: row.text("why").map(str::to_owned),
        decided_by: row.text("decided_by").map(str::to_owned),
        decided_at: row.time("decided_at"),
        good_until: row.time("good_until"),
        uses_left: row.number("uses_left").and_then(|n| u64::try_from(n).ok()),
        created_at: row.time("created_at").unwrap_or_default(),
    })
}
