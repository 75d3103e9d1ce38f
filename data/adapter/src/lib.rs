//! MagAdapter: what an engine must be able to do to hold data, what it may be unable to do, and the
//! suite that every adapter passes.
//! Never: a driver, a runtime, an engine's name.

pub mod abilities;
pub mod engine;
pub mod error;

pub use abilities::Abilities;
pub use engine::{Access, Answering, Console, Ending, Engine, Transaction};
pub use error::EngineError;
