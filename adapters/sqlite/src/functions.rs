//! The SQL functions that SQLite is taught, one file a kind.
//! Never: a second meaning. What an operator means is said in `mag-rows`; here it is only called.

pub(crate) mod identity;
pub(crate) mod moment;
pub(crate) mod operators;
pub(crate) mod pattern;

use mag_sql::sqlite::store::Stored;
use rusqlite::functions::Context;
use rusqlite::types::{Value as Cell, ValueRef};

fn given(ctx: &Context<'_>, place: usize) -> Stored {
    match ctx.get_raw(place) {
        ValueRef::Null => Stored::Null,
        ValueRef::Integer(n) => Stored::Integer(n),
        ValueRef::Real(n) => Stored::Real(n),
        ValueRef::Text(bytes) => Stored::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Stored::Blob(bytes.to_vec()),
    }
}

fn gives(stored: Stored) -> Cell {
    match stored {
        Stored::Null => Cell::Null,
        Stored::Integer(n) => Cell::Integer(n),
        Stored::Real(n) => Cell::Real(n),
        Stored::Text(text) => Cell::Text(text),
        Stored::Blob(bytes) => Cell::Blob(bytes),
    }
}
