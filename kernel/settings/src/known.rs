//! Everything that can be set: which section a path belongs to, and what may stand there.

use crate::path::spelt;
use crate::schema::Schema;
use crate::section::Section;
use std::collections::BTreeMap;

/// The sections as a tree of their dotted names.
#[derive(Default)]
pub(crate) struct Known<'a> {
    pub(crate) section: Option<&'a Section>,
    pub(crate) below: BTreeMap<&'a str, Known<'a>>,
}

/// Where a path of someone's spelling leads.
pub(crate) struct Found<'a> {
    /// In the true spelling.
    pub(crate) path: Vec<String>,
    pub(crate) schema: Schema<'a>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(sections: &'a [Section]) -> Self {
        let mut root = Self::default();
        for section in sections {
            let mut here = &mut root;
            for segment in section.segments() {
                here = here.below.entry(segment).or_default();
            }
            here.section = Some(section);
        }
        root
    }
    pub(crate) fn find<S: AsRef<str>>(&self, segments: &[S]) -> Option<Found<'a>> {
        let mut here = self;
        let mut path = vec![];
        let mut rest = segments;
        while let Some((segment, after)) = rest.split_first() {
            let Some((name, below)) = pick(here.below.iter(), segment.as_ref()) else { break };
            path.push((**name).to_owned());
            (here, rest) = (below, after);
        }
        let mut schema = here.section?.schema();
        if rest.is_empty() {
            return None;
        }
        for segment in rest {
            let segment = segment.as_ref();
            let properties = schema.properties();
            match pick(properties.iter().map(|(key, inner)| (key, inner)), segment) {
                Some((key, inner)) => {
                    path.push((*key).to_owned());
                    schema = *inner;
                }
                None => {
                    schema = schema.entry()?;
                    path.push(segment.to_owned());
                }
            }
        }
        Some(Found { path, schema })
    }
    /// Every key that can be named without making one up.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let mut found = vec![];
        self.gather(&mut vec![], &mut found);
        found
    }
    fn gather(&self, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if let Some(section) = self.section {
            keys(section.schema(), at, found);
        }
        for (name, below) in &self.below {
            at.push((*name).to_owned());
            below.gather(at, found);
            at.pop();
        }
    }
}

/// Nested tables deeper than this are not listed; they can still be set.
const LISTED_DEPTH: usize = 8;

fn keys(schema: Schema<'_>, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for (key, inner) in schema.properties() {
        at.push(key.to_owned());
        if inner.is_record() && at.len() < LISTED_DEPTH {
            keys(inner, at, found);
        } else {
            found.push(at.clone());
        }
        at.pop();
    }
}

/// The exact name, or the one that the environment would spell the same.
fn pick<'n, N: AsRef<str> + 'n, V>(
    names: impl Iterator<Item = (&'n N, V)> + Clone,
    wanted: &str,
) -> Option<(&'n N, V)> {
    let exact = names.clone().find(|(name, _)| name.as_ref() == wanted);
    exact.or_else(|| names.into_iter().find(|(name, _)| spelt(name.as_ref()) == spelt(wanted)))
}
