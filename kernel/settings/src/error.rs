//! What is wrong with a setting, and where; one list for a person, one fault for a door.

use crate::Origin;
use mag_contract::{Fault, codes};
use serde::Serialize;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    Syntax,
    UnknownSection,
    UnknownKey,
    WrongType,
    OutOfRange,
    NotAllowed,
    Missing,
    UnreadableFile,
    SaidTwice,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingError {
    pub mistake: Mistake,
    pub path: String,
    pub origin: Origin,
    /// One lower-case sentence that names the setting.
    pub message: String,
    pub hint: Option<Box<str>>,
}

impl SettingError {
    pub(crate) fn new(
        mistake: Mistake,
        path: impl Into<String>,
        origin: Origin,
        message: impl Into<String>,
    ) -> Self {
        Self { mistake, path: path.into(), origin, message: message.into(), hint: None }
    }
    /// The settings file is there and cannot be read.
    pub fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display().to_string();
        let message = format!("{path} cannot be read: {error}");
        Self::new(Mistake::UnreadableFile, path, Origin::Default, message)
            .hint("give the user who runs `mobo` the right to read it")
    }
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }
    #[must_use]
    pub(crate) fn maybe(mut self, nearest: Option<String>) -> Self {
        if let Some(name) = nearest {
            self.hint = Some(format!("did you mean `{name}`?").into());
        }
        self
    }
    /// A missing value stands nowhere.
    fn place(&self) -> Option<&Origin> {
        (self.origin != Origin::Default).then_some(&self.origin)
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingError {}

/// All mistakes as text: a place, what is wrong there, and the next step below it.
pub fn report(errors: &[SettingError]) -> String {
    let mut text = headline(errors);
    for error in errors {
        text.push_str("\n\n  ");
        if let Some(place) = error.place() {
            text.push_str(&format!("{place}\n    "));
        }
        text.push_str(&error.message);
        if let Some(hint) = &error.hint {
            text.push_str(&format!("\n    {hint}"));
        }
    }
    text.push('\n');
    text
}

/// The whole list as one fault: the hint of a mistake that is alone, and all of them in its details,
/// each with its own hint.
pub fn fault(errors: &[SettingError]) -> Fault {
    let lines: Vec<String> = errors.iter().map(SettingError::to_string).collect();
    let fault = match errors {
        [only] => Fault::new(codes::BAD_SETTING, only.message.clone()),
        _ => Fault::new(codes::BAD_SETTING, headline(errors)),
    };
    let fault = fault.details(lines.join("\n"));
    let hint = match errors {
        [only] => only.hint.as_deref(),
        all if all.iter().any(|error| error.hint.is_some()) => Some(EACH_ITS_OWN),
        _ => None,
    };
    match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// Of several mistakes; their hints stand with them.
const EACH_ITS_OWN: &str = "each line says what is wrong there, and what is meant if that is plain";

fn headline(errors: &[SettingError]) -> String {
    match errors.len() {
        1 => "a setting cannot be used".into(),
        n => format!("{n} settings cannot be used"),
    }
}
