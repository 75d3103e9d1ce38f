//! Policies that nobody asks.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "policies_without_row_security",
    level: Level::Error,
    engines: Engines::All,
    title: "a table has policies, and they are switched off",
    why: "Whoever wrote them believes that rows are held back; none is.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables().filter(|t| !scene.row_security(t)) {
        let count = scene.policies_of(table).count();
        if count > 0 {
            let detail = format!("{count} written, none in force");
            let remedy = format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", sql_of(table));
            found.push(Found::new(name_of(table).to_string(), detail).remedy(remedy));
        }
    }
}
