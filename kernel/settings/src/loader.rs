//! The layers, laid over each other and checked as a whole.

use crate::error::{Mistake, SettingError};
use crate::known::Known;
use crate::loaded::Loaded;
use crate::node::Node;
use crate::section::Section;
use crate::{Origin, check, environment, file, flags};
use std::sync::Arc;

/// `Loader::new(sections).file(path, text).env(std::env::vars()).flags(list).load()`
pub struct Loader {
    sections: Vec<Section>,
    file: Option<(String, String)>,
    variables: Vec<(String, String)>,
    flags: Vec<String>,
}

/// A settings file beyond this is a mistake, not settings.
const FILE_MAX: usize = 1024 * 1024;

impl Loader {
    pub fn new(sections: impl IntoIterator<Item = Section>) -> Self {
        let sections = sections.into_iter().collect();
        Self { sections, file: None, variables: vec![], flags: vec![] }
    }
    /// The text of a settings file; `path` is how it is named in messages.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.file = Some((path.into(), text.into()));
        self
    }
    /// Variables of the environment; those that are no settings are left alone.
    #[must_use]
    pub fn env<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.variables = variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        self
    }
    /// Texts `section.key=value`; a later one wins.
    #[must_use]
    pub fn flags<S: Into<String>>(mut self, flags: impl IntoIterator<Item = S>) -> Self {
        self.flags = flags.into_iter().map(Into::into).collect();
        self
    }
    pub fn load(self) -> Result<Loaded, Vec<SettingError>> {
        let sections = Arc::new(self.sections);
        let known = Known::of(&sections);
        let mut errors = vec![];
        let mut given = Node::table(Origin::Default);
        let mut whole = true;
        match self.file.map(|(path, text)| read(&path, &text)) {
            Some(Ok(node)) => given.cover(node),
            Some(Err(error)) => {
                errors.push(error);
                whole = false;
            }
            None => {}
        }
        let layer = environment::read(&known, self.variables);
        given.cover(layer.node);
        errors.extend(layer.errors);
        let warnings = layer.warnings;
        let (layer, mistakes) = flags::read(&known, &self.flags);
        given.cover(layer);
        errors.extend(mistakes);
        let mut misfits = vec![];
        check::all(&known, &given, &mut misfits);
        // In a file that cannot be read, everything is missing: not worth saying.
        misfits.retain(|error| whole || error.mistake != Mistake::Missing);
        errors.extend(misfits);
        let loaded = Loaded::new(sections.clone(), &given, warnings);
        if whole {
            loaded.refusals(&mut errors);
        }
        sort(&mut errors);
        if errors.is_empty() { Ok(loaded) } else { Err(errors) }
    }
}

fn read(path: &str, text: &str) -> Result<Node, SettingError> {
    if text.len() > FILE_MAX {
        let origin = Origin::File { path: path.to_owned(), line: 1, column: 1 };
        let message = format!("a settings file is at most {FILE_MAX} bytes");
        return Err(SettingError::new(Mistake::Syntax, "", origin, message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    file::read(path, text)
}

/// As one reads: the file from top to bottom, then the environment, the flags, what is missing.
fn sort(errors: &mut [SettingError]) {
    errors.sort_by_key(|error| match &error.origin {
        Origin::File { line, column, .. } => (0, *line, *column),
        Origin::Env { .. } | Origin::EnvFile { .. } => (1, 0, 0),
        Origin::Flag { .. } => (2, 0, 0),
        Origin::Default => (3, 0, 0),
    });
}
