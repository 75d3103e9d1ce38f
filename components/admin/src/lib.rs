//! MagGate's admin door: every operation of the board as HTTP, with the OpenAPI document that
//! follows from it. Permission, consent, preview and audit are the desk's; this door only
//! translates.
//! Never: an operation of its own, a route that an operation did not declare.

mod admin;
mod ailment;
mod caller;
mod door;
mod form;
mod openapi;
mod query;
mod settings;
mod shelf;
mod stream;
mod token;
mod tries;

pub use admin::Admin;
pub use settings::Settings;
