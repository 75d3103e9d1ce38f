//! Turns, one for each source: what is read, changed and kept there is so by one at a time, and a long
//! piece of work on one source holds up nobody on another.
//! Never: a turn that is remembered when nobody has it or waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Held, PoisonError, Weak};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

/// A project's id, and the name of a source in it.
type Key = (Uuid, String);

/// As many as there are calls that have one or wait for it: the board bounds those.
#[derive(Default)]
pub(crate) struct Turns(Held<HashMap<Key, Weak<Mutex<()>>>>);

impl Turns {
    pub(crate) async fn of(&self, project: Uuid, source: &str) -> OwnedMutexGuard<()> {
        self.turn(project, source).lock_owned().await
    }

    fn turn(&self, project: Uuid, source: &str) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = turns.entry((project, source.to_owned())).or_default();
        turn.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Mutex::new(()));
            *turn = Arc::downgrade(&new);
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    const SHOP: Uuid = Uuid::from_u128(1);
    const BLOG: Uuid = Uuid::from_u128(2);

    /// The turn, if nobody has it.
    fn now(turns: &Turns, project: Uuid, source: &str) -> Option<OwnedMutexGuard<()>> {
        let turn = std::pin::pin!(turns.of(project, source));
        match turn.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(guard) => Some(guard),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_long_turn_on_one_source_holds_up_nobody_on_another() {
        let turns = Turns::default();
        let long = now(&turns, SHOP, "main");
        assert!(long.is_some());
        assert!(now(&turns, SHOP, "main").is_none(), "of two on one source, one waits");
        assert!(now(&turns, BLOG, "main").is_some(), "another project goes on");
        assert!(now(&turns, SHOP, "archive").is_some(), "another source goes on");
        drop(long);
        assert!(now(&turns, SHOP, "main").is_some(), "and the next one has its turn");
    }

    #[test]
    fn turns_that_nobody_has_are_forgotten() {
        let turns = Turns::default();
        let held = now(&turns, SHOP, "main");
        for n in 0..1_000 {
            assert!(now(&turns, BLOG, &format!("s{n}")).is_some());
        }
        assert!(now(&turns, SHOP, "main").is_none(), "one that is held is not forgotten");
        assert_eq!(turns.0.lock().map(|turns| turns.len()).ok(), Some(1));
        drop(held);
    }
}
