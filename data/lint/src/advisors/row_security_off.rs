//! Tables that anyone with a grant reads whole.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "row_security_off",
    level: Level::Error,
    engines: Engines::All,
    title: "a table is reachable and holds no row back",
    why: "Every row of it can be read, and where writing is granted changed, by everyone who comes through the doors with that role.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables().filter(|t| scene.reachable(t) && !scene.row_security(t)) {
        let roles: Vec<&str> = scene
            .api_roles()
            .into_iter()
            .filter(|role| {
                mag_query::error::Verb::ALL.iter().any(|v| scene.granted(role, *v, table))
            })
            .collect();
        let detail = format!("`{}` reach it, and no policy is asked", roles.join("` and `"));
        let remedy = format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", sql_of(table));
        found.push(Found::new(name_of(table).to_string(), detail).remedy(remedy));
    }
}
