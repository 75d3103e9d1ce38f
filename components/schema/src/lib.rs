//! The structure of sources and who may do what with them, as operations: migrations, dumps,
//! differences, advisors, seeds, SQL as a person writes it, policies, rights, masks and budgets.
//! Never: an engine's name, a second way to the rows.

mod column;
mod component;
mod function;
mod grant;
mod hands;
mod migrate;
mod policy;
mod role;
mod rules;
mod schema;
mod settings;
mod shadow;
mod sql;
mod turns;

pub use component::Schema;
pub use settings::Settings;
