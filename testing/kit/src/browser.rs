//! A real browser for tests and benches: Node.js with the packages that scripts ask for, and a
//! Chromium. What is missing is said once, and what would need it is skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub struct Browser {
    /// Below it scripts find their packages.
    pub packages: PathBuf,
    pub chromium: PathBuf,
}

impl Browser {
    /// A script of Node.js that is told where browser and packages are.
    pub fn script(&self, file: &Path) -> Command {
        let mut node = Command::new("node");
        node.arg(file).env("TOOLS", &self.packages).env("CHROMIUM", &self.chromium);
        node.stdin(Stdio::null());
        node
    }
}

/// The browser of this process; nothing when something is missing. `asked` is the `package.json` of
/// the scripts, `screen` the page that the build of the screen has left.
pub fn browser(asked: &Path, screen: &Path) -> Option<&'static Browser> {
    static BROWSER: OnceLock<Option<Browser>> = OnceLock::new();
    let found = BROWSER.get_or_init(|| match find(asked, screen) {
        Ok(browser) => Some(browser),
        Err(missing) => {
            eprintln!("skipped: what needs a browser: {missing}");
            None
        }
    });
    found.as_ref()
}

fn find(asked: &Path, screen: &Path) -> Result<Browser, &'static str> {
    if on_path(&["node"]).is_none() || on_path(&["npm"]).is_none() {
        return Err("there is no Node.js with npm");
    }
    let named = std::env::var_os("MAG_KIT_CHROMIUM").map(PathBuf::from);
    let known = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let chromium = named.or_else(|| on_path(&known)).ok_or("there is no Chromium")?;
    if !screen.is_file() {
        return Err("the binary was built without its screen (`cargo xtask test` builds both)");
    }
    Ok(Browser { packages: packages(asked), chromium })
}

pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|f| f.join(name)).find(|file| file.is_file()))
}

/// Where builds go, seen from this crate.
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}

/// What is asked for, installed unless it is there. Tests of several processes come here at once: the
/// first one installs while the others wait.
fn packages(asked: &Path) -> PathBuf {
    let wanted = std::fs::read_to_string(asked).unwrap();
    let clients = target().join("clients");
    let folder = clients.join("screen");
    let stamp = folder.join("made-from");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::File::create(clients.join("screen.lock")).unwrap();
    lock.lock().unwrap();
    if std::fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
        return folder;
    }
    std::fs::write(folder.join("package.json"), &wanted).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    let ran = npm.current_dir(&folder).stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "npm: {}", String::from_utf8_lossy(&ran.stderr));
    std::fs::write(&stamp, &wanted).unwrap();
    folder
}
