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
use crate::error::{Said, broken_line};
use crate::pool::{Borrow, Pool};
use crate::wire::{Ask, Manner, Sink, Wire};
use mag_adapter::EngineError;
use mag_adapter::engine::Access;
use mag_query::{Answer, Work};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// Before one that others stand behind: who has to wait longer for a lock waits alone.
const AHEAD: &str = "SELECT set_config('synchronous_commit', 'off', true), \
    set_config('lock_timeout', '25ms', true)";
/// Before the last one, which waits for the disk as the server is set to.
const LAST: &str = "SELECT set_config('lock_timeout', '25ms', true)";
/// Writes to the log and waits for the disk, when the last one has not.
const SEAL: &str = "SELECT pg_logical_emit_message(true, '', '')";

/// Makes the row with others when that was short before, else alone.
pub(super) async fn make(engine: &Postgres, errand: &Arc<Errand>) -> Result<Answer, EngineError> {
    if !is_one_row(errand) {
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
fn is_one_row(errand: &Errand) -> bool {
    matches!(&errand.plan.outline().work, Work::Insert(insert) if insert.rows.len() == 1)
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
        Ok(Turn::Lead(_)) | Err(_) => Err(broken_line(&io::ErrorKind::ConnectionAborted.into())),
    }
}

async fn travel(pool: Pool, baton: Baton, company: Vec<Waiting>) {
    let makings = Makings { errands: company.iter().map(|one| one.errand.clone()).collect() };
    let outcomes = attempts_at(&pool, &pool, &makings).await;
    drop(baton);
    match outcomes {
        Ok(outcomes) => {
            for (one, outcome) in company.into_iter().zip(outcomes) {
                // Nobody waits when the caller has gone.
                let _ = one.turn.send(outcome);
            }
        }
        Err(error) => {
            for one in company {
                let _ = one.turn.send(Turn::Refused(error.clone()));
            }
        }
    }
}

struct Makings {
    errands: Vec<Arc<Errand>>,
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
        let told = wire.exchange_apart(&pieces, &mut sinks).await?;
        drop(sinks);
        match told.last() {
            Some(Ok(_)) if tells => {
                let who = self.errands.last().map(|errand| errand.who.clone());
                wire.know_who(&who.unwrap_or(crate::wire::Who::Unknown));
            }
            Some(Err(_)) if told.iter().any(Result::is_ok) => {
                wire.exchange(&[Ask::new(SEAL)]).await?;
            }
            _ => {}
        }
        let took = begun.elapsed() / u32::try_from(self.errands.len()).unwrap_or(1).max(1);
        let mut turns = Vec::with_capacity(self.errands.len());
        for ((errand, told), list) in self.errands.iter().zip(told).zip(lists) {
            turns.push(match told {
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

/// It has not happened, and may when nobody stands behind it.
fn waits_or_is_stale(said: &Said) -> bool {
    said.state == "55P03" || said.statement_is_stale()
}
