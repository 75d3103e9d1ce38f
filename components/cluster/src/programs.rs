//! Which PostgreSQL this machine has: folders that hold the server and its maker, newest first.
//! Never: a download.

use mag_contract::{Fault, codes};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The server that makes a folder and the one that runs it, of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
    /// `17.6`
    pub(crate) version: String,
}

/// The oldest with everything that is relied on: dropping a database ends its connections.
pub(crate) const MAJOR_MIN: u32 = 13;
/// A machine with more versions side by side has not been seen.
const FOLDERS_MAX: usize = 32;
/// Far more than a program takes to say its version.
const SAYS_WITHIN: Duration = Duration::from_secs(10);

/// Where distributions put them; a `*` stands for a version.
const PLACES: &[(&str, &str)] = &[
    // Debian and Ubuntu.
    ("/usr/lib/postgresql", "bin"),
    // Alpine and openSUSE.
    ("/usr/libexec", ""),
    ("/usr/lib", "bin"),
    // Red Hat's PostgreSQL packages.
    ("/usr", "bin"),
    // Homebrew, on both kinds of Mac.
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];
/// How the folders of versions begin there.
const BEGINNINGS: &[&str] = &["postgresql", "pgsql"];
const PLAIN: &[&str] = &["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"];

impl Programs {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// All that are here, newest first; the named folder alone when one is named.
pub(crate) async fn all(named: Option<&Path>) -> Result<Vec<Programs>, Fault> {
    let mut found = Vec::new();
    for folder in candidates(named) {
        if let Some(programs) = look(&folder).await {
            found.push(programs);
        }
    }
    // Stable: of two of one version the first place wins.
    found.sort_by_key(|programs| std::cmp::Reverse(programs.order()));
    if let Some(named) = named.filter(|_| found.is_empty()) {
        let message = format!("{} holds no PostgreSQL that can be run", named.display());
        return Err(Fault::new(codes::NO_POSTGRES, message).hint(
            "`postgresql.programs` names the folder in which `postgres` and `initdb` are, \
             or is left out",
        ));
    }
    Ok(found)
}

/// The newest, for a folder that is still to be made.
pub(crate) async fn newest(named: Option<&Path>) -> Result<Programs, Fault> {
    let newest = all(named).await?.into_iter().next();
    let newest = newest.ok_or_else(none_here)?;
    if newest.major < MAJOR_MIN {
        let message = format!(
            "PostgreSQL {} is too old to be managed: {MAJOR_MIN} is the oldest that can be",
            newest.version
        );
        return Err(Fault::new(codes::NO_POSTGRES, message)
            .hint("install a newer one beside it; nothing else has to change"));
    }
    Ok(newest)
}

/// The programs of exactly this major version: no other one can read the folder.
pub(crate) async fn of_major(named: Option<&Path>, major: u32) -> Result<Programs, Fault> {
    let all = all(named).await?;
    let others: Vec<String> = all.iter().map(|programs| programs.version.clone()).collect();
    if let Some(programs) = all.into_iter().find(|programs| programs.major == major) {
        return Ok(programs);
    }
    if others.is_empty() {
        return Err(none_here());
    }
    let message = format!(
        "the managed databases were made by PostgreSQL {major}, and this machine has {}",
        others.join(", ")
    );
    Err(Fault::new(codes::OTHER_MAJOR, message).hint(format!(
        "install PostgreSQL {major} beside it, or move the databases over as \
         `mobo explain MF5009` says; nothing was touched"
    )))
}

fn none_here() -> Fault {
    Fault::new(codes::NO_POSTGRES, "no PostgreSQL is installed on this machine").hint(
        "install it with `sudo apt install postgresql`, `sudo dnf install postgresql-server` or \
         `brew install postgresql`; or name its folder as `postgresql.programs`",
    )
}

impl Programs {
    fn order(&self) -> (u32, u32) {
        let minor = self.version.split('.').nth(1).and_then(|minor| minor.parse().ok());
        (self.major, minor.unwrap_or(0))
    }
}

fn candidates(named: Option<&Path>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut add = |folder: PathBuf| {
        // A link to `postgres` says where its companions are.
        let Ok(real) = std::fs::canonicalize(folder.join("postgres")) else { return };
        let Some(real) = real.parent().map(Path::to_path_buf) else { return };
        let whole = real.join("initdb").is_file() && !folders.contains(&real);
        if whole && folders.len() < FOLDERS_MAX {
            folders.push(real);
        }
    };
    if let Some(named) = named {
        add(named.to_path_buf());
        // The folder above is what people name as well.
        add(named.join("bin"));
        return folders;
    }
    if let Some(path) = std::env::var_os("PATH") {
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).for_each(&mut add);
    }
    for (place, below) in PLACES {
        let Ok(entries) = std::fs::read_dir(place) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let versioned = name.starts_with(|c: char| c.is_ascii_digit());
            if versioned || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
                add(entry.path().join(below));
            }
        }
    }
    PLAIN.iter().map(PathBuf::from).for_each(add);
    folders
}

/// What the server in a folder says of itself; nothing when it cannot be run.
async fn look(folder: &Path) -> Option<Programs> {
    let mut ask = Command::new(folder.join("postgres"));
    ask.arg("--version").env_clear().env("LC_ALL", "C").current_dir("/").kill_on_drop(true);
    ask.stdin(std::process::Stdio::null());
    let said = timeout(SAYS_WITHIN, ask.output()).await.ok()?.ok()?;
    let (major, version) = version_of(&String::from_utf8_lossy(&said.stdout))?;
    Some(Programs { folder: folder.to_path_buf(), major, version })
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `postgres (PostgreSQL) 18beta1`
fn version_of(said: &str) -> Option<(u32, String)> {
    let version = said.trim().strip_prefix("postgres (PostgreSQL) ")?.split(' ').next()?;
    let major: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_its_version_in_many_ways() {
        for (said, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some((15, "15.18"))),
            ("postgres (PostgreSQL) 18beta1", Some((18, "18beta1"))),
            ("postgres (PostgreSQL) 9.6.24", Some((9, "9.6.24"))),
            ("bash: postgres: not found", None),
            ("postgres (PostgreSQL) ", None),
        ] {
            let found = version_of(said);
            assert_eq!(found, expected.map(|(major, text)| (major, text.to_owned())), "{said}");
        }
    }

    #[tokio::test]
    async fn a_named_folder_without_programs_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let fault = newest(Some(folder.path())).await.unwrap_err();
        assert_eq!(fault.code(), codes::NO_POSTGRES);
        assert!(fault.message().contains(&folder.path().display().to_string()), "{fault}");
        assert!(fault.hint_text().unwrap().contains("postgresql.programs"));
    }

    #[tokio::test]
    async fn a_folder_of_another_major_version_is_told_with_both() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in [
            ("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 16.2'\n"),
            ("initdb", "#!/bin/sh\n"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, script).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(of_major(Some(folder.path()), 16).await.unwrap().version, "16.2");
        let fault = of_major(Some(folder.path()), 14).await.unwrap_err();
        assert_eq!(fault.code(), codes::OTHER_MAJOR);
        assert!(fault.message().contains("14") && fault.message().contains("16.2"), "{fault}");
    }
}
