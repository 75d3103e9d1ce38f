//! Those who read: threads with a connection each, and the near connections, for a hand-over to a
//! thread costs more than a read by key.
//! Never: a write, or a wait on the runtime's own threads.

use crate::connect::{Link, Opener, Use};
use crate::error;
use crate::leash::{Leash, Wanting, Wish};
use crate::near::Near;
use mag_adapter::{EngineError, Pace};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

/// Reads of a kind that took less of late are run at once.
const SHORT: Duration = Duration::from_micros(200);
/// It is ended and handed to a thread after so many looks: some 20,000 steps of SQLite's machine,
/// half a millisecond.
const SHORT_LOOKS: u64 = 10;
/// Texts of statements whose pace is known; all are forgotten when there are more.
const PACES: usize = 4_096;

pub(crate) struct Readers {
    opener: Arc<Opener>,
    near: Arc<Near>,
    paces: Mutex<HashMap<u64, Arc<Pace>>>,
    desk: Arc<Desk>,
    room: Arc<Semaphore>,
}

type Work = Box<dyn FnOnce(Result<&mut Link, EngineError>) + Send>;

/// What waits for a thread.
struct Desk {
    state: Mutex<State>,
    called: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    idle: usize,
    threads: usize,
    closed: bool,
}

impl Readers {
    pub(crate) fn new(opener: Arc<Opener>, near: Arc<Near>) -> Self {
        let room = Arc::new(Semaphore::new(opener.settings.queue));
        let desk = Arc::new(Desk { state: Mutex::default(), called: Condvar::new() });
        Self { opener, near, paces: Mutex::default(), desk, room }
    }

    /// Reads now when a read of this kind was short before; on a thread else.
    pub(crate) async fn short_read<T: Send + 'static>(
        &self,
        pace: Arc<Pace>,
        within: Option<Duration>,
        read: impl Fn(&mut Link) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        // A task that reads and reads, each time at once, lets others have their turn.
        tokio::task::consume_budget().await;
        if pace.last() < SHORT
            && let Some(answer) = self.at_once(&pace, &read)
        {
            return answer;
        }
        // On the heap of its own: what is read at once does not carry the room for it along.
        let (answer, took) = Box::pin(self.timed(within, read)).await?;
        pace.saw(took);
        Ok(answer)
    }

    /// The pace of the reads that have this number.
    pub(crate) fn pace(&self, kind: u64) -> Arc<Pace> {
        let mut paces = locked(&self.paces);
        if paces.len() >= PACES && !paces.contains_key(&kind) {
            paces.clear();
        }
        paces.entry(kind).or_default().clone()
    }

    /// Reads on a thread.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        read: impl Fn(&mut Link) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.timed(within, read).await.map(|(answer, _)| answer)
    }

    /// Works on a thread with connections of its own.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        work: impl FnOnce(Wish) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let permit = take_place(&self.room, self.wait(within)).await?;
        let wanting = Wanting::default();
        let (answer, answered) = oneshot::channel();
        let wish = wanting.wish();
        let work = move |_: Result<&mut Link, EngineError>| {
            let outcome = work(wish);
            drop(permit);
            let _ = answer.send(outcome);
        };
        self.desk.hand_over(&self.opener, Box::new(work))?;
        let outcome = answered.await.unwrap_or_else(|_| Err(error::closed()));
        drop(wanting);
        outcome
    }

    fn wait(&self, within: Option<Duration>) -> Duration {
        let wait = self.opener.settings.queue_wait;
        within.map_or(wait, |within| within.min(wait))
    }

    fn at_once<T>(
        &self,
        pace: &Pace,
        read: &impl Fn(&mut Link) -> Result<T, EngineError>,
    ) -> Option<Result<T, EngineError>> {
        let mut link = self.near.one()?;
        if self.opener.renew(&mut link, Use::ReadNow).is_err() {
            return None;
        }
        link.set_moment(&self.opener.settings.clock);
        link.leash.put_on_short(SHORT_LOOKS);
        let begun = Instant::now();
        self.near.settle(&mut link, &self.opener, begun).ok()?;
        let answer = read(&mut link);
        if answer.is_err() {
            link.let_go().ok()?;
        }
        match answer {
            // It was not short after all, or someone holds the file: that takes a thread.
            Err(error) if matches!(error.state.as_deref(), Some("57014" | "55P03")) => {
                pace.forget();
                None
            }
            answer if self.opener.stood_still(&link) => {
                // What all cores write slows all of them: a short read is no news.
                let took = begun.elapsed();
                if took >= SHORT {
                    pace.saw(took);
                }
                Some(answer)
            }
            _ => None,
        }
    }

    async fn timed<T: Send + 'static>(
        &self,
        within: Option<Duration>,
        read: impl Fn(&mut Link) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(T, Duration), EngineError> {
        let permit = take_place(&self.room, self.wait(within)).await?;
        let wanting = Wanting::default();
        let (answer, answered) = oneshot::channel();
        let (wish, opener) = (wanting.wish(), self.opener.clone());
        self.desk.hand_over(
            &self.opener,
            Box::new(move |link| {
                let outcome = match link {
                    Ok(link) => run(link, &opener, within, wish, &read),
                    Err(error) => Err(error),
                };
                drop(permit);
                // Nobody waits when the caller has gone.
                let _ = answer.send(outcome);
            }),
        )?;
        let outcome = answered.await.unwrap_or_else(|_| Err(error::closed()));
        drop(wanting);
        outcome
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let mut state = locked(&self.desk.state);
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.desk.called.notify_all();
    }
}

