//! What data is: types, values, and the catalog of tables, keys, relations and functions that an
//! engine holds. PostgreSQL's names, text forms and JSON forms are the norm for every engine.
//! Never: an engine, a query, a right.

pub mod array;
pub mod catalog;
pub mod declared;
pub mod error;
pub mod hint;
pub mod json;
pub mod literal;
pub mod numeric;
pub mod range;
pub mod time;
pub mod types;
pub mod value;

pub use catalog::{Catalog, ColumnId, FunctionId, TableId};
pub use error::{About, BadValue};
pub use numeric::Numeric;
pub use types::Type;
pub use value::Value;
