//! `cargo xtask test`: what the tests need, a build of everything, the tests, and the engines
//! that were skipped. Never hides a skip, never prints after the runner what could be read as its
//! verdict.

use crate::tree::{self, File};
use crate::{Done, screen, shell, tools};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Engines that a test may count on: for them, missing is a failure.
const ENGINES: &str = "MAG_KIT_ENGINES";
/// Where suites write down how many cases they have tried: the runner keeps what a test that passes
/// prints to itself.
const TALLY: &str = "MAG_KIT_TALLY";

#[derive(Default, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Only what needs no engine and no built binary.
    fast: bool,
    /// Engines that were named: they must be there.
    named: Vec<String>,
    filters: Vec<String>,
    golden: bool,
}

pub fn test(root: &Path, words: &[String]) -> Done {
    run(root, &Wish::read(words)?)
}

/// The golden files become what the product makes of their inputs today.
pub fn golden(root: &Path, words: &[String]) -> Done {
    run(root, &Wish { golden: true, ..Wish::read(words)? })?;
    println!("golden files are rewritten: read `git diff` before you commit them");
    Ok(())
}

impl Wish {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut wish = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fast" => wish.fast = true,
                "--engine" => {
                    let name = words.next().ok_or("`--engine` needs the name of an engine")?;
                    if !tools::ENGINES.iter().any(|tool| tool.name == name) {
                        let known: Vec<_> = tools::ENGINES.iter().map(|tool| tool.name).collect();
                        return Err(format!("no engine is called `{name}`: {}", known.join(", ")));
                    }
                    wish.named.push(name.clone());
                }
                "--" => {}
                flag if flag.starts_with('-') => return Err(format!("unknown flag `{flag}`")),
                filter => wish.filters.push(filter.into()),
            }
        }
        Ok(wish)
    }
}

fn run(root: &Path, wish: &Wish) -> Done {
    println!("what the tests need");
    tools::need(&tools::TEST)?;
    for tool in tools::OPTIONAL.iter().filter(|_| !wish.fast) {
        match tools::get(tool) {
            Ok(place) => println!("     {} ({})", tool.name, place.display()),
            Err(why) => println!("     {why}"),
        }
    }
    let engines = engines(wish)?;

    if !wish.fast {
        screen::build(root)?;
        // One selection of packages for all that follows: another one would build with other
        // features, and the heavy crates twice. Suites find `mobo` where this puts it.
        shell::run(&mut shell::cargo(root, &["build", "--workspace", "--bins", "--tests"]))?;
    }
    let nextest = shell::ask(&mut shell::cargo(root, &["nextest", "--version"])).is_ok();
    // The other runner leaves out the examples in comments; the usual one runs them by itself.
    if nextest && !wish.fast && has_examples(&tree::files(root)) {
        shell::run(&mut shell::cargo(root, &["test", "--workspace", "--doc"]))?;
    }
    let mut runner = runner(root, wish, nextest);
    if wish.golden {
        runner.env("UPDATE_GOLDEN", "1");
    }
    let there: Vec<&str> = engines.there.iter().map(|(name, _)| *name).collect();
    runner.env(ENGINES, ["sqlite"].into_iter().chain(there).collect::<Vec<_>>().join(","));
    for (name, program) in &engines.there {
        if let Some(folder) = program.parent() {
            runner.env(format!("MAG_KIT_{}_BIN", name.to_uppercase()), folder);
        }
    }
    let counted = root.join("target").join("tally.txt");
    // What an earlier run has counted is not of this one; a file that is not there need not go.
    let _ = std::fs::remove_file(&counted);
    runner.env(TALLY, &counted);
    let verdict = shell::run(&mut runner);
    println!("\n{}", engines.closing());
    if let Ok(lines) = std::fs::read_to_string(&counted) {
        print!("{}", tallied(&lines));
    }
    verdict
}

/// What was counted, in the order of its names, and all of it together.
fn tallied(lines: &str) -> String {
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    let cases = lines.iter().filter_map(|line| {
        let (before, _) = line.rsplit_once(" cases in ")?;
        before.rsplit(' ').next()?.parse::<u64>().ok()
    });
    let all: u64 = cases.sum();
    let each: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("cases that were tried: {all}\n{each}")
}

