//! Tables that are kept in an order nobody asks for.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, columns_text, name_of, type_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "text_key_with_rowid",
    level: Level::Info,
    engines: Engines::Sqlite,
    title: "a table with a key of its own is sorted by a hidden number",
    why: "Each read by key looks in two places, and the key is stored twice; WITHOUT ROWID keeps the rows in the order of their key.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        let Some(key) = &table.primary else { continue };
        let whole = |name: &str| {
            let column = table.columns.iter().find(|c| c.name == name);
            column.and_then(type_of).is_some_and(|ty| ty.is_integer())
        };
        let own = match &*key.columns {
            [only] => !whole(only),
            _ => true,
        };
        let rowid = scene.facts_of(table).is_some_and(|f| !f.without_rowid);
        if own && rowid {
            found.push(Found::new(
                name_of(table).to_string(),
                format!("its key is ({})", columns_text(&key.columns)),
            ));
        }
    }
}
