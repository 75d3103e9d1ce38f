//! Numbers that are given a second time.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "number_reuse",
    level: Level::Info,
    engines: Engines::Sqlite,
    title: "numbers of deleted rows are given again",
    why: "Without AUTOINCREMENT the highest number is given anew after its row is deleted: an old link then leads to another row.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        let Some([column]) = table.primary.as_ref().map(|k| &*k.columns) else { continue };
        let counted =
            table.columns.iter().any(|c| c.name == *column && c.ty.eq_ignore_ascii_case("integer"));
        let reuses = scene.facts_of(table).is_some_and(|f| !f.autoincrement && !f.without_rowid);
        if counted && reuses {
            found.push(Found::new(
                format!("{}.{column}", name_of(table)),
                "the key is made without AUTOINCREMENT",
            ));
        }
    }
}
