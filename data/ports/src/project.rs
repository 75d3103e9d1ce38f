//! A project: what belongs together for one app, its sources first of all.

use crate::settings::ProjectSettings;
use crate::store::Source;
use mag_contract::names::nearest;
use mag_contract::{Fault, codes};
use std::sync::Arc;
use uuid::Uuid;

/// How a request names the project it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectRef<'a> {
    /// The one for requests that name none.
    Default,
    /// `/p/{ref}/…`
    Reference(&'a str),
    /// The host of a request; the default project when no project has it.
    Host(&'a str),
}

pub struct Project {
    pub id: Uuid,
    /// Short, lower case, in URLs: `shop`.
    pub reference: Arc<str>,
    pub name: Arc<str>,
    pub hosts: Vec<String>,
    /// The primary one first.
    pub sources: Vec<Arc<dyn Source>>,
    pub settings: Arc<ProjectSettings>,
}

impl Project {
    pub fn primary(&self) -> Result<&Arc<dyn Source>, Fault> {
        self.sources.first().ok_or_else(|| {
            Fault::new(
                codes::NO_SOURCE,
                format!("project `{}` has no source of data yet", self.reference),
            )
            .hint(format!("`mobo source:create main --project {}` gives it one", self.reference))
        })
    }

    /// The primary one when no name is given.
    pub fn source(&self, name: Option<&str>) -> Result<&Arc<dyn Source>, Fault> {
        let Some(name) = name else { return self.primary() };
        self.sources.iter().find(|source| source.name() == name).ok_or_else(|| {
            let fault = Fault::new(
                codes::NO_SOURCE,
                format!("project `{}` has no source `{name}`", self.reference),
            );
            match nearest(name, self.sources.iter().map(|source| source.name())) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.hint("`mobo source:list` shows the sources there are"),
            }
        })
    }
}
