//! `mobo doctor`: asks the board when one runs, looks for itself when none does, and mends only
//! with consent.

use crate::options::Options;
use crate::screen::Screen;
use crate::trouble::{Done, Trouble, misspelt};
use crate::{call, consent, exit, offline, view};
use mag_contract::doctor::Host;
use mag_contract::{Clock, Fault, codes};
use mag_mobo::operations::{self, DoctorInput};
use mag_mobo::{Config, Parts};
use serde_json::Value as Json;

pub(crate) fn doctor(parts: &Parts, options: &Options, input: &Json) -> Done {
    let screen = options.screen();
    let fix = input.get("fix").and_then(Json::as_bool) == Some(true);
    let mut look = input.clone();
    look["fix"] = false.into();
    let found = examine(parts, options, &look)?;
    if !fix || !fixable(&found) {
        return tell(&screen, &found);
    }
    if !options.yes {
        if !screen.json {
            screen.out(&view::answer(&screen, "doctor:run", &Json::Null, &found));
        }
        match consent::ask(&screen, "mend what can be mended?") {
            Some(true) => {}
            Some(false) => return Err(Trouble::Said(exit::DENIED)),
            None => {
                return Err(Fault::new(codes::NEEDS_CONSENT, "mending needs consent")
                    .hint("say `mobo doctor --fix --yes`")
                    .into());
            }
        }
    }
    tell(&screen, &examine(parts, options, input)?)
}

fn tell(screen: &Screen, report: &Json) -> Done {
    call::print(screen, "doctor:run", &Json::Null, report);
    match call::found_wrong("doctor:run", report) {
        true => Err(Trouble::Said(exit::UNHEALTHY)),
        false => Ok(()),
    }
}

fn fixable(report: &Json) -> bool {
    view::list(report, "findings")
        .iter()
        .any(|f| f.get("fixable").and_then(Json::as_bool) == Some(true))
}

fn examine(parts: &Parts, options: &Options, input: &Json) -> Done<Json> {
    let data = options.folder();
    if mag_mobo::lock::running(&data).is_some() {
        let specs = operations::specs();
        let spec = specs.iter().find(|s| s.name == "doctor:run");
        let spec = spec.ok_or_else(|| Fault::new(codes::BUG, "the doctor is no operation"))?;
        match call::ask(options, spec, input) {
            // A board that does not answer is what the doctor is for.
            Err(Trouble::Fault(fault)) if fault.code() == codes::UNPLUGGED => {}
            answer => return answer,
        }
    }
    let input: DoctorInput = serde_json::from_value(input.clone())
        .map_err(|e| misspelt(format!("the input does not fit: {e}")))?;
    let sources = offline::sources(options);
    let (config, errors) = match Config::load(parts.clone(), sources.clone()) {
        Ok(config) => (Ok(config), vec![]),
        Err(errors) => (Config::defaults(parts.clone(), sources), errors),
    };
    let host = Host {
        running: mag_mobo::lock::running(&data).is_some(),
        data_folder: data,
        clock: Clock::machine(),
        ports: config.map(|config| operations::ports(&config)).unwrap_or_default(),
        unwell: vec![],
        settings_errors: errors.iter().map(ToString::to_string).collect(),
    };
    let report = operations::examine(&operations::ailments(parts), &host, &input)?;
    Ok(serde_json::to_value(report).unwrap_or_default())
}
