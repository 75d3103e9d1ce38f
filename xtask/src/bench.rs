//! `cargo xtask bench <name>`: the package `bench-<name>` of `benches/<name>`, built as the binaries that
//! are shipped.

use crate::{Done, screen, shell};
use std::path::Path;

/// Optimised across crates, which takes some minutes more than a release build.
const SHIPPED: &str = "dist";

pub fn bench(root: &Path, words: &[String]) -> Done {
    let known = benches(root);
    if known.is_empty() {
        return Err("there is no bench in benches/ yet".into());
    }
    let Some((name, rest)) = words.split_first() else {
        return Err(format!("say which bench: {}", known.join(", ")));
    };
    if !known.contains(name) {
        return Err(format!("there is no bench `{name}`; there are: {}", known.join(", ")));
    }
    let bench = format!("bench-{name}");
    if name == "ui" {
        screen::build(root)?;
    }
    // Benches start the product, so it must be the one of this tree. Both are built together:
    // another selection of packages would build the heavy crates twice.
    let words = ["--profile", SHIPPED, "--bin", "mobo", "--bin", &bench];
    shell::run(shell::cargo(root, &["build"]).args(words))?;
    let mut command = shell::cargo(root, &["run", "--profile", SHIPPED, "--bin", &bench, "--"]);
    shell::run(command.args(rest))
}

fn benches(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root.join("benches"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
