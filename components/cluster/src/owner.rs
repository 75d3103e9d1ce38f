//! As whom the server runs. PostgreSQL refuses to be root, so a board that is root hands the server
//! and its folder to another user; what is in that folder is then touched as that user alone, so
//! that nothing which it could put there leads root astray.

use mag_contract::{Fault, codes};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) user: u32,
    pub(crate) group: u32,
    /// Missing when it is the one who runs the board.
    other: Option<String>,
}

const ROOT: u32 = 0;
const USERS: &str = "/etc/passwd";
/// Small work on a few files, also on a disk that is busy.
const DONE_WITHIN: Duration = Duration::from_secs(60);

impl Owner {
    /// Whoever runs the board, or `name` when that is root.
    pub(crate) fn find(name: &str) -> Result<Self, Fault> {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        if user.as_raw() != ROOT {
            return Ok(Self { user: user.as_raw(), group: group.as_raw(), other: None });
        }
        let users = std::fs::read_to_string(USERS)
            .map_err(|e| Fault::new(codes::IO, format!("{USERS} cannot be read")).because(e))?;
        Self::named(name, &users)
    }

    fn named(name: &str, users: &str) -> Result<Self, Fault> {
        let refused = |what: String| {
            Fault::new(codes::BAD_SETTING, what).hint(
                "PostgreSQL refuses to run as root: name another user as `postgresql.user`, \
                 or run the board as an ordinary user",
            )
        };
        let line = users.lines().find(|line| line.split(':').next() == Some(name));
        let line = line.ok_or_else(|| {
            refused(format!("the board runs as root, and this machine has no user `{name}`"))
        })?;
        let mut fields = line.split(':').skip(2).map(|field| field.parse::<u32>().ok());
        let (Some(Some(user)), Some(Some(group))) = (fields.next(), fields.next()) else {
            return Err(refused(format!("user `{name}` has no number in {USERS}")));
        };
        if user == ROOT {
            return Err(refused(format!("user `{name}` is root by another name")));
        }
        Ok(Self { user, group, other: Some(name.to_owned()) })
    }

    /// Its name, when it is not the one who runs the board.
    pub(crate) fn other(&self) -> Option<&str> {
        self.other.as_deref()
    }

    /// A program that runs as the owner, and knows nothing of the board's surroundings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if self.other.is_some() {
            // Further groups of root are left behind as well.
            command.uid(self.user).gid(self.group);
        }
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
        // An interrupt at the terminal is the board's to deal with.
        command.current_dir("/").process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a few lines of shell as the owner, with `text` as their input.
    pub(crate) async fn shell(
        &self,
        script: &str,
        arguments: &[&Path],
        text: &str,
    ) -> Result<(), Fault> {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-eu", "-c", script, "sh"]).args(arguments).stdin(Stdio::piped());
        let work = async {
            let mut child = command.spawn()?;
            if let Some(mut input) = child.stdin.take() {
                // A shell that ended early has said why.
                let _ = input.write_all(text.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let broken = || Fault::new(codes::IO, "the folder of the managed PostgreSQL is in trouble");
        let output = match timeout(DONE_WITHIN, work).await {
            Ok(output) => output.map_err(|e| broken().because(e))?,
            Err(_) => return Err(broken().details(format!("no end within {DONE_WITHIN:?}"))),
        };
        if output.status.success() {
            return Ok(());
        }
        Err(broken().details(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    /// Only for what lies in a folder that is not the owner's.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Fault> {
        if self.other.is_none() {
            return Ok(());
        }
        chown(path, Some(self.user), Some(self.group)).map_err(|e| {
            let message = format!("{} cannot be handed to another user", path.display());
            Fault::new(codes::NOT_WRITABLE, message).because(e)
        })
    }

    /// Whether its rights let the owner pass through a folder.
    pub(crate) fn may_pass(&self, folder: &std::fs::Metadata) -> bool {
        let bit = if folder.uid() == self.user {
            0o100
        } else if folder.gid() == self.group {
            0o010
        } else {
            0o001
        };
        folder.mode() & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n\
         toor:x:0:0::/:/bin/sh\nbroken:x:::\n";

    #[test]
    fn a_user_is_found_by_name() {
        let owner = Owner::named("postgres", SOME).unwrap();
        assert_eq!((owner.user, owner.group, owner.other()), (101, 104, Some("postgres")));
    }

    #[test]
    fn whoever_cannot_run_the_server_is_refused_with_the_way_out() {
        for name in ["nobody-here", "root", "toor", "broken", ""] {
            let fault = Owner::named(name, SOME).unwrap_err();
            assert_eq!(fault.code(), codes::BAD_SETTING, "{name}");
            assert!(fault.hint_text().unwrap().contains("postgresql.user"), "{name}");
        }
    }

    #[tokio::test]
    async fn what_a_shell_said_is_in_the_fault() {
        let ourselves = Owner { user: 1, group: 1, other: None };
        let fault = ourselves.shell("echo went wrong >&2; exit 3", &[], "").await.unwrap_err();
        assert_eq!(fault.details_text(), Some("went wrong"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b");
        ourselves.shell("cat > \"$1\"", &[&file], "text").await.unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "text");
    }
}
