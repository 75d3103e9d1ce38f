//! MagMoBo, the motherboard: it boots, tests, seats, watches, swaps and takes down the parts that
//! plug into it, and knows none of them by name.

mod archive;
mod board;
mod boot;
mod config;
mod desk;
pub mod facts;
mod health;
mod incarnation;
mod keep;
mod kernel;
pub mod kind;
mod lifecycle;
mod listeners;
pub mod lock;
mod machine;
mod monitor;
mod names;
pub mod operations;
mod parts;
mod post;
mod registry;
mod session;
mod settings;
mod stages;
mod supervisor;
mod vitals;
mod workers;

pub use board::{Board, Started};
pub use boot::{Boot, BootFailure};
pub use config::{Config, FILE, Sources, sections};
pub use desk::{AuditLine, AuditSink};
pub use health::Condition;
pub use incarnation::DrainReport;
pub use keep::Keep;
pub use lifecycle::State;
pub use monitor::Checked;
pub use parts::{Part, Parts};
pub use post::Misfit;
pub use registry::PartRecord;
pub use session::{Ending, ReloadReport, Session, ShutdownReport};
pub use settings::{BoardSettings, HealthSettings, JobsSettings, JournalSettings};
pub use stages::{BootReport, Line, Mark, Stage};
pub use supervisor::SwapReport;
