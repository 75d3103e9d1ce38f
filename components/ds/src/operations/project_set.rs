//! `project:set`: one setting of a project, in force for the next request.

use super::making;
use super::project::{check_hosts, tell};
use super::shown::ProjectShown;
use crate::book::ProjectRow;
use crate::shelf::Shelf;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, codes};
use mag_ports::settings::ProjectSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub(crate) struct Set;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetInput {
    /// The project's short name.
    pub project: String,
    /// `title`, `hosts`, `default`, or a setting such as `rest.max_rows`, as `project:show` has them.
    pub key: String,
    /// The new value, as JSON or as plain text; without one the setting is what it was at first.
    #[serde(default)]
    pub value: Option<String>,
    /// The new value of a setting that is a secret. No log shows it.
    #[serde(default)]
    pub secret: Option<Secret<String>>,
}

/// What is sealed where it is kept, and shown to nobody.
const SECRETS: [&str; 1] = ["tokens.jwt_secret"];

impl Operation for Set {
    type Input = SetInput;
    type Output = ProjectShown;
    const NAME: &'static str = "project:set";
    const SUMMARY: &'static str = "Changes a setting of a project; the next request follows it";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "project.write";
    const POSITIONAL: &'static [&'static str] = &["project", "key", "value"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "At most a thousand rows in an answer",
                json!({ "project": "main", "key": "rest.max_rows", "value": "1000" }),
                json!({ "settings": { "rest": { "max_rows": 1000 } } }),
            ),
            Example::new(
                "And without a bound again",
                json!({ "project": "main", "key": "rest.max_rows" }),
                json!({ "settings": { "rest": { "max_rows": null } } }),
            ),
            Example::refused(
                "A misspelt setting",
                json!({ "project": "main", "key": "rest.max_row", "value": "10" }),
                "MF8001",
            ),
        ]
    }
}

pub(crate) async fn set(
    shelf: Arc<Shelf>,
    input: SetInput,
    _: Call,
) -> Result<ProjectShown, Fault> {
    let _alone = shelf.change().await;
    let now = shelf.projects_now();
    let mut row = shelf.held(Some(&input.project))?.row;
    let is_secret = SECRETS.contains(&input.key.as_str());
    let value = match (&input.value, &input.secret) {
        (Some(_), Some(_)) => {
            return Err(Fault::new(codes::BAD_INPUT, "a value and a secret are given"));
        }
        (Some(_), None) if is_secret => {
            let message = format!("`{}` is a secret", input.key);
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("give it as `--secret`, so that no log keeps it"));
        }
        (None, Some(_)) if !is_secret => {
            let message = format!("`{}` is no secret", input.key);
            return Err(Fault::new(codes::BAD_INPUT, message).hint("give it as a plain value"));
        }
        (value, secret) => {
            value.clone().or_else(|| secret.as_ref().map(|secret| secret.expose().clone()))
        }
    };
    match input.key.as_str() {
        "title" => row.name = value.unwrap_or_else(|| row.reference.clone()),
        "default" => row.default = truth(value.as_deref().unwrap_or("false"))?,
        "hosts" => {
            let hosts = list(value.as_deref().unwrap_or_default());
            row.hosts = check_hosts(&hosts, &row.reference, &now)?;
        }
        key => row.settings = changed(&row.settings, key, value.as_deref())?,
    }
    check_together(&row)?;
    shelf.zero()?.change_project(&row).await?;
    making::settle(&shelf, Vec::new()).await?;
    tell(&shelf, &row.reference, "changed");
    let held = shelf.held(Some(&row.reference))?;
    Ok(ProjectShown::of(&held, held.row.default))
}

pub(crate) fn truth(text: &str) -> Result<bool, Fault> {
    match text {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        other => Err(Fault::new(codes::BAD_INPUT, format!("`{other}` is neither true nor false"))),
    }
}

/// `["a","b"]` or `a, b`.
fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    })
}

