//! Hooks: something is about to happen, and others may change it or refuse it. Handlers run in
//! the order of their priority, each within its own time; a slow or broken one costs its own
//! time limit, never the caller's work or the board.

use crate::bus::Bus;
use crate::codes;
use crate::fact::Fact;
use crate::fault::Fault;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The value that handlers may change; its type is the hook.
pub trait Hook: Clone + Send + 'static {
    const NAME: &'static str;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HandlerId(u64);

/// How a handler is called.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Higher goes first; equals go in the order of their registration.
    pub priority: i32,
    pub within: Duration,
    pub on_failure: OnFailure,
    /// Taken off after its first call.
    pub once: bool,
}

impl Default for Terms {
    fn default() -> Self {
        let within = Duration::from_secs(1);
        Self { priority: 0, within, on_failure: OnFailure::Skip, once: false }
    }
}

/// What the failure of a handler means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The work goes on as if the handler were not there.
    Skip,
    /// The work is refused: for handlers that guard something.
    Refuse,
}

/// A handler failed: it panicked or took too long.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookFailed {
    pub hook: String,
    pub handler: HandlerId,
    pub part: String,
    pub why: String,
}
impl Fact for HookFailed {
    const NAME: &'static str = "hook.failed";
}

type Function<H> = Arc<dyn Fn(H) -> BoxFuture<'static, Result<H, Fault>> + Send + Sync>;

struct Entry<H> {
    id: HandlerId,
    owner: u64,
    part: Arc<str>,
    terms: Terms,
    function: Function<H>,
    failures: AtomicU32,
    rests_until: Mutex<Option<Instant>>,
}

/// So many failures in a row, and a handler rests: its callers shall not pay again and again.
const FAILURES_BEFORE_REST: u32 = 5;
const REST: Duration = Duration::from_secs(30);

type List<H> = Arc<Vec<Arc<Entry<H>>>>;

/// The lists of handlers, one a hook type.
#[derive(Default)]
pub struct Hooks {
    lists: Mutex<HashMap<TypeId, Box<dyn AnyList>>>,
    next: AtomicU64,
}

trait AnyList: Send {
    fn retain(&mut self, keep: &dyn Fn(HandlerId, u64) -> bool);
    fn rows(&self) -> Vec<HandlerRow>;
    fn as_any(&mut self) -> &mut dyn Any;
}

/// A handler as an operator sees it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct HandlerRow {
    pub id: HandlerId,
    pub hook: &'static str,
    pub part: String,
    pub priority: i32,
    pub within_ms: u64,
    pub failures: u32,
}

struct TypedList<H: Hook>(List<H>);

impl<H: Hook> AnyList for TypedList<H> {
    fn retain(&mut self, keep: &dyn Fn(HandlerId, u64) -> bool) {
        self.0 = Arc::new(self.0.iter().filter(|e| keep(e.id, e.owner)).cloned().collect());
    }
    fn rows(&self) -> Vec<HandlerRow> {
        let row = |e: &Arc<Entry<H>>| HandlerRow {
            id: e.id,
            hook: H::NAME,
            part: e.part.to_string(),
            priority: e.terms.priority,
            within_ms: u64::try_from(e.terms.within.as_millis()).unwrap_or(u64::MAX),
            failures: e.failures.load(Ordering::Relaxed),
        };
        self.0.iter().map(row).collect()
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Hooks {
    fn change<H: Hook, T>(&self, f: impl FnOnce(&mut List<H>) -> T) -> T {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists
            .entry(TypeId::of::<H>())
            .or_insert_with(|| Box::new(TypedList::<H>(Arc::default())))
            .as_any()
            .downcast_mut::<TypedList<H>>()
            .expect("a list is keyed by its own type");
        f(&mut list.0)
    }
    fn drop_where(&self, gone: impl Fn(HandlerId, u64) -> bool) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        for list in lists.values_mut() {
            list.retain(&|id, owner| !gone(id, owner));
        }
    }
    pub fn off(&self, id: HandlerId) {
        self.drop_where(|held, _| held == id);
    }
    /// Takes off all handlers of an incarnation that has ended.
    pub fn forget(&self, owner: u64) {
        self.drop_where(|_, held| held == owner);
    }
    pub fn rows(&self) -> Vec<HandlerRow> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = lists.values().flat_map(|l| l.rows()).collect();
        rows.sort_by(|a, b| (a.hook, a.id.0).cmp(&(b.hook, b.id.0)));
        rows
    }
}

