//! How many files and connections the process may have open: too few, and a busy board refuses
//! callers for no reason that they can see.

use crate::found::{found, only_told};
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use rustix::process::{Resource, getrlimit};

pub(crate) struct FileLimit {
    /// None: there is no limit.
    soft: fn() -> Option<u64>,
}

/// What most machines give; a board with a hundred connections and its own files fits.
const ENOUGH: u64 = 1024;

impl Default for FileLimit {
    fn default() -> Self {
        Self { soft: || getrlimit(Resource::Nofile).current }
    }
}

impl Ailment for FileLimit {
    fn name(&self) -> &'static str {
        "file-limit"
    }
    fn looks_at(&self) -> &'static str {
        "how many files may be open"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let Some(soft) = (self.soft)().filter(|soft| *soft < ENOUGH) else { return vec![] };
        let whose = if host.running { "the board" } else { "a board that is booted from here" };
        vec![found(
            self,
            Severity::Warning,
            format!("{whose} may have only {soft} files and connections open"),
            "Each connection, database file and log counts. When they are used up, callers are \
             refused and files cannot be opened.",
            "raise the limit before booting: `ulimit -n 65536` in the shell, or `LimitNOFILE=65536` \
             in the systemd unit",
        )]
    }

    fn fix(&self, _: &Host, _: &Finding) -> Result<String, Fault> {
        Err(only_told(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says};

    #[test]
    fn a_low_limit_is_told_with_the_way_to_raise_it() {
        let mut patient = Patient::healthy();
        let low = FileLimit { soft: || Some(256) };
        let words = ["only 256 files", "booted from here", "ulimit -n 65536", "LimitNOFILE=65536"];
        says(&patient.one(&low), Severity::Warning, &words);
        patient.host.running = true;
        says(&patient.one(&low), Severity::Warning, &["the board may have only 256"]);
    }

    #[test]
    fn a_limit_that_is_high_enough_or_not_there_is_no_finding() {
        let patient = Patient::healthy();
        for soft in [|| Some(1024), || None] {
            assert_eq!(FileLimit { soft }.look(&patient.host), []);
        }
    }
}
