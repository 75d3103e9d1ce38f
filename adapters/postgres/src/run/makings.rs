//! Rows that are made at the same time go to the server in one go. Each is a transaction by itself, with
//! an outcome and a moment of its own. All but the last leave the wait for the disk to the last: its
//! commit stands behind theirs in the log, so when it is on the disk, they are. Nobody has an answer
//! before that.
//! Never: one that fails for another's sake, one that is made twice, a long wait for someone's lock.

use super::errand::Errand;
use super::quick::alone;
use super::together::{Baton, PATIENCE, Place, Turn, Waiting};
use super::{Attempt, Ended, attempts_at};
use crate::engine::Postgres;
use crate::error::{Failure, Said};
use crate::pool::{Borrow, Lease, Pool};
use crate::wire::{Apart, Ask, Manner, Sink, Who, Wire};
use mag_adapter::EngineError;
use mag_adapter::engine::Access;
use mag_model::Value;
use mag_query::{Answer, Work};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// Before one that others stand behind: who has to wait longer for a lock waits alone.
const AHEAD: &str = "SELECT set_config('synchronous_commit', 'off', true), \
    set_config('lock_timeout', '10ms', true)";
/// Before the last one, which waits for the disk as the server is set to.
const LAST: &str = "SELECT set_config('lock_timeout', '10ms', true)";
/// Writes to the log and waits for the disk, when the last one has not. As the one who entered:
/// others may have been forbidden to.
const SEAL: &str = "SELECT pg_logical_emit_message(true, '', '')";

/// Of one row: a longer one keeps those behind it waiting, and all of them lie in memory together.
const BYTES_MAX: usize = 16 * 1024;

/// Makes the row with others when that was short before, else alone.
pub(super) async fn make(engine: &Postgres, errand: &Arc<Errand>) -> Result<Answer, EngineError> {
    if !is_short(errand) {
        return alone(engine, errand).await;
    }
    match engine.makings().enter(errand) {
        Place::Lead(baton) => lead(engine, baton, errand).await,
        Place::Wait(mut turn) => {
            let turn = match timeout(PATIENCE, &mut turn).await {
                Ok(turn) => turn,
                Err(_) if engine.makings().leave(errand) => return alone(engine, errand).await,
                // On its way: what comes of it is known when it is known.
                Err(_) => turn.await,
            };
            match turn {
                Ok(Turn::Lead(baton)) => lead(engine, baton, errand).await,
                turn => end(engine, errand, turn).await,
            }
        }
        Place::Alone => alone(engine, errand).await,
    }
}

/// What is long by itself is no company.
fn is_short(errand: &Errand) -> bool {
    let Work::Insert(insert) = &errand.plan.outline().work else { return false };
    let Some((_, filling)) = errand.plan.template() else { return false };
    insert.rows.len() == 1 && filling.given.iter().map(bytes_of).sum::<usize>() <= BYTES_MAX
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(array) => array.items.iter().map(bytes_of).sum(),
        Value::Record(cells) => cells.iter().map(bytes_of).sum(),
        _ => size_of::<Value>(),
    }
}

async fn lead(
    engine: &Postgres,
    baton: Baton,
    errand: &Arc<Errand>,
) -> Result<Answer, EngineError> {
    let mut company = baton.others(errand);
    if company.is_empty() {
        let answer = alone(engine, errand).await;
        drop(baton);
        return answer;
    }
    let (turn, mine) = oneshot::channel();
    company.insert(0, Waiting { errand: errand.clone(), turn });
    let pool = engine.primary().clone();
    // It goes on when the one who leads goes away: the others are not to guess what became of theirs.
    engine.primary().go_on(travel(pool, baton, company));
    end(engine, errand, mine.await).await
}

async fn end(
    engine: &Postgres,
    errand: &Arc<Errand>,
    turn: Result<Turn, oneshot::error::RecvError>,
) -> Result<Answer, EngineError> {
    match turn {
        Ok(Turn::Answered(answer)) => Ok(answer),
        Ok(Turn::Refused(error)) => Err(error),
        Ok(Turn::Alone) => alone(engine, errand).await,
        // The engine was closed on the way.
        Ok(Turn::Lead(_)) | Err(_) => Err(may_be_there()),
    }
}

async fn travel(pool: Pool, baton: Baton, company: Vec<Waiting>) {
    let makings = Makings {
        errands: company.iter().map(|one| one.errand.clone()).collect(),
        is_sent: AtomicBool::new(false),
        is_sealed: AtomicBool::new(true),
    };
    let outcomes = attempts_at(&pool, &pool, &makings).await;
    if !makings.is_sealed.into_inner() {
        baton.end_company();
    }
    drop(baton);
    let is_sent = makings.is_sent.into_inner();
    let mut outcomes = outcomes.map(Vec::into_iter);
    for one in company {
        let turn = match &mut outcomes {
            Ok(outcomes) => outcomes.next().unwrap_or_else(|| Turn::Refused(may_be_there())),
            Err(error) if !is_sent => Turn::Refused(error.clone()),
            Err(_) => Turn::Refused(may_be_there()),
        };
        // Nobody waits when the caller has gone.
        let _ = one.turn.send(turn);
    }
}

