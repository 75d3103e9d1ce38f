//! Settings: show with their origin, check, change, bring into force.

use super::{Nothing, operations};
use crate::session::{ReloadReport, Session};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

operations! {
    Show => show;
    Check => check;
    Set => set;
    Unset => unset;
    Reload => reload;
}

pub(super) struct Show;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ShowInput {
    /// Only settings whose name begins so: `health` or `gate.port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Only those that somebody has set.
    #[serde(default)]
    pub changed: bool,
    /// With the place where each value was set.
    #[serde(default)]
    pub origin: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SettingRow {
    pub name: String,
    /// Secrets are `***`.
    pub value: Json,
    pub default: Option<Json>,
    /// `default`, a line of a file, a variable, or a flag.
    pub origin: String,
    /// Whether a change takes effect while the board runs.
    pub live: bool,
    pub about: String,
    /// The variable of the environment that sets it.
    pub variable: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SettingList {
    pub settings: Vec<SettingRow>,
}

impl Operation for Show {
    type Input = ShowInput;
    type Output = SettingList;
    const NAME: &'static str = "config:show";
    const SUMMARY: &'static str = "Shows the settings, and where each value comes from";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "config.read";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const ALIASES: &'static [&'static str] = &["config"];
    fn examples() -> Vec<Example> {
        let interval = json!({ "settings": [{ "name": "health.interval", "value": "30s", "origin": "default" }] });
        vec![
            Example::new("One setting", json!({ "name": "health.interval" }), interval),
            Example::new(
                "What somebody has set, and where",
                json!({ "changed": true, "origin": true }),
                json!({}),
            ),
            Example::refused("A misspelt one", json!({ "name": "helth" }), codes::BAD_SETTING.id),
        ]
    }
}

async fn show(session: Session, input: ShowInput, _: Call) -> Result<SettingList, Fault> {
    rows(session.config(), &input)
}

/// The rows, also while no board runs.
pub fn rows(config: &crate::config::Config, input: &ShowInput) -> Result<SettingList, Fault> {
    let values = config.values();
    let wanted = |path: &str| match &input.name {
        None => true,
        Some(name) => {
            path == name || path.strip_prefix(name.as_str()).is_some_and(|r| r.starts_with('.'))
        }
    };
    if let Some(name) = &input.name
        && !values.iter().any(|s| wanted(&s.path))
        && !config.sections().iter().any(|s| s.name == *name)
    {
        let known = values.iter().map(|s| s.path.as_str());
        let sections = config.sections().iter().map(|s| s.name.as_str());
        return Err(Fault::new(codes::BAD_SETTING, format!("no setting is named `{name}`"))
            .hint("`mobo config:show` lists all of them")
            .nearest(name, known.chain(sections)));
    }
    let rows = values
        .into_iter()
        .filter(|s| wanted(&s.path))
        .filter(|s| !input.changed || s.origin != mag_settings::Origin::Default)
        .map(|s| SettingRow {
            name: s.path,
            value: s.value,
            default: s.default,
            origin: s.origin.to_string(),
            live: s.live,
            about: s.doc,
            variable: s.env,
        });
    Ok(SettingList { settings: rows.collect() })
}

pub(super) struct Check;

/// Every mistake at once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfigChecked {
    pub good: bool,
    pub mistakes: Vec<MistakeRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MistakeRow {
    pub name: String,
    /// File, line and column, or the variable.
    pub place: String,
    pub problem: String,
    pub hint: Option<String>,
}

impl Operation for Check {
    type Input = Nothing;
    type Output = ConfigChecked;
    const NAME: &'static str = "config:check";
    const SUMMARY: &'static str = "Checks all layers of the settings and tells every mistake";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "config.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Would a reload work?", json!({}), json!({ "good": true }))]
    }
}

async fn check(session: Session, _: Nothing, _: Call) -> Result<ConfigChecked, Fault> {
    Ok(match session.config().read_again() {
        Ok(_) => ConfigChecked { good: true, mistakes: vec![] },
        Err(errors) => mistakes(&errors),
    })
}

pub fn mistakes(errors: &[mag_settings::SettingError]) -> ConfigChecked {
    let row = |e: &mag_settings::SettingError| MistakeRow {
        name: e.path.clone(),
        place: e.origin.to_string(),
        problem: e.message.clone(),
        hint: e.hint.as_deref().map(str::to_owned),
    };
    ConfigChecked { good: errors.is_empty(), mistakes: errors.iter().map(row).collect() }
}

pub(super) struct Set;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SetInput {
    /// Such as `health.interval`.
    pub name: String,
    /// Such as `10s`; numbers, `true`, and lists as in TOML.
    // A secret in any case: some settings are, and the audit log forgets nothing.
    pub value: Secret<String>,
}

/// What the change did, or would do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SetReport {
    pub name: String,
    pub before: Option<Json>,
    pub after: Option<Json>,
    /// Missing in a preview.
    pub reload: Option<ReloadReport>,
    /// A layer above the file that hides the change.
    pub hidden_by: Option<String>,
}

impl Operation for Set {
    type Input = SetInput;
    type Output = SetReport;
    const NAME: &'static str = "config:set";
    const SUMMARY: &'static str = "Changes a setting in magflock.toml and brings it into force";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "config.write";
    const POSITIONAL: &'static [&'static str] = &["name", "value"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("config:unset");
    const ABOUT: &'static str = "Keeps the comments of the file. A value that the board would refuse \
        is refused here. A variable or flag that sets the same name still wins, and is named.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Look at the parts more often",
                json!({ "name": "health.interval", "value": "10s" }),
                json!({ "after": "10s", "reload": { "live": ["health.interval"] } }),
            ),
            Example::refused(
                "A value that makes no sense",
                json!({ "name": "health.interval", "value": "often" }),
                codes::BAD_SETTING.id,
            ),
        ]
    }
}

