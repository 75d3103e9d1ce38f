//! Stand-ins: a desk without audit, a queue whose jobs the test does, a store in memory.

use futures::future::BoxFuture;
use mag_contract::job::{Order as JobOrder, Queue};
use mag_contract::operation::{
    Act, Call, Cancelled, Consent, Desk, Effect, Offer, Order, Progress, Running, Spec,
};
use mag_contract::state::KeyValues;
use mag_contract::{Fault, codes};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot, watch};

/// Answers operations of the test's own, with the board's rules on names, preview and consent.
pub struct ToyDesk(Vec<Offer>, pub Mutex<Vec<Act>>);

impl ToyDesk {
    pub fn new(offers: Vec<Offer>) -> Self {
        Self(offers, Mutex::default())
    }

    fn admit(&self, order: &Order) -> Result<Offer, Fault> {
        let name = &order.name;
        let known = self.0.iter().map(|o| o.spec.name);
        let offer = self.0.iter().find(|o| o.spec.name == name.as_str()).ok_or_else(|| {
            let message = format!("no operation is named `{name}`");
            Fault::new(codes::NO_OPERATION, message).nearest(name, known)
        })?;
        if !order.actor.permissions.hold(offer.spec.permission) {
            return Err(Fault::new(codes::DENIED, format!("may not call `{name}`")));
        }
        if order.preview && !offer.spec.preview {
            return Err(Fault::new(codes::NO_PREVIEW, format!("`{name}` cannot be previewed")));
        }
        let destroys = offer.spec.effect == Effect::Destructive && !order.preview;
        if destroys && order.consent < Consent::Destroy {
            return Err(Fault::new(codes::NEEDS_CONSENT, format!("`{name}` needs consent")));
        }
        Ok(offer.clone())
    }
}

impl Desk for ToyDesk {
    fn specs(&self) -> Vec<Arc<Spec>> {
        self.0.iter().map(|offer| offer.spec.clone()).collect()
    }

    fn call(&self, order: Order) -> Running {
        let (steps_tx, steps) = mpsc::channel(64);
        let (answer_tx, answer) = oneshot::channel();
        let (cancel, cancelled) = watch::channel(false);
        let admitted = self.admit(&order);
        let call = Call {
            actor: order.actor,
            door: order.door,
            trace_id: order.trace_id.unwrap_or_else(|| "none".into()),
            preview: order.preview,
            progress: Progress::new(steps_tx),
            cancelled: Cancelled::new(cancelled),
        };
        tokio::spawn(async move {
            let result = match admitted {
                Ok(offer) => (offer.handler)(order.input, call).await,
                Err(fault) => Err(fault),
            };
            let _ = answer_tx.send(result);
        });
        Running { steps, answer, cancel }
    }

    /// Kept in memory, for the test to look at.
    fn record(&self, act: Act) -> BoxFuture<'static, Result<(), Fault>> {
        self.1.lock().unwrap().push(act);
        Box::pin(async { Ok(()) })
    }
}

/// Keeps what was queued; it is done when the test says so: `Live::work`.
#[derive(Default)]
pub struct ToyQueue(pub Mutex<Vec<JobOrder>>);

impl Queue for ToyQueue {
    fn enqueue(&self, order: JobOrder) -> BoxFuture<'static, Result<String, Fault>> {
        let mut orders = self.0.lock().unwrap();
        let same = |one: &JobOrder| order.unique.is_some() && one.unique == order.unique;
        let at = orders.iter().position(same).unwrap_or_else(|| {
            orders.push(order.clone());
            orders.len() - 1
        });
        Box::pin(async move { Ok(format!("job-{at}")) })
    }
    fn schedule(&self, _: &str, _: &str, _: JobOrder) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(async { Err(Fault::new(codes::NO_JOB_HANDLER, "the bench has no schedules")) })
    }
}

#[derive(Clone, Default)]
pub(crate) struct Drawer(Arc<Mutex<BTreeMap<String, Json>>>);

impl KeyValues for Drawer {
    fn get(&self, key: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>> {
        let found = self.0.lock().unwrap().get(key).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn put(&self, key: &str, value: Json) -> BoxFuture<'static, Result<(), Fault>> {
        self.0.lock().unwrap().insert(key.to_owned(), value);
        Box::pin(async { Ok(()) })
    }
    fn delete(&self, key: &str) -> BoxFuture<'static, Result<(), Fault>> {
        self.0.lock().unwrap().remove(key);
        Box::pin(async { Ok(()) })
    }
    fn list(&self, prefix: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>> {
        let held = self.0.lock().unwrap();
        let begins = |(key, _): &(&String, &Json)| key.starts_with(prefix);
        let found = held.iter().filter(begins).map(|(k, v)| (k.clone(), v.clone())).collect();
        Box::pin(async move { Ok(found) })
    }
}
