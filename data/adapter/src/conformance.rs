//! The suite that every adapter passes, in one line of its tests: the same calls, made by the same
//! people, give the same answers. It compares answers and never "it ran".
//!
//! ```ignore
//! mag_adapter::conformance::run(&my_stage).await.assert_green();
//! ```

pub mod cases;
pub mod matrix;
pub mod same;
pub mod views;

use crate::engine::{Access, Ending, Engine, Transaction};
use crate::error::EngineError;
use cases::{Case, Outcome, Suite};
use futures::future::BoxFuture;
use mag_contract::Timestamp;
use mag_guard::{Authorised, Guard, RoleRule, Ruleset, Session};
use mag_model::catalog::{Catalog, Draft};
use mag_query::call::Missing;
use mag_query::{Call, Everything, Options, Payload, Plan, Rules};
use std::fmt::Write;
use std::sync::Arc;

/// What an adapter must bring: an empty database with the tables of a draft, and an engine on it.
pub trait Stage: Send + Sync {
    fn make<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>>;

    /// The same for an engine that holds the rules itself: they are made in the database, and plans
    /// come without them. `None` when the engine cannot.
    fn make_native<'a>(
        &'a self,
        draft: &'a Draft,
        rules: &'a Ruleset,
    ) -> Option<BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>>> {
        let _ = (draft, rules);
        None
    }
}

/// Where the clock stands in every case: 2024-06-01 12:00 UTC.
pub const NOON: Timestamp = Timestamp(1_717_243_200_000);

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub engine: String,
    pub passed: usize,
    /// Different, and listed with the reason why that is right for this engine.
    pub reviewed: Vec<String>,
    pub failed: Vec<String>,
}

impl Report {
    /// # Panics
    /// When a case failed, with all of them.
    pub fn assert_green(&self) {
        assert!(self.failed.is_empty(), "{self}");
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{}: {} passed, {} differ for a reviewed reason, {} failed",
            self.engine,
            self.passed,
            self.reviewed.len(),
            self.failed.len()
        )?;
        for failure in &self.failed {
            writeln!(f, "\n{failure}")?;
        }
        Ok(())
    }
}

/// Every suite, each on a database of its own.
pub async fn run(stage: &dyn Stage) -> Report {
    let mut report = Report::default();
    for suite in cases::suites() {
        if let Err(problem) = run_suite(stage, &suite, &mut report).await {
            report.failed.push(format!("{}: {problem}", suite.name));
        }
    }
    report
}

async fn run_suite(
    stage: &dyn Stage,
    suite: &Suite,
    report: &mut Report,
) -> Result<(), EngineError> {
    let engine = stage.make(&suite.draft).await?;
    report.engine.clone_from(&engine.abilities().engine);
    let world = World::load(engine, suite).await?;
    for case in &suite.cases {
        let outcome = world.outcome(suite, case).await;
        if same::outcomes(&outcome, &case.expected, case.ordered()) {
            report.passed += 1;
        } else if let Some(reason) = suite.reviewed(&report.engine, case) {
            report.reviewed.push(format!("{} as {}: {reason}", case.line, case.who));
        } else {
            let mut text = format!("{} / {} as {}\n", suite.name, case.line, case.who);
            let _ = write!(text, "  expected {}\n  got      {outcome}", case.expected);
            report.failed.push(text);
        }
    }
    Ok(())
}

/// A suite's rows in an engine, with its guard.
pub struct World {
    pub engine: Arc<dyn Engine>,
    pub guard: Guard,
    /// Who holds the row rules in it.
    pub held_by: Rules,
}

impl World {
    pub async fn load(engine: Arc<dyn Engine>, suite: &Suite) -> Result<Self, EngineError> {
        Self::load_as(engine, suite, Rules::Compiled).await
    }

