//! The same generated calls on an engine and on the operators in memory: they agree, or the
//! difference is on the list below with its reason.

use crate::conformance::cases::Outcome;
use crate::conformance::{NOON, Stage, World, same};
use crate::engine::{Ending, Engine};
use crate::error::EngineError;
use crate::generate::{self, Chance, Seen, calls};
use crate::memory::Memory;
use mag_contract::Actor;
use mag_guard::{Guard, Session};
use mag_query::call::{Act, Insert, Pick, Query};
use mag_query::payload::{Given, Payload};
use mag_query::{Call, Rules};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub engine: String,
    /// Calls that were compared.
    pub cases: usize,
    pub worlds: usize,
    pub refused: usize,
    /// How many were refused, by the state that was told.
    pub reasons: BTreeMap<String, usize>,
    /// Calls that changed something, until they were undone.
    pub wrote: usize,
    pub reviewed: usize,
    pub failures: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "generated calls on {} beside the operators in memory ({} worlds, {} % answered, {} wrote, \
             {} refused, {} differ for a reviewed reason)",
            self.engine,
            self.worlds,
            self.answered_percent(),
            self.wrote,
            self.refused,
            self.reviewed
        )
    }
}

impl Tally {
    pub fn answered_percent(&self) -> usize {
        (self.cases - self.refused) * 100 / self.cases.max(1)
    }

    /// A refusal compares two sentences, an answer compares rows: most are to be answers, and some
    /// are to be refusals.
    ///
    /// # Panics
    /// When the calls have become such that they prove little.
    pub fn assert_telling(&self) {
        let share = self.answered_percent();
        assert!((75..=95).contains(&share), "{share} % answered; refused: {:?}", self.reasons);
    }
}

/// More failures than this say nothing new.
const FAILURES_MAX: usize = 20;

/// `calls_each` calls on each of the worlds of the seeds, the rules in the plans.
pub async fn run(
    stage: &dyn Stage,
    seeds: std::ops::Range<u64>,
    calls_each: usize,
) -> Result<Tally, EngineError> {
    run_as(stage, Rules::Compiled, seeds, calls_each).await
}

/// The same with the rules held by the engine itself: what we make of a policy is what it makes of
/// it. No cases when it cannot hold them.
pub async fn run_native(
    stage: &dyn Stage,
    seeds: std::ops::Range<u64>,
    calls_each: usize,
) -> Result<Tally, EngineError> {
    run_as(stage, Rules::Native, seeds, calls_each).await
}

async fn run_as(
    stage: &dyn Stage,
    held_by: Rules,
    seeds: std::ops::Range<u64>,
    calls_each: usize,
) -> Result<Tally, EngineError> {
    let mut tally = Tally::default();
    for seed in seeds {
        run_world(stage, held_by, seed, calls_each, &mut tally).await?;
        if tally.failures.len() >= FAILURES_MAX {
            break;
        }
    }
    Ok(tally)
}

async fn run_world(
    stage: &dyn Stage,
    held_by: Rules,
    seed: u64,
    calls_each: usize,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let mut chance = Chance::new(seed);
    let mut made = generate::world(&mut chance);
    if held_by == Rules::Native {
        // Masks are the guard's alone: no engine has them.
        made.rules.masks.clear();
    }
    let catalog = made.draft.build(1).map_err(|e| EngineError::broken(e.to_string()))?;
    let memory: Arc<dyn Engine> = Arc::new(Memory::new(Arc::new(catalog)));
    let tested = match held_by {
        Rules::Compiled => stage.make(&made.draft).await?,
        Rules::Native => match stage.make_native(&made.draft, &made.rules) {
            Some(made) => made.await?,
            None => return Ok(()),
        },
    };
    let name = tested.abilities().engine.clone();
    tally.engine = match held_by {
        Rules::Compiled => name.clone(),
        Rules::Native => format!("{name} (its own policies)"),
    };
    tally.worlds += 1;
    let told = |error: EngineError| EngineError::broken(format!("world {seed}: {error}"));
    let memory = load(memory, &made, Rules::Compiled).await.map_err(told)?;
    let tested = load(tested, &made, held_by).await.map_err(told)?;
    let sessions = sessions();
    let seen = |session: &Arc<Session>| Seen::by(&session.role, &made.draft, &made.rules);
    let seen: Vec<Seen> = sessions.iter().map(seen).collect();
    let mut done = 0;
    while done < calls_each {
        let who = chance.below(sessions.len());
        let session = sessions[who].clone();
        let work = calls::work(&mut chance, &made.draft, &seen[who]);
        let wanted = memory.acts(&work, &session, Ending::RollBack, false).await;
        let got = tested.acts(&work, &session, Ending::RollBack, false).await;
        let n = done;
        done += work.len();
        tally.cases += work.len();
        match &wanted {
            Ok(outcomes) => {
                let wrote = work.iter().zip(outcomes).filter(|(call, outcome)| {
                    let changed = matches!(outcome, Outcome::Answered { rows, .. } if *rows > 0);
                    changed && !matches!(call.act, Act::Read(_))
                });
                tally.wrote += wrote.count();
            }
            Err(why) => {
                tally.refused += work.len();
                if let Outcome::Refused { state, .. } = why {
                    *tally.reasons.entry(state.clone()).or_default() += work.len();
                }
            }
        }
        if agree(&wanted, &got) {
            continue;
        }
        if work.iter().any(|call| reviewed(held_by, call, &wanted, &got).is_some()) {
            tally.reviewed += work.len();
            continue;
        }
        let mut text = format!("seed {seed}, call {n}, as {}\n", session.actor.name);
        for call in &work {
            let _ = writeln!(text, "{call:?}");
        }
        let _ = write!(text, "  memory {}\n  {name} {}", shown(&wanted), shown(&got));
        tally.failures.push(text);
    }
    Ok(())
}

