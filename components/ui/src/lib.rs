//! MagUI, the monitor: the admin screen, out of the binary. It hands out files and nothing else;
//! what the screen shows and does goes through the admin API, like everyone's calls.
//! Never: a decision, a secret, a request to anywhere.

mod door;
mod files;
mod part;

pub use part::{Settings, Ui};
