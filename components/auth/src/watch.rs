//! Who may not come in right now, though their token or key is good: ended sessions and banned
//! users. In memory, because every request asks.

use mag_contract::Timestamp;
use mag_ports::Denied;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use uuid::Uuid;

/// An access token lives no longer, so nothing has to be remembered longer.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);
/// Ended sessions that are remembered; beyond it the oldest are forgotten.
const ENDED_MAX: usize = 100_000;

#[derive(Default)]
pub(crate) struct Watch {
    ended: RwLock<HashMap<Uuid, Timestamp>>,
    banned: RwLock<HashMap<Uuid, Timestamp>>,
}

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
        Ok(())
    }
}

fn stopped(message: impl Into<String>) -> Denied {
    Denied::Stopped { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
