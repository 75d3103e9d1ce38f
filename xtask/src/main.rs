//! `cargo xtask <verb>`: reads the verb, calls it, shows the sentence if it failed.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a build tool speaks on the terminal"
)]

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <verb>

  run [-- <flags of `mobo boot`>]   build MagFlock, set up ./magflock-data once, boot it here
  test [--fast] [filters]           get what the tests need, build everything, run the tests
  ci                                format, lints, tidy, book, dependencies, tests
  screen                            build the admin screen into ui/dist
  tidy                              what a reader relies on and a compiler does not check
  book                              render docs/ to target/book and check its links
  golden [filters]                  run the tests and rewrite the golden files
  bench <name> [arguments]          run a bench of benches/, built as it is shipped

`cargo xtask run -- --detach` boots in the background.
`cargo xtask test --engine postgres` fails, instead of skipping, when that engine is missing.";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let verb = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let root = xtask::tree::root();
    let done = match verb.as_str() {
        "run" => xtask::run::run(&root, &rest),
        "test" => xtask::test::test(&root, &rest),
        "ci" => xtask::ci::ci(&root),
        "screen" => xtask::screen::build(&root),
        "tidy" => xtask::tidy::show(&root),
        "book" => xtask::book::book(&root),
        "golden" => xtask::test::golden(&root, &rest),
        "bench" => xtask::bench::bench(&root, &rest),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("there is no `cargo xtask {unknown}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\nxtask {verb}: {sentence}");
            ExitCode::FAILURE
        }
    }
}
