//! Tables that are closed to everyone.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "row_security_without_policy",
    level: Level::Info,
    engines: Engines::All,
    title: "a table is reachable, and no policy opens a row",
    why: "That is safe. When nobody reads a row although somebody should, this is why.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables().filter(|t| scene.reachable(t) && scene.row_security(t)) {
        if scene.policies_of(table).next().is_none() {
            found.push(Found::new(
                name_of(table).to_string(),
                "granted, and closed for want of a policy",
            ));
        }
    }
}
