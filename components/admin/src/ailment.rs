//! What the doctor knows about the admin token: gone, too short, or readable by others.

use crate::token;
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use std::path::{Path, PathBuf};

pub(crate) struct AdminToken;

impl Ailment for AdminToken {
    fn name(&self) -> &'static str {
        "admin-token"
    }

    fn looks_at(&self) -> &'static str {
        "the admin token is there, long enough and private"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let path = path(host);
        // Before the first boot there is none, and the boot makes it.
        if !path.exists() && !host.running {
            return vec![];
        }
        trouble(&path).map(|trouble| self.finding(trouble)).into_iter().collect()
    }

    fn fix(&self, host: &Host, _: &Finding) -> Result<String, Fault> {
        let path = path(host);
        match trouble(&path) {
            None => Ok("it is well by now".into()),
            Some(Trouble::Open) => {
                token::close_to_others(&path)?;
                Ok("only the owner can read the admin token now".into())
            }
            Some(Trouble::Unusable) => {
                token::make(&path)?;
                Ok(format!("made a new admin token in {}", token::PLACE))
            }
        }
    }
}

enum Trouble {
    Unusable,
    Open,
}

fn path(host: &Host) -> PathBuf {
    host.data_folder.join(token::FILE)
}

fn trouble(path: &Path) -> Option<Trouble> {
    if token::read(path).is_err() {
        return Some(Trouble::Unusable);
    }
    token::is_open_to_others(path).then_some(Trouble::Open)
}

impl AdminToken {
    fn finding(&self, trouble: Trouble) -> Finding {
        let (severity, problem, explanation, suggestion) = match trouble {
            Trouble::Unusable => (
                Severity::Warning,
                "the admin token cannot be used",
                "its file is missing, unreadable or too short, so nobody gets in over the network",
                "`mobo doctor --fix` makes a new one; programs that use the old one need it",
            ),
            Trouble::Open => (
                Severity::Serious,
                "other users of this machine can read the admin token",
                "whoever has the token may do everything; a backup or an editor may have \
                 changed its permissions",
                "`mobo doctor --fix` closes the file; if someone may have seen it, remove it, \
                 and a restart of the part `admin` makes a new one",
            ),
        };
        Finding {
            ailment: self.name().into(),
            severity,
            problem: problem.into(),
            explanation: explanation.into(),
            suggestion: suggestion.into(),
            fixable: true,
            subject: Some(token::FILE.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_contract::Clock;

    fn host(folder: &Path, running: bool) -> Host {
        Host {
            data_folder: folder.to_owned(),
            clock: Clock::held(0),
            running,
            ports: vec![],
            unwell: vec![],
            settings_errors: vec![],
        }
    }

    /// It is seen, mended, and gone.
    fn check(host: &Host, problem: &str) {
        let found = AdminToken.look(host);
        assert_eq!(found.iter().map(|f| f.problem.as_str()).collect::<Vec<_>>(), [problem]);
        AdminToken.fix(host, &found[0]).unwrap();
        assert_eq!(AdminToken.look(host), []);
    }

    #[test]
    fn a_token_that_is_gone_or_too_short_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(AdminToken.look(&host(folder.path(), false)), [], "the first boot makes it");
        check(&host(folder.path(), true), "the admin token cannot be used");
        std::fs::write(folder.path().join(token::FILE), "hunter2").unwrap();
        check(&host(folder.path(), false), "the admin token cannot be used");
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_can_read_is_closed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path(), false);
        token::make(&path(&host)).unwrap();
        let before = token::read(&path(&host)).unwrap();
        std::fs::set_permissions(path(&host), PermissionsExt::from_mode(0o644)).unwrap();
        check(&host, "other users of this machine can read the admin token");
        assert!(token::read(&path(&host)).unwrap() == before, "it is the same token");
    }
}
