//! Where durable facts are kept, as the bus sees it. The kernel hands in the real one.

use crate::clock::Timestamp;
use crate::fault::Fault;
use futures::future::BoxFuture;

/// A fact on its way to the disk. `body` is the envelope as JSON.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Timestamp,
    pub topic: String,
    pub source: String,
    pub body: Vec<u8>,
}

/// A fact as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub position: u64,
    pub line: Line,
}

/// Some facts, and where to go on.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub kept: Vec<Kept>,
    pub next: u64,
}

/// Which facts are wanted: those whose topic begins so, of that source; empty means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub topic: String,
    pub source: String,
}

pub trait Journal: Send + Sync {
    /// Resolves when the fact is on disk. Facts get their positions in the order of the calls.
    fn append(&self, line: Line) -> BoxFuture<'static, Result<u64, Fault>>;
    /// At most `max` facts from `from` on, in order; 0 is wherever the journal begins.
    fn read(
        &self,
        from: u64,
        wanted: Wanted,
        max: usize,
    ) -> BoxFuture<'static, Result<Batch, Fault>>;
    fn position_at(&self, at: Timestamp) -> BoxFuture<'static, Result<u64, Fault>>;
    fn oldest(&self) -> u64;
    fn newest(&self) -> u64;
    /// Resolves with the newest position once it is past this one.
    fn past(&self, position: u64) -> BoxFuture<'static, Result<u64, Fault>>;
    /// The last position that this consumer has finished; 0 for a new one.
    fn finished(&self, consumer: &str) -> BoxFuture<'static, Result<u64, Fault>>;
    fn finish(&self, consumer: &str, position: u64) -> BoxFuture<'static, Result<(), Fault>>;
}
