//! The quick way of a plan that can run no code of anyone's own: it reads, or makes rows where nothing
//! wakes. Its statement is known, its values go from the plan into the message, its rows from the
//! line into the answer, and who asks is told only when the connection was told of someone else.
//!
//! This is exact because nothing that runs this way can change who the session is, and everything
//! that could leaves a connection of which nobody knows who it is: then it is told again.

use super::errand::Errand;
use super::kept::Kept;
use super::makings;
use super::together;
use super::{Attempt, Ended, attempts, is_native, setup};
use crate::engine::Postgres;
use crate::pool::Borrow;
use crate::wire::{Manner, Who, Wire};
use mag_adapter::engine::{Access, Ending};
use mag_adapter::{EngineError, Transaction, discreet};
use mag_guard::Authorised;
use mag_query::{Answer, Plan};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Settings that a quiet statement cannot look at: the request, and where names without a schema
/// are looked for, of which it has none.
const UNSEEN: [&str; 3] = ["request.", "app.settings.", "search_path"];

/// The one plan of the transaction, and what is kept of it, when it can go the quick way.
pub(super) fn of(engine: &Postgres, work: &Transaction) -> Result<Option<Arc<Kept>>, EngineError> {
    let ([plan], None) = (&*work.plans, &work.before) else { return Ok(None) };
    let unseen =
        |name: &str| UNSEEN.iter().any(|known| name.starts_with(known)) && !setup::decides(name);
    let fits = plan.is_quiet()
        && work.access == access(plan)
        && work.ending == Ending::Commit
        && work.settings.iter().all(|(name, _)| unseen(name))
        && work.wanted_settings.iter().all(|name| name.starts_with("response."))
        && engine.role_settings(&plan.session().role).is_none()
        && !engine.pooled();
    if fits { kept(plan) } else { Ok(None) }
}

pub(super) fn kept(plan: &Authorised<Plan>) -> Result<Option<Arc<Kept>>, EngineError> {
    let kept = Kept::of(plan)?;
    Ok(kept.filter(|kept| kept.asks_nobody || is_native(plan.outline())))
}

pub(super) async fn run(
    engine: &Postgres,
    plan: Authorised<Plan>,
    kept: Arc<Kept>,
    within: Duration,
) -> Result<Answer, EngineError> {
    let who = match is_native(plan.outline()) {
        true => Who::of(plan.session()),
        false => Who::Nobody,
    };
    let errand = Arc::new(Errand { plan, kept, who, within });
    let answer = match access(&errand.plan) {
        Access::Read => together::read(engine, &errand).await,
        Access::Write => makings::make(engine, &errand).await,
    };
    answer.map_err(|error| discreet(error, [&errand.plan]))
}

fn access(plan: &Authorised<Plan>) -> Access {
    if plan.writes() { Access::Write } else { Access::Read }
}

pub(super) async fn alone(engine: &Postgres, read: &Errand) -> Result<Answer, EngineError> {
    attempts(engine, &Quick(read)).await
}

struct Quick<'a>(&'a Errand);

impl Attempt for Quick<'_> {
    type Answer = Answer;

    fn access(&self) -> Access {
        access(&self.0.plan)
    }
    fn within(&self) -> Duration {
        self.0.within
    }
    fn manner(&self) -> Option<Manner> {
        let read_only = self.access() == Access::Read;
        Some(Manner { read_only, timeout_ms: self.0.within.as_millis().max(1) })
    }
    fn borrow(&self) -> Borrow<'_> {
        Borrow::As(&self.0.who)
    }
    fn wears(&self) -> bool {
        false
    }

    async fn run(&self, wire: &mut Wire) -> Result<Answer, Ended> {
        let Errand { kept, who, .. } = self.0;
        let begun = Instant::now();
        let mut asks = Vec::with_capacity(2);
        if wire.who() != who {
            asks.push(who.ask());
            // Until the server has answered nobody knows.
            wire.forget_who();
        }
        asks.push(self.0.ask()?);
        let mut list = self.0.list();
        let sink = list.as_mut().map(|list| list as _);
        let replies = wire.exchange_into(&asks, sink).await?;
        let answer = self.0.answer(replies.last(), list)?;
        wire.know_who(who);
        kept.pace.saw(begun.elapsed());
        Ok(answer)
    }
}
