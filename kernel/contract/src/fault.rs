//! What went wrong, said once: code, class, sentence, details, hint. Every door renders the
//! same fault in its own dialect; a status code is the door's business, never known here.

use crate::codes::Code;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What a fault means to the one who receives it. Ten at most, so every edge can name each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The request itself is wrong; sending it again unchanged will fail again.
    Invalid,
    /// We do not know who is asking.
    Unknown,
    /// We know who is asking, and they may not.
    Denied,
    /// The thing that was named is not there.
    Missing,
    /// It clashes with what is there already.
    Conflict,
    /// A bound was reached: size, rate, budget.
    TooMuch,
    /// A sensible wish that this engine or edition of the part cannot fulfil.
    Unsupported,
    /// Not now: starting, draining, pool exhausted, unplugged. Trying again helps.
    Busy,
    /// The answer did not come in time.
    Late,
    /// Our bug, or a broken machine.
    Broken,
}

/// An error of the product, as it travels from the place it happened to the door that shows it.
#[derive(Clone)]
pub struct Fault(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: String,
    details: Option<String>,
    hint: Option<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// `message` is one lower-case sentence for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { code, message, details: None, hint: None, source: None }))
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }
    /// Adds "did you mean `x`?" when one of the `known` names is near the `given` one.
    #[must_use]
    pub fn nearest<'a>(self, given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::names::nearest(given, known) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.0.details = Some(details.into());
        self
    }
    #[must_use]
    pub fn because(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(cause));
        self
    }
    pub fn code(&self) -> Code {
        self.0.code
    }
    pub fn class(&self) -> Class {
        self.0.code.class
    }
    pub fn message(&self) -> &str {
        &self.0.message
    }
    pub fn details_text(&self) -> Option<&str> {
        self.0.details.as_deref()
    }
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
    /// The message and all its causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.0.message.clone();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.code.id, self.chain())
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code && self.0.message == other.0.message
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| &**e as &(dyn std::error::Error + 'static))
    }
}
