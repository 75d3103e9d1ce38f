//! What a door asks the gate once it knows who calls: whether this user has asked too often, and
//! whether somebody lets them act as another role.
//! Never: who a caller is, or what a role may do.

use crate::account::Entry;
use crate::front::Front;
use crate::limit::Standing;
use crate::route::Route;
use futures::future::BoxFuture;
use mag_contract::Fault;
use mag_contract::exchange::{Caller, Passage, Turnstile};
use mag_contract::traffic::RbacResolver;
use std::sync::{Arc, Mutex, PoisonError};

/// The way of one request through its door.
pub(crate) struct Way {
    front: Arc<Front>,
    entry: Entry,
    route: Route,
    /// What it counts for.
    cost: u32,
    standing: Mutex<Option<Standing>>,
}

impl Way {
    /// Nothing when a door would be asked for nothing.
    pub(crate) fn of(
        front: &Arc<Front>,
        entry: &Entry,
        route: Route,
        cost: u32,
    ) -> Option<Arc<Self>> {
        let asked = front.rates.asks_for_user() || front.bus.is_asked::<RbacResolver>();
        asked.then(|| {
            let (front, entry) = (front.clone(), entry.clone());
            Arc::new(Self { front, entry, route, cost, standing: Mutex::default() })
        })
    }

    pub(crate) fn passage(self: &Arc<Self>) -> Passage {
        Passage(self.clone())
    }

    /// How the user's bucket stands, when it was asked.
    pub(crate) fn standing(&self) -> Option<Standing> {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, user: &str) -> Result<(), Fault> {
        let standing = self.front.rates.take_of_user(user, self.cost);
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
        if !standing.refused {
            return Ok(());
        }
        self.front.account.refused(&self.entry, &standing);
        Err(standing.fault())
    }
}

impl Turnstile for Way {
    fn pass(&self, caller: Caller) -> BoxFuture<'_, Result<Caller, Fault>> {
        Box::pin(async move {
            if let Some(user) = caller.user.as_deref().filter(|_| self.front.rates.asks_for_user())
            {
                self.count(user)?;
            }
            if !self.front.bus.is_asked::<RbacResolver>() {
                return Ok(caller);
            }
            let Caller { user, role } = caller;
            let (method, path, project) = self.entry.asked();
            let door = self.route.name();
            let asked = RbacResolver { door, method, path, project, user, role };
            let RbacResolver { user, role, .. } = self.front.bus.ask(asked).await?;
            Ok(Caller { user, role })
        })
    }
}
