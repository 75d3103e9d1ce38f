//! The doctor: looks for known troubles, explains them, mends them with consent.

use super::operations;
use crate::lifecycle::State;
use crate::session::Session;
use mag_contract::doctor::{Ailment, Finding, Host};
use mag_contract::operation::Call;
use mag_contract::{Claim, Effect, Example, Fault, Operation, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

operations! {
    Run => run;
}

pub(super) struct Run;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct DoctorInput {
    /// Mend what can be mended.
    #[serde(default)]
    pub fix: bool,
    /// Look for this trouble alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

/// What was looked at, found and mended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DoctorReport {
    /// Nothing is left that a person should act on.
    pub good: bool,
    pub looked_at: Vec<String>,
    pub findings: Vec<Finding>,
    pub fixed: Vec<Fixed>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Fixed {
    pub ailment: String,
    pub what: String,
    pub failed: bool,
}

impl Operation for Run {
    type Input = DoctorInput;
    type Output = DoctorReport;
    const NAME: &'static str = "doctor:run";
    const SUMMARY: &'static str =
        "Looks for known troubles, explains them, and mends them with --fix";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "board.admin";
    const ALIASES: &'static [&'static str] = &["doctor"];
    const ABOUT: &'static str =
        "It works while no board runs as well, which is when it is needed most.";
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Is anything wrong?",
            json!({ "only": "clock" }),
            json!({ "findings": [] }),
        )]
    }
}

async fn run(session: Session, input: DoctorInput, _: Call) -> Result<DoctorReport, Fault> {
    let host = host(&session);
    let ailments = ailments(session.config().parts());
    let looked = tokio::task::spawn_blocking(move || examine(&ailments, &host, &input)).await;
    looked.unwrap_or_else(|_| Err(Fault::new(codes::BUG, "the doctor panicked")))
}

fn host(session: &Session) -> Host {
    let parts = session.board().parts();
    let unwell = parts
        .iter()
        .filter(|p| matches!(p.state, State::Failed | State::Waiting) || p.why.is_some())
        .map(|p| (p.name.to_string(), p.shown.clone(), p.why.clone().unwrap_or_default()));
    Host {
        data_folder: session.config().data_folder().to_path_buf(),
        clock: session.clock().clone(),
        running: true,
        ports: ports(session.config()),
        unwell: unwell.collect(),
        settings_errors: session
            .config()
            .read_again()
            .err()
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

/// The ports that the plugged-in parts claim, whether a board runs or not.
pub fn ports(config: &crate::config::Config) -> Vec<std::net::SocketAddr> {
    let plugged = config.parts().iter().filter(|p| config.is_plugged(p));
    let manifests = plugged.filter_map(|p| p.kind.manifest(&config.of_part(p).ok()?.0).ok());
    let claims = manifests.flat_map(|m| m.claims);
    claims.filter_map(|c| if let Claim::Listen(at) = c { Some(at) } else { None }).collect()
}

/// The kernel's own ailments and those that the parts of this binary bring.
pub fn ailments(parts: &crate::parts::Parts) -> Vec<Arc<dyn Ailment>> {
    let mut all = mag_doctor::ailments();
    all.extend(parts.iter().flat_map(|p| p.kind.ailments()));
    all
}

/// Looks, mends where that was asked for, and looks again at what was mended. Blocks.
pub fn examine(
    ailments: &[Arc<dyn Ailment>],
    host: &Host,
    input: &DoctorInput,
) -> Result<DoctorReport, Fault> {
    if let Some(only) = &input.only
        && !ailments.iter().any(|a| a.name() == only)
    {
        return Err(Fault::new(
            codes::NO_SUCH_NAME,
            format!("the doctor knows no trouble named `{only}`"),
        )
        .nearest(only, ailments.iter().map(|a| a.name())));
    }
    let mut report =
        DoctorReport { good: true, looked_at: vec![], findings: vec![], fixed: vec![] };
    for ailment in ailments.iter().filter(|a| input.only.as_ref().is_none_or(|o| a.name() == o)) {
        report.looked_at.push(ailment.looks_at().to_owned());
        let mut findings = ailment.look(host);
        let fixable: Vec<Finding> =
            findings.iter().filter(|f| input.fix && f.fixable).cloned().collect();
        for finding in &fixable {
            let (what, failed) = match ailment.fix(host, finding) {
                Ok(what) => (what, false),
                Err(fault) => (fault.chain(), true),
            };
            report.fixed.push(Fixed { ailment: ailment.name().to_owned(), what, failed });
        }
        if !fixable.is_empty() {
            findings = ailment.look(host);
        }
        report.findings.extend(findings);
    }
    report.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    report.good =
        report.findings.iter().all(|f| f.severity == mag_contract::doctor::Severity::Note);
    Ok(report)
}
