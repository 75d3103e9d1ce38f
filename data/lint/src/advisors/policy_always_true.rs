//! Policies that hold nothing back.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, always_true, speaks_to, sql_name};
use mag_guard::Command;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "policy_always_true",
    level: Level::Warning,
    engines: Engines::All,
    title: "a policy lets everyone write every row",
    why: "A condition that is always true is no condition: whoever has the grant changes or deletes the rows of everybody else.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for policy in scene.facts.policies.iter().filter(|p| p.permissive) {
        let speaks = scene.api_roles().into_iter().any(|role| speaks_to(policy, role));
        let open = |condition: &Option<String>| condition.as_deref().is_some_and(always_true);
        let writes = match policy.command {
            // What everyone may read is for its owner to say.
            Command::Select => false,
            Command::Insert => open(&policy.check),
            Command::All | Command::Update => {
                open(&policy.using) && policy.check.as_deref().is_none_or(always_true)
            }
            Command::Delete => open(&policy.using),
        };
        if speaks && writes {
            let object = format!("{}.{}", sql_name(&policy.schema, &policy.table), policy.name);
            found.push(Found::new(object, "its condition is true for every row"));
        }
    }
}
