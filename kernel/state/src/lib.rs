//! What the board remembers between two boots: values of its parts, its boots, its jobs, its
//! schedules. One SQLite file, one thread that owns it; handles ask over a bounded queue.
//! Never: running a job, reading a cron line, a table of a user. State that is damaged is set aside
//! and begun anew; it never stops a boot.
//!
//! Start with `open.rs` (what is done to a file that may be damaged), then `keeper.rs` (the thread).

mod backoff;
mod boots;
mod faults;
mod jobs;
mod keeper;
mod open;
mod schedules;
mod schema;
mod state;
mod values;

pub use backoff::backoff;
pub use boots::{Boot, Boots, HowEnded};
pub use jobs::{
    Counts, Enqueued, Failed, Job, JobFilter, JobOptions, JobState, Jobs, LEASE, Lease, Reclaimed,
};
pub use open::{OpenReport, SetAside};
pub use schedules::{Schedule, Schedules};
pub use state::State;
pub use values::{Value, Values};
