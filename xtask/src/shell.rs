//! Other programs: found, run in the open, and named when they fail.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The cargo that runs us, at the root of the repository.
pub fn cargo(root: &Path, words: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(words).current_dir(root);
    command
}

/// Runs with the terminal of the caller, after saying what is run.
pub fn run(command: &mut Command) -> Result<(), String> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().map_err(|e| format!("`{shown}` does not start: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs unseen; the answer is what it printed.
pub fn ask(command: &mut Command) -> Result<String, String> {
    let shown = shown(command);
    let output = command.output().map_err(|e| format!("`{shown}` does not start: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Where a program is, looking in `PATH` first and then in `places`.
pub fn find(program: &str, places: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(places.iter().cloned())
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for word in command.get_args() {
        text.push(' ');
        text.push_str(&word.to_string_lossy());
    }
    text
}
