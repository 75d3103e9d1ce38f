//! What an engine keeps with a template against what it does with a whole plan: the same calls, by
//! the same people, once planned anew, twice out of one template, and once more as JSON without
//! cells. All four answers are the same, or the engine has mistaken a plan for another.

use crate::conformance::{NOON, Stage, World};
use crate::differential::load;
use crate::engine::{Ending, Transaction};
use crate::error::EngineError;
use crate::generate::{self, Chance, calls};
use mag_contract::Actor;
use mag_guard::{Authorised, Session, Template};
use mag_query::{Answer, Call, Everything, Options, Plan, Rules, Shape, Sight};
use std::fmt::Write;
use std::sync::Arc;

/// How often a call was answered out of a template, and what was answered otherwise.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub cases: usize,
    pub failures: Vec<String>,
}

/// `calls_each` calls on each of the worlds of the seeds.
pub async fn run(
    stage: &dyn Stage,
    held_by: Rules,
    seeds: std::ops::Range<u64>,
    calls_each: usize,
) -> Result<Kept, EngineError> {
    let mut kept = Kept::default();
    for seed in seeds {
        let mut chance = Chance::new(seed);
        let made = generate::world(&mut chance);
        let engine = match held_by {
            Rules::Compiled => stage.make(&made.draft).await?,
            Rules::Native => match stage.make_native(&made.draft, &made.rules) {
                Some(made) => made.await?,
                None => return Ok(kept),
            },
        };
        let world = load(engine, &made, held_by).await?;
        let people = people();
        for n in 0..calls_each {
            let call = calls::call(&mut chance, &made.draft);
            // One after the other on the same connections: who asked before must not matter.
            for session in &people {
                if let Some(different) = compare(&world, &call, session, &mut kept).await {
                    let text = format!(
                        "seed {seed}, call {n}, as {}\n{call:?}\n{different}",
                        session.role
                    );
                    kept.failures.push(text);
                }
            }
        }
    }
    Ok(kept)
}

async fn compare(
    world: &World,
    call: &Call,
    session: &Arc<Session>,
    kept: &mut Kept,
) -> Option<String> {
    let options = Options { engine_decides: world.held_by == Rules::Native, ..Options::default() };
    let sight = world.guard.sight(&session.role);
    let sight: &dyn Sight = if world.held_by == Rules::Native { &Everything } else { &*sight };
    let planned = mag_query::plan_with_slots(call, world.guard.catalog(), sight, &options);
    let (plan, slots) = planned.ok()?;
    let shape = Shape::of(call, &session.role, &options)?;
    if !slots.fit(&shape.literals) {
        return None;
    }
    let whole = world.guard.authorise(plan, session, world.held_by).ok()?;
    let template = Template::of(&whole, slots);
    let filled = || template.fill(&shape.literals, session);
    kept.cases += 1;
    let wanted = told(world, whole.clone()).await;
    let mut different = String::new();
    for (how, plan) in [
        ("out of a new template", filled()?),
        ("out of a known template", filled()?),
        ("in JSON", filled()?.in_json()),
        ("in JSON once more", filled()?.in_json()),
    ] {
        let got = told(world, plan).await;
        if got != wanted {
            let _ = writeln!(different, "  anew {wanted}\n  {how} {got}");
        }
    }
    (!different.is_empty()).then_some(different)
}

/// By both ways into an engine; nothing of it stays.
async fn told(world: &World, plan: Authorised<Plan>) -> String {
    let shown = plan.clone();
    let answer = if plan.writes() {
        let work = Transaction { ending: Ending::RollBack, ..Transaction::of(plan) };
        world.engine.transact(work).await.map(|mut answers| answers.pop().unwrap_or_default())
    } else {
        world.engine.run(plan).await
    };
    match answer {
        Ok(Answer { body, count, rows, settings, inserted }) => {
            let answer = Answer { body, ..Answer::default() };
            let json = shown.answer().map(|_| answer.json(&shown));
            format!("{json:?} {count:?} {rows} {settings:?} {inserted:?}")
        }
        Err(error) => format!("{:?} {} {:?}", error.state, error.message, error.details),
    }
}

fn people() -> Vec<Arc<Session>> {
    let made = [
        ("anon", r#"{"role":"anon"}"#),
        ("authenticated", r#"{"role":"authenticated","name":"ana"}"#),
        ("authenticated", r#"{"role":"authenticated","name":"bob"}"#),
        ("service_role", r#"{"role":"service_role"}"#),
    ];
    let person = |(role, claims): (&str, &str)| {
        Arc::new(Session::new(Actor::owner("someone"), role, claims, NOON))
    };
    made.into_iter().map(person).collect()
}
