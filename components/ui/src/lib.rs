//! MagUI, the monitor: the admin screen, out of the binary, and what its charts show: the numbers of
//! the last hour, day and week, and who used which route today; and the statements that people save.
//! What the screen shows and does goes through the admin API, like everyone's calls.
//! Never: a decision, a secret, a request to anywhere.

mod door;
mod files;
mod history;
mod operations;
mod part;
mod queries;
mod scrape;
mod shelves;
mod usage;

pub use part::{Settings, Ui};
