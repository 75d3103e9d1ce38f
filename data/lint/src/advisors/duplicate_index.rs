//! Indexes that say what another says.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, is_plain, name_of, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "duplicate_index",
    level: Level::Warning,
    engines: Engines::All,
    title: "two indexes are the same",
    why: "Every write keeps both up to date and both take space, and no read is faster for it.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for (at, index) in table.indexes.iter().enumerate() {
            if index.columns.is_empty() {
                continue;
            }
            let twin = table.indexes[..at].iter().find(|other| {
                other.columns == index.columns
                    && other.method == index.method
                    && other.condition == index.condition
                    && other.unique == index.unique
                    && is_plain(other)
                    && is_plain(index)
            });
            let key =
                table.primary.iter().chain(&table.unique).find(|k| k.columns == index.columns);
            let plain = index.condition.is_none() && is_plain(index);
            let other = twin.map(|t| &t.name).or_else(|| key.filter(|_| plain).map(|k| &k.name));
            if let Some(other) = other {
                let detail = format!("it says what `{other}` says");
                let remedy = format!("DROP INDEX {};", sql_name(&table.schema, &index.name));
                found.push(
                    Found::new(format!("{}.{}", name_of(table), index.name), detail).remedy(remedy),
                );
            }
        }
    }
}
