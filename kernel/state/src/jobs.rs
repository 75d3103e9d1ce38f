//! The durable queue: what is to be done, by whom it is being done, and what became of it. At least
//! once: a job whose board was killed runs again. Running a job is the runner's work; here are the
//! rules, and every change is on the disk before anybody hears of it.

mod job;
mod rules;

pub use job::{Counts, Job, JobFilter, JobOptions, JobState};
pub use rules::{Enqueued, Failed, LEASE, Lease, Reclaimed};
pub(crate) use rules::{check, insert};

use crate::faults;
use crate::state::State;
use mag_contract::{Fault, Timestamp};
use tokio::sync::watch;

#[derive(Clone)]
pub struct Jobs {
    state: State,
}

impl Jobs {
    pub(crate) fn of(state: State) -> Self {
        Self { state }
    }

    /// Puts a job in the queue. With a unique key that a waiting or running job has, it is that job.
    pub async fn enqueue(
        &self,
        kind: &str,
        payload: &serde_json::Value,
        options: JobOptions,
    ) -> Result<Enqueued, Fault> {
        let payload = check(kind, payload)?;
        let (kind, now) = (kind.to_owned(), self.state.now());
        let job = self.state.write(move |db| insert(db, &kind, &payload, &options, now)).await?;
        self.changed();
        Ok(job)
    }

    /// Changes whenever a job was put in the queue, so that a runner can wait for that.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.state.jobs_changed().subscribe()
    }

    /// Takes up to `max` jobs that are due, the most urgent first. Each is leased for `LEASE`, and its
    /// attempt is counted now: a job that kills the board must not do so for ever.
    pub async fn take(
        &self,
        now: Timestamp,
        kinds: &[&str],
        max: u32,
    ) -> Result<Vec<(Lease, Job)>, Fault> {
        let kinds = serde_json::json!(kinds).to_string();
        let run = self.state.run().to_owned();
        self.state.write(move |db| rules::take(db, now, &kinds, max, &run)).await
    }

    /// When the next waiting job of these kinds is due.
    pub async fn next_due(&self, kinds: &[&str]) -> Result<Option<Timestamp>, Fault> {
        let kinds = serde_json::json!(kinds).to_string();
        self.state.read(move |db| rules::next_due(db, &kinds)).await
    }

    /// The job still runs. A fault `STATE_CONFLICT` says that it is somebody else's by now, or was
    /// cancelled: stop.
    pub async fn heartbeat(&self, lease: &Lease, now: Timestamp) -> Result<(), Fault> {
        let lease = lease.clone();
        self.state.write(move |db| rules::heartbeat(db, &lease, now)).await
    }

    pub async fn done(
        &self,
        lease: &Lease,
        result: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let (lease, result) = (lease.clone(), rules::bounded(result)?);
        self.state.write(move |db| rules::done(db, &lease, &result, now)).await
    }

    /// The attempt failed: the job waits for its next, or is dead when it has none left.
    pub async fn fail(&self, lease: &Lease, error: &str, now: Timestamp) -> Result<Failed, Fault> {
        let (lease, error) = (lease.clone(), rules::short(error));
        let failed = self.state.write(move |db| rules::fail(db, &lease, &error, now)).await?;
        self.changed();
        Ok(failed)
    }

    /// No further attempt would help: the job is dead at once.
    pub async fn bury(&self, lease: &Lease, error: &str, now: Timestamp) -> Result<(), Fault> {
        let (lease, error) = (lease.clone(), rules::short(error));
        self.state.write(move |db| rules::bury(db, &lease, &error, now)).await
    }

    /// Jobs whose runner is gone: the lease ran out, or the board that ran them was killed.
    pub async fn reclaim(&self, now: Timestamp) -> Result<Reclaimed, Fault> {
        let run = self.state.run().to_owned();
        let reclaimed = self.state.write(move |db| rules::reclaim(db, now, &run)).await?;
        if !reclaimed.queued.is_empty() {
            self.changed();
        }
        Ok(reclaimed)
    }

    /// A dead or cancelled job runs again with all its attempts, a waiting one at once.
    pub async fn retry(&self, id: &str) -> Result<(), Fault> {
        let (id, now) = (id.to_owned(), self.state.now());
        self.state.write(move |db| rules::retry(db, &id, now)).await?;
        self.changed();
        Ok(())
    }

    /// True when it was running: its runner learns of it at the next heartbeat.
    pub async fn cancel(&self, id: &str) -> Result<bool, Fault> {
        let (id, now) = (id.to_owned(), self.state.now());
        self.state.write(move |db| rules::cancel(db, &id, now)).await
    }

    /// The newest first.
    pub async fn list(&self, filter: JobFilter) -> Result<Vec<Job>, Fault> {
        self.state.read(move |db| rules::list(db, &filter)).await
    }

    pub async fn show(&self, id: &str) -> Result<Job, Fault> {
        let id = id.to_owned();
        self.state.read(move |db| rules::find(db, &id)).await
    }

    pub async fn counts(&self) -> Result<Counts, Fault> {
        self.state.read(|db| job::counts(db).map_err(|e| faults::sqlite("count the jobs", e))).await
    }

    /// Forgets jobs that were done or cancelled before this time, a bounded number at once: zero means
    /// that none is left. Dead jobs stay until a person has seen them.
    pub async fn purge(&self, before: Timestamp) -> Result<usize, Fault> {
        self.state.write(move |db| rules::purge(db, before)).await
    }

    fn changed(&self) {
        self.state.jobs_changed().send_modify(|count| *count += 1);
    }
}
