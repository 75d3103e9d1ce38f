//! JSON that is read anew each time.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of, type_of};
use mag_migrate::dialect::ident;
use mag_model::Type;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "json_not_jsonb",
    level: Level::Info,
    engines: Engines::Postgres,
    title: "a column is json instead of jsonb",
    why: "json keeps the text and reads it anew for each question, has no equality and no index; jsonb has both.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for (table, column) in scene.columns() {
        if matches!(type_of(column), Some(Type::Json)) {
            let object = format!("{}.{}", name_of(table), column.name);
            found.push(Found::new(object, "it is json").remedy(format!(
                "ALTER TABLE {} ALTER COLUMN {} TYPE jsonb;",
                sql_of(table),
                ident(&column.name)
            )));
        }
    }
}
