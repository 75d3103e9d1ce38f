//! The settings of one installation: which sections there are, where the layers come from, what
//! holds now, and what a reload would change.

use crate::kind::AnySettings;
use crate::parts::{Part, Parts};
use crate::settings::{BoardSettings, HealthSettings, JobsSettings, JournalSettings, Plugged};
use mag_contract::{Fault, codes, durable};
use mag_settings::{Loaded, Loader, Section, Setting, SettingError};
use mag_telemetry::LogSettings;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The name of the settings file in the data folder.
pub const FILE: &str = "magflock.toml";

/// Where the layers above the defaults come from.
#[derive(Clone, Default)]
pub struct Sources {
    pub data_folder: PathBuf,
    /// The environment, as the process found it.
    pub variables: Vec<(String, String)>,
    /// `--set section.key=value`
    pub flags: Vec<String>,
    /// Log lines stay off the console unless somebody has set `log.console`: for a board that
    /// speaks there itself.
    pub quiet_console: bool,
}

#[derive(Clone)]
pub struct Config(Arc<Inner>);

struct Inner {
    parts: Parts,
    sources: Sources,
    sections: Vec<Section>,
    held: RwLock<Arc<Loaded>>,
}

impl Config {
    pub fn load(parts: Parts, sources: Sources) -> Result<Self, Vec<SettingError>> {
        let sections = sections(&parts);
        let loaded = read(&sections, &sources)?;
        let held = RwLock::new(Arc::new(loaded));
        Ok(Self(Arc::new(Inner { parts, sources, sections, held })))
    }
    /// The defaults and these flags, for a board that must come up whatever the file says.
    pub fn defaults(parts: Parts, sources: Sources) -> Result<Self, Vec<SettingError>> {
        let bare = Sources { variables: vec![], ..sources };
        let sections = sections(&parts);
        let loaded = layers(&sections, &bare, None).load()?;
        let held = RwLock::new(Arc::new(loaded));
        Ok(Self(Arc::new(Inner { parts, sources: bare, sections, held })))
    }

    pub fn now(&self) -> Arc<Loaded> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Reads all layers again. What holds is changed only by `accept`.
    pub fn read_again(&self) -> Result<Loaded, Vec<SettingError>> {
        read(&self.0.sections, &self.0.sources)
    }
    pub fn accept(&self, loaded: Loaded) {
        *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
    }
    pub fn parts(&self) -> &Parts {
        &self.0.parts
    }
    pub fn sections(&self) -> &[Section] {
        &self.0.sections
    }
    pub fn file(&self) -> PathBuf {
        self.0.sources.data_folder.join(FILE)
    }
    pub fn data_folder(&self) -> &Path {
        &self.0.sources.data_folder
    }
    pub fn values(&self) -> Vec<Setting> {
        self.now().values()
    }

    pub fn section<T: mag_settings::Settings>(&self, name: &str) -> Result<T, Fault> {
        self.now().section::<T>(name).map_err(|errors| mag_settings::fault(&errors))
    }
    pub fn log(&self) -> Result<LogSettings, Fault> {
        let mut log: LogSettings = self.section("log")?;
        let values = self.values();
        let console = values.iter().find(|s| s.path == "log.console");
        let is_default = console.is_none_or(|s| s.origin == mag_settings::Origin::Default);
        if self.0.sources.quiet_console && is_default {
            log.console = false;
        }
        Ok(log)
    }
    pub fn board(&self) -> Result<BoardSettings, Fault> {
        self.section("board")
    }
    pub fn is_plugged(&self, part: &Part) -> bool {
        let plugged: Plugged = self.now().section("parts").unwrap_or_default();
        plugged.get(part.name).copied().unwrap_or(part.by_default)
    }
    /// The typed settings of a part, and the same as people may see them.
    pub fn of_part(&self, part: &Part) -> Result<(AnySettings, Json), Fault> {
        let loaded = self.now();
        let settings =
            part.kind.read(&loaded, part.name).map_err(|errors| mag_settings::fault(&errors))?;
        Ok((settings, shown(&loaded, part.name)))
    }

    /// Changes one setting in the file, keeping its comments; refused when the outcome would not load.
    pub fn set(&self, key: &str, value: Option<&str>) -> Result<(), Fault> {
        let path = self.file();
        durable::write(&path, self.changed(key, value)?.as_bytes()).map_err(|e| {
            Fault::new(codes::NOT_WRITABLE, format!("{} cannot be written", path.display()))
                .hint("`mobo doctor` looks at the permissions of the data folder")
                .because(e)
        })
    }
    /// What would hold after that change.
    pub fn preview(&self, key: &str, value: Option<&str>) -> Result<Loaded, Fault> {
        let text = self.changed(key, value)?;
        let loaded = layers(&self.0.sections, &self.0.sources, Some(text)).load();
        loaded.map_err(|errors| mag_settings::fault(&errors))
    }
    fn changed(&self, key: &str, value: Option<&str>) -> Result<String, Fault> {
        let text = text(&self.file()).map_err(|errors| mag_settings::fault(&errors))?;
        let text = text.unwrap_or_default();
        let path = self.file().display().to_string();
        let file = mag_settings::SettingsFile { path: &path, text: &text };
        match value {
            Some(value) => file.set(key, value, &self.0.sections),
            None => file.unset(key, &self.0.sections),
        }
        .map_err(|errors| mag_settings::fault(&errors))
    }
}

/// The values of one section, secrets hidden, as one tree.
pub(crate) fn shown(loaded: &Loaded, section: &str) -> Json {
    let mut tree = serde_json::Map::new();
    let prefix = format!("{section}.");
    for setting in loaded.values().into_iter().filter(|s| s.section == section) {
        let key = setting.path.strip_prefix(&prefix).unwrap_or(&setting.path).to_owned();
        tree.insert(key, setting.value);
    }
    Json::Object(tree)
}

/// The kernel's sections, and one for each part of this binary.
pub fn sections(parts: &Parts) -> Vec<Section> {
    let mut sections = vec![
        Section::of::<BoardSettings>("board", "How the board treats its parts."),
        Section::of::<Plugged>("parts", "Which parts are plugged in: `name = true` or `false`."),
        Section::of::<HealthSettings>("health", "How the health monitor looks at parts."),
        Section::of::<JournalSettings>("journal", "How long durable facts are kept."),
        Section::of::<JobsSettings>("jobs", "How background jobs are run."),
    ];
    sections.extend(mag_telemetry::sections());
    sections.extend(parts.iter().map(|part| part.kind.section(part.name, part.about)));
    sections
}

fn read(sections: &[Section], sources: &Sources) -> Result<Loaded, Vec<SettingError>> {
    let text = text(&sources.data_folder.join(FILE))?;
    layers(sections, sources, text).load()
}

fn text(path: &Path) -> Result<Option<String>, Vec<SettingError>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(vec![SettingError::unreadable(path, &e)]),
    }
}

fn layers(sections: &[Section], sources: &Sources, text: Option<String>) -> Loader {
    let loader = Loader::new(sections.to_vec())
        .env(sources.variables.iter().cloned())
        .flags(sources.flags.iter().cloned());
    match text {
        Some(text) => loader.file(sources.data_folder.join(FILE).display().to_string(), text),
        None => loader,
    }
}
