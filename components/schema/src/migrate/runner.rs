//! Runs one script and notes it. Where the engine can, script and note are one transaction: both
//! happened, or neither. Where it cannot, the note says before each statement how far it is, so that
//! whoever comes after a crash is told and nobody guesses.

use super::{Prepared, history};
use mag_adapter::engine::Rebuild;
use mag_adapter::{Bound, Console, EngineError};
use mag_contract::{Fault, codes};
use mag_migrate::{Direction, State, Step};
use mag_ports::driver::Database;
use std::time::Duration;
use tokio::time::Instant;

pub(crate) struct Runner<'a> {
    pub(crate) database: &'a dyn Database,
    /// Who runs it, for the history.
    pub(crate) by: &'a str,
    /// For each statement.
    pub(crate) within: Duration,
    /// The engine's number of the structure that a script was made for a moment ago.
    pub(crate) structure: Option<i64>,
}

/// What is left to be done when the engine has done its part.
pub(crate) struct Ran {
    pub(crate) took_ms: u64,
    /// To be noted when the rules are kept; nothing when there are none.
    pub(crate) last: Option<Bound>,
}

impl Runner<'_> {
    /// `rules` keep what the script brings beside the engine, and happen with it. Without them the
    /// script is noted as begun, and whoever has kept its rules notes the rest.
    pub(crate) async fn run(
        &self,
        step: &Step,
        script: &Prepared,
        rules: Option<Vec<Bound>>,
    ) -> Result<Ran, Fault> {
        let begun = Instant::now();
        let ran = match script.alone() {
            false => self.together(step, script, rules, begun).await,
            true => self.one_by_one(step, script, begun).await,
        };
        ran.map(|last| Ran { took_ms: millis(begun), last })
    }

    async fn together(
        &self,
        step: &Step,
        script: &Prepared,
        rules: Option<Vec<Bound>>,
        begun: Instant,
    ) -> Result<Option<Bound>, Fault> {
        let mut then = history::create(self.database);
        let before = then.len();
        then.extend(script.work.iter().map(|(_, bound)| bound.clone()));
        let whole = script.rules.is_empty() || rules.is_some();
        then.extend(rules.into_iter().flatten());
        let (note, last) = self.notes(step, script, whole, begun);
        then.push(note);
        let rebuild = script.effects.rebuilds.then_some(Rebuild { structure: self.structure });
        let console = Console { then, timeout: Some(self.within), rebuild, ..Console::writing("") };
        match self.database.console(console).await {
            Ok(_) => Ok(last),
            Err(error) => {
                let at = error.statement.and_then(|at| at.checked_sub(before));
                Err(failed(error, step, script, at, "nothing of it has happened"))
            }
        }
    }

    /// The note that belongs to the script, and, unless that is the whole of it, the one that follows
    /// when the rules are kept: until then it has begun and is not done.
    fn notes(
        &self,
        step: &Step,
        script: &Prepared,
        whole: bool,
        begun: Instant,
    ) -> (Bound, Option<Bound>) {
        let count = script.work.len();
        let all = count + script.rules.len();
        let took = millis(begun);
        let done = match step.direction {
            Direction::Up => history::write(self.database, step, State::Done, all, self.by, took),
            Direction::Down => history::remove(self.database, &step.version),
        };
        if whole {
            return (done, None);
        }
        let open = match step.direction {
            Direction::Up => {
                history::write(self.database, step, State::Begun, count, self.by, took)
            }
            Direction::Down => {
                history::update(self.database, &step.version, State::Begun, count, took)
            }
        };
        (open, Some(done))
    }

    async fn one_by_one(
        &self,
        step: &Step,
        script: &Prepared,
        begun: Instant,
    ) -> Result<Option<Bound>, Fault> {
        let mut first = history::create(self.database);
        first.push(match step.direction {
            Direction::Up => history::write(self.database, step, State::Begun, 0, self.by, 0),
            Direction::Down => history::update(self.database, &step.version, State::Begun, 0, 0),
        });
        history::note(self.database, first).await?;
        // On one connection: a script may set something for the statements behind it.
        let mut then = Vec::with_capacity(script.work.len() * 2);
        for (at, (_, bound)) in script.work.iter().enumerate() {
            then.push(bound.clone());
            then.push(history::update(
                self.database,
                &step.version,
                State::Begun,
                at + 1,
                millis(begun),
            ));
        }
        let console =
            Console { then, autocommit: true, timeout: Some(self.within), ..Console::writing("") };
        if let Err(error) = self.database.console(console).await {
            let at = error.statement.map_or(0, |at| at / 2);
            // A script that had begun a transaction of its own has lost the notes of it as well: what
            // the source says counts.
            let done = history::read(self.database).await.ok().and_then(|history| {
                let known = history.into_iter().find(|done| done.version == step.version)?;
                usize::try_from(known.statements).ok()
            });
            let done = done.unwrap_or(0);
            let note =
                history::update(self.database, &step.version, State::Failed, done, millis(begun));
            // When this cannot be noted either, it has begun and not ended, which is as true.
            let _ = history::note(self.database, vec![note]).await;
            let left = format!("{done} of {} statements have happened", script.work.len());
            return Err(failed(error, step, script, Some(at), &left)
                .hint("look at what it did, then `mobo migrate:mark` says how it stands"));
        }
        let (note, last) = self.notes(step, script, script.rules.is_empty(), begun);
        if last.is_none() {
            history::note(self.database, vec![note]).await?;
        }
        Ok(last)
    }
}

pub(crate) fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn failed(
    error: EngineError,
    step: &Step,
    script: &Prepared,
    at: Option<usize>,
    left: &str,
) -> Fault {
    let file = match step.direction {
        Direction::Up => "up.sql",
        Direction::Down => "down.sql",
    };
    let line = at.and_then(|at| script.line_of(at));
    let line = line.map_or(String::new(), |line| format!(", line {line}"));
    let place = format!("{}/{file}{line}", step.label());
    // What a script does to the structure is refused by the engine; who may do what is not at issue.
    let code = if error.code == codes::NOT_GRANTED { codes::ENGINE_REFUSED } else { error.code };
    let mut details = format!("{place}; {left}");
    if let Some(more) = &error.details {
        details.push_str(&format!("\n{more}"));
    }
    let fault = Fault::new(code, format!("{place}: {}", error.message)).details(details);
    match &error.hint {
        Some(hint) => fault.hint(hint.to_string()),
        None => fault,
    }
}
