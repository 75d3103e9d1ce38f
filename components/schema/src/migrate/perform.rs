//! A plan of migrations carried out on a source: consents first, then under the lock against other
//! runners one script after the other, and at the end the source as it is then.

use super::report::{Report, direction};
use super::runner::{Ran, Runner};
use super::{Prepared, TRACK, history};
use crate::hands::{Hands, Spot};
use crate::rules;
use mag_adapter::Bound;
use mag_contract::operation::Call;
use mag_contract::{Fault, codes};
use mag_guard::{Guard, Ruleset};
use mag_migrate::rules::RuleChange;
use mag_migrate::{Applied, Consents, Direction, Error, Plan, Script, Step, Structure};
use mag_model::Catalog;
use mag_ports::driver::Database;
use mag_ports::events::{AfterMigration, BeforeMigration, MigrationApplied};
use std::sync::Arc;

/// Which plan follows from a history; asked again under the lock.
pub(crate) type Planning<'a> = &'a (dyn Fn(&[Applied]) -> Result<Plan, Error> + Send + Sync);

pub(crate) async fn perform(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    planning: Planning<'_>,
    consents: &Consents,
) -> Result<Report, Fault> {
    perform_seen(hands, spot, call, planning, consents, None).await
}

/// With the engine's number of the structure that the scripts were made for, where it has one.
pub(crate) async fn perform_seen(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    planning: Planning<'_>,
    consents: &Consents,
    structure: Option<i64>,
) -> Result<Report, Fault> {
    spot.writable()?;
    let database = spot.database();
    let plan = planning(&history::read(database).await?)?;
    if call.preview {
        return foreseen(spot, &plan, consents).map(|(report, _)| report);
    }
    if plan.steps.is_empty() {
        return Ok(Report { at: spot.label(), ..Report::default() });
    }
    let _lock = lock(hands, spot).await?;
    // Another runner may have been faster.
    let plan = planning(&history::read(database).await?)?;
    let (mut report, scripts) = foreseen(spot, &plan, consents)?;
    let labels: Vec<String> = plan.steps.iter().map(Step::label).collect();
    let effects = scripts.iter().map(|script| &script.effects);
    consents.check(labels.iter().map(String::as_str).zip(effects))?;
    if spot.keeps_rules()? {
        foresee_rules(spot, &plan, &scripts)?;
    }
    announce(hands, spot, call, &plan).await?;
    let ran = run_all(hands, spot, call, &plan, scripts, &mut report, structure).await;
    // Also after a failure: what ran before it is there.
    let view = spot.source.refresh().await?;
    ran?;
    report.problems = view.guard.problems().iter().map(ToString::to_string).collect();
    Ok(report)
}

pub(crate) async fn lock(
    hands: &Hands,
    spot: &Spot,
) -> Result<mag_adapter::engine::MigrationLock, Fault> {
    let within = std::time::Duration::from_millis(hands.settings.lock_wait_ms);
    spot.database().lock_migrations(within).await.map_err(|error| match error.code {
        codes::ENGINE_BUSY => Error::AnotherRunner { source_name: spot.label() }.into(),
        _ => error.into(),
    })
}

/// All scripts, read; what cannot be read ends everything before anything has happened.
fn foreseen(
    spot: &Spot,
    plan: &Plan,
    consents: &Consents,
) -> Result<(Report, Vec<Prepared>), Fault> {
    let catalog = spot.source.view()?.catalog.clone();
    let keeps = spot.keeps_rules()?;
    let mut report = Report { at: spot.label(), ..Report::default() };
    let mut scripts = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let script = Prepared::of(&step.sql, spot.dialect(), Some(&catalog), keeps)
            .map_err(|fault| placed(fault, step))?;
        // What a new migration begins with: nothing but a comment.
        if script.work.is_empty() && script.rules.is_empty() {
            let migration = step.label();
            return Err(match step.direction {
                Direction::Down => Error::NoWayBack { migration }.into(),
                Direction::Up => {
                    let problem = "it says nothing yet".to_owned();
                    placed(Error::BadScript { line: 1, problem }.into(), step)
                }
            });
        }
        report.add(step, &script, consents);
        scripts.push(script);
    }
    Ok((report, scripts))
}

