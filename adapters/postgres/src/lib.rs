//! PostgreSQL 13 to 18 as an engine of the house: its catalog, its connections, its rows, and its own
//! row policies.
//! Never: a door, a decision about who may ask what, another engine.

mod catalog;
mod component;
pub mod connect;
mod console;
pub mod dump;
pub mod engine;
pub mod error;
mod lock;
pub mod native;
pub mod pool;
mod run;
mod shadow;
mod statements;
mod survey;
pub mod tls;
mod types;
mod watch;
mod wire;

pub use catalog::Extension;
pub use component::{Card, Settings as CardSettings};
pub use connect::{Place, Target};
pub use dump::{CopyFormat, CopyOf};
pub use engine::{Postgres, Settings};
pub use pool::{PoolLimits, PoolState};
pub use tls::TlsMode;
