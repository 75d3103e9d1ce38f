//! What it costs to know who asks: a token that was seen before and one that was not, sign-ins at
//! the cost that passwords have, and how others fare meanwhile. `cargo xtask bench auth`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints, stops where it cannot go on, and measures with the machine's clock"
)]

mod crowd;
mod tokens;
// The house of the tests: MagAuth on a store in memory.
#[path = "../../../components/auth/tests/it/house.rs"]
#[allow(dead_code, reason = "a bench needs a part of it")]
mod house;

// What the house names.
use futures as _;
use http as _;
use http_body_util as _;
use mag_adapter as _;
use mag_auth as _;
use mag_base as _;
use mag_guard as _;
use mag_migrate as _;
use mag_model as _;
use mag_query as _;
use std::time::Duration;
use uuid as _;

fn main() {
    println!("# who asks ({} build)", if cfg!(debug_assertions) { "DEBUG" } else { "release" });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut goals = runtime.block_on(tokens::run());
    goals.extend(crowd::run());
    println!("\n## goals");
    for goal in goals {
        println!(
            "{:<12}{:<64}{}",
            if goal.reached { "reached" } else { "NOT reached" },
            goal.what,
            goal.found
        );
    }
}

/// What was to be reached, and whether it was.
struct Goal {
    what: &'static str,
    found: String,
    reached: bool,
}

/// Of times in order, the one that this share of them is below.
fn at(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into what is held"
    )]
    let index = (times.len() as f64 * share) as usize;
    times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
