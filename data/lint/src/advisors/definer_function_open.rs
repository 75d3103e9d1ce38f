//! Functions that lend their owner to anyone.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "definer_function_open",
    level: Level::Warning,
    engines: Engines::Postgres,
    title: "anyone can call a function that runs as its owner",
    why: "No policy and no grant holds such a function back; the doors of the API call it for whoever asks.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let role = scene.facts.anonymous.as_str();
    let functions = scene.facts.functions.iter();
    for function in functions.filter(|f| f.security_definer && scene.exposed(&f.schema)) {
        let open = function.executable_by.iter().find(|r| *r == role || *r == "public");
        if let Some(open) = open {
            let object = sql_name(&function.schema, &function.name);
            let remedy = format!("REVOKE EXECUTE ON FUNCTION {object} FROM {open};");
            found.push(Found::new(object, format!("`{open}` may call it")).remedy(remedy));
        }
    }
}
