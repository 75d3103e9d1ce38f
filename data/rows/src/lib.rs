//! Operators over rows in memory: the meaning of an answer, against which engines are measured.
//! PostgreSQL's meaning, with text compared byte by byte. Slow and obvious; engines borrow single
//! operators from here where they have none of their own.
//! Never: an index, a lock, a file.

pub mod aggregate;
pub mod arithmetic;
pub mod cast;
pub mod compare;
mod constraints;
pub mod database;
mod eval;
pub mod path;
pub mod pattern;
pub mod search;
mod select;
pub mod sets;
mod write;

pub use database::{Database, Error};
