//! Indexes that are the beginning of a longer one.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, is_plain, name_of, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "redundant_index",
    level: Level::Info,
    engines: Engines::All,
    title: "an index is the beginning of another",
    why: "The longer one serves the same reads; the shorter one only costs writes and space.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for index in
            table.indexes.iter().filter(|i| !i.unique && !i.columns.is_empty() && is_plain(i))
        {
            let longer = |columns: &[String]| {
                columns.len() > index.columns.len() && columns.starts_with(&index.columns)
            };
            let indexes = table.indexes.iter().filter(|other| {
                is_plain(other)
                    && other.method == index.method
                    && other.condition == index.condition
                    && longer(&other.columns)
            });
            let keys = table.primary.iter().chain(&table.unique);
            let keys = keys.filter(|k| index.condition.is_none() && longer(&k.columns));
            let other = indexes.map(|i| &i.name).chain(keys.map(|k| &k.name)).next();
            if let Some(other) = other {
                let detail = format!("`{other}` begins with the same columns");
                let remedy = format!("DROP INDEX {};", sql_name(&table.schema, &index.name));
                found.push(
                    Found::new(format!("{}.{}", name_of(table), index.name), detail).remedy(remedy),
                );
            }
        }
    }
}