/// The settings with one of them changed. Text that is JSON is taken as that first.
fn changed(
    settings: &ProjectSettings,
    key: &str,
    value: Option<&str>,
) -> Result<ProjectSettings, Fault> {
    let unwritable =
        |e: serde_json::Error| Fault::new(codes::BUG, "settings cannot be written").because(e);
    let mut whole = serde_json::to_value(settings).map_err(unwritable)?;
    let first = serde_json::to_value(ProjectSettings::default()).map_err(unwritable)?;
    let mut known = keys(&first);
    known.extend(SECRETS.map(str::to_owned));
    let in_map = key.strip_prefix(APP).is_some_and(|name| !name.is_empty());
    if !known.iter().any(|one| one == key) && !in_map {
        return Err(Fault::new(codes::BAD_SETTING, format!("a project has no setting `{key}`"))
            .hint("`mobo project:show` lists the settings")
            .nearest(key, known.iter().map(String::as_str)));
    }
    let path: Vec<&str> = if in_map {
        vec!["rest", "app_settings", &key[APP.len()..]]
    } else {
        key.split('.').collect()
    };
    let Some(text) = value else {
        match place(&first, &path) {
            Some(first) => put(&mut whole, &path, first.clone()),
            None => take(&mut whole, &path),
        }
        return read(whole, key);
    };
    // A secret of digits is text; a list of schemas is JSON; a plain word is itself.
    let candidates = [serde_json::from_str(text).ok(), Some(Json::from(text)), as_list(text)];
    let mut refused = None;
    for candidate in candidates.into_iter().flatten() {
        let mut tried = whole.clone();
        put(&mut tried, &path, candidate);
        match read(tried, key) {
            Ok(settings) => return Ok(settings),
            Err(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| Fault::new(codes::BAD_SETTING, "the value cannot be read")))
}

/// Settings under names of the project's own.
const APP: &str = "rest.app_settings.";

fn as_list(text: &str) -> Option<Json> {
    let list: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    (!list.is_empty()).then(|| Json::from(list))
}

fn read(whole: Json, key: &str) -> Result<ProjectSettings, Fault> {
    serde_json::from_value(whole).map_err(|e| {
        // The value may be a secret: what was wrong is told, not what was given.
        let what = if SECRETS.contains(&key) { String::new() } else { e.to_string() };
        Fault::new(codes::BAD_SETTING, format!("`{key}` does not take this value")).details(what)
    })
}

/// `rest.max_rows` and its siblings.
fn keys(settings: &Json) -> Vec<String> {
    let sections = settings.as_object().into_iter().flatten();
    sections
        .flat_map(|(section, members)| {
            let names = members.as_object().into_iter().flatten();
            names.map(move |(name, _)| format!("{section}.{name}"))
        })
        .collect()
}

fn place<'a>(whole: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(whole, |at, name| at.get(name))
}

fn put(whole: &mut Json, path: &[&str], value: Json) {
    let Some((last, way)) = path.split_last() else { return };
    let mut at = whole;
    for name in way {
        let Json::Object(members) = at else { return };
        at = members.entry((*name).to_owned()).or_insert_with(|| Json::Object(Map::new()));
    }
    if let Json::Object(members) = at {
        members.insert((*last).to_owned(), value);
    }
}

fn take(whole: &mut Json, path: &[&str]) {
    let Some((last, way)) = path.split_last() else { return };
    let at = way.iter().try_fold(whole, |at, name| at.get_mut(name));
    if let Some(Json::Object(members)) = at {
        members.remove(*last);
    }
}

/// What no single value tells.
fn check_together(row: &ProjectRow) -> Result<(), Fault> {
    let bad = |message: &str| Err(Fault::new(codes::BAD_SETTING, message));
    let settings = &row.settings;
    if settings.rest.schemas.is_empty() {
        return bad("`rest.schemas` names at least one schema");
    }
    if settings.rest.max_rows == Some(0) {
        return bad("`rest.max_rows` is at least 1");
    }
    if let Some(secret) = &settings.tokens.jwt_secret
        && secret.len() < SECRET_MIN
    {
        return bad("`tokens.jwt_secret` has at least 32 characters");
    }
    if row.name.trim().is_empty() || row.name.len() > 200 {
        return bad("a project's title has 1 to 200 characters");
    }
    Ok(())
}

/// Shorter ones can be found by trying.
const SECRET_MIN: usize = 32;

#[cfg(test)]
mod tests {
    use super::changed;
    use mag_ports::settings::ProjectSettings;

    fn check(key: &str, value: Option<&str>) -> Result<ProjectSettings, String> {
        changed(&ProjectSettings::default(), key, value).map_err(|fault| fault.code().id.to_owned())
    }

    #[test]
    fn a_value_is_taken_as_the_setting_needs_it() {
        assert_eq!(check("rest.max_rows", Some("1000")).unwrap().rest.max_rows, Some(1000));
        assert_eq!(
            check("rest.schemas", Some("api,public")).unwrap().rest.schemas,
            ["api", "public"]
        );
        assert_eq!(check("rest.schemas", Some(r#"["api"]"#)).unwrap().rest.schemas, ["api"]);
        assert_eq!(check("tokens.jwt_aud", Some("123")).unwrap().tokens.jwt_aud.unwrap(), "123");
        let tx_end = check("rest.tx_end", Some("rollback-allow-override")).unwrap().rest.tx_end;
        assert_eq!(tx_end, mag_ports::settings::TxEnd::RollbackAllowOverride);
        let app = check("rest.app_settings.app.color", Some("red")).unwrap().rest.app_settings;
        assert_eq!(app["app.color"], "red");
    }

    #[test]
    fn without_a_value_a_setting_is_what_it_was_at_first() {
        let first = ProjectSettings::default();
        assert_eq!(check("rest.anon_role", None).unwrap(), first);
        assert_eq!(check("tokens.jwt_secret", None).unwrap(), first);
        assert_eq!(check("rest.app_settings.none", None).unwrap(), first);
    }

    #[test]
    fn what_is_misspelt_or_of_another_type_is_refused() {
        for (key, value) in [
            ("rest.max_row", "1"),
            ("max_rows", "1"),
            ("", "1"),
            ("rest", "1"),
            ("rest.max_rows", "many"),
            ("rest.max_rows", "-1"),
            ("rest.tx_end", "sometimes"),
            ("tokens.jwt_secret_is_base64", "2"),
        ] {
            assert_eq!(check(key, Some(value)).unwrap_err(), "MF8001", "{key}={value}");
        }
    }
}
