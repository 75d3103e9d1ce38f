//! Times of which nobody knows when they were.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of, type_of};
use mag_migrate::dialect::ident;
use mag_model::Type;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "timestamp_without_zone",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a time does not say of which zone it is",
    why: "The same value is another moment for each client, and none can tell which was meant.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let plain = |ty: Option<Type>| matches!(ty, Some(Type::Timestamp));
    for (table, column) in scene.columns().filter(|(_, c)| plain(type_of(c))) {
        let object = format!("{}.{}", name_of(table), column.name);
        let column = ident(&column.name);
        let remedy = format!(
            "ALTER TABLE {} ALTER COLUMN {column} TYPE timestamptz USING {column} AT TIME ZONE 'UTC';",
            sql_of(table)
        );
        found.push(Found::new(object, "it is timestamp without time zone").remedy(remedy));
    }
}
