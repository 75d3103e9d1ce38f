//! The plans that a view keeps: authorised templates by role, options and shape. They live and die
//! with the view, which is one catalog and one set of rules, so none can outlive what it was made
//! with.

use mag_guard::Template;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// An application has some hundred shapes of calls; a console or a hostile client makes any number.
const SHAPES: usize = 1_024;
/// A plan of one table takes some kilobytes, one of fifty columns and three embeds some fifty.
const BYTES: u64 = 8 << 20;

pub(crate) struct Plans(Cache<Box<[u8]>, Arc<Template>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<Box<[u8]>, Arc<Template>> for Weight {
    fn weight(&self, key: &Box<[u8]>, template: &Arc<Template>) -> u64 {
        (key.len() + template.weight()) as u64
    }
}

impl Plans {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(SHAPES, BYTES, Weight))
    }
    pub(crate) fn get(&self, shape: &[u8]) -> Option<Arc<Template>> {
        self.0.get(shape)
    }
    pub(crate) fn keep(&self, shape: Vec<u8>, template: Arc<Template>) {
        self.0.insert(shape.into_boxed_slice(), template);
    }
}
