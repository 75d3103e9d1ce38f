//! Several policies where one would do.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, speaks_to};
use mag_query::error::Verb;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "several_permissive",
    level: Level::Warning,
    engines: Engines::All,
    title: "several permissive policies serve one role and command",
    why: "A row is open when any of them says so: each is worked out for each row, and each is one more place to make a mistake in.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for role in scene.api_roles() {
            for verb in Verb::ALL {
                let names: Vec<&str> = scene
                    .policies_of(table)
                    .filter(|p| p.permissive && p.command.covers(verb) && speaks_to(p, role))
                    .map(|p| p.name.as_str())
                    .collect();
                if names.len() > 1 {
                    let object = format!("{} {} {role}", name_of(table), verb.word());
                    found.push(Found::new(object, format!("`{}`", names.join("`, `"))));
                }
            }
        }
    }
}
