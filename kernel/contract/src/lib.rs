//! What every part of MagFlock compiles against: faults, actors, sockets, components, operations,
//! facts and hooks. No part knows another part; a part knows the sockets of the board.
//! Never: an engine, a server, a file format, a policy of the kernel.

pub mod actor;
pub mod bus;
pub mod cache;
pub mod clock;
pub mod codes;
pub mod component;
pub mod doctor;
pub mod door;
pub mod durable;
pub mod exchange;
pub mod fact;
pub mod fault;
pub mod hook;
pub mod input;
pub mod job;
pub mod journal;
pub mod life;
pub mod manifest;
pub mod names;
pub mod operation;
pub mod part;
pub mod problem;
pub mod secret;
pub mod socket;
pub mod state;
pub mod traffic;
mod types;
pub mod vitals;
pub mod ward;
pub mod wiring;

pub use actor::{Actor, ActorKind, Permissions};
pub use bus::{Bus, Heard};
pub use clock::{Clock, Timestamp};
pub use component::{Component, OnChange, Settings};
pub use fact::{Context, Envelope, Fact, Source};
pub use fault::{Class, Fault};
pub use life::{Health, Life, Lifeline};
pub use manifest::{Claim, Manifest, Pace, Standing};
pub use operation::{Effect, Example, Operation};
pub use part::PartId;
pub use secret::Secret;
pub use socket::{Jack, Socket, SocketKey, Unplugged};
pub use wiring::Wiring;
