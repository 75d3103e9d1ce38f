//! Texts that are filled up with blanks.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of, type_of};
use mag_migrate::dialect::ident;
use mag_model::Type;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "char_n",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a column is of type char(n)",
    why: "Values are filled up with blanks that some comparisons see and others do not; nothing is faster or smaller for it.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for (table, column) in scene.columns() {
        if matches!(type_of(column), Some(Type::Bpchar(_))) {
            let object = format!("{}.{}", name_of(table), column.name);
            found.push(Found::new(object, format!("it is {}", column.ty)).remedy(format!(
                "ALTER TABLE {} ALTER COLUMN {} TYPE text;",
                sql_of(table),
                ident(&column.name)
            )));
        }
    }
}
