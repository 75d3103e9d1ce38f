//! What a source looks like from outside, as operations: types for seven languages, its OpenAPI
//! document as a role sees it, its rules in words.
//! Never: a way to rows, a change of anything.

mod component;
mod document;
mod place;
mod settings;
mod types;
mod words;

pub use component::Reference;
pub use settings::Settings;
