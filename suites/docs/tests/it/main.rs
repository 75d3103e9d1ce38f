//! A command in the documentation is a command that a test runs: each page is played from its
//! first line to its last on an installation of its own, and must show what the page shows.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and says what it skipped"
)]

mod likeness;
mod page;
mod terminal;

use mag_kit::Installation;
use page::Page;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn installation() -> Installation {
    Installation::of(env!("CARGO_BIN_EXE_suite-docs"))
}

/// The pages that people type from. `docs/reference` is generated from the binary itself, and the
/// pages of `docs/errors` are read by the test of names below.
fn pages() -> Vec<Page> {
    let mut paths = markdown(&root().join("docs"));
    paths.retain(|path| !path.starts_with("docs/errors") && !path.starts_with("docs/reference"));
    paths.extend(["README.md", "CONTRIBUTING.md", "AGENTS.md"].map(PathBuf::from));
    paths.iter().map(|path| Page::read(&root(), path)).collect()
}

/// Paths as the reader of the repository knows them.
fn markdown(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn every_page_can_be_typed_from_its_first_line_to_its_last() {
    let pages = pages();
    let played = pages.iter().filter(|page| !page.blocks.is_empty()).count();
    assert!(played >= 7, "only {played} pages with commands were found");
    let mut faults = vec![];
    for page in &pages {
        faults.extend(page.faults.clone());
        faults.extend(terminal::play(page, &installation(), &root()));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n\n"));
}

/// Pages tell about them already; their parts are in the repository and not plugged in yet.
const TO_COME: &[&str] = &[];
/// The guide for authors of parts speaks of a binary of its own, which `suites/demo` runs.
const OF_THE_DEMO: &str = "listener:count";

fn group_to_come(command: &str) -> bool {
    command.split_once(':').is_some_and(|(group, _)| TO_COME.contains(&group))
}

#[test]
fn every_command_that_a_sentence_names_is_a_command() {
    let mut paths = markdown(&root().join("docs"));
    let files = ["README.md", "CONTRIBUTING.md", "AGENTS.md", "llms.txt", "SECURITY.md"];
    paths.extend(files.map(PathBuf::from));
    let own = installation();
    let (mut known, mut faults) = (BTreeSet::new(), vec![]);
    for path in &paths {
        for named in page::named_commands(&std::fs::read_to_string(root().join(path)).unwrap()) {
            let elsewhere = OF_THE_DEMO == named || group_to_come(&named);
            if !elsewhere && !known.contains(&named) {
                let ran = own.run(&["help", &named]);
                if ran.code != Some(0) {
                    faults.push(format!("{}: `mobo {named}`: {}", path.display(), ran.text()));
                    continue;
                }
                known.insert(named);
            }
        }
    }
    for group in TO_COME {
        let ran = own.run(&["help", group]);
        assert_ne!(ran.code, Some(0), "`{group}` has arrived: take it out of TO_COME");
    }
    assert!(known.len() > 10, "only {known:?} were found");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
