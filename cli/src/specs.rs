//! Every operation that this binary knows while no board runs: the kernel's and those that its
//! parts declare.

use mag_contract::operation::Spec;
use mag_mobo::{Config, Parts, Sources};
use std::sync::Arc;

pub(crate) struct Specs(Vec<Arc<Spec>>);

impl Specs {
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut specs = mag_mobo::operations::specs();
        // A part that cannot be described without settings declares its operations when it runs.
        if let Ok(config) = Config::defaults(parts.clone(), Sources::default()) {
            for part in parts.iter() {
                let manifest =
                    config.of_part(part).and_then(|(settings, _)| part.kind.manifest(&settings));
                specs.extend(manifest.into_iter().flat_map(|m| m.operations));
            }
        }
        specs.sort_by_key(|spec| spec.name);
        Self(specs)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Spec>> {
        self.0.iter()
    }
    /// By its name or a short one.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Spec>> {
        let named = self.0.iter().find(|spec| spec.name == name);
        named.or_else(|| self.0.iter().find(|spec| spec.aliases.contains(&name)))
    }
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|s| std::iter::once(s.name).chain(s.aliases.iter().copied()))
    }
}
