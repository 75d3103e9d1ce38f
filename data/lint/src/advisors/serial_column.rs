//! Numbers from a sequence of their own.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "serial_column",
    level: Level::Info,
    engines: Engines::Postgres,
    title: "a column is serial instead of an identity",
    why: "The sequence has rights and an owner of its own, so inserts fail for who may write the table and not the sequence, and any client may give its own number.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for (table, column) in scene.columns() {
        let counted =
            column.default.as_ref().is_some_and(|d| d.to_ascii_lowercase().starts_with("nextval("));
        if counted {
            let object = format!("{}.{}", name_of(table), column.name);
            found.push(Found::new(
                object,
                "GENERATED ALWAYS AS IDENTITY keeps number and rights together",
            ));
        }
    }
}
