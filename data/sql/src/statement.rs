//! A statement: its text, its values, and what its columns are.

use mag_model::{Type, Value};
use std::sync::Arc;

/// Names and types, in their order.
pub type Columns = Vec<(Arc<str>, Type)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub text: String,
    /// In the order of their numbers in the text.
    pub args: Vec<Arg>,
    /// The columns that come back, with the types in which they come: a type that only the engine
    /// knows comes as JSON.
    pub columns: Columns,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub value: Value,
    pub ty: Type,
}
