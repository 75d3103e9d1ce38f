//! Rows as operations: what a grid on a screen, a person at a prompt and an agent all need, by the
//! same path that every door takes. Whoever asks may ask as another role, and sees what it sees.
//! Never: SQL, a second path to rows.

mod condition;
mod part;
mod read;
mod write;

pub use part::{Grid, Settings};