type Acted = Result<Vec<Outcome>, Outcome>;

fn agree(wanted: &Acted, got: &Acted) -> bool {
    match (wanted, got) {
        (Ok(wanted), Ok(got)) => {
            wanted.len() == got.len()
                && wanted.iter().zip(got).all(|(a, b)| same::outcomes(a, b, true))
        }
        (Err(wanted), Err(got)) => same::outcomes(wanted, got, true),
        _ => false,
    }
}

fn shown(acted: &Acted) -> String {
    match acted {
        Ok(outcomes) => outcomes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ; "),
        Err(refused) => refused.to_string(),
    }
}

pub(crate) async fn load(
    engine: Arc<dyn Engine>,
    made: &generate::World,
    held_by: Rules,
) -> Result<World, EngineError> {
    let catalog = engine.inspect(0).await?;
    let world = World { guard: Guard::new(&made.rules, &catalog), engine, held_by };
    let system = Arc::new(Session::system(NOON));
    for generate::tables::TableRows { table, columns, rows } in &made.rows {
        let given = |cell: &Option<String>| match cell {
            Some(text) => Given::Text(Arc::from(text.as_str())),
            None => Given::Null,
        };
        let rows: Vec<Vec<Given>> =
            rows.iter().map(|row| row.iter().map(given).collect()).collect();
        if rows.is_empty() {
            continue;
        }
        let payload = Payload { columns: columns.clone(), rows, single: false };
        let insert = Insert { table: table.clone(), payload, ..Insert::default() };
        let call = Call { schema: "public".into(), act: Act::Insert(insert), ..Call::default() };
        world.act(&call, &system, Ending::Commit, true).await.map_err(|refused| {
            EngineError::broken(format!("the rows of {table} could not be loaded: {refused}"))
        })?;
    }
    Ok(world)
}

fn sessions() -> Vec<Arc<Session>> {
    let made = [
        ("nobody", "anon", r#"{"role":"anon"}"#),
        (
            "ana",
            "authenticated",
            r#"{"role":"authenticated","name":"ana","sub":"00000000-0000-4000-8000-000000000001","app":{"level":3}}"#,
        ),
        ("bob", "authenticated", r#"{"role":"authenticated","name":"bob"}"#),
        ("admin", "service_role", r#"{"role":"service_role"}"#),
        ("admin", "service_role", r#"{"role":"service_role"}"#),
    ];
    made.iter()
        .map(|(name, role, claims)| {
            Arc::new(Session::new(Actor::owner(*name), *role, *claims, NOON))
        })
        .collect()
}

/// The states of a name that is not there, for one who may not know of it.
const UNKNOWN: [&str; 4] = ["MF2001", "MF2002", "MF2003", "42703"];

/// Differences that someone has looked at and found right, each with its reason.
fn reviewed(held_by: Rules, call: &Call, wanted: &Acted, got: &Acted) -> Option<&'static str> {
    let embeds = |query: &Option<Query>| {
        let picks = query.iter().flat_map(|query| &query.select);
        picks.into_iter().any(|pick| matches!(pick, Pick::Embed(_)))
    };
    let writes_and_embeds = match &call.act {
        Act::Insert(insert) => embeds(&insert.returning),
        Act::Update(update) => embeds(&update.returning),
        Act::Delete(delete) => embeds(&delete.returning),
        Act::Read(_) | Act::Invoke(_) => false,
    };
    let changes_nothing =
        matches!(&call.act, Act::Update(update) if update.payload.columns.is_empty());
    match (wanted, got) {
        _ if held_by == Rules::Native && changes_nothing => {
            Some("an update of no columns is not sent, so the engine has nothing to refuse")
        }
        // What the guard does not let one know of, the engine refuses by name.
        (Err(Outcome::Refused { state, .. }), Err(Outcome::Refused { state: told, .. }))
            if held_by == Rules::Native
                && [state, told].iter().any(|state| *state == "42501")
                && [state, told].iter().any(|state| UNKNOWN.contains(&state.as_str())) =>
        {
            Some("an engine names what it refuses, and when the call's turn has come")
        }
        // PostgreSQL prunes a scan that no policy can admit a row of, with all that its policies would
        // have read: there is nothing left to refuse, and nothing is told.
        (Err(Outcome::Refused { state, .. }), Ok(told))
            if held_by == Rules::Native && state == "42501" && told.iter().all(shows_nothing) =>
        {
            Some("an engine that sees at once that no row is admitted asks for no further right")
        }
        // PostgreSQL holds the row of an upsert against what its maker may read as well.
        (Ok(_), Err(Outcome::Refused { state, .. }))
            if held_by == Rules::Native && state == "42501" && upserts(call) =>
        {
            Some(
                "an engine that holds the rules lets nobody put in by an upsert what they may not read",
            )
        }
        // Two rules are broken by one write; which is told first is the engine's choice.
        (Err(Outcome::Refused { state: a, .. }), Err(Outcome::Refused { state: b, .. }))
            if both_of(a, b, &["23505", "23503", "23502", "23514", "42501", "21000"]) =>
        {
            Some("a write that breaks two rules tells of one of them")
        }
        (Ok(_), Ok(_)) if writes_and_embeds => Some(
            "what a write answers of other tables is read before it by some and after it by others",
        ),
        _ => None,
    }
}

fn upserts(call: &Call) -> bool {
    matches!(&call.act, Act::Insert(insert) if insert.on_conflict.is_some())
}

fn shows_nothing(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered { rows: 0, count: None | Some(0), .. })
}

fn both_of(a: &str, b: &str, states: &[&str]) -> bool {
    states.contains(&a) && states.contains(&b)
}
