//! Columns that take values of any type.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "not_strict",
    level: Level::Info,
    engines: Engines::Sqlite,
    title: "a table takes values of any type",
    why: "Without STRICT a number column stores texts, and nobody is told until somebody calculates with them.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables().filter(|t| scene.facts_of(t).is_some_and(|f| !f.strict)) {
        found.push(Found::new(name_of(table).to_string(), "it was made without STRICT"));
    }
}
