//! `cargo xtask run`: from a clone to a running board in one command.
//! Never installs or starts anything without saying so, never touches a folder that is set up.

use crate::{Done, screen, shell, tools};
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn run(root: &Path, words: &[String]) -> Done {
    let flags: Vec<&String> = words.iter().skip_while(|word| *word == "--").collect();
    println!("1/4  what the build needs");
    tools::need(&tools::BUILD)?;

    println!("\n2/4  the admin screen");
    screen::build(root)?;

    println!("\n3/4  build `mobo` (release; the first time takes some minutes)");
    shell::run(&mut shell::cargo(root, &["build", "--release", "--bin", "mobo"]))?;
    let mobo = built(root)?;

    let data = data_folder(root, &flags);
    println!("\n4/4  boot on {}", data.display());
    if data.join("magflock.toml").exists() {
        println!("the folder is set up already");
    } else {
        shell::run(Command::new(&mobo).arg("init").arg("--data").arg(&data).current_dir(root))?;
    }
    let mut boot = Command::new(&mobo);
    boot.arg("boot").args(&flags).current_dir(root);
    if !flags.iter().any(|flag| names_data(flag)) {
        boot.arg("--data").arg(&data);
    }
    become_it(boot)
}

/// The process becomes the board, so that Ctrl-C and SIGTERM reach the board itself.
#[cfg(unix)]
fn become_it(mut boot: Command) -> Done {
    use std::os::unix::process::CommandExt as _;
    Err(format!("`mobo boot` does not start: {}", boot.exec()))
}

#[cfg(not(unix))]
fn become_it(mut boot: Command) -> Done {
    shell::run(&mut boot)
}

fn built(root: &Path) -> Result<PathBuf, String> {
    let metadata = metadata(root)?;
    let target = metadata["target_directory"].as_str().ok_or("cargo names no target folder")?;
    Ok(Path::new(target).join("release").join(format!("mobo{}", std::env::consts::EXE_SUFFIX)))
}

/// What cargo knows about this workspace, without asking the network.
pub fn metadata(root: &Path) -> Result<serde_json::Value, String> {
    let words = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let text = shell::ask(&mut shell::cargo(root, &words))?;
    serde_json::from_str(&text).map_err(|e| format!("`cargo metadata` is not JSON: {e}"))
}

fn names_data(flag: &str) -> bool {
    flag == "--data" || flag.starts_with("--data=")
}

/// The folder that the board will take: flag, then environment, then `magflock-data`.
fn data_folder(root: &Path, flags: &[&String]) -> PathBuf {
    let said = flags.iter().enumerate().find_map(|(at, flag)| match flag.strip_prefix("--data") {
        Some("") => flags.get(at + 1).map(|folder| PathBuf::from(folder.as_str())),
        Some(rest) => rest.strip_prefix('=').map(PathBuf::from),
        None => None,
    });
    let said = said.or_else(|| std::env::var_os("MAGFLOCK_DATA").map(PathBuf::from));
    root.join(said.unwrap_or_else(|| "magflock-data".into()))
}

#[cfg(test)]
mod tests {
    use super::data_folder;
    use std::path::Path;

    fn check(flags: &[&str], expected: &str) {
        let flags: Vec<String> = flags.iter().map(|f| (*f).into()).collect();
        let flags: Vec<&String> = flags.iter().collect();
        assert_eq!(data_folder(Path::new("/clone"), &flags), Path::new(expected));
    }

    #[test]
    fn the_data_folder_is_the_one_that_the_flags_name() {
        check(&["--detach", "--data", "there"], "/clone/there");
        check(&["--data=/srv/mag"], "/srv/mag");
    }
}
