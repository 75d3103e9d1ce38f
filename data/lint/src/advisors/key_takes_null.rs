//! Keys that do not say that they have a value.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};
use mag_migrate::dialect::ident;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "key_takes_null",
    level: Level::Warning,
    engines: Engines::Sqlite,
    title: "a primary key takes rows without a value",
    why: "SQLite fills in no key but INTEGER PRIMARY KEY, and takes NULL in the others unless NOT NULL is said: such rows have no key, come as often as they like, and no link leads to them.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        let (Some(facts), Some(key)) = (scene.facts_of(table), &table.primary) else { continue };
        for name in &facts.keys_with_null {
            let Some(column) = table.columns.iter().find(|column| column.name == *name) else {
                continue;
            };
            let alone = key.columns.len() == 1;
            let whole = mag_model::Type::named(&column.ty).is_some_and(|ty| ty.is_integer());
            let (quoted, ty) = (ident(name), column.ty.to_uppercase());
            let instead = match (alone, whole) {
                (true, true) => format!(
                    "`{quoted} INTEGER PRIMARY KEY` to have it numbered, `{quoted} {ty} NOT NULL PRIMARY KEY` to number it yourself"
                ),
                (true, false) => format!("`{quoted} {ty} NOT NULL PRIMARY KEY`"),
                (false, _) => format!("`{quoted} {ty} NOT NULL`"),
            };
            found.push(Found::new(
                format!("{}.{name}", name_of(table)),
                format!("it may be NULL although it is of the key; make the table with {instead}"),
            ));
        }
    }
}
