//! The admin screen: built from `ui/` into `ui/dist`, from where the binary takes it. Without
//! Node.js the binary is built without it, and says so on its first page.

use crate::{Done, shell, tools};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Holds what the last build was made from.
const MARK: &str = "dist/.made-from";

/// Builds it when it is not of these sources already.
pub fn build(root: &Path) -> Done {
    let folder = root.join("ui");
    if tools::found(&tools::NODE).is_none() {
        println!("     Node.js 20 or newer is missing: the binary comes without its admin screen");
        println!("     (install it with your package manager, and run this again)");
        return Ok(());
    }
    let made_from = fingerprint(&folder);
    if std::fs::read_to_string(folder.join(MARK)).is_ok_and(|mark| mark == made_from) {
        println!("     the screen is built already");
        return Ok(());
    }
    packages(&folder)?;
    shell::run(npm(&folder).args(["run", "build"]))?;
    std::fs::write(folder.join(MARK), made_from).map_err(|e| format!("cannot write {MARK}: {e}"))
}

/// Gets what the lockfile names, when it is not what is there.
pub fn packages(folder: &Path) -> Done {
    let lock = folder.join("package-lock.json");
    let wanted = hashed(&[lock]);
    let mark = folder.join("node_modules/.made-from");
    if std::fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    shell::run(npm(folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    std::fs::write(&mark, wanted).map_err(|e| format!("cannot write {}: {e}", mark.display()))
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(folder);
    npm
}

fn fingerprint(folder: &Path) -> String {
    let mut files = Vec::new();
    for place in ["src", "public", "scripts"] {
        walk(&folder.join(place), &mut files);
    }
    for name in ["index.html", "package-lock.json", "vite.config.ts", "tsconfig.json"] {
        files.push(folder.join(name));
    }
    files.sort();
    hashed(&files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn hashed(files: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        std::fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_changed_source_is_another_screen() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("src/parts")).expect("a folder");
        let file = folder.path().join("src/parts/a.tsx");
        std::fs::write(&file, "a").expect("a file");
        let before = fingerprint(folder.path());
        assert_eq!(before, fingerprint(folder.path()));
        std::fs::write(&file, "b").expect("a file");
        assert_ne!(before, fingerprint(folder.path()));
    }
}
