//! Sessions that are the same for every request but for the moment: made anew once a millisecond,
//! and shared by the requests of that millisecond.
//! Never: a session of somebody whose rights or bounds may change meanwhile.

use arc_swap::ArcSwapOption;
use mag_contract::Timestamp;
use mag_guard::Session;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(crate) struct Latest(ArcSwapOption<Session>);

impl Latest {
    /// The session of this moment; `make` is asked for the first one.
    pub(crate) fn at(&self, now: Timestamp, make: impl FnOnce() -> Session) -> Arc<Session> {
        let held = self.0.load();
        let session = match &*held {
            Some(held) if held.at == now => return held.clone(),
            Some(held) => Session { at: now, ..Session::clone(held) },
            None => make(),
        };
        let session = Arc::new(session);
        self.0.store(Some(session.clone()));
        session
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_contract::Actor;

    #[test]
    fn a_session_is_made_once_and_tells_the_moment_of_each_request() {
        let latest = Latest::default();
        let make = || Session::new(Actor::system(), "anon", "{}", Timestamp(1));
        let first = latest.at(Timestamp(1), make);
        assert!(Arc::ptr_eq(&first, &latest.at(Timestamp(1), || unreachable!("it is there"))));
        let later = latest.at(Timestamp(2), || unreachable!("it is there"));
        assert_eq!((later.at, &*later.role), (Timestamp(2), "anon"));
        assert_eq!(first.at, Timestamp(1));
    }
}
