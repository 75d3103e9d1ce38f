//! The journal of facts: what was acknowledged is on the disk, in order, and can be read again from
//! any position that is still kept. The audit log is the same journal with a chain of hashes.
//! Never: a runtime, a bus, the meaning of a payload. It owns two plain threads a journal, one that
//! writes and one that reads, and hands out handles that a task can await.
//!
//! Start with `journal.rs` (the handle), then `writer.rs` (group commit) and `open.rs` (recovery).

mod audit;
mod chain;
mod consumer;
mod damage;
mod disk;
mod faults;
mod frame;
mod journal;
mod limits;
mod open;
mod read;
mod record;
mod segment;
mod shelf;
mod sweep;
mod writer;

pub use audit::{Audit, Broken, Verdict};
pub use chain::Seal;
pub use consumer::{Consumer, Delivery, Start};
pub use damage::Damage;
pub use disk::{Disk, DiskFile, Machine};
pub use journal::{Journal, Stats};
pub use limits::Limits;
pub use open::OpenReport;
pub use read::{Batch, Filter};
pub use record::{Draft, PAYLOAD_MAX, Position, Record};
pub use sweep::Swept;
