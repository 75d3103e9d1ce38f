//! Hooks: something is about to happen, and others may change it or refuse it. Handlers run in
//! the order of their priority, each within its own time; a slow or broken one costs its own
//! time limit, never the caller's work or the board.

use crate::bus::Bus;
use crate::codes;
use crate::fact::Fact;
use crate::fault::Fault;
use crate::types::TypeMap;
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
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
    /// Its incarnation is ready; until then nobody is sent to it.
    awake: AtomicBool,
    /// Called already; counts for those that are called once.
    spent: AtomicBool,
    failures: AtomicU32,
    rests_until: Mutex<Option<Instant>>,
}

/// So many failures in a row, and a handler rests: its callers shall not pay again and again.
const FAILURES_BEFORE_REST: u32 = 5;
const REST: Duration = Duration::from_secs(30);

type List<H> = Vec<Arc<Entry<H>>>;
type Lists = TypeMap<Arc<dyn AnyList>>;

/// The lists of handlers, one a hook type. Whoever asks takes no lock: a change puts a new map in
/// place of the old one.
#[derive(Default)]
pub struct Hooks {
    lists: ArcSwap<Lists>,
    changing: Mutex<Changing>,
    next: AtomicU64,
}

/// The board itself, which is always ready.
const BOARD: u64 = 0;

/// What only those who change the lists look at; the lock around it makes changes one by one.
#[derive(Default)]
struct Changing {
    /// Incarnations, and whether each is ready: until then its handlers sleep.
    known: std::collections::HashMap<u64, bool>,
}

