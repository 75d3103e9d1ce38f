//! MagDS, the data store: projects, their sources, and one path to their rows. It fills the socket
//! `StoreSocket` of `mag_ports`, and opens engines through the cards that are plugged in.
//! Never: an engine's name outside of `engines`, SQL of somebody else, a second way to rows.
//!
//! For other parts (all of it through `mag_ports`, nothing from here):
//!
//! - `StoreSocket` → `Store`: `project(ProjectRef)`, `projects()`, `zero()`. Lookups in memory.
//! - `Project`: `primary()`, `source(name)`, `settings` (in force at once after `project:set`).
//! - `Source`: `view()` → plan and authorise; `run`, `run_all` → the whole path; `database()` →
//!   the engine with limits and counts around it; `refresh()` after a change of the structure.
//! - Rules: `rules()` is what is in force; change a copy and give it whole to `keep_rules`. On an
//!   engine with row policies of its own only budgets and masks are taken from it.
//! - Own tables in a source (`auth`, ...): `track::bring_up(database, "auth", &migrations)`, in the
//!   dialect that `database.base().dialect` names; then `refresh()`.
//! - `Database::note` / `keep_note`: a small text that a SQLite database of ours carries itself.
//! - Hooks before a call: `events::DataQuery`, `events::DataWrite` (`data.query`, `data.write`);
//!   `BeforeDbCreate`, `AfterDbCreate`. Facts: `database.query.executed` (told when heard),
//!   `database.structure.changed`, `database.rules.changed`, `database.connection.failed` and
//!   `.restored`, `database.source.connected` and `.detached`, `database.migration.applied`,
//!   `project.changed`.
//! - The first boot makes project `main` with a SQLite source `main`.

mod book;
mod component;
mod engines;
mod keeper;
mod metered;
mod operations;
mod outline;
mod rules;
mod seal;
mod settings;
mod shape;
mod shelf;
mod slow;
mod source;
mod tally;
mod zero;

pub use component::Ds;
pub use settings::Settings;
