//! The bus that carries facts between parts. Publishing never waits and never fails; a listener
//! that falls behind is told how much it missed. Durable facts go to the journal first and are
//! told when they are on disk. Never: a request and its answer (that is a socket or a hook).

use crate::clock::Clock;
use crate::codes;
use crate::fact::{Context, Envelope, Fact, Identifiers, Source, Told};
use crate::fault::Fault;
use crate::hook::Hooks;
use crate::journal::{Journal, Kept, Line, Wanted};
use crate::types::TypeMap;
use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use tokio::sync::{broadcast, mpsc, oneshot};

/// A listener this far behind is told to read the state again: more would only delay that.
pub const BACKLOG: usize = 256;
/// Facts of all kinds that can be looked at without the journal; a screen shows fewer.
const HISTORY: usize = 1_000;
/// Durable facts waiting for the disk: a second of the slowest disk that we have seen.
const SCRIBE_QUEUE: usize = 4_096;

#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
    source: Source,
    context: Context,
    owner: u64,
}

struct Shared {
    topics: RwLock<TypeMap<Arc<dyn Any + Send + Sync>>>,
    all: broadcast::Sender<Arc<dyn Told>>,
    traffic: broadcast::Sender<Arc<dyn Told>>,
    history: Mutex<VecDeque<Arc<dyn Told>>>,
    identifiers: Identifiers,
    clock: Clock,
    scribe: OnceLock<mpsc::Sender<Pending>>,
    journal: OnceLock<Arc<dyn Journal>>,
    hooks: Hooks,
    told: AtomicU64,
    lost: Arc<AtomicU64>,
}

/// Facts of every type.
pub type EveryFact = broadcast::Receiver<Arc<dyn Told>>;

type Topic<E> = broadcast::Sender<Arc<Envelope<E>>>;

/// A durable fact between `publish` and the disk.
struct Pending {
    /// `None` only marks a place in the queue.
    line: Option<Line>,
    deliver: Box<dyn FnOnce(u64) + Send>,
    answer: Option<oneshot::Sender<Result<u64, Fault>>>,
}

impl Bus {
    pub fn new(clock: Clock) -> Self {
        let shared = Shared {
            topics: RwLock::default(),
            all: broadcast::channel(HISTORY).0,
            traffic: broadcast::channel(HISTORY).0,
            history: Mutex::default(),
            identifiers: Identifiers::default(),
            clock,
            scribe: OnceLock::new(),
            journal: OnceLock::new(),
            hooks: Hooks::default(),
            told: AtomicU64::new(0),
            lost: Arc::default(),
        };
        let source = Source::component("board");
        Self { shared: Arc::new(shared), source, context: Context::default(), owner: 0 }
    }