trait AnyList: Any + Send + Sync {
    /// The list without those handlers; `None` when that changes nothing.
    fn without(&self, gone: &dyn Fn(HandlerId, u64) -> bool) -> Option<Arc<dyn AnyList>>;
    fn wake(&self, owner: u64);
    fn is_empty(&self) -> bool;
    fn rows(&self) -> Vec<HandlerRow>;
    fn as_any(&self) -> &dyn Any;
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
    fn without(&self, gone: &dyn Fn(HandlerId, u64) -> bool) -> Option<Arc<dyn AnyList>> {
        let left: List<H> = self.0.iter().filter(|e| !gone(e.id, e.owner)).cloned().collect();
        (left.len() < self.0.len()).then(|| Arc::new(Self(left)) as Arc<dyn AnyList>)
    }
    fn wake(&self, owner: u64) {
        for entry in self.0.iter().filter(|e| e.owner == owner) {
            entry.awake.store(true, Ordering::Release);
        }
    }
    fn is_empty(&self) -> bool {
        self.0.is_empty()
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
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Hooks {
    fn lock(&self) -> std::sync::MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn add<H: Hook>(&self, entry: Entry<H>) {
        let changing = self.lock();
        let ready = match changing.known.get(&entry.owner) {
            Some(ready) => *ready,
            None if entry.owner == BOARD => true,
            // A thread of an incarnation that has ended: nobody would take its handler off again.
            None => return,
        };
        entry.awake.store(ready, Ordering::Release);
        let mut lists = Lists::clone(&self.lists.load());
        let key = TypeId::of::<H>();
        let known = lists.get(&key).and_then(|l| l.as_any().downcast_ref::<TypedList<H>>());
        let mut entries = known.map(|l| l.0.clone()).unwrap_or_default();
        entries.push(Arc::new(entry));
        entries.sort_by_key(|e| (std::cmp::Reverse(e.terms.priority), e.id.0));
        lists.insert(key, Arc::new(TypedList(entries)));
        self.lists.store(Arc::new(lists));
    }
    fn drop_where(&self, _changing: &mut Changing, gone: impl Fn(HandlerId, u64) -> bool) {
        let mut lists = Lists::clone(&self.lists.load());
        let mut changed = false;
        for list in lists.values_mut() {
            if let Some(left) = list.without(&gone) {
                *list = left;
                changed = true;
            }
        }
        if changed {
            lists.retain(|_, list| !list.is_empty());
            self.lists.store(Arc::new(lists));
        }
    }
    pub fn off(&self, id: HandlerId) {
        self.drop_where(&mut self.lock(), |held, _| held == id);
    }
    /// For the kernel: handlers of this incarnation are not asked until it is `seat`ed.
    pub fn hold(&self, owner: u64) {
        self.lock().known.insert(owner, false);
    }
    /// For the kernel: the incarnation is ready; from now on its handlers are asked.
    pub fn seat(&self, owner: u64) {
        let mut changing = self.lock();
        changing.known.insert(owner, true);
        for list in self.lists.load().values() {
            list.wake(owner);
        }
    }
    /// Takes off all handlers of an incarnation that has ended.
    pub fn forget(&self, owner: u64) {
        let mut changing = self.lock();
        changing.known.remove(&owner);
        self.drop_where(&mut changing, |_, held| held == owner);
    }
    pub fn rows(&self) -> Vec<HandlerRow> {
        let mut rows: Vec<_> = self.lists.load().values().flat_map(|l| l.rows()).collect();
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
        hooks.add(Entry {
            id,
            owner: self.owner(),
            part: self.source().component.clone(),
            terms,
            function: Arc::new(move |value| Box::pin(function(value)) as BoxFuture<'static, _>),
            awake: AtomicBool::new(true),
            spent: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            rests_until: Mutex::default(),
        });
        id
    }

    pub fn off(&self, id: HandlerId) {
        self.hooks().off(id);
    }

    /// Whether anybody wants to be asked, for whoever would have to make the value first.
    pub fn is_asked<H: Hook>(&self) -> bool {
        self.hooks().lists.load().contains_key(&TypeId::of::<H>())
    }

    /// Asks every handler. `Ok` is the value to go on with, `Err` a refusal.
    pub async fn ask<H: Hook>(&self, mut value: H) -> Result<H, Fault> {
        let list = {
            let lists = self.hooks().lists.load();
            // The common case: nobody wants to be asked.
            let Some(list) = lists.get(&TypeId::of::<H>()) else { return Ok(value) };
            let list = list.as_any().downcast_ref::<TypedList<H>>();
            list.expect("a list is keyed by its own type").0.clone()
        };
        for entry in &list {
            if !entry.awake.load(Ordering::Acquire) {
                continue;
            }
            if entry.rests() {
                match entry.terms.on_failure {
                    OnFailure::Skip => continue,
                    OnFailure::Refuse => {
                        return Err(entry.failed_fault("it is resting after failures"));
                    }
                }
            }
            if entry.terms.once {
                // Of those who ask at the same time only the first gets it.
                if entry.spent.swap(true, Ordering::AcqRel) {
                    continue;
                }
                self.off(entry.id);
            }
            value = self.ask_one(entry, value).await?;
        }
        Ok(value)
    }

    /// The handler gets a task of its own, called and polled there: what blocks or panics in it
    /// stays in it.
    #[expect(clippy::disallowed_methods, reason = "the handler's task ends with this call")]
    async fn ask_one<H: Hook>(&self, entry: &Arc<Entry<H>>, value: H) -> Result<H, Fault> {
        let spare = value.clone();
        let function = entry.function.clone();
        let mut task = EndsWithUs(tokio::spawn(async move { function(value).await }));
        let why = match tokio::time::timeout(entry.terms.within, &mut task.0).await {
            Ok(Ok(answer)) => {
                entry.failures.store(0, Ordering::Relaxed);
                return answer;
            }
            Ok(Err(_)) => "it panicked".to_owned(),
            Err(_) => format!("it took longer than {:?}", entry.terms.within),
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

/// A handler's task: whoever stops waiting for it, by a time limit or because the caller has gone,
/// ends it.
struct EndsWithUs<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for EndsWithUs<T> {
    fn drop(&mut self) {
        self.0.abort();
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
