//! Views that see more than their readers.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, sql_of};
use mag_model::catalog::TableKind;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "security_definer_view",
    level: Level::Error,
    engines: Engines::Postgres,
    title: "a view shows what its owner may see",
    why: "Policies of the tables below are asked for the owner of the view, who is held back by none: the reader sees every row.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for view in scene.of_kind(TableKind::View).filter(|v| scene.reachable(v)) {
        let name = name_of(view);
        let known = scene
            .facts
            .views
            .iter()
            .find(|f| mag_migrate::diff::Name::new(&f.schema, &f.name) == name);
        if known.is_some_and(|f| !f.security_invoker) {
            let remedy = format!("ALTER VIEW {} SET (security_invoker = true);", sql_of(view));
            found.push(
                Found::new(name.to_string(), "it runs with the rights of its owner").remedy(remedy),
            );
        }
    }
}