fn placed(fault: Fault, step: &Step) -> Fault {
    let mut told = Fault::new(fault.code(), format!("{}: {}", step.label(), fault.message()));
    if let Some(details) = fault.details_text() {
        told = told.details(details);
    }
    match fault.hint_text() {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

/// Rules are tried on the structure as the scripts will leave it, as far as that can be read from
/// them: a policy that names no column is refused before a table is touched.
fn foresee_rules(spot: &Spot, plan: &Plan, scripts: &[Prepared]) -> Result<(), Fault> {
    let now = spot.source.view()?.catalog.clone();
    let mut structure = Structure::of_catalog(&now);
    let mut rules = (*spot.source.rules()?).clone();
    let mut before = now;
    for (step, script) in plan.steps.iter().zip(scripts) {
        structure.apply(&Script::read(&step.sql, spot.dialect())?, spot.dialect());
        let readable = structure.unread.is_empty();
        let Some(then) = readable.then(|| structure.draft.clone().build(0).ok()).flatten() else {
            // What comes of it is seen when it has run.
            return Ok(());
        };
        let then = Arc::new(then);
        rules = rules::after(&rules, script.rules.clone(), spot, &then, Some(&before))
            .map_err(|fault| placed(fault, step))?;
        before = then;
    }
    Ok(())
}

async fn announce(hands: &Hands, spot: &Spot, call: &Call, plan: &Plan) -> Result<(), Fault> {
    let labels: Vec<String> = plan.steps.iter().map(Step::label).collect();
    let way = plan.steps.first().map_or("up", |step| direction(step.direction));
    let hook = BeforeMigration {
        project: spot.project.reference.to_string(),
        source: spot.source.name().to_owned(),
        migrations: labels,
        direction: way.to_owned(),
        actor: call.actor.clone(),
    };
    hands.bus.ask(hook).await.map(drop)
}

async fn run_all(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    plan: &Plan,
    scripts: Vec<Prepared>,
    report: &mut Report,
    structure: Option<i64>,
) -> Result<(), Fault> {
    let (by, within) = (&*call.actor.id, hands.statement_within());
    let runner = Runner { database: spot.database(), by, within, structure };
    let count = u64::try_from(plan.steps.len()).unwrap_or(u64::MAX);
    for (at, (step, script)) in plan.steps.iter().zip(scripts).enumerate() {
        let done = u64::try_from(at).unwrap_or(u64::MAX);
        call.progress.say(step.label(), Some((done, count)));
        // From what they are seen to be until they are kept nobody else changes this source's rules.
        let _turn = match spot.keeps_rules()? {
            true => Some(hands.rules_turn(spot).await),
            false => None,
        };
        let ahead = Ahead::of(spot, step, &script)?;
        let ran = runner.run(step, &script, ahead.statements.clone()).await?;
        finish(hands, spot, step, script.rules, &ahead, &ran).await?;
        if let Some(row) = report.steps.get_mut(at) {
            row.took_ms = Some(ran.took_ms);
        }
        told(hands, spot, step, &ran).await;
    }
    Ok(())
}

/// What is there before a script runs, and the rules as they will be after it: kept in its transaction
/// where that can be said beforehand and the source carries its rules itself.
struct Ahead {
    catalog: Arc<Catalog>,
    rules: Arc<Ruleset>,
    after: Option<Ruleset>,
    statements: Option<Vec<Bound>>,
}

impl Ahead {
    fn of(spot: &Spot, step: &Step, script: &Prepared) -> Result<Self, Fault> {
        let (catalog, rules) = (spot.source.view()?.catalog.clone(), spot.source.rules()?);
        let mut ahead = Self { catalog, rules, after: None, statements: None };
        if !spot.keeps_rules()? || script.alone() {
            return Ok(ahead);
        }
        let mut structure = Structure::of_catalog(&ahead.catalog);
        structure.apply(&Script::read(&step.sql, spot.dialect())?, spot.dialect());
        let readable = structure.unread.is_empty();
        let Some(then) = readable.then(|| structure.draft.build(0).ok()).flatten() else {
            // A table that is put in the place of another has brought no rules.
            let brings_none = |change: &RuleChange| match change {
                RuleChange::RenameTable { table, .. } => {
                    ahead.catalog.find_table(&table.schema, &table.table).is_none()
                }
                _ => false,
            };
            let none = !script.rules.is_empty() && script.rules.iter().all(brings_none);
            ahead.statements = none.then(Vec::new);
            return Ok(ahead);
        };
        let changes = script.rules.clone();
        let after =
            rules::after(&ahead.rules, changes, spot, &Arc::new(then), Some(&ahead.catalog))
                .map_err(|fault| placed(fault, step))?;
        if after == *ahead.rules {
            // Nothing is left to be kept: the script is done with its last statement.
            ahead.statements = Some(Vec::new());
        } else {
            ahead.statements = spot.source.rules_statements(&after)?;
            ahead.after = ahead.statements.is_some().then_some(after);
        }
        Ok(ahead)
    }
}

/// The rules that the script has brought, and the note that says that all of it is done: what has not
/// happened with the script itself.
async fn finish(
    hands: &Hands,
    spot: &Spot,
    step: &Step,
    changes: Vec<RuleChange>,
    ahead: &Ahead,
    ran: &Ran,
) -> Result<(), Fault> {
    let view = spot.source.refresh().await?;
    if spot.keeps_rules()? {
        let after = rules::after(&ahead.rules, changes, spot, &view.catalog, Some(&ahead.catalog))
            .map_err(|fault| placed(fault, step))?;
        match &ahead.after {
            Some(kept) if *kept == after => rules::told(hands, spot),
            // The engine has made something else of the script than was read in it.
            Some(_) => spot.source.keep_rules(after).await?,
            None if after != *ahead.rules => spot.source.keep_rules(after).await?,
            None => {}
        }
    }
    match &ran.last {
        Some(last) => history::note(spot.database(), vec![last.clone()]).await,
        None => Ok(()),
    }
}

async fn told(hands: &Hands, spot: &Spot, step: &Step, ran: &Ran) {
    let project = spot.project.reference.to_string();
    let source = spot.source.name().to_owned();
    let way = direction(step.direction).to_owned();
    hands.bus.publish(MigrationApplied {
        project: project.clone(),
        source: source.clone(),
        track: TRACK.into(),
        version: step.version.to_string(),
        name: step.name.clone(),
        direction: way.clone(),
        took_ms: ran.took_ms,
    });
    let after = AfterMigration { project, source, migrations: vec![step.label()], direction: way };
    // It has happened: nobody can refuse it any more.
    let _ = hands.bus.ask(after).await;
}

/// Runs one migration on a database that nobody else uses; the rules that it brings.
pub(crate) async fn run_in_shadow(
    database: &dyn Database,
    step: &Step,
    keeps_rules: bool,
) -> Result<Vec<RuleChange>, Fault> {
    let runner = Runner { database, by: "shadow", within: SHADOW_WITHIN, structure: None };
    let script = Prepared::of(&step.sql, database.base().dialect, None, keeps_rules)
        .map_err(|fault| placed(fault, step))?;
    let ran = runner.run(step, &script, None).await?;
    if let Some(last) = ran.last {
        history::note(database, vec![last]).await?;
    }
    Ok(script.rules)
}

/// On an empty database everything is quick.
const SHADOW_WITHIN: std::time::Duration = std::time::Duration::from_secs(300);

/// What somebody would see of the rules on that structure.
pub(crate) fn problems(rules: &Ruleset, catalog: &Arc<Catalog>) -> Vec<String> {
    Guard::new(rules, catalog).problems().iter().map(ToString::to_string).collect()
}
