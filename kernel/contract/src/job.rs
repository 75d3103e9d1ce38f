//! Background jobs: work that outlives the request and the process. A job runs at least once;
//! its handler must bear being called again.

use crate::clock::Timestamp;
use crate::fault::Fault;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;

pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// `backup.run`
    const KIND: &'static str;
    /// The first attempt included; after the last one the job is dead until someone retries it.
    const ATTEMPTS: u32 = 4;
    const WITHIN: Duration = Duration::from_secs(15 * 60);
}

#[derive(Clone, Debug)]
pub struct Order {
    pub kind: String,
    pub payload: Json,
    pub attempts: u32,
    pub within: Duration,
    /// Not before this time.
    pub run_at: Option<Timestamp>,
    /// While a job with this key waits or runs, no second one is queued.
    pub unique: Option<String>,
}

impl Order {
    pub fn of<J: Job>(job: &J) -> Result<Self, Fault> {
        let payload = serde_json::to_value(job)
            .map_err(|e| Fault::new(crate::codes::BUG, "a job cannot be written").because(e))?;
        Ok(Self {
            kind: J::KIND.into(),
            payload,
            attempts: J::ATTEMPTS,
            within: J::WITHIN,
            run_at: None,
            unique: None,
        })
    }
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique = Some(key.into());
        self
    }
    #[must_use]
    pub fn run_at(mut self, at: Timestamp) -> Self {
        self.run_at = Some(at);
        self
    }
}

/// The queue, as parts see it.
pub trait Queue: Send + Sync {
    /// Resolves with the job's id when it is on disk.
    fn enqueue(&self, order: Order) -> BoxFuture<'static, Result<String, Fault>>;
    /// Queue `order` at every time that the cron line names, once per due time, also across boots.
    fn schedule(
        &self,
        name: &str,
        cron: &str,
        order: Order,
    ) -> BoxFuture<'static, Result<(), Fault>>;
}

/// What a handler knows of the attempt it makes.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub id: String,
    pub number: u32,
}

pub type JobHandler =
    Arc<dyn Fn(Json, Attempt) -> BoxFuture<'static, Result<Json, Fault>> + Send + Sync>;

#[derive(Clone)]
pub struct Worker {
    pub kind: &'static str,
    pub handler: JobHandler,
}

impl Worker {
    pub fn new<J, F, R>(function: F) -> Self
    where
        J: Job,
        F: Fn(J, Attempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Json, Fault>> + Send + 'static,
    {
        let function = Arc::new(function);
        let handler: JobHandler = Arc::new(move |payload, attempt| {
            let function = function.clone();
            Box::pin(async move {
                let job = J::deserialize(&payload).map_err(|e| {
                    let message = format!("the payload of job `{}` cannot be read", J::KIND);
                    Fault::new(crate::codes::BAD_INPUT, message).because(e)
                })?;
                function(job, attempt).await
            })
        });
        Self { kind: J::KIND, handler }
    }
}
