//! The type whose meaning depends on a setting.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};
use mag_migrate::dialect::ident;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "money_type",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a column is of type money",
    why: "What a value is worth depends on the locale of the server, and a dump that is loaded elsewhere changes it.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for (table, column) in scene.columns().filter(|(_, c)| c.ty.eq_ignore_ascii_case("money")) {
        let object = format!("{}.{}", name_of(table), column.name);
        let remedy = format!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE numeric(19,4);",
            sql_of(table),
            ident(&column.name)
        );
        found.push(Found::new(object, "it is money").remedy(remedy));
    }
}
