//! Foreign keys that no index follows.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, columns_text, name_of, sql_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "foreign_key_without_index",
    level: Level::Warning,
    engines: Engines::All,
    title: "a foreign key has no index",
    why: "Each time a row that is pointed to is deleted or gets another key, the whole table is read to find who points to it; joins along the key read it too.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for key in table.foreign.iter().filter(|key| !scene.indexed(table, &key.columns)) {
            let index = mag_migrate::dialect::ident(&format!(
                "{}_{}_idx",
                table.name,
                key.columns.join("_")
            ));
            let columns = columns_text(&key.columns);
            let detail = format!("no index begins with ({columns})");
            let remedy = format!("CREATE INDEX {index} ON {} ({columns});", sql_of(table));
            found.push(
                Found::new(format!("{}.{}", name_of(table), key.name), detail).remedy(remedy),
            );
        }
    }
}
