//! Who may not act although the token or key is good: ended sessions, banned users, agents that
//! are paused, expired or over their budget. In memory, because every request asks.

use mag_contract::Timestamp;
use mag_ports::Denied;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use uuid::Uuid;

/// An access token lives no longer, so nothing has to be remembered longer.
const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);
/// Ended sessions that are remembered; beyond it the oldest are forgotten.
const ENDED_MAX: usize = 100_000;

#[derive(Default)]
pub(crate) struct Watch {
    ended: RwLock<HashMap<Uuid, Timestamp>>,
    banned: RwLock<HashMap<Uuid, Timestamp>>,
    agents: RwLock<HashMap<Uuid, Agent>>,
    counts: Mutex<HashMap<Uuid, Counts>>,
    /// What agents were refused, until it is written down.
    refused: Mutex<Vec<Refused>>,
}

/// An agent was told no.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) agent: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) why: String,
}

/// Refusals that wait to be written; an agent that goes on asking is told the same.
const REFUSED_MAX: usize = 1_000;

/// What an agent is bound to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) owner: Option<Uuid>,
    /// Why it may not act now, in words for the agent.
    pub(crate) paused: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) calls_per_hour: Option<u64>,
    pub(crate) calls_per_day: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    hour: (i64, u64),
    day: (i64, u64),
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

impl Watch {
    /// Tokens of this session are not accepted from now on.
    pub(crate) fn end(&self, session: Uuid, now: Timestamp) {
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        if ended.len() >= ENDED_MAX {
            let oldest = now.minus(REMEMBERED);
            ended.retain(|_, at| *at > oldest);
            if ended.len() >= ENDED_MAX
                && let Some(first) = ended.iter().min_by_key(|(_, at)| **at).map(|(id, _)| *id)
            {
                ended.remove(&first);
            }
        }
        ended.insert(session, now);
    }

    pub(crate) fn ban(&self, user: Uuid, until: Option<Timestamp>) {
        let mut banned = self.banned.write().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) => banned.insert(user, until),
            None => banned.remove(&user),
        };
    }

    pub(crate) fn keep_agent(&self, user: Uuid, agent: Agent) {
        self.agents.write().unwrap_or_else(PoisonError::into_inner).insert(user, agent);
    }

    pub(crate) fn forget_agent(&self, user: Uuid) {
        self.agents.write().unwrap_or_else(PoisonError::into_inner).remove(&user);
    }

    pub(crate) fn knows(&self, user: Uuid) -> bool {
        self.agents.read().unwrap_or_else(PoisonError::into_inner).contains_key(&user)
    }

    fn refuse(&self, agent: Uuid, at: Timestamp, message: String) -> Denied {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < REFUSED_MAX {
            refused.push(Refused { agent, at, why: message.clone() });
        }
        Denied::Stopped { message }
    }

    /// Hands over what was refused since the last time.
    pub(crate) fn take_refused(&self) -> Vec<Refused> {
        std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn owner(&self, user: Uuid) -> Option<Uuid> {
        let agents = self.agents.read().unwrap_or_else(PoisonError::into_inner);
        agents.get(&user).and_then(|agent| agent.owner)
    }

    pub(crate) fn admits(
        &self,
        user: Option<Uuid>,
        session: Option<Uuid>,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        if session.is_some_and(|session| ended.contains_key(&session)) {
            return Err(stopped("the session was ended: sign in again"));
        }
        drop(ended);
        let Some(user) = user else { return Ok(()) };
        let banned = self.banned.read().unwrap_or_else(PoisonError::into_inner);
        if banned.get(&user).is_some_and(|until| *until > now) {
            return Err(stopped("the user is banned"));
        }
        drop(banned);
        let agents = self.agents.read().unwrap_or_else(PoisonError::into_inner);
        let Some(agent) = agents.get(&user) else { return Ok(()) };
        if let Some(why) = &agent.paused {
            let message = format!(
                "agent `{}` is paused: {why}; ask its owner to run `mobo agent:pause {user} --resume`",
                agent.name
            );
            return Err(self.refuse(user, now, message));
        }
        if agent.expires_at.is_some_and(|at| at <= now) {
            let message =
                format!("agent `{}` has expired; ask its owner for a new one", agent.name);
            return Err(self.refuse(user, now, message));
        }
        Ok(())
    }

    /// Counts a call of an agent, and refuses the one that is too many.
    pub(crate) fn counts(&self, user: Option<Uuid>, now: Timestamp) -> Result<(), Denied> {
        let Some(user) = user else { return Ok(()) };
        let agents = self.agents.read().unwrap_or_else(PoisonError::into_inner);
        let Some(agent) = agents.get(&user) else { return Ok(()) };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_agent = counts.entry(user).or_default();
        let (hour, day) = (now.millis().div_euclid(HOUR_MS), now.millis().div_euclid(DAY_MS));
        if of_agent.hour.0 != hour {
            of_agent.hour = (hour, 0);
        }
        if of_agent.day.0 != day {
            of_agent.day = (day, 0);
        }
        for (spent, max, span) in [
            (of_agent.hour.1, agent.calls_per_hour, "hour"),
            (of_agent.day.1, agent.calls_per_day, "day"),
        ] {
            if let Some(max) = max
                && spent >= max
            {
                let message = format!(
                    "agent `{}` has made its {max} calls of this {span}; wait for the next \
                     {span}, or ask its owner to run `mobo agent:limit {user}`",
                    agent.name
                );
                return Err(self.refuse(user, now, message));
            }
        }
        of_agent.hour.1 += 1;
        of_agent.day.1 += 1;
        Ok(())
    }

    /// Calls of this hour and of this day.
    pub(crate) fn spent(&self, user: Uuid, now: Timestamp) -> (u64, u64) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_agent = counts.get(&user).copied().unwrap_or_default();
        let current = |(at, count): (i64, u64), span: i64| {
            if at == now.millis().div_euclid(span) { count } else { 0 }
        };
        (current(of_agent.hour, HOUR_MS), current(of_agent.day, DAY_MS))
    }
}

