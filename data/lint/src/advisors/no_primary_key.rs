//! Tables whose rows nothing tells apart.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "no_primary_key",
    level: Level::Warning,
    engines: Engines::All,
    title: "a table has no primary key",
    why: "Without one, two rows can be the same and neither can be changed alone; replication and the doors need one too.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables().filter(|t| t.primary.is_none()) {
        let remedy = format!(
            "ALTER TABLE {} ADD COLUMN id uuid PRIMARY KEY DEFAULT gen_random_uuid();",
            sql_of(table)
        );
        let found_here =
            Found::new(name_of(table).to_string(), "no column or group of columns names a row");
        found.push(match scene.facts.engine {
            crate::Engine::Postgres => found_here.remedy(remedy),
            // SQLite takes a primary key when a table is made, and not later.
            crate::Engine::Sqlite => found_here,
        });
    }
}