async fn set(session: Session, input: SetInput, call: Call) -> Result<SetReport, Fault> {
    change(session, input.name, Some(input.value.expose().clone()), call).await
}

pub(super) struct Unset;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UnsetInput {
    /// Such as `health.interval`.
    pub name: String,
}

impl Operation for Unset {
    type Input = UnsetInput;
    type Output = SetReport;
    const NAME: &'static str = "config:unset";
    const SUMMARY: &'static str = "Takes a setting out of magflock.toml, so that its default holds";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "config.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Back to the default",
            json!({ "name": "health.interval" }),
            json!({ "after": "30s" }),
        )]
    }
}

async fn unset(session: Session, input: UnsetInput, call: Call) -> Result<SetReport, Fault> {
    change(session, input.name, None, call).await
}

async fn change(
    session: Session,
    name: String,
    value: Option<String>,
    call: Call,
) -> Result<SetReport, Fault> {
    let config = session.config();
    let find = |values: Vec<mag_settings::Setting>| values.into_iter().find(|s| s.path == name);
    let before = find(config.values()).map(|s| s.value);
    if call.preview {
        let after = config.preview(&name, value.as_deref())?.values();
        let after = find(after).map(|s| s.value);
        return Ok(SetReport { name, before, after, reload: None, hidden_by: None });
    }
    config.set(&name, value.as_deref())?;
    let reload = session.reload().await?;
    let held = find(config.values());
    let hidden_by = held.as_ref().map(|s| &s.origin).filter(|o| {
        use mag_settings::Origin::{Env, EnvFile, Flag};
        matches!(o, Env { .. } | EnvFile { .. } | Flag { .. })
    });
    let hidden_by = hidden_by.map(ToString::to_string);
    Ok(SetReport { name, before, after: held.map(|s| s.value), reload: Some(reload), hidden_by })
}

pub(super) struct Reload;

impl Operation for Reload {
    type Input = Nothing;
    type Output = ReloadReport;
    const NAME: &'static str = "config:reload";
    const SUMMARY: &'static str = "Reads the settings again and brings what changed into force";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "config.write";
    const ABOUT: &'static str = "The board does this by itself when the file changes or on SIGHUP.";
    fn examples() -> Vec<Example> {
        vec![Example::new("Nothing has changed", json!({}), json!({ "needs_restart": [] }))]
    }
}

async fn reload(session: Session, _: Nothing, _: Call) -> Result<ReloadReport, Fault> {
    session.reload().await
}
