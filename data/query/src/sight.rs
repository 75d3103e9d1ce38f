//! What the asker may know of: a table, column or function out of sight is one that does not exist,
//! in errors and in hints as well.

use mag_model::catalog::{ColumnId, FunctionId, TableId};

pub trait Sight: Send + Sync {
    fn table(&self, table: TableId) -> bool;
    fn column(&self, table: TableId, column: ColumnId) -> bool;
    fn function(&self, function: FunctionId) -> bool;
}

/// For an engine that refuses by itself, and for the board's own work.
#[derive(Clone, Copy, Debug)]
pub struct Everything;

impl Sight for Everything {
    fn table(&self, _: TableId) -> bool {
        true
    }
    fn column(&self, _: TableId, _: ColumnId) -> bool {
        true
    }
    fn function(&self, _: FunctionId) -> bool {
        true
    }
}