    pub async fn load_as(
        engine: Arc<dyn Engine>,
        suite: &Suite,
        held_by: Rules,
    ) -> Result<Self, EngineError> {
        let catalog = engine.inspect(0).await?;
        let guard = Guard::new(&suite.rules, &catalog);
        let world = Self { engine, guard, held_by };
        let system = Arc::new(Session::system(NOON));
        for (table, rows) in &suite.rows {
            let (schema, table) = table.split_once('.').unwrap_or(("public", table));
            let payload = Payload::from_json(rows, None)
                .map_err(|e| EngineError::broken(format!("rows of {table}: {e}")))?;
            let call = Call {
                schema: schema.to_owned(),
                act: mag_query::call::Act::Insert(mag_query::call::Insert {
                    table: table.to_owned(),
                    payload,
                    missing: Missing::Default,
                    ..mag_query::call::Insert::default()
                }),
                ..Call::default()
            };
            world.act(&call, &system, Ending::Commit, true).await.map_err(|outcome| {
                EngineError::broken(format!("the rows of {table} could not be loaded: {outcome}"))
            })?;
        }
        Ok(world)
    }

    pub async fn outcome(&self, suite: &Suite, case: &Case) -> Outcome {
        let Some(session) = suite.session(&case.who) else {
            return Outcome::refused("", format!("nobody is called `{}`", case.who));
        };
        let call = match mag_query::notation::parse(&suite.schema, &case.line) {
            Ok(call) => call,
            Err(problem) => return Outcome::refused("", problem),
        };
        self.act(&call, &session, Ending::RollBack, false).await.unwrap_or_else(|refused| refused)
    }

    /// `Err` is a refusal: of the planner, of the guard or of the engine.
    pub async fn act(
        &self,
        call: &Call,
        session: &Arc<Session>,
        ending: Ending,
        everything: bool,
    ) -> Result<Outcome, Outcome> {
        let calls = std::slice::from_ref(call);
        let mut outcomes = self.acts(calls, session, ending, everything).await?;
        Ok(outcomes.pop().unwrap_or_else(|| Outcome::refused("", "no answer came")))
    }

    /// The same for several calls in one transaction.
    pub async fn acts(
        &self,
        calls: &[Call],
        session: &Arc<Session>,
        ending: Ending,
        everything: bool,
    ) -> Result<Vec<Outcome>, Outcome> {
        let mut plans = Vec::with_capacity(calls.len());
        for call in calls {
            plans.push(self.prepare(call, session, everything)?);
        }
        let shown: Vec<Plan> = plans.iter().map(|plan| (**plan).clone()).collect();
        let writes = plans.iter().any(|plan| plan.writes());
        let access = if writes { Access::Write } else { Access::Read };
        let Some(first) = plans.first().cloned() else { return Ok(Vec::new()) };
        let work = Transaction { plans: plans.into(), access, ending, ..Transaction::of(first) };
        let answers = self.engine.transact(work).await.map_err(|e| of_engine(&e))?;
        let outcomes = shown.iter().zip(answers).map(|(plan, answer)| {
            let json = plan.answer().map(|_| answer.json(plan));
            Outcome::Answered { json, rows: answer.rows, count: answer.count }
        });
        Ok(outcomes.collect())
    }

    fn prepare(
        &self,
        call: &Call,
        session: &Arc<Session>,
        everything: bool,
    ) -> Result<Authorised<Plan>, Outcome> {
        let sight = self.guard.sight(&session.role);
        let sight: &dyn mag_query::Sight = if everything { &Everything } else { &*sight };
        let catalog = self.guard.catalog();
        let plan = mag_query::plan(call, catalog, sight, &Options::default())
            .map_err(|e| Outcome::refused(e.state().unwrap_or(e.code().id), e.to_string()))?;
        self.guard
            .authorise(plan, session, self.held_by)
            .map_err(|e| Outcome::refused(e.state().unwrap_or(e.code().id), e.to_string()))
    }
}

fn of_engine(error: &EngineError) -> Outcome {
    let told = told(error);
    let (state, message) = told.split_once(' ').unwrap_or((&told, ""));
    Outcome::refused(state, message)
}

/// `state message | details`: all that a caller hears of an error.
pub fn told(error: &EngineError) -> String {
    let state = error.state.as_deref().unwrap_or(error.code.id);
    match &error.details {
        Some(details) => format!("{state} {} | {details}", error.message),
        None => format!("{state} {}", error.message),
    }
}

/// A guard that lets the usual roles do everything, for tests of what comes after it.
pub fn all_open(catalog: &Arc<Catalog>) -> Guard {
    let role = |name: &str| RoleRule { name: name.into(), bypass: true, ..RoleRule::default() };
    let roles = ["service_role", "authenticated", "anon"].map(role).to_vec();
    Guard::new(&Ruleset { roles, ..Ruleset::default() }, catalog)
}
