//! Settings that a board refuses, one finding each. Tells, and never edits what a person wrote.

use crate::found::{found, only_told};
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};

pub(crate) struct Settings;

impl Ailment for Settings {
    fn name(&self) -> &'static str {
        "settings"
    }
    fn looks_at(&self) -> &'static str {
        "the settings"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let (severity, explanation) = if host.running {
            (
                Severity::Warning,
                "The board goes on with the settings it booted with; it would not boot with these.",
            )
        } else {
            (
                Severity::Serious,
                "A board that does not understand its settings does not boot, rather than guess.",
            )
        };
        host.settings_errors
            .iter()
            .map(|error| {
                // The last piece of such a line is the next step, where there is one.
                let (problem, step) = match error.rsplit_once("; ") {
                    Some((problem, step)) => (problem, mend(step)),
                    None => (error.as_str(), "mend it there".to_owned()),
                };
                let suggestion = format!(
                    "{step}, then look with `mobo config:check`; `mobo boot --safe` boots without it"
                );
                found(self, severity, problem, explanation, suggestion)
            })
            .collect()
    }

    fn fix(&self, _: &Host, _: &Finding) -> Result<String, Fault> {
        Err(only_told(self))
    }
}

/// A next step as the beginning of a sentence.
fn mend(step: &str) -> String {
    match step.strip_prefix("did you mean ").and_then(|name| name.strip_suffix('?')) {
        Some(name) => format!("write {name} there if that is what was meant"),
        None => step.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says};

    #[test]
    fn each_setting_that_is_refused_is_told_with_its_place_and_next_step() {
        let mut patient = Patient::healthy();
        patient.host.settings_errors = vec![
            "magflock.toml:3: section `gate` has no key `prot`; did you mean `port`?".into(),
            "`gate.port` is missing".into(),
        ];
        let all = Settings.look(&patient.host);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].problem, "magflock.toml:3: section `gate` has no key `prot`");
        assert_eq!(
            all[0].suggestion,
            "write `port` there if that is what was meant, then look with `mobo config:check`; \
             `mobo boot --safe` boots without it"
        );
        says(&all[0], Severity::Serious, &["mobo config:check", "does not boot"]);
        says(&all[1], Severity::Serious, &["`gate.port` is missing", "mobo config:check"]);
        patient.host.running = true;
        says(&Settings.look(&patient.host)[0], Severity::Warning, &["goes on with the settings"]);
        patient.host.settings_errors.clear();
        assert_eq!(Settings.look(&patient.host), []);
    }
}
