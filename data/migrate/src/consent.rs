//! Consent to what destroys, one step at a time: `drop_table public.people`. Nothing is consented to
//! by consenting to something else.

use crate::effects::{Danger, Effects};
use crate::error::Error;

/// What someone has said yes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consents {
    given: Vec<String>,
    all: bool,
}

/// A step that nobody has said yes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconsented {
    /// The migration that the step is of.
    pub whose: String,
    /// What to say to allow it.
    pub consent: String,
    pub danger: Danger,
}

impl Consents {
    /// As people write them: `drop_table people`, `drop-table:people`; capitals do not count.
    pub fn to<S: AsRef<str>>(given: impl IntoIterator<Item = S>) -> Self {
        Self { given: given.into_iter().map(|text| plain(text.as_ref())).collect(), all: false }
    }
    /// For throw-away databases: shadows and tests.
    pub fn everything() -> Self {
        Self { given: Vec::new(), all: true }
    }
    pub fn covers(&self, danger: &Danger) -> bool {
        self.all || self.given.contains(&plain(&danger.consent()))
    }

    /// All steps without consent at once.
    pub fn check<'a>(
        &self,
        effects: impl IntoIterator<Item = (&'a str, &'a Effects)>,
    ) -> Result<(), Error> {
        let mut missing = Vec::new();
        for (whose, effects) in effects {
            for danger in effects.dangers.iter().filter(|danger| !self.covers(danger)) {
                missing.push(Unconsented {
                    whose: whose.to_owned(),
                    consent: danger.consent(),
                    danger: danger.clone(),
                });
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(Error::Destructive(missing)) }
    }
}

fn plain(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c == ':')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    match words.split_first() {
        Some((kind, rest)) => format!("{} {}", kind.replace('-', "_"), rest.join(" ")),
        None => String::new(),
    }
}
