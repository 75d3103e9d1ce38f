//! The policy matrix: every operator, relation, aggregate, returning and count, on every path by
//! which it can be asked, as nobody, the owner, another tenant, the admin and an agent. What must be
//! answered is what the operators in memory say; what must never happen is written down here by hand
//! and holds for memory and engine alike.
//!
//! ```ignore
//! mag_adapter::conformance::matrix::run(&my_stage).await?.assert_green();
//! ```

mod calls;
mod traps;

use super::cases::{Case, Outcome, Suite};
use super::{Report, Stage, World, same};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::memory::Memory;
use mag_query::Rules;
use std::fmt::Write;
use std::sync::Arc;

/// Who asks; `admin` bypasses every rule, `agent` has some columns and a mask.
pub const PEOPLE: [&str; 5] = ["nobody", "owner", "other", "admin", "agent"];

/// What stands in every row of the owner's tenant, and in none of another.
const OWNERS_MARKS: [&str; 3] = ["7own", "0a0a0a0a", "700"];
/// What nobody but the admin may ever read.
const HIDDEN: [&str; 2] = ["xyzzy", "secret 7"];
/// Names of which a role without any right to them must not hear.
const HIDDEN_NAMES: [&str; 4] = ["vault", "hidden_links", "audits", "secret"];

fn suite(name: &'static str, cases: &str) -> Suite {
    Suite::load(name, include_str!("../../cases/matrix/setting.json"), cases)
}

/// How large it is: calls, traps, and the answers that are compared in all.
pub fn size() -> (usize, usize, usize) {
    let (calls, traps) = (calls::lines().len(), traps::cases().len());
    (calls, traps, calls * PEOPLE.len() + traps)
}

/// The rules in the plans.
pub async fn run(stage: &dyn Stage) -> Result<Report, EngineError> {
    run_as(stage, Rules::Compiled).await
}

/// The rules held by the engine itself. Nothing is compared when it cannot hold them.
pub async fn run_native(stage: &dyn Stage) -> Result<Report, EngineError> {
    run_as(stage, Rules::Native).await
}

async fn run_as(stage: &dyn Stage, held_by: Rules) -> Result<Report, EngineError> {
    let mut suite = suite("matrix", "");
    if held_by == Rules::Native {
        // Masks are the guard's alone: no engine has them.
        suite.rules.masks.clear();
    }
    let made = match held_by {
        Rules::Compiled => stage.make(&suite.draft).await?,
        Rules::Native => match stage.make_native(&suite.draft, &suite.rules) {
            Some(made) => made.await?,
            None => return Ok(Report::default()),
        },
    };
    let mut matrix = Matrix {
        tested: World::load_as(made, &suite, held_by).await?,
        memory: World::load(memory_of(&suite)?, &suite).await?,
        without_owner: World::load(memory_of(&suite)?, &suite.without(OWNERS_MARKS[0])).await?,
        report: Report::default(),
        suite,
    };
    matrix.report.engine = matrix.tested.engine.abilities().engine.clone();
    for line in calls::lines() {
        for who in PEOPLE {
            matrix.ask(&Case::new(who, &line.text), line.clashes).await;
        }
    }
    for (name, case) in traps::cases() {
        matrix.trap(&name, &case).await;
    }
    Ok(matrix.report)
}

fn memory_of(suite: &Suite) -> Result<Arc<dyn Engine>, EngineError> {
    let catalog = suite.draft.build(1).map_err(|e| EngineError::broken(e.to_string()))?;
    Ok(Arc::new(Memory::new(Arc::new(catalog))))
}

struct Matrix {
    suite: Suite,
    tested: World,
    memory: World,
    /// The same world in which the owner's tenant never was.
    without_owner: World,
    report: Report,
}

impl Matrix {
    async fn ask(&mut self, case: &Case, clashes: bool) {
        let wanted = self.memory.outcome(&self.suite, case).await;
        let got = self.tested.outcome(&self.suite, case).await;
        let mut wrong = Vec::new();
        if !same::outcomes(&wanted, &got, true) {
            match self.reviewed(case, &wanted, &got) {
                Some(reason) => {
                    let line = format!("{} as {}: {reason}", case.line, case.who);
                    self.report.reviewed.push(line);
                }
                None => wrong.push("differs from the operators in memory".to_owned()),
            }
        }
        // What does not concern the owner's rows is the same where they never were. That a key is
        // taken cannot be hidden from one who may write it.
        if matches!(&*case.who, "nobody" | "other") && !clashes {
            let alone = self.without_owner.outcome(&self.suite, case).await;
            if !same::outcomes(&alone, &wanted, true) {
                wrong.push(format!("depends on rows of others: without them {alone}"));
            }
        }
        for outcome in [&wanted, &got] {
            wrong.extend(leaks(case, outcome, self.tested.held_by).map(str::to_owned));
        }
        self.told(case, &wanted, &got, &wrong);
    }

