//! Unique keys that rows without a value escape.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "nullable_unique",
    level: Level::Info,
    engines: Engines::All,
    title: "a unique key takes empty values",
    why: "Two rows that are empty there count as different, so the key does not hold for them.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for key in &table.unique {
            let open: Vec<&str> = table
                .columns
                .iter()
                .filter(|c| c.nullable && key.columns.contains(&c.name))
                .map(|c| c.name.as_str())
                .collect();
            if !open.is_empty() {
                let detail = format!("`{}` may be empty", open.join("`, `"));
                found.push(Found::new(format!("{}.{}", name_of(table), key.name), detail));
            }
        }
    }
}