fn has_examples(files: &[File]) -> bool {
    files.iter().filter(|file| file.is("rs")).any(|file| {
        let fences = file.text.lines().filter_map(|line| {
            let comment =
                line.trim_start().strip_prefix("///").or(line.trim_start().strip_prefix("//!"));
            comment?.trim_start().strip_prefix("```")
        });
        // Every second fence closes one.
        fences.step_by(2).any(|language| matches!(language.trim(), "" | "rust" | "no_run"))
    })
}

fn runner(root: &Path, wish: &Wish, nextest: bool) -> Command {
    let words: &[&str] =
        if nextest { &["nextest", "run", "--workspace"] } else { &["test", "--workspace"] };
    let mut runner = shell::cargo(root, words);
    if wish.fast {
        runner.args(["--lib", "--bins"]);
    }
    if !nextest {
        runner.args(["--no-fail-fast", "--"]);
    }
    runner.args(&wish.filters);
    runner
}

struct Engines {
    there: Vec<(&'static str, PathBuf)>,
    skipped: Vec<(&'static str, String)>,
}

impl Engines {
    fn closing(&self) -> String {
        let there: Vec<_> = self.there.iter().map(|(name, _)| *name).collect();
        let mut text =
            format!("engines under test: {}", [&["sqlite"], &there[..]].concat().join(", "));
        for (name, why) in &self.skipped {
            text.push_str(&format!("\nskipped engine: {name}: {why}"));
        }
        if self.skipped.is_empty() {
            text.push_str("\nskipped engines: none");
        }
        text
    }
}

fn engines(wish: &Wish) -> Result<Engines, String> {
    let mut engines = Engines { there: vec![], skipped: vec![] };
    for tool in tools::ENGINES {
        let named = wish.named.iter().any(|name| name == tool.name);
        let got = match (tools::found(tool), wish.fast && !named) {
            (Some(place), _) => Ok(place),
            (None, true) => Err("not installed, and `--fast` installs nothing".into()),
            (None, false) => tools::get(tool),
        };
        match got {
            Ok(place) => {
                println!("     {} ({})", tool.name, place.display());
                engines.there.push((tool.name, place));
            }
            Err(why) if named => return Err(why),
            Err(why) => engines.skipped.push((tool.name, why)),
        }
    }
    Ok(engines)
}

#[cfg(test)]
mod tests {
    use super::{Engines, Wish, has_examples, tallied};
    use crate::tree::File;

    fn wish(words: &[&str]) -> Result<Wish, String> {
        Wish::read(&words.iter().map(|w| (*w).into()).collect::<Vec<String>>())
    }

    #[test]
    fn a_misspelt_flag_or_engine_is_refused_by_name() {
        assert_eq!(wish(&["--fats"]).unwrap_err(), "unknown flag `--fats`");
        assert_eq!(
            wish(&["--engine", "oracle"]).unwrap_err(),
            "no engine is called `oracle`: postgres"
        );
        let good = wish(&["--fast", "--engine", "postgres", "journal"]).expect("known words");
        assert!(good.fast && good.named == ["postgres"] && good.filters == ["journal"]);
    }

    #[test]
    fn examples_in_comments_are_found_and_fences_of_text_are_not() {
        let check = |line: &str| has_examples(&[File::new("a/src/lib.rs", line)]);
        assert!(check("    /// ```\n    /// add(1)\n    /// ```"));
        assert!(!check("/// ```text\n/// no code\n/// ```"));
    }

    #[test]
    fn what_suites_have_counted_is_told_with_its_sum() {
        let lines = "b on sqlite: 20 cases in 1.5 s\na in 2 worlds: 5 cases in 0.1 s\n";
        let told = "cases that were tried: 25\n  a in 2 worlds: 5 cases in 0.1 s\n  \
                    b on sqlite: 20 cases in 1.5 s\n";
        assert_eq!(tallied(lines), told);
    }

    #[test]
    fn a_skipped_engine_is_named_with_its_reason() {
        let none = Engines { there: vec![("postgres", "/bin/postgres".into())], skipped: vec![] };
        assert_eq!(none.closing(), "engines under test: sqlite, postgres\nskipped engines: none");
        let one = Engines { there: vec![], skipped: vec![("postgres", "it is missing".into())] };
        assert_eq!(
            one.closing(),
            "engines under test: sqlite\nskipped engine: postgres: it is missing"
        );
    }
}
