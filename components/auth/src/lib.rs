//! MagAuth, the trust module: who asks, at every door. It verifies tokens and keys, keeps users of
//! four kinds, their sessions and second factors, and speaks GoTrue's dialect at `/auth/v1`.
//! Never: what a role may do with a row (that is the guard's), a connection of its own to an
//! engine, a secret in a log.

mod agents;
mod auth;
mod gotrue;
mod home;
mod identify;
mod keys;
mod latest;
mod operations;
mod passwords;
mod people;
mod post;
mod rights;
mod schema;
pub mod settings;
mod staff;
pub mod tokens;
mod totp;
mod vault;
mod watch;
mod web;

pub use auth::Auth;
pub use settings::Settings;
