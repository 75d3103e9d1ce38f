//! The cases are what the operators in memory say, and the generated worlds hold together.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use futures::FutureExt;
use futures::future::BoxFuture;
use mag_adapter::conformance::cases::{Case, Suite, suites};
use mag_adapter::conformance::{self, Stage, World};
use mag_adapter::{Engine, EngineError, Memory};
use mag_model::catalog::Draft;
use std::path::PathBuf;
use std::sync::Arc;

struct InMemory;

impl Stage for InMemory {
    fn make<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>> {
        let catalog = Arc::new(draft.build(1).unwrap());
        Box::pin(async move { Ok(Arc::new(Memory::new(catalog)) as Arc<dyn Engine>) })
    }
}

/// `UPDATE_GOLDEN=1` writes what memory says; a person reads the difference.
#[test]
fn the_cases_are_what_the_operators_in_memory_say() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        suites().iter().for_each(rewrite);
        return;
    }
    let report = conformance::run(&InMemory).now_or_never().unwrap();
    report.assert_green();
    assert!(report.passed > 150, "{report}");
}

fn rewrite(suite: &Suite) {
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases").join(suite.name).join("cases.txt");
    let engine = InMemory.make(&suite.draft).now_or_never().unwrap().unwrap();
    let world = World::load(engine, suite).now_or_never().unwrap().unwrap();
    let mut cases: std::slice::Iter<'_, Case> = suite.cases.iter();
    let mut out = String::new();
    for line in std::fs::read_to_string(&file).unwrap().lines() {
        let plain = line.trim();
        if plain.starts_with("=> ") || plain.starts_with("!! ") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let is_case = !plain.is_empty() && !plain.starts_with('#') && !plain.starts_with("as ");
        if is_case {
            let case = cases.next().unwrap();
            let outcome = world.outcome(suite, case).now_or_never().unwrap();
            out.push_str(&format!("{outcome}\n"));
        }
    }
    std::fs::write(file, out).unwrap();
}

#[test]
fn the_matrix_of_policies_holds_for_the_operators_in_memory() {
    let report = conformance::matrix::run(&InMemory).now_or_never().unwrap().unwrap();
    report.assert_green();
    assert_eq!(report.passed, conformance::matrix::size().2);
}

#[test]
fn a_generated_world_is_the_same_for_the_same_seed_and_agrees_with_itself() {
    let tally =
        mag_adapter::differential::run(&InMemory, 0..40, 25).now_or_never().unwrap().unwrap();
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n"));
    assert!(tally.cases >= 1_000);
    tally.assert_telling();
    // Of every kind that a caller can meet: a name, a right, a row rule, a key, a missing value.
    for state in ["MF2001", "42703", "42501", "23505", "23503", "23502"] {
        assert!(tally.reasons.contains_key(state), "{:?}", tally.reasons);
    }
}

/// Calls whose letters were mixed up: an answer or an error in words, from every step.
#[test]
fn a_call_in_disorder_is_refused_in_words_and_never_a_panic() {
    let mut chance = mag_adapter::generate::Chance::new(11);
    let letters: Vec<char> = "abidnems?&=.,()!:>*{}[]\"'-_1 é\\%".chars().collect();
    let (mut answered, mut refused) = (0, 0);
    for suite in suites() {
        let engine = InMemory.make(&suite.draft).now_or_never().unwrap().unwrap();
        let world = World::load(engine, &suite).now_or_never().unwrap().unwrap();
        for round in 0..4_000 {
            let case = &suite.cases[round % suite.cases.len()];
            let mut line: Vec<char> = case.line.chars().collect();
            // Behind the name of the table and the word `select`, where most of the language is.
            let from = line.iter().position(|c| *c == '?').map_or(0, |at| at + 8);
            for _ in 0..chance.between(1, 2) {
                let at =
                    from.min(line.len() - 1) + chance.below(line.len().saturating_sub(from).max(1));
                match chance.below(3) {
                    0 => line[at] = *chance.one(&letters),
                    1 => line.insert(at, *chance.one(&letters)),
                    _ => {
                        line.remove(at);
                    }
                }
            }
            let mixed = Case { line: line.into_iter().collect(), ..case.clone() };
            match world.outcome(&suite, &mixed).now_or_never().unwrap() {
                conformance::cases::Outcome::Answered { .. } => answered += 1,
                conformance::cases::Outcome::Refused { message, .. } => {
                    refused += 1;
                    assert!(!message.is_empty(), "{}", mixed.line);
                }
            }
        }
    }
    assert!(answered > 200 && refused > 1_000, "{answered} answered, {refused} refused");
}
