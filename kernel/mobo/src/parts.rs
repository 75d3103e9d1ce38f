//! The parts that a binary is built with: a list one can read, a line a part.

use crate::kind::{self, Kind};
use mag_contract::Component;
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Parts(Vec<Part>);

#[derive(Clone)]
pub struct Part {
    /// Its id, and the section of its settings.
    pub name: &'static str,
    /// One line for a person; also above its section in the settings.
    pub about: &'static str,
    /// Plugged in where the settings do not say otherwise.
    pub by_default: bool,
    /// Such a part comes up in a safe boot as well, with these settings.
    pub in_safe_boot: Option<&'static [&'static str]>,
    pub kind: Arc<dyn Kind>,
}

impl Parts {
    /// A part that is plugged in unless the settings say `parts.<name> = false`.
    #[must_use]
    pub fn with<C: Component>(self, name: &'static str, about: &'static str) -> Self {
        self.add::<C>(name, about, true, None)
    }
    /// A part that waits to be plugged in, by `mobo plug <name>` or `parts.<name> = true`.
    #[must_use]
    pub fn on_the_shelf<C: Component>(self, name: &'static str, about: &'static str) -> Self {
        self.add::<C>(name, about, false, None)
    }
    /// A part that a safe boot needs too; there it runs with these `section.key=value`.
    #[must_use]
    pub fn with_safe<C: Component>(
        self,
        name: &'static str,
        about: &'static str,
        safe_flags: &'static [&'static str],
    ) -> Self {
        self.add::<C>(name, about, true, Some(safe_flags))
    }
    fn add<C: Component>(
        mut self,
        name: &'static str,
        about: &'static str,
        by_default: bool,
        in_safe_boot: Option<&'static [&'static str]>,
    ) -> Self {
        self.0.push(Part { name, about, by_default, in_safe_boot, kind: kind::of::<C>() });
        self
    }
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }
    pub fn get(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|part| part.name == name)
    }
}