    /// A trap says by hand what must be answered, and by which words.
    async fn trap(&mut self, name: &str, case: &Case) {
        let got = self.tested.outcome(&self.suite, case).await;
        let mut wrong = Vec::new();
        let words = self.tested.held_by == Rules::Compiled;
        let ordered = same::outcomes(&case.expected, &got, case.ordered());
        let as_told = ordered && (!words || same::words(&case.expected, &got));
        if !as_told {
            match self.reviewed(case, &case.expected, &got) {
                Some(reason) => self.report.reviewed.push(format!("{name}: {reason}")),
                None => wrong.push(format!("the trap \"{name}\" is open")),
            }
        }
        wrong.extend(leaks(case, &got, self.tested.held_by).map(str::to_owned));
        self.told(case, &case.expected, &got, &wrong);
    }

    fn told(&mut self, case: &Case, wanted: &Outcome, got: &Outcome, wrong: &[String]) {
        if wrong.is_empty() {
            self.report.passed += 1;
            return;
        }
        let mut text = format!("{} as {}: {}\n", case.line, case.who, wrong.join("; "));
        let _ = write!(text, "  expected {wanted}\n  got      {got}");
        self.report.failed.push(text);
    }

    /// Differences that someone has looked at and found right.
    fn reviewed(&self, case: &Case, wanted: &Outcome, got: &Outcome) -> Option<&'static str> {
        let native = self.tested.held_by == Rules::Native;
        if native && case.who == "agent" && case.line.contains("comments") {
            return Some("masks are the guard's alone: no engine has them");
        }
        match (wanted, got) {
            (Outcome::Refused { state: a, .. }, Outcome::Refused { state: b, .. })
                if native
                    && b == "42501"
                    && ["MF2001", "MF2002", "MF2003", "42703"].contains(&a.as_str()) =>
            {
                Some("an engine that holds the rights names what it refuses")
            }
            (
                Outcome::Answered { json: a, rows: r, .. },
                Outcome::Answered { json: b, rows: s, .. },
            ) if (native || case.who == "admin")
                && r == s
                && a == b
                && (case.line.contains("count=planned")
                    || case.line.contains("count=estimated")) =>
            {
                Some("a planned count is what the engine's own statistics say")
            }
            _ => None,
        }
    }
}

/// What must never happen, whatever the operators in memory say.
fn leaks(case: &Case, outcome: &Outcome, held_by: Rules) -> impl Iterator<Item = &'static str> {
    let told = outcome.to_string();
    let (text, rows) = match outcome {
        Outcome::Answered { json, rows, count } => {
            (json.clone().unwrap_or_default(), *rows + count.unwrap_or(0))
        }
        Outcome::Refused { message, .. } => (message.clone(), 0),
    };
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    // What the caller has written himself he may read again.
    let own_words = |mark: &&str| case.line.contains(*mark);
    let of_owner = OWNERS_MARKS.iter().any(|mark| text.contains(mark) && !own_words(mark));
    let names = HIDDEN_NAMES.iter().any(|name| text.contains(name) && !own_words(name));
    let tenant = !case.line.contains(" labels") && !case.line.starts_with("read labels");
    let who = &*case.who;
    let mut found = Vec::new();
    match who {
        "admin" => {}
        "owner" | "agent" => {
            if has(&HIDDEN) {
                found.push("shows what is hidden from all");
            }
            if who == "agent" && text.contains("8oth") {
                found.push("shows a row of another tenant");
            }
        }
        _ => {
            if of_owner {
                found.push("shows something of the owner's");
            }
            if has(&HIDDEN) {
                found.push("shows what is hidden from all");
            }
        }
    }
    if who == "nobody" && tenant && rows > 0 {
        found.push("nobody sees something");
    }
    if who != "admin" && held_by == Rules::Compiled && names {
        found.push("names what the asker may not know of");
    }
    debug_assert!(!told.is_empty(), "an outcome has a text");
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::{Case, Outcome, Rules, leaks};

    #[test]
    fn a_leak_is_seen_in_answers_and_in_errors() {
        let other = Case::new("other", "read tasks?select=id");
        let seen = |outcome: Outcome| leaks(&other, &outcome, Rules::Compiled).count();
        let answered =
            |json: &str| Outcome::Answered { json: Some(json.into()), rows: 1, count: None };
        assert_eq!(seen(answered(r#"[{"id":8001}]"#)), 0);
        assert_eq!(seen(answered(r#"[{"id":7001}]"#)), 1);
        assert_eq!(seen(Outcome::refused("23505", "Key (code)=(7own-7001) already exists.")), 1);
        assert_eq!(seen(Outcome::refused("42501", "permission denied for table vault")), 1);
        let nobody = Case::new("nobody", "read tasks?select=count()");
        assert_eq!(leaks(&nobody, &answered(r#"[{"count":0}]"#), Rules::Compiled).count(), 1);
    }
}
