//! MagGate's admin door: every operation of the board as HTTP, with the OpenAPI document that
//! follows from it. Permission, consent, preview and audit are the desk's; this door only
//! translates.
//! Its own operations are about itself: links and sessions of people at a browser.
//! Never: a route beside those that an operation did not declare.

mod admin;
mod ailment;
mod caller;
mod door;
mod form;
mod openapi;
mod operations;
mod query;
mod sessions;
mod settings;
mod shelf;
mod stream;
mod token;
mod tries;
mod visit;

pub use admin::Admin;
pub use settings::Settings;
