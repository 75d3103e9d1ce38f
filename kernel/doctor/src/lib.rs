//! The known troubles of the machine and of the data folder, each in its own file with the test that
//! brings it about, sees it named, has it mended and sees it gone.
//! Never deletes data: what is damaged is set aside under a name that says when. Looking changes
//! nothing, so the doctor may look while a board runs.
//!
//! Start with `stale_lock.rs`, which is a whole ailment on one page.

mod clock;
#[cfg(unix)]
mod disk_space;
mod failing_part;
#[cfg(unix)]
mod file_limit;
mod found;
mod journal_damaged;
mod leftover_drafts;
mod logs_growing;
mod not_initialised;
#[cfg(test)]
mod patient;
#[cfg(unix)]
mod permissions;
mod places;
mod port_taken;
mod segments;
mod settings;
mod stale_lock;
mod state_damaged;
mod taker;

use mag_contract::doctor::Ailment;
use std::sync::Arc;

/// Every trouble that the kernel knows. What stops a boot is looked for first.
pub fn ailments() -> Vec<Arc<dyn Ailment>> {
    vec![
        Arc::new(not_initialised::NotInitialised),
        #[cfg(unix)]
        Arc::new(permissions::Permissions::default()),
        #[cfg(unix)]
        Arc::new(disk_space::DiskSpace::default()),
        Arc::new(settings::Settings),
        Arc::new(port_taken::PortTaken),
        Arc::new(state_damaged::StateDamaged),
        Arc::new(journal_damaged::JournalDamaged),
        Arc::new(failing_part::FailingPart),
        Arc::new(clock::WrongClock),
        Arc::new(stale_lock::StaleLock),
        Arc::new(leftover_drafts::LeftoverDrafts),
        #[cfg(unix)]
        Arc::new(file_limit::FileLimit::default()),
        Arc::new(logs_growing::LogsGrowing),
    ]
}

#[cfg(test)]
mod tests {
    use crate::patient::Patient;
    use mag_contract::codes;
    use std::collections::BTreeSet;

    #[test]
    fn a_healthy_folder_has_no_findings_at_all() {
        let patient = Patient::healthy();
        for ailment in super::ailments() {
            // These two look at the machine that runs the test, which may well be short of something.
            if !["disk-space", "file-limit"].contains(&ailment.name()) {
                assert_eq!(ailment.look(&patient.host), [], "{}", ailment.name());
            }
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_once() {
        let mut patient = Patient::healthy();
        patient.host.data_folder.push("nowhere");
        let all = super::ailments();
        let told: Vec<_> = all.iter().flat_map(|a| a.look(&patient.host)).collect();
        let told: Vec<_> = told.iter().filter(|f| f.ailment != "file-limit").collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].ailment, "not-initialised");
    }

    #[test]
    fn every_ailment_has_a_name_of_its_own_in_small_letters() {
        let all = super::ailments();
        let names: BTreeSet<_> = all.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), all.len());
        for name in names {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
        }
    }

    #[test]
    fn a_finding_of_somebody_else_is_never_mended() {
        let patient = Patient::healthy();
        for ailment in super::ailments() {
            let mut made_up = crate::found::found(
                ailment.as_ref(),
                mag_contract::doctor::Severity::Serious,
                "made up",
                "made up",
                "made up",
            );
            made_up.fixable = true;
            made_up.subject = Some(patient.path("magflock.toml").display().to_string());
            let fault = ailment.fix(&patient.host, &made_up).unwrap_err();
            assert!([codes::BUG, codes::STATE_CONFLICT].contains(&fault.code()), "{fault:?}");
            assert!(patient.path("magflock.toml").exists());
        }
    }
}
