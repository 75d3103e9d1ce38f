//! Tables of other servers that no policy guards.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};
use mag_model::catalog::TableKind;
use mag_query::error::Verb;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "foreign_table_in_api",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a foreign table can be read through the doors",
    why: "No policy can hold rows of it back, and each request goes to another server.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.of_kind(TableKind::Foreign).filter(|t| scene.exposed(&t.schema)) {
        let reads = |role: &&str| scene.granted(role, Verb::Select, table);
        let roles: Vec<&str> = scene.api_roles().into_iter().filter(reads).collect();
        if !roles.is_empty() {
            let remedy = format!("REVOKE ALL ON {} FROM {};", sql_of(table), roles.join(", "));
            let detail =
                format!("`{}` may read it, and it holds back no row", roles.join("` and `"));
            found.push(Found::new(name_of(table).to_string(), detail).remedy(remedy));
        }
    }
}
