//! The query string: which columns, which rows, in what order, how many. Pure, and strict: what
//! cannot be read is told with the place where reading stopped and what was expected there.

mod field;
mod filter;
mod logic;
mod order;
mod pairs;
mod query;
mod reader;
mod select;

pub use pairs::{decode, is_text, pairs};
pub(crate) use query::escape;
pub use query::{Params, Path, bound};
pub use reader::Unreadable;
