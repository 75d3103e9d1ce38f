//! Facts: what happened, typed and in the past tense. The type is the topic. Whoever missed one
//! can read the state again, so losing a fact is never losing data; a *durable* one is kept on
//! disk, told at least once, in order for each source, and can be replayed.

use crate::clock::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub trait Fact: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    const NAME: &'static str;
    /// Kept in the journal, and told only once it is on disk.
    const DURABLE: bool = false;
    /// So frequent that it is made only when somebody hears it, and is kept nowhere.
    const TRAFFIC: bool = false;
    /// Capabilities that an extension must hold to hear it.
    const CAPABILITIES: &'static [&'static str] = &[];
}

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    pub component: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extension: Option<Arc<str>>,
}

impl Source {
    pub fn component(name: &str) -> Self {
        Self { component: name.into(), extension: None }
    }
}

/// In whose work it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project_id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace_id: Option<Arc<str>>,
}

/// A fact with its date and sender, as the wire shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<E> {
    pub event_id: uuid::Uuid,
    pub event_type: std::borrow::Cow<'static, str>,
    pub timestamp: Timestamp,
    pub source: Source,
    pub data: E,
    #[serde(default)]
    pub context: Context,
    #[serde(default)]
    pub capabilities_required: Vec<std::borrow::Cow<'static, str>>,
    /// Where it stands in the journal; facts that are not durable have no position.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<u64>,
}

/// A fact of any type, for those who watch the whole bus.
pub trait Told: Send + Sync {
    fn name(&self) -> &str;
    fn source(&self) -> &Source;
    fn timestamp(&self) -> Timestamp;
    fn position(&self) -> Option<u64>;
    fn to_json(&self) -> serde_json::Value;
}

impl<E: Fact> Told for Envelope<E> {
    fn name(&self) -> &str {
        E::NAME
    }
    fn source(&self) -> &Source {
        &self.source
    }
    fn timestamp(&self) -> Timestamp {
        self.timestamp
    }
    fn position(&self) -> Option<u64> {
        self.position
    }
    fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }
}

/// Makes time-ordered identifiers without asking the machine for chance each time.
pub(crate) struct Identifiers {
    base: u128,
    count: std::sync::atomic::AtomicU64,
}

impl Default for Identifiers {
    fn default() -> Self {
        Self { base: uuid::Uuid::new_v4().as_u128(), count: Default::default() }
    }
}

impl Identifiers {
    pub(crate) fn next(&self, at: Timestamp) -> uuid::Uuid {
        // The low 74 bits of a version 7 identifier are free: a random start that counts up.
        let n = self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let chance = self.base.wrapping_add(u128::from(n)).to_be_bytes();
        let mut tail = [0u8; 10];
        tail.copy_from_slice(&chance[6..]);
        let millis = u64::try_from(at.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}