impl Bus {
    /// From now on `function` is asked before an `H` happens.
    pub fn handle<H, F, R>(&self, terms: Terms, function: F) -> HandlerId
    where
        H: Hook,
        F: Fn(H) -> R + Send + Sync + 'static,
        R: Future<Output = Result<H, Fault>> + Send + 'static,
    {
        let hooks = self.hooks();
        let id = HandlerId(hooks.next.fetch_add(1, Ordering::Relaxed) + 1);
        let entry = Arc::new(Entry {
            id,
            owner: self.owner(),
            part: self.source().component.clone(),
            terms,
            function: Arc::new(move |value| Box::pin(function(value)) as BoxFuture<'static, _>),
            failures: AtomicU32::new(0),
            rests_until: Mutex::default(),
        });
        hooks.change::<H, _>(|list| {
            let mut entries = list.to_vec();
            entries.push(entry);
            entries.sort_by_key(|e| (std::cmp::Reverse(e.terms.priority), e.id.0));
            *list = Arc::new(entries);
        });
        id
    }

    pub fn off(&self, id: HandlerId) {
        self.hooks().off(id);
    }

    /// Asks every handler. `Ok` is the value to go on with, `Err` a refusal.
    pub async fn ask<H: Hook>(&self, mut value: H) -> Result<H, Fault> {
        let list: List<H> = self.hooks().change::<H, _>(|list| list.clone());
        for entry in list.iter() {
            if entry.rests() {
                match entry.terms.on_failure {
                    OnFailure::Skip => continue,
                    OnFailure::Refuse => {
                        return Err(entry.failed_fault("it is resting after failures"));
                    }
                }
            }
            if entry.terms.once {
                self.off(entry.id);
            }
            value = self.ask_one(entry, value).await?;
        }
        Ok(value)
    }

    /// The handler gets a task of its own: what blocks or panics in it stays in it.
    #[expect(clippy::disallowed_methods, reason = "the handler's task ends with this call")]
    async fn ask_one<H: Hook>(&self, entry: &Arc<Entry<H>>, value: H) -> Result<H, Fault> {
        let spare = value.clone();
        let mut task = tokio::spawn((entry.function)(value));
        let why = match tokio::time::timeout(entry.terms.within, &mut task).await {
            Ok(Ok(answer)) => {
                entry.failures.store(0, Ordering::Relaxed);
                return answer;
            }
            Ok(Err(_)) => "it panicked".to_owned(),
            Err(_) => {
                task.abort();
                format!("it took longer than {:?}", entry.terms.within)
            }
        };
        entry.note_failure();
        self.publish(HookFailed {
            hook: H::NAME.into(),
            handler: entry.id,
            part: entry.part.to_string(),
            why: why.clone(),
        });
        match entry.terms.on_failure {
            OnFailure::Skip => Ok(spare),
            OnFailure::Refuse => Err(entry.failed_fault(&why)),
        }
    }
}

impl<H: Hook> Entry<H> {
    fn rests(&self) -> bool {
        let mut until = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        match *until {
            Some(at) if Instant::now() < at => true,
            Some(_) => {
                *until = None;
                false
            }
            None => false,
        }
    }
    fn note_failure(&self) {
        if (self.failures.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(FAILURES_BEFORE_REST)
        {
            let mut until = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
            *until = Some(Instant::now() + REST);
        }
    }
    fn failed_fault(&self, why: &str) -> Fault {
        let message =
            format!("part `{}` guards `{}` and could not answer: {why}", self.part, H::NAME);
        Fault::new(codes::HOOK_FAILED, message).hint("try again, or look at the part's log")
    }
}
