//! What every part of MagFlock compiles against: faults, actors, sockets, components, operations,
//! facts and hooks. No part knows another part; a part knows the sockets of the board.
//! Never: an engine, a server, a file format, a policy of the kernel.

pub mod actor;
pub mod clock;
pub mod codes;
pub mod durable;
pub mod fault;
pub mod names;
pub mod secret;

pub use actor::{Actor, ActorKind, Permissions};
pub use clock::{Clock, Timestamp};
pub use fault::{Class, Fault};
pub use secret::Secret;
