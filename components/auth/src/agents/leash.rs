//! The leash of an agent's session: asked by every source before its engine works for the agent,
//! whatever door the call came by.

use super::Agents;
use super::asks::Wanted;
use super::bounds::Risk;
use mag_contract::{Effect, Fault, codes};
use mag_guard::Leash;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub(super) struct OnLeash {
    pub(super) agents: Arc<Agents>,
    pub(super) agent: Uuid,
}

impl Leash for OnLeash {
    fn admit(&self, writes: bool, tables: &dyn Fn() -> Vec<String>) -> Result<(), Fault> {
        let Self { agents, agent } = self;
        let bounds = agents
            .bounds(*agent)
            .ok_or_else(|| Fault::new(codes::AGENT_STOPPED, "this agent is not there any more"))?;
        let now = agents.clock.now();
        let (tool, effect) = match writes {
            true => ("rows:write", Effect::Write),
            false => ("rows:read", Effect::Read),
        };
        let admitted = bounds
            .acts(now)
            .and_then(|()| bounds.uses(tool, effect))
            .and_then(|()| agents.spending.left(&bounds, now));
        admitted.map_err(|fault| agents.refuse(&bounds, fault))?;
        let risk = Risk::of(effect);
        if risk <= bounds.risk {
            return Ok(());
        }
        let mut tables = tables();
        tables.sort();
        tables.dedup();
        let what = format!("{tool} {}", tables.join(", "));
        let wanted = Wanted {
            fingerprint: what.clone(),
            what,
            door: "rows".into(),
            risk,
            input: json!({ "tables": tables }),
        };
        let allowed = agents.asks.allow(&bounds, wanted, now, Uuid::new_v4());
        agents.wake.notify_one();
        allowed.map_err(|fault| agents.refuse(&bounds, fault))
    }

    fn spent(&self, rows: u64, took: Duration) {
        self.agents.spent(self.agent, rows, took);
        self.agents.wake.notify_one();
    }
}
