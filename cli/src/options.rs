//! The flags that every command has, wherever they stand.

use crate::screen::Screen;
use mag_contract::operation::Consent;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) data: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: Option<bool>,
    pub(crate) yes: bool,
    pub(crate) destroy: bool,
    pub(crate) preview: bool,
    pub(crate) help: bool,
}

/// Each with the name of its value and what it does; for help, completions and the manual.
pub(crate) const GLOBAL: &[(&str, Option<&str>, &str)] = &[
    ("data", Some("DIR"), "The data folder [env: MAGFLOCK_DATA] [default: ./magflock-data]"),
    ("json", None, "Answer as JSON, for scripts"),
    ("quiet", None, "Say only what was asked for"),
    ("color", Some("WHEN"), "auto, always or never"),
    ("yes", None, "Agree beforehand to what would be asked"),
    ("dangerously-allow-delete", None, "Agree to destruction; --yes does not"),
    ("preview", None, "Tell what would be done, and do nothing"),
    ("help", None, "Show what the command takes"),
];

impl Options {
    pub(crate) fn folder(&self) -> PathBuf {
        let named = self.data.clone();
        let named = named.or_else(|| {
            std::env::var_os("MAGFLOCK_DATA").filter(|v| !v.is_empty()).map(Into::into)
        });
        named.unwrap_or_else(|| PathBuf::from("magflock-data"))
    }
    pub(crate) fn consent(&self) -> Consent {
        match (self.destroy, self.yes) {
            (true, _) => Consent::Destroy,
            (false, true) => Consent::Yes,
            (false, false) => Consent::None,
        }
    }
    pub(crate) fn screen(&self) -> Screen {
        Screen::of_process(self.color, self.quiet, self.json)
    }
}
