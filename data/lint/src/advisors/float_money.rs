//! Sums of money that are rounded in secret.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, type_of};
use mag_model::Type;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "float_money",
    level: Level::Warning,
    engines: Engines::All,
    title: "an amount of money is a floating point number",
    why: "0.1 + 0.2 is not 0.3 there: sums drift by cents, and no rounding brings them back.",
    check,
};

const NAMES: [&str; 10] =
    ["price", "amount", "cost", "balance", "total", "salary", "fee", "tax", "revenue", "budget"];

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for (table, column) in scene.columns() {
        let money = column.name.to_lowercase();
        let money = money.split('_').any(|word| NAMES.contains(&word));
        if money && matches!(type_of(column), Some(Type::Float4 | Type::Float8)) {
            let object = format!("{}.{}", name_of(table), column.name);
            found.push(Found::new(
                object,
                format!("it is {}; numeric keeps every digit", column.ty),
            ));
        }
    }
}
