//! Logs that take a lot of room. Tells; what is kept is decided by the settings.

use crate::found::{found, only_told, size};
use crate::places;
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};

pub(crate) struct LogsGrowing;

/// With the default settings all logs together stay below 100 MiB.
const MUCH: u64 = 1 << 30;

impl Ailment for LogsGrowing {
    fn name(&self) -> &'static str {
        "logs-growing"
    }
    fn looks_at(&self) -> &'static str {
        "the size of the logs"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let folder = host.data_folder.join("logs");
        let lengths =
            places::files(&folder).into_iter().filter_map(|f| Some(f.metadata().ok()?.len()));
        let bytes = lengths.fold(0, u64::saturating_add);
        if bytes <= MUCH {
            return vec![];
        }
        vec![found(
            self,
            Severity::Note,
            format!("the logs in {} take {}", folder.display(), size(bytes)),
            "A log is set aside when it reaches `log.rotate_size` or `log.rotate_age`, and \
             `log.keep` of them are kept.",
            "keep fewer or smaller ones: `mobo config:set log.keep 3`, `mobo config:set \
             log.rotate_size 10MiB`; or write less: `mobo config:set log.level warn`",
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
    fn logs_beyond_a_gibibyte_are_told_with_the_settings_that_bound_them() {
        let patient = Patient::healthy();
        // A file with a hole: it is long and takes no room.
        let log = patient.path("logs/mobo.2026-01-01.log");
        std::fs::File::create(&log).unwrap().set_len(1 << 31).unwrap();
        let words = ["take 2.0 GiB", "log.rotate_size", "mobo config:set log.keep 3"];
        says(&patient.one(&LogsGrowing), Severity::Note, &words);
        std::fs::remove_file(&log).unwrap();
        assert_eq!(LogsGrowing.look(&patient.host), []);
    }
}