fn stopped(message: impl Into<String>) -> Denied {
    Denied::Stopped { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_makes_its_calls_and_then_waits_for_the_next_hour() {
        let (watch, agent) = (Watch::default(), Uuid::from_u128(1));
        let limits = Agent { name: "scout".into(), calls_per_hour: Some(2), ..Agent::default() };
        watch.keep_agent(agent, limits.clone());
        let at = |minutes: i64| Timestamp(minutes * 60_000);
        assert!(
            watch.counts(Some(agent), at(0)).is_ok() && watch.counts(Some(agent), at(1)).is_ok()
        );
        let refused = watch.counts(Some(agent), at(2)).unwrap_err().to_string();
        assert!(
            refused.contains("2 calls of this hour") && refused.contains("agent:limit 00000000")
        );
        assert_eq!(watch.spent(agent, at(2)), (2, 2));
        assert!(watch.counts(Some(agent), at(60)).is_ok());
        assert_eq!(watch.spent(agent, at(60)), (1, 3));
        watch.keep_agent(agent, Agent { paused: Some("it went astray".into()), ..limits });
        let refused = watch.admits(Some(agent), None, at(60)).unwrap_err().to_string();
        assert!(refused.contains("paused: it went astray"), "{refused}");
        assert_eq!(watch.take_refused().len(), 2);
        assert!(watch.take_refused().is_empty());
    }

    #[test]
    fn an_ended_session_and_a_banned_user_are_not_let_in() {
        let (watch, id) = (Watch::default(), Uuid::from_u128(7));
        assert!(watch.admits(Some(id), Some(id), Timestamp(0)).is_ok());
        watch.end(id, Timestamp(0));
        assert!(watch.admits(None, Some(id), Timestamp(1)).is_err());
        watch.ban(id, Some(Timestamp(10)));
        assert!(watch.admits(Some(id), None, Timestamp(9)).is_err());
        assert!(watch.admits(Some(id), None, Timestamp(10)).is_ok());
    }
}
