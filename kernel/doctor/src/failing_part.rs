//! Parts of a running board that are not well, as the board tells.

use crate::found::{found, only_told};
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};

pub(crate) struct FailingPart;

impl Ailment for FailingPart {
    fn name(&self) -> &'static str {
        "failing-part"
    }
    fn looks_at(&self) -> &'static str {
        "the parts of the board"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        host.unwell
            .iter()
            .map(|(part, state, reason)| {
                let is_lost = state == "failed";
                let why = if reason.is_empty() { "it did not say why" } else { reason };
                let what_next = if is_lost {
                    "It is not started again by itself: its restarts are used up."
                } else {
                    "The board goes on trying by itself."
                };
                found(
                    self,
                    if is_lost { Severity::Serious } else { Severity::Warning },
                    format!("part `{part}` is {state}: {why}"),
                    format!("What this part offers is not there or not whole. {what_next}"),
                    format!("`mobo logs {part}` tells more; after mending: `mobo component:restart {part}`"),
                )
            })
            .collect()
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
    fn each_part_that_is_not_well_is_named_with_its_state_and_reason() {
        let mut patient = Patient::healthy();
        patient.host.running = true;
        let part = |name: &str, state: &str, why: &str| (name.into(), state.into(), why.into());
        patient.host.unwell =
            vec![part("rest", "failed", "no database answers"), part("gate", "degraded", "")];
        let all = FailingPart.look(&patient.host);
        assert_eq!(all.len(), 2);
        let words = [
            "part `rest` is failed: no database answers",
            "restarts are used up",
            "mobo logs rest",
            "mobo component:restart rest",
        ];
        says(&all[0], Severity::Serious, &words);
        says(&all[1], Severity::Warning, &["`gate` is degraded: it did not say why", "trying"]);
        patient.host.unwell.clear();
        assert_eq!(FailingPart.look(&patient.host), []);
    }
}
