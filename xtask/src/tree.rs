//! The files of this repository: what git tracks or would track; without git, what lies there.

use std::path::{Path, PathBuf};
use std::process::Command;

const PICTURE: &str = ".png";
/// Folders that no one writes by hand.
const BUILT: [&str; 5] = [".git", "target", "node_modules", "dist", "magflock-data"];

/// The folder of this workspace: told by cargo, or the one this tool was built in.
pub fn root() -> PathBuf {
    let own =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// A file with its path from the root, `/` between the parts, and its text.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }
    /// The name without folder and extension.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.split('.').next().unwrap_or(name)
    }
    pub fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, e)| e == extension)
    }
    pub fn under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Every text file of the repository and its pictures, in the order of their names.
pub fn files(root: &Path) -> Vec<File> {
    let mut paths = tracked(root).unwrap_or_else(|| lying(root));
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            // A picture has no text, and is there: pages link to it.
            let text = match path.ends_with(PICTURE) {
                true => root.join(&path).is_file().then(String::new)?,
                false => std::fs::read_to_string(root.join(&path)).ok()?,
            };
            Some(File { path, text })
        })
        .collect()
}

fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.split('\0').filter(|path| !path.is_empty()).map(Into::into).collect())
}

fn lying(root: &Path) -> Vec<String> {
    let mut found = vec![];
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if !BUILT.iter().any(|built| name == *built) {
                    folders.push(path);
                }
            } else if let Ok(path) = path.strip_prefix(root) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_git_the_files_that_lie_there_are_read_but_not_what_was_built() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in [("a/b.md", "b"), ("target/x.md", "x"), ("c.md", "c")] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let mut paths = super::lying(folder.path());
        paths.sort();
        assert_eq!(paths, ["a/b.md", "c.md"]);
    }
}
