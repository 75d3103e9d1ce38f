//! Tables that refuse nothing.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "unbounded_table",
    level: Level::Warning,
    engines: Engines::All,
    title: "a table takes any row",
    why: "No key, no check, no column that must have a value: every mistake of every client is stored.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        let bounded = table.primary.is_some()
            || !table.unique.is_empty()
            || !table.foreign.is_empty()
            || !table.checks.is_empty()
            || table.columns.iter().any(|c| !c.nullable);
        if !bounded {
            found.push(Found::new(name_of(table).to_string(), "nothing is refused here"));
        }
    }
}
