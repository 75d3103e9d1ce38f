//! A clock that is far off: before this product existed, or behind what was written already.
//! Tells, and never sets a clock.

use crate::found::{found, only_told};
use crate::{places, segments};
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Fault, Timestamp};
use std::path::Path;
use std::time::Duration;

pub(crate) struct WrongClock;

/// 2025-01-01: a machine without a clock of its own wakes up in 1970 or at the day it was built.
const BEGINNING: Timestamp = Timestamp(1_735_689_600_000);
/// Time zones that were mixed up are told as well; summer time is not.
const BEHIND_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const SET: &str = "set the clock and keep it set: `sudo timedatectl set-ntp true`";

impl Ailment for WrongClock {
    fn name(&self) -> &'static str {
        "clock"
    }
    fn looks_at(&self) -> &'static str {
        "the clock"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let now = host.clock.now();
        if now < BEGINNING {
            return vec![found(
                self,
                Severity::Serious,
                format!("the clock says {now}, which is before this program was written"),
                "Sign-ins, certificates and schedules are judged by the clock, and every time that \
                 is written now is wrong for good.",
                SET,
            )];
        }
        let Some((newest, of_what)) = newest(&host.data_folder) else { return vec![] };
        if newest.since(now) <= BEHIND_MAX {
            return vec![];
        }
        vec![found(
            self,
            Severity::Warning,
            format!("the clock says {now}, and {of_what} is from {newest}"),
            "Either the clock is behind now, or it was ahead then. Until it has caught up, \
             schedules do not run when they should and new facts carry times before old ones.",
            SET,
        )]
    }

    fn fix(&self, _: &Host, _: &Finding) -> Result<String, Fault> {
        Err(only_told(self))
    }
}

/// The latest time that anything in the data folder knows of.
fn newest(data_folder: &Path) -> Option<(Timestamp, &'static str)> {
    let fact = segments::newest(&data_folder.join("journal")).map(|at| (at, "the newest fact"));
    let boot = places::last_boot(data_folder).map(|at| (at, "the last boot"));
    fact.into_iter().chain(boot).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{HOUR, NOW, Patient, says, set_modified};
    use mag_contract::Clock;

    #[test]
    fn a_clock_before_this_program_was_written_is_serious() {
        let mut patient = Patient::healthy();
        patient.host.clock = Clock::held(1000);
        let words = ["1970-01-01", "before this program was written", "timedatectl set-ntp true"];
        says(&patient.one(&WrongClock), Severity::Serious, &words);
        patient.host.clock = Clock::held(NOW);
        assert_eq!(WrongClock.look(&patient.host), []);
    }

    #[test]
    fn a_clock_behind_the_newest_fact_is_told() {
        let mut patient = Patient::healthy();
        std::fs::remove_file(patient.path("run/board.lock")).unwrap();
        patient.host.clock = Clock::held(NOW - 26 * HOUR);
        says(
            &patient.one(&WrongClock),
            Severity::Warning,
            &["the newest fact is from 2026-01-01T11"],
        );
        patient.host.clock = Clock::held(NOW - 24 * HOUR);
        assert_eq!(WrongClock.look(&patient.host), []);
    }

    #[test]
    fn a_clock_behind_the_last_boot_is_told() {
        let patient = Patient::healthy();
        set_modified(&patient.path("run/board.lock"), NOW + 24 * HOUR);
        assert_eq!(WrongClock.look(&patient.host), []);
        set_modified(&patient.path("run/board.lock"), NOW + 25 * HOUR);
        says(&patient.one(&WrongClock), Severity::Warning, &["the last boot is from 2026-01-02"]);
    }
}
