//! Operations that also answer while no board runs, from the data folder alone.

use crate::options::Options;
use crate::trouble::{Done, misspelt};
use mag_contract::{Clock, Fault};
use mag_mobo::operations::{self, ShowInput};
use mag_mobo::{Config, Parts, Sources};
use serde_json::{Value as Json, json};

/// `None` when the operation needs a board.
pub(crate) fn answer(
    parts: &Parts,
    options: &Options,
    operation: &str,
    input: &Json,
) -> Option<Done<Json>> {
    let house = House { parts, sources: sources(options) };
    Some(match operation {
        "board:check" => house.check(),
        "config:check" => Ok(house.config_check()),
        "config:show" => house.config_show(input),
        "config:set" | "config:unset" => house.config_set(input, options.preview),
        "logs:show" => house.logs(input),
        _ => return None,
    })
}

pub(crate) fn sources(options: &Options) -> Sources {
    let text = |s: std::ffi::OsString| s.into_string().ok();
    let variables = std::env::vars_os().filter_map(|(k, v)| Some((text(k)?, text(v)?))).collect();
    Sources { data_folder: options.folder(), variables, ..Sources::default() }
}

struct House<'a> {
    parts: &'a Parts,
    sources: Sources,
}

impl House<'_> {
    fn config(&self) -> Result<Config, Fault> {
        Config::load(self.parts.clone(), self.sources.clone()).map_err(|e| mag_settings::fault(&e))
    }
    /// Also when the file is wrong: for those who look at or mend it.
    fn any_config(&self) -> Result<Config, Fault> {
        self.config().or_else(|_| {
            Config::defaults(self.parts.clone(), self.sources.clone())
                .map_err(|e| mag_settings::fault(&e))
        })
    }
    fn check(&self) -> Done<Json> {
        let report = match Config::load(self.parts.clone(), self.sources.clone()) {
            Ok(config) => operations::check_config(&config),
            Err(errors) => operations::CheckReport {
                good: false,
                parts: vec![],
                problems: errors.iter().map(ToString::to_string).collect(),
            },
        };
        Ok(json(&report))
    }
    fn config_check(&self) -> Json {
        let errors = Config::load(self.parts.clone(), self.sources.clone()).err();
        json(&operations::mistakes(&errors.unwrap_or_default()))
    }
    fn config_show(&self, input: &Json) -> Done<Json> {
        let input: ShowInput = serde_json::from_value(input.clone())
            .map_err(|e| misspelt(format!("the input does not fit: {e}")))?;
        Ok(json(&operations::rows(&self.config()?, &input)?))
    }
    fn config_set(&self, input: &Json, preview: bool) -> Done<Json> {
        let text = |name: &str| input.get(name).and_then(Json::as_str);
        let name = text("name").unwrap_or_default();
        let config = self.any_config()?;
        let find = |values: Vec<mag_settings::Setting>| {
            values.into_iter().find(|s| s.path == name).map(|s| s.value)
        };
        let before = find(config.values());
        let after = find(config.preview(name, text("value"))?.values());
        if !preview {
            config.set(name, text("value"))?;
        }
        Ok(
            json!({ "name": name, "before": before, "after": after, "reload": null, "hidden_by": null }),
        )
    }
    fn logs(&self, input: &Json) -> Done<Json> {
        let input: operations::LogsInput = serde_json::from_value(input.clone())
            .map_err(|e| misspelt(format!("the input does not fit: {e}")))?;
        let folder = &self.sources.data_folder;
        if !folder.join("logs").is_dir() {
            return Ok(json!({ "lines": [] }));
        }
        Ok(json(&operations::lines(folder, &input, &Clock::machine())?))
    }
}

fn json(answer: &impl serde::Serialize) -> Json {
    serde_json::to_value(answer).unwrap_or_default()
}
