//! Tables that anyone in the world writes.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};
use mag_query::error::Verb;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "anonymous_writes",
    level: Level::Error,
    engines: Engines::All,
    title: "a table takes writes from people who have not signed in",
    why: "Nobody can be asked about such a row, and nothing stops a machine from filling the disk with them.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let role = scene.facts.anonymous.as_str();
    for table in scene.tables().filter(|t| scene.exposed(&t.schema)) {
        let open = [Verb::Insert, Verb::Update, Verb::Delete].into_iter().filter(|verb| {
            scene.granted(role, *verb, table)
                && (!scene.row_security(table) || scene.opened(role, *verb, table))
        });
        let open: Vec<String> = open.map(|v| v.word().to_uppercase()).collect();
        if !open.is_empty() {
            let verbs = open.join(", ");
            let detail = format!("`{role}` may {verbs}");
            let remedy = format!("REVOKE {verbs} ON {} FROM {role};", sql_of(table));
            found.push(Found::new(name_of(table).to_string(), detail).remedy(remedy));
        }
    }
}