struct Makings {
    errands: Vec<Arc<Errand>>,
    /// From here on any of it may have happened.
    is_sent: AtomicBool,
    /// The server has not refused to wait for the disk.
    is_sealed: AtomicBool,
}

impl Makings {
    fn first(&self) -> &Errand {
        &self.errands[0]
    }
}

impl Attempt for Makings {
    type Answer = Vec<Turn>;

    fn access(&self) -> Access {
        Access::Write
    }
    fn within(&self) -> Duration {
        self.first().within
    }
    fn manner(&self) -> Option<Manner> {
        Some(Manner { read_only: false, timeout_ms: self.within().as_millis().max(1) })
    }
    fn borrow(&self) -> Borrow<'_> {
        Borrow::As(&self.first().who)
    }
    fn wears(&self) -> bool {
        false
    }
    /// What is stale goes alone; the others have happened.
    fn may_be_tried_again(&self, _: &Failure, _: &Lease) -> bool {
        false
    }

    async fn run(&self, wire: &mut Wire) -> Result<Vec<Turn>, Ended> {
        let begun = Instant::now();
        // One that fails is who it was before: where anyone has to be told, everyone is.
        let tells = self.errands.iter().any(|errand| errand.who != *wire.who());
        let mut pieces = Vec::with_capacity(self.errands.len());
        for (at, errand) in self.errands.iter().enumerate() {
            let is_last = at + 1 == self.errands.len();
            let mut asks = Vec::with_capacity(3);
            if tells {
                asks.push(errand.who.ask());
            }
            asks.push(Ask::new(if is_last { LAST } else { AHEAD }));
            asks.push(errand.ask()?);
            pieces.push(asks);
        }
        if tells {
            wire.forget_who();
        }
        let mut lists: Vec<_> = self.errands.iter().map(|errand| errand.list()).collect();
        let mut sinks: Vec<Sink<'_>> =
            lists.iter_mut().map(|list| list.as_mut().map(|list| list as _)).collect();
        self.is_sent.store(true, Ordering::Relaxed);
        let Apart { answers: told, broke } = wire.exchange_apart(&pieces, &mut sinks).await?;
        drop(sinks);
        let last_is_made = broke.is_none() && told.last().is_some_and(Result::is_ok);
        if last_is_made && tells {
            let who = self.errands.last().map(|errand| errand.who.clone());
            wire.know_who(&who.unwrap_or(Who::Unknown));
        }
        // What was committed before the line broke is on the disk, or will be, or is lost.
        let is_kept = match broke {
            Some(failure) => {
                tracing::debug!("rows were on their way: {failure:?}");
                false
            }
            None => last_is_made || told.iter().all(Result::is_err) || self.sealed(wire).await,
        };
        let took = begun.elapsed() / u32::try_from(self.errands.len()).unwrap_or(1).max(1);
        let mut turns = Vec::with_capacity(self.errands.len());
        for ((errand, told), list) in self.errands.iter().zip(told).zip(lists) {
            turns.push(match told {
                Ok(_) if !is_kept => Turn::Refused(may_be_there()),
                Ok(replies) => {
                    errand.kept.pace.saw(took);
                    errand.answer(replies.last(), list).map_or_else(Turn::Refused, Turn::Answered)
                }
                Err(said) if waits_or_is_stale(&said) => Turn::Alone,
                Err(said) => Turn::Refused((*said).into()),
            });
        }
        Ok(turns)
    }
}

impl Makings {
    /// Whether all that was committed on this connection is on the disk.
    async fn sealed(&self, wire: &mut Wire) -> bool {
        wire.forget_who();
        match wire.exchange(&[Who::Nobody.ask(), Ask::once(SEAL)]).await {
            Ok(_) => {
                wire.know_who(&Who::Nobody);
                true
            }
            Err(failure) => {
                tracing::warn!(
                    "rows were made, and PostgreSQL did not wait for the disk: {failure:?}"
                );
                // A line that broke is no refusal: the next one may be asked.
                self.is_sealed.store(failure.is_gone(), Ordering::Relaxed);
                false
            }
        }
    }
}

fn may_be_there() -> EngineError {
    EngineError::of_state("08007", "PostgreSQL did not say whether the row is on the disk")
        .hint("it may be there: look before you ask again")
}

/// It has not happened, and may when nobody stands behind it.
fn waits_or_is_stale(said: &Said) -> bool {
    said.state == "55P03" || said.statement_is_stale()
}