    /// The same bus, speaking as this part. Handlers it registers end with the incarnation.
    pub fn speaking_as(&self, component: &str, owner: u64) -> Self {
        Self { source: Source::component(component), owner, ..self.clone() }
    }
    /// The same bus, in the work of this project, user and trace.
    pub fn within(&self, context: Context) -> Self {
        Self { context, ..self.clone() }
    }
    pub fn hooks(&self) -> &Hooks {
        &self.shared.hooks
    }
    pub fn owner(&self) -> u64 {
        self.owner
    }
    pub fn source(&self) -> &Source {
        &self.source
    }
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }
    /// How many facts were told, and how many durable ones found no room on the way to the disk, or
    /// were refused by it, while nobody waited for an answer.
    pub fn counts(&self) -> (u64, u64) {
        (self.shared.told.load(Ordering::Relaxed), self.shared.lost.load(Ordering::Relaxed))
    }

    /// Says that something happened. A durable fact is told once it is on disk.
    pub fn publish<E: Fact>(&self, fact: E) {
        let envelope = self.envelope(fact);
        match self.scribe_for::<E>() {
            None => self.deliver(envelope),
            Some(scribe) => {
                if scribe.try_send(self.pending(envelope, None)).is_err() {
                    self.shared.lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Says what happens with every request: the fact is made only when somebody hears it.
    pub fn publish_if_heard<E: Fact>(&self, fact: impl FnOnce() -> E) {
        if self.is_heard::<E>() {
            self.publish(fact());
        }
    }

    /// Whether anybody would hear a fact of this type now.
    pub fn is_heard<E: Fact>(&self) -> bool {
        let everyone = if E::TRAFFIC { &self.shared.traffic } else { &self.shared.all };
        if everyone.receiver_count() > 0 {
            return true;
        }
        let topics = self.shared.topics.read().unwrap_or_else(PoisonError::into_inner);
        let topic = topics.get(&TypeId::of::<E>());
        topic.and_then(|t| t.downcast_ref::<Topic<E>>()).is_some_and(|t| t.receiver_count() > 0)
    }

    /// Says it, and resolves when it is on disk. After `Ok` it survives a power cut.
    pub async fn publish_durably<E: Fact>(&self, fact: E) -> Result<u64, Fault> {
        let envelope = self.envelope(fact);
        let Some(scribe) = self.shared.scribe.get() else {
            self.deliver(envelope);
            return Ok(0);
        };
        let (answer, on_disk) = oneshot::channel();
        let closed = || Fault::new(codes::JOURNAL, "the journal of facts is closed");
        scribe.send(self.pending(envelope, Some(answer))).await.map_err(|_| closed())?;
        on_disk.await.map_err(|_| closed())?
    }

    /// Resolves when everything that was published before is on disk, or was refused by it.
    pub async fn settled(&self) {
        let Some(scribe) = self.shared.scribe.get() else { return };
        let (answer, reached) = oneshot::channel();
        let mark = Pending { line: None, deliver: Box::new(|_| ()), answer: Some(answer) };
        if scribe.send(mark).await.is_ok() {
            let _ = reached.await;
        }
    }

    pub fn subscribe<E: Fact>(&self) -> Subscription<E> {
        Subscription(self.topic::<E>().subscribe())
    }
    /// Facts of every type, as they are told.
    pub fn watch_all(&self) -> EveryFact {
        self.shared.all.subscribe()
    }
    /// The last facts and those to come, none missing and none twice.
    /// Facts of the kinds that are told with every request. Whoever watches makes them be told.
    pub fn watch_traffic(&self) -> EveryFact {
        self.shared.traffic.subscribe()
    }
    pub fn watch_all_since(&self) -> (Vec<Arc<dyn Told>>, EveryFact) {
        let history = self.shared.history.lock().unwrap_or_else(PoisonError::into_inner);
        (history.iter().cloned().collect(), self.watch_all())
    }
    /// The last facts of every type, oldest first.
    pub fn history(&self) -> Vec<Arc<dyn Told>> {
        let history = self.shared.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.iter().cloned().collect()
    }

    /// Follow the durable facts of one type under a name whose position survives restarts.
    /// A new name begins with the oldest fact that is kept.
    pub async fn consume<E: Fact>(&self, name: &str) -> Result<Consumer<E>, Fault> {
        let journal = self.journal()?;
        let finished = journal.finished(name).await?;
        // Ahead of the journal: it was begun anew, and all that it holds is news.
        let next = if finished > journal.newest() { 1 } else { finished + 1 };
        Ok(Consumer {
            journal,
            name: name.to_owned(),
            next,
            is_new: finished == 0,
            ready: VecDeque::new(),
            _fact: std::marker::PhantomData,
        })
    }
    pub fn journal(&self) -> Result<Arc<dyn Journal>, Fault> {
        let journal = self.shared.journal.get().cloned();
        journal.ok_or_else(|| Fault::new(codes::JOURNAL, "this board keeps no journal of facts"))
    }

    /// Gives the bus its journal, once, before parts run. The future carries facts to the disk
    /// until the bus is dropped; the kernel owns it.
    pub fn keep_in(&self, journal: Arc<dyn Journal>) -> impl Future<Output = ()> + Send + 'static {
        let (scribe, queue) = mpsc::channel(SCRIBE_QUEUE);
        let _ = self.shared.journal.set(journal.clone());
        let _ = self.shared.scribe.set(scribe);
        carry(queue, journal, self.shared.lost.clone())
    }

    fn scribe_for<E: Fact>(&self) -> Option<&mpsc::Sender<Pending>> {
        if E::DURABLE { self.shared.scribe.get() } else { None }
    }

    fn envelope<E: Fact>(&self, data: E) -> Envelope<E> {
        let timestamp = self.shared.clock.now();
        Envelope {
            event_id: self.shared.identifiers.next(timestamp),
            event_type: Cow::Borrowed(E::NAME),
            timestamp,
            source: self.source.clone(),
            data,
            context: self.context.clone(),
            capabilities_required: E::CAPABILITIES.iter().copied().map(Cow::Borrowed).collect(),
            position: None,
        }
    }

    fn pending<E: Fact>(
        &self,
        mut envelope: Envelope<E>,
        answer: Option<oneshot::Sender<Result<u64, Fault>>>,
    ) -> Pending {
        let line = Line {
            at: envelope.timestamp,
            topic: E::NAME.to_owned(),
            source: envelope.source.component.to_string(),
            body: serde_json::to_vec(&envelope).unwrap_or_default(),
        };
        let bus = self.clone();
        let deliver = Box::new(move |position| {
            envelope.position = Some(position);
            bus.deliver(envelope);
        });
        Pending { line: Some(line), deliver, answer }
    }

    fn deliver<E: Fact>(&self, envelope: Envelope<E>) {
        let envelope = Arc::new(envelope);
        // Nobody listening is fine.
        let _ = self.topic::<E>().send(envelope.clone());
        let told: Arc<dyn Told> = envelope;
        if E::TRAFFIC {
            let _ = self.shared.traffic.send(told);
        } else {
            let mut history = self.shared.history.lock().unwrap_or_else(PoisonError::into_inner);
            if history.len() == HISTORY {
                history.pop_front();
            }
            history.push_back(told.clone());
            // Under the lock: whoever begins with the history goes on exactly where it ends.
            if self.shared.all.receiver_count() > 0 {
                let _ = self.shared.all.send(told);
            }
        }
        self.shared.told.fetch_add(1, Ordering::Relaxed);
    }

    fn topic<E: Fact>(&self) -> Topic<E> {
        let key = TypeId::of::<E>();
        let known = self.shared.topics.read().unwrap_or_else(PoisonError::into_inner);
        let topic = known.get(&key).cloned();
        drop(known);
        let topic = topic.unwrap_or_else(|| {
            let mut topics = self.shared.topics.write().unwrap_or_else(PoisonError::into_inner);
            topics
                .entry(key)
                .or_insert_with(|| Arc::new(broadcast::channel::<Arc<Envelope<E>>>(BACKLOG).0))
                .clone()
        });
        topic.downcast_ref::<Topic<E>>().expect("a topic is keyed by its own type").clone()
    }
}

/// How many appends are under way at once; they share one sync.
const IN_FLIGHT: usize = 512;

/// Facts go to the disk together and are told in their order.
async fn carry(
    mut queue: mpsc::Receiver<Pending>,
    journal: Arc<dyn Journal>,
    lost: Arc<AtomicU64>,
) {
    use futures::StreamExt;
    let mut under_way = futures::stream::FuturesOrdered::new();
    loop {
        tokio::select! {
            biased;
            Some(settled) = under_way.next(), if !under_way.is_empty() => settle(settled, &lost),
            pending = queue.recv(), if under_way.len() < IN_FLIGHT => match pending {
                Some(Pending { line, deliver, answer }) => {
                    let append = match line {
                        Some(line) => journal.append(line),
                        None => Box::pin(std::future::ready(Ok(0))),
                    };
                    under_way.push_back(async move { (append.await, deliver, answer) });
                }
                None if under_way.is_empty() => return,
                None => while let Some(settled) = under_way.next().await { settle(settled, &lost) },
            },
        }
    }
}

type Settled =
    (Result<u64, Fault>, Box<dyn FnOnce(u64) + Send>, Option<oneshot::Sender<Result<u64, Fault>>>);

fn settle((result, deliver, answer): Settled, lost: &AtomicU64) {
    match &result {
        Ok(position) => deliver(*position),
        // Nobody waits for the answer: it is counted at least.
        Err(_) if answer.is_none() => drop(lost.fetch_add(1, Ordering::Relaxed)),
        Err(_) => {}
    }
    if let Some(answer) = answer {
        let _ = answer.send(result);
    }
}

pub struct Subscription<E: Fact>(broadcast::Receiver<Arc<Envelope<E>>>);

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Heard<E> {
    Fact(Arc<Envelope<E>>),
    /// It fell behind by so many: read the state again.
    Missed(u64),
}

impl<E: Fact> Subscription<E> {
    /// Whether the next fact is there already.
    pub fn has_more(&self) -> bool {
        !self.0.is_empty()
    }
    /// The next fact, when it is there already.
    pub fn at_once(&mut self) -> Option<Heard<E>> {
        match self.0.try_recv() {
            Ok(envelope) => Some(Heard::Fact(envelope)),
            Err(broadcast::error::TryRecvError::Lagged(n)) => Some(Heard::Missed(n)),
            Err(_) => None,
        }
    }
    /// `None` when the board is gone.
    pub async fn next(&mut self) -> Option<Heard<E>> {
        match self.0.recv().await {
            Ok(envelope) => Some(Heard::Fact(envelope)),
            Err(broadcast::error::RecvError::Lagged(n)) => Some(Heard::Missed(n)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// A reader of durable facts that remembers how far it is.
pub struct Consumer<E: Fact> {
    journal: Arc<dyn Journal>,
    name: String,
    next: u64,
    /// It begins with whatever is kept, and has missed nothing.
    is_new: bool,
    ready: VecDeque<Kept>,
    _fact: std::marker::PhantomData<fn() -> E>,
}

/// Facts read from the journal at a time.
const BATCH: usize = 256;

impl<E: Fact> Consumer<E> {
    /// The next fact, with its position. Say `finish` when it has been dealt with; one that was
    /// not finished is told again after a restart. When facts were forgotten before they were read,
    /// that is told once, as `POSITION_GONE`: read the state again; the next call goes on with the
    /// oldest fact that is kept.
    pub async fn next(&mut self) -> Result<Envelope<E>, Fault> {
        loop {
            if let Some(kept) = self.ready.pop_front() {
                let mut envelope: Envelope<E> =
                    serde_json::from_slice(&kept.line.body).map_err(|e| {
                        let at = kept.position;
                        Fault::new(
                            codes::JOURNAL,
                            format!("the fact at position {at} is unreadable"),
                        )
                        .because(e)
                    })?;
                envelope.position = Some(kept.position);
                return Ok(envelope);
            }
            if self.next > self.journal.newest() {
                self.journal.past(self.next - 1).await?;
            }
            let wanted = Wanted { topic: E::NAME.to_owned(), source: String::new() };
            let oldest = self.journal.oldest();
            if self.next < oldest {
                let missed = self.next..oldest;
                self.next = oldest;
                if !self.is_new {
                    return Err(forgotten(&self.name, &missed));
                }
            }
            let from = self.next;
            let batch = match self.journal.read(from, wanted, BATCH).await {
                // Forgotten between the two calls: what is left begins later.
                Err(gone)
                    if gone.code() == codes::POSITION_GONE && self.journal.oldest() > from =>
                {
                    continue;
                }
                read => read?,
            };
            self.next = batch.next;
            self.is_new = false;
            self.ready = batch.kept.into_iter().filter(|k| k.line.topic == E::NAME).collect();
        }
    }

    pub async fn finish(&self, position: u64) -> Result<(), Fault> {
        self.journal.finish(&self.name, position).await
    }
}

fn forgotten(name: &str, missed: &std::ops::Range<u64>) -> Fault {
    let message = format!(
        "consumer `{name}` was away for too long: the facts from position {} to {} are no longer kept",
        missed.start,
        missed.end - 1
    );
    Fault::new(codes::POSITION_GONE, message)
        .hint("read the state again; `journal.keep` says how long facts are kept")
}
