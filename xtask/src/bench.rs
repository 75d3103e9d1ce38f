//! `cargo xtask bench <name>`: the package `bench-<name>` of `benches/<name>`, in release mode.

use crate::{Done, screen, shell};
use std::path::Path;

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
    shell::run(&mut shell::cargo(root, &["build", "--release", "--bin", "mobo", "--bin", &bench]))?;
    let mut command = shell::cargo(root, &["run", "--release", "--bin", &bench, "--"]);
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
