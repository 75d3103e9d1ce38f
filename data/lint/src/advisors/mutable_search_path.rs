//! Functions that can be made to call others.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "mutable_search_path",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "a function does not say where it looks names up",
    why: "Its caller sets the search path, and so can put a table or function of their own in place of the one that was meant.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for function in scene.facts.functions.iter().filter(|f| f.search_path.is_none()) {
        let object = sql_name(&function.schema, &function.name);
        let detail = match function.security_definer {
            true => "it runs with the rights of its owner, on the search path of its caller",
            false => "it runs on the search path of its caller",
        };
        let remedy = format!("ALTER FUNCTION {object} SET search_path = '';");
        found.push(Found::new(object, detail).remedy(remedy));
    }
}
