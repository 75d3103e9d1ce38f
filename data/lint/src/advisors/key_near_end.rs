//! Keys that are running out of numbers.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of, type_of};
use mag_migrate::dialect::ident;
use mag_model::Type;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "key_near_end",
    level: Level::Error,
    engines: Engines::Postgres,
    title: "a key is running out of numbers",
    why: "When the last number is given, every insert fails until the column is made larger, which locks the whole table.",
    check,
};

/// Beyond this share of the numbers it is time: growing tables double.
const SHARE_MAX: f64 = 0.5;

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        let Some([column]) = table.primary.as_ref().map(|k| &*k.columns) else { continue };
        let Some(column) = table.columns.iter().find(|c| c.name == *column) else { continue };
        let last = match type_of(column) {
            Some(Type::Int2) => f64::from(i16::MAX),
            Some(Type::Int4) => f64::from(i32::MAX),
            _ => continue,
        };
        let Some(highest) = scene.facts_of(table).and_then(|f| f.highest_key) else { continue };
        #[expect(clippy::cast_precision_loss, reason = "a share of a number is rough by nature")]
        let share = highest as f64 / last;
        if share > SHARE_MAX {
            let detail = format!("{:.0} % of the numbers of {} are used", share * 100.0, column.ty);
            let remedy = format!(
                "ALTER TABLE {} ALTER COLUMN {} TYPE bigint;",
                sql_of(table),
                ident(&column.name)
            );
            let object = format!("{}.{}", name_of(table), column.name);
            found.push(Found::new(object, detail).remedy(remedy));
        }
    }
}
