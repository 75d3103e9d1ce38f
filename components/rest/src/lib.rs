//! The REST door in the dialect that PostgREST's clients speak: a request becomes a call, an answer
//! becomes a response. What may be done, and how it is done, is decided behind the store.
//! Never: SQL, a right, an engine by its name.

mod batch;
pub mod call;
pub mod cursor;
mod described;
mod door;
pub mod media;
pub mod negotiate;
pub mod parse;
mod passage;
pub mod payload;
pub mod prefer;
pub mod problem;
pub mod range;
mod recall;
pub mod render;
pub mod request;
pub mod respond;
mod rest;
mod root;
mod settings;
mod timing;
pub mod transact;
mod visit;

pub use rest::Rest;
pub use settings::Settings;
