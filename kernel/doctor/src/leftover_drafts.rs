//! Drafts: a file is replaced by writing a draft beside it and renaming that. A board that was cut
//! off in between leaves the draft; the file it was to replace is whole.

use crate::found::{counted, found, io, listed, mendable, still_there};
use crate::places;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Fault, Timestamp, durable};
use std::path::{Path, PathBuf};

pub(crate) struct LeftoverDrafts;

/// Where the board replaces files. Folders of parts are theirs: a file there may be a user's.
const FOLDERS: [&str; 8] =
    ["", "run", "secrets", "state", "journal", "journal/consumers", "audit", "audit/consumers"];

impl Ailment for LeftoverDrafts {
    fn name(&self) -> &'static str {
        "leftover-drafts"
    }
    fn looks_at(&self) -> &'static str {
        "drafts that were never finished"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        // A younger one may be at work right now.
        let Some(booted) = places::last_boot(&host.data_folder) else { return vec![] };
        let finding = |folder: PathBuf| {
            let drafts = drafts(&folder, booted);
            let finding = found(
                self,
                Severity::Note,
                format!(
                    "{} in {}: {}",
                    counted(drafts.len(), "unfinished draft"),
                    folder.display(),
                    listed(&drafts)
                ),
                "A process was cut off while it replaced a file. The old content is whole; the \
                 draft is of no use.",
                "`mobo doctor --fix` removes drafts that are older than the last boot",
            );
            (!drafts.is_empty()).then(|| mendable(finding, &folder))
        };
        FOLDERS.iter().filter_map(|name| finding(host.data_folder.join(name))).collect()
    }

    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault> {
        let folder = still_there(self, host, finding)?;
        let booted = places::last_boot(&host.data_folder).unwrap_or_default();
        let drafts = drafts(&folder, booted);
        for draft in &drafts {
            durable::remove(draft).map_err(|e| io("remove", draft, e))?;
        }
        Ok(format!("removed {} from {}", counted(drafts.len(), "draft"), folder.display()))
    }
}

fn drafts(folder: &Path, older_than: Timestamp) -> Vec<PathBuf> {
    let mut drafts = places::files(folder);
    drafts
        .retain(|path| is_draft(path) && places::modified(path).is_some_and(|at| at < older_than));
    drafts
}

/// `magflock.toml.4711.draft`: the file, the process, the word.
fn is_draft(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let Some((file, process)) = name.strip_suffix(".draft").and_then(|n| n.rsplit_once('.')) else {
        return false;
    };
    !file.is_empty() && !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{HOUR, NOW, Patient, says, set_modified};

    fn put(patient: &Patient, name: &str, hours_ago: i64) {
        std::fs::write(patient.path(name), "half a f").unwrap();
        set_modified(&patient.path(name), NOW - hours_ago * HOUR);
    }

    #[test]
    fn a_draft_from_before_the_last_boot_is_named_and_removed() {
        let patient = Patient::healthy();
        put(&patient, "magflock.toml.4711.draft", 2);
        let words = ["1 unfinished draft", "magflock.toml.4711.draft", "--fix"];
        says(&patient.one(&LeftoverDrafts), Severity::Note, &words);
        patient.mend(&LeftoverDrafts);
        assert!(patient.path("magflock.toml").exists());
        assert!(!patient.path("magflock.toml.4711.draft").exists());
    }

    #[test]
    fn a_young_draft_and_a_file_of_a_user_are_left_alone() {
        let patient = Patient::healthy();
        put(&patient, "magflock.toml.4711.draft", 0);
        put(&patient, "novel.draft", 9);
        put(&patient, "logs/mobo.1.draft", 9);
        assert_eq!(LeftoverDrafts.look(&patient.host), []);
        put(&patient, "state/state.db.suspect.12.draft", 9);
        patient.mend(&LeftoverDrafts);
        for kept in ["magflock.toml.4711.draft", "novel.draft", "logs/mobo.1.draft"] {
            assert!(patient.path(kept).exists(), "{kept}");
        }
    }
}
