//! One renderer for all SQL engines, and what a dialect may change of it. Values are always bound,
//! and names are quoted by one function: nothing from outside becomes part of a statement's text.
//! Never: a connection, a policy, a name that no catalog has.

pub mod ddl;
pub mod dialect;
pub mod postgres;
mod render;
pub mod sqlite;
pub mod statement;

pub use dialect::{Dialect, Error, Piece};
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use statement::{Arg, Form, Origin, Statement};

pub use render::read::{count, invoke, invoke_counted, read, rows_as_json};
pub use render::write::{
    Fate, Steps, answer, checks_inside, counts_touched, filling, found_by, one_statement, refused,
    steps,
};
