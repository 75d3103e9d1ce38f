//! Policies that believe what people say of themselves.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, sql_name};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "policy_by_own_data",
    level: Level::Error,
    engines: Engines::All,
    title: "a policy trusts data that people can change themselves",
    why: "`user_metadata` of a token is written by the user: whoever adds `admin` to it is one.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for policy in &scene.facts.policies {
        let texts = policy.using.iter().chain(&policy.check);
        if texts.into_iter().any(|t| t.contains("user_metadata")) {
            let object = format!("{}.{}", sql_name(&policy.schema, &policy.table), policy.name);
            found.push(Found::new(
                object,
                "it reads `user_metadata`; `app_metadata` is not theirs to write",
            ));
        }
    }
}