/// A place in a queue, or the word to come again.
pub(crate) async fn take_place(
    room: &Arc<Semaphore>,
    wait: Duration,
) -> Result<OwnedSemaphorePermit, EngineError> {
    if let Ok(permit) = room.clone().try_acquire_owned() {
        return Ok(permit);
    }
    match tokio::time::timeout(wait, room.clone().acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(error::closed()),
        Err(_) => Err(error::busy("more calls wait for the database than it takes")),
    }
}

fn run<T>(
    link: &mut Link,
    opener: &Opener,
    within: Option<Duration>,
    wish: Wish,
    read: &impl Fn(&mut Link) -> Result<T, EngineError>,
) -> Result<(T, Duration), EngineError> {
    if wish.is_gone() {
        return Err(error::cancelled());
    }
    let leash: Arc<Leash> = link.leash.clone();
    leash.put_on(within, Some(wish));
    let begun = Instant::now();
    let mut outcome = read(link);
    if !opener.stood_still(link) {
        // Others write the file now: read it again as one reads a file that is shared.
        opener.renew(link, Use::Read)?;
        outcome = read(link);
    }
    let took = begun.elapsed();
    outcome.map(|answer| (answer, took)).map_err(|error| leash.reason(error))
}

impl Desk {
    fn hand_over(self: &Arc<Self>, opener: &Arc<Opener>, work: Work) -> Result<(), EngineError> {
        let mut state = locked(&self.state);
        state.waiting.push_back(work);
        if state.idle >= state.waiting.len() || state.threads >= opener.settings.readers {
            drop(state);
            self.called.notify_one();
            return Ok(());
        }
        state.threads += 1;
        drop(state);
        let (desk, opener) = (self.clone(), opener.clone());
        let keeper = opener.clone();
        let begun = keeper.begin_thread("sqlite-reader", move || desk.serve(&opener));
        match begun {
            Ok(_) => Ok(()),
            Err(_) => {
                let mut state = locked(&self.state);
                state.threads -= 1;
                match state.threads {
                    0 => {
                        state.waiting.clear();
                        Err(error::busy("the machine gives no thread to read with"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn serve(&self, opener: &Opener) {
        let mut link = None;
        while let Some(work) = self.next() {
            // A read that panics is answered by the drop of its sender; the connection is not
            // trusted after it.
            let mut held = link.take();
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let opened = match &mut held {
                    Some(link) => opener.renew(link, Use::Read),
                    None => opener.open(Use::Read).map(|new| held = Some(new)),
                };
                match (opened, &mut held) {
                    (Ok(()), Some(link)) => {
                        link.set_moment(&opener.settings.clock);
                        work(Ok(link));
                    }
                    (Err(error), _) => work(Err(error)),
                    (Ok(()), None) => work(Err(error::closed())),
                }
                held
            }));
            link = done.unwrap_or(None);
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = locked(&self.state);
        loop {
            if let Some(work) = state.waiting.pop_front() {
                return Some(work);
            }
            if state.closed {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            state = self.called.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

/// What is behind these locks is whole at every moment, so a panic elsewhere does not spoil it.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
