//! A data folder that is not there, or that nobody has set up.

use crate::found::{found, only_told};
use crate::places;
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};

pub(crate) struct NotInitialised;

const SET_UP: &str =
    "`mobo init` sets it up; `--data DIR` or MAGFLOCK_DATA says where another installation is";

impl Ailment for NotInitialised {
    fn name(&self) -> &'static str {
        "not-initialised"
    }
    fn looks_at(&self) -> &'static str {
        "whether the data folder is set up"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let folder = &host.data_folder;
        let shown = folder.display();
        // A folder that cannot be looked into is the business of `permissions`.
        let is_missing = |path: &std::path::Path| matches!(path.try_exists(), Ok(false));
        if is_missing(folder) {
            let why =
                "Nothing was set up yet, or the command was run in another folder than usual.";
            return vec![found(
                self,
                Severity::Warning,
                format!("there is no data folder {shown}"),
                why,
                SET_UP,
            )];
        }
        if !folder.is_dir() {
            return vec![found(
                self,
                Severity::Serious,
                format!("{shown} is no folder"),
                "A board keeps its settings, its state and its logs in a folder.",
                SET_UP,
            )];
        }
        if !is_missing(&folder.join(places::SETTINGS)) {
            return vec![];
        }
        if is_missing(&places::state(folder)) {
            return vec![found(
                self,
                Severity::Warning,
                format!("{shown} holds no MagFlock installation"),
                "It has no settings file and no state: nothing was set up here yet.",
                SET_UP,
            )];
        }
        vec![found(
            self,
            Severity::Note,
            format!("{shown} has no settings file"),
            "A board runs with the defaults, the environment and the flags alone. If there was a \
             file, somebody removed it.",
            "`mobo init` writes a first one and leaves all else as it is",
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
    fn a_folder_that_is_not_set_up_is_told_with_the_command_that_does_it() {
        let mut patient = Patient::healthy();
        let healthy = patient.host.data_folder.clone();
        patient.host.data_folder = healthy.join("new");
        let words = ["there is no data folder", "`mobo init`", "--data"];
        says(&patient.one(&NotInitialised), Severity::Warning, &words);
        std::fs::create_dir(healthy.join("new")).unwrap();
        let words = ["holds no MagFlock installation", "`mobo init`"];
        says(&patient.one(&NotInitialised), Severity::Warning, &words);
        std::fs::write(healthy.join("new").join("magflock.toml"), "").unwrap();
        assert_eq!(NotInitialised.look(&patient.host), []);
        patient.host.data_folder = healthy.join("magflock.toml");
        says(&patient.one(&NotInitialised), Severity::Serious, &["is no folder"]);
    }

    #[test]
    fn an_installation_without_its_settings_file_is_noted() {
        let patient = Patient::healthy();
        std::fs::remove_file(patient.path("magflock.toml")).unwrap();
        says(&patient.one(&NotInitialised), Severity::Note, &["has no settings file", "mobo init"]);
    }
}
