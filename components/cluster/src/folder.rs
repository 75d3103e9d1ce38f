//! The folder of the managed databases, `postgresql/<major>/` in the data folder: found, or made
//! once by the server's own maker. A folder that is only half made is never taken for one.

use crate::owner::Owner;
use crate::password::Password;
use crate::programs::Programs;
use mag_contract::{Fault, codes, durable};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

/// The name of the server's superuser, whom migrations of apps know.
pub(crate) const SUPERUSER: &str = "postgres";
/// On a slow disk it takes some ten seconds: all of it is on the disk afterwards.
const MADE_WITHIN: Duration = Duration::from_secs(300);

pub(crate) fn base(data_folder: &Path) -> PathBuf {
    data_folder.join("postgresql")
}

/// A folder that holds databases, and the major version that made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

/// The one that is there. Of several the newest: the others are what somebody has moved away from.
pub(crate) fn find(data_folder: &Path) -> Result<Option<Found>, Fault> {
    let Ok(entries) = std::fs::read_dir(base(data_folder)) else { return Ok(None) };
    let major = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let Some(named) = entries.flatten().filter_map(major).max() else { return Ok(None) };
    let folder = base(data_folder).join(named.to_string());
    let says = std::fs::read_to_string(folder.join("PG_VERSION")).unwrap_or_default();
    if says.trim() == named.to_string() {
        return Ok(Some(Found { folder, major: named }));
    }
    let message = match says.trim() {
        "" => format!("{} holds no databases of PostgreSQL", folder.display()),
        other => format!("{} holds databases of PostgreSQL {other}", folder.display()),
    };
    Err(Fault::new(codes::OTHER_MAJOR, message)
        .hint("move it away, or give it back its own name; nothing was touched"))
}

/// Makes it whole beside its place and puts it there at the end.
pub(crate) async fn make(
    data_folder: &Path,
    programs: &Programs,
    owner: &Owner,
    password: &Password,
) -> Result<Found, Fault> {
    let base = base(data_folder);
    let draft = base.join(format!("{}.draft", programs.major));
    let secret = base.join("password.draft");
    owner
        .shell("umask 077; rm -rf \"$1\"; cat > \"$2\"", &[&draft, &secret], password.expose())
        .await?;
    let made = init(programs, owner, &draft, &secret).await;
    owner.shell("rm -f \"$1\"", &[&secret], "").await?;
    made?;
    let folder = base.join(programs.major.to_string());
    durable::rename(&draft, &folder).map_err(|e| {
        Fault::new(codes::IO, format!("{} cannot be put in place", folder.display())).because(e)
    })?;
    tracing::info!(
        part = "postgresql",
        folder = %folder.display(),
        version = programs.version,
        "a folder for databases of PostgreSQL {} was made",
        programs.version
    );
    Ok(Found { folder, major: programs.major })
}

/// Sorting by code points is the same on every machine and in every version; a machine without
/// the first one has the second.
const LOCALES: [&str; 2] = ["C.UTF-8", "C"];

async fn init(
    programs: &Programs,
    owner: &Owner,
    draft: &Path,
    secret: &Path,
) -> Result<(), Fault> {
    let mut said = String::new();
    for locale in LOCALES {
        let mut initdb = owner.command(&programs.program("initdb"));
        // With checksums a page that the disk has damaged is an error, not an answer.
        initdb.args(["--data-checksums", "--encoding=UTF8", "--auth=scram-sha-256"]);
        initdb.args(["--username", SUPERUSER, "--locale", locale]);
        initdb.arg("--pwfile").arg(secret).arg("-D").arg(draft);
        let output = match timeout(MADE_WITHIN, initdb.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(e)) => return Err(not_made(String::new()).because(e)),
            Err(_) => return Err(not_made(format!("no end within {MADE_WITHIN:?}"))),
        };
        if output.status.success() {
            return Ok(());
        }
        said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if !said.contains("locale") {
            break;
        }
        owner.shell("rm -rf \"$1\"", &[draft], "").await?;
    }
    Err(not_made(said))
}

fn not_made(said: String) -> Fault {
    Fault::new(codes::ENGINE_BROKEN, "the folder of the managed PostgreSQL could not be made")
        .details(said)
}

/// The base folder, the owner's alone, and a way for the owner to it.
pub(crate) fn prepare(data_folder: &Path, owner: &Owner) -> Result<PathBuf, Fault> {
    let base = base(data_folder);
    let refused = |e| {
        Fault::new(codes::NOT_WRITABLE, format!("{} cannot be made", base.display())).because(e)
    };
    if !base.is_dir() {
        durable::create_folder(&base).map_err(refused)?;
        std::fs::set_permissions(&base, PermissionsExt::from_mode(0o700)).map_err(refused)?;
    }
    owner.give(&base)?;
    let base = std::fs::canonicalize(&base).map_err(refused)?;
    if let Some(name) = owner.other() {
        let data_folder = std::fs::canonicalize(data_folder).map_err(refused)?;
        let closed: Vec<&Path> = base
            .ancestors()
            .skip(1)
            .filter(|above| !std::fs::metadata(above).is_ok_and(|found| owner.may_pass(&found)))
            .collect();
        if let Some(above) = closed.iter().find(|above| ***above != *data_folder) {
            let message =
                format!("user `{name}`, who runs PostgreSQL, may not enter {}", above.display());
            return Err(Fault::new(codes::NOT_WRITABLE, message).hint(
                "run the board as an ordinary user, or keep the data folder where that user may go, \
                 such as /var/lib/magflock",
            ));
        }
        if !closed.is_empty() {
            open_to(owner, &data_folder).map_err(|e| {
                let message = format!("{} cannot be opened to `{name}`", data_folder.display());
                Fault::new(codes::NOT_WRITABLE, message).because(e)
            })?;
        }
    }
    Ok(base)
}

/// Lets the owner's group pass through the data folder, to what is its own there and nothing else:
/// everything that was closed by the data folder alone is closed by itself first.
fn open_to(owner: &Owner, data_folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(data_folder)? {
        let path = entry?.path();
        let found = std::fs::symlink_metadata(&path)?;
        let mode = found.mode() & 0o7777;
        if !found.is_symlink() && found.uid() != owner.user && mode & 0o077 != 0 {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode & !0o077))?;
        }
    }
    std::os::unix::fs::chown(data_folder, None, Some(owner.group))?;
    let mode = std::fs::metadata(data_folder)?.mode() & 0o7777;
    std::fs::set_permissions(data_folder, PermissionsExt::from_mode(mode & !0o060 | 0o010))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(folders: &[(&str, &str)]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        for (name, version) in folders {
            let folder = base(data.path()).join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("PG_VERSION"), version).unwrap();
        }
        data
    }

    #[test]
    fn a_folder_is_found_by_its_version_and_a_draft_is_none() {
        assert_eq!(find(with(&[]).path()).unwrap(), None);
        assert_eq!(find(with(&[("17.draft", "17\n")]).path()).unwrap(), None);
        let data = with(&[("16", "16\n"), ("17", "17\n"), ("18.draft", "18\n")]);
        assert_eq!(find(data.path()).unwrap().unwrap().major, 17);
    }

    #[test]
    fn a_folder_that_says_another_version_than_its_name_is_refused() {
        for (says, part) in [("15\n", "databases of PostgreSQL 15"), ("", "no databases")] {
            let fault = find(with(&[("16", says)]).path()).unwrap_err();
            assert_eq!(fault.code(), codes::OTHER_MAJOR);
            assert!(fault.message().contains(part), "{fault}");
        }
    }
}
