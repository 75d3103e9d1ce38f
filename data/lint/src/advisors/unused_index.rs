//! Indexes that nobody has used since the engine counts.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "unused_index",
    level: Level::Info,
    engines: Engines::Postgres,
    title: "an index is never used",
    why: "Every write keeps it up to date. Look at all replicas before it goes: each counts for itself.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        // A unique index is there for what it refuses.
        for index in table.indexes.iter().filter(|i| !i.unique) {
            let known = scene.facts.indexes.iter();
            let mut known =
                known.filter(|f| f.name == index.name && f.schema == name_of(table).schema);
            let Some(facts) = known.next().filter(|f| f.scans == Some(0)) else { continue };
            let size =
                facts.bytes.map(|b| format!(" and takes {} KiB", b / 1024)).unwrap_or_default();
            let remedy =
                format!("DROP INDEX CONCURRENTLY {};", sql_name(&table.schema, &index.name));
            let object = format!("{}.{}", name_of(table), index.name);
            found.push(Found::new(object, format!("it was used 0 times{size}")).remedy(remedy));
        }
    }
}
