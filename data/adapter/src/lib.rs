//! MagAdapter: what an engine must be able to do to hold data, what it may be unable to do, and the
//! suites that every adapter passes.
//! Never: a driver, a runtime, an engine's name.

pub mod abilities;
pub mod conformance;
pub mod differential;
pub mod discretion;
pub mod engine;
pub mod error;
pub mod generate;
pub mod memory;
pub mod pace;
pub mod templates;

pub use abilities::{Abilities, Ability};
pub use discretion::discreet;
pub use engine::{Access, Answering, Bound, Console, Ending, Engine, Transaction};
pub use error::EngineError;
pub use memory::Memory;
pub use pace::Pace;
