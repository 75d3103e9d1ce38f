//! A structure as the script that makes it from nothing.

use crate::dialect::Dialect;
use crate::diff::Diff;
use crate::structure::Structure;

/// What the engine has no words for stands in comments at the top. Rows are no part of it.
pub fn dump(structure: &Structure, dialect: &dyn Dialect) -> String {
    let mut structure = structure.clone();
    let (schema, table) = dialect.history().table;
    structure.draft.tables.retain(|t| !(t.schema == schema && t.name == table));
    let nothing = Structure::default();
    Diff::between(&nothing, &structure).script(dialect, &nothing, &structure)
}
