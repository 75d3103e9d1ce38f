//! The structure of a source: shown, dumped, compared, judged, filled.

pub(crate) mod diff;
pub(crate) mod dump;
pub(crate) mod lint;
pub(crate) mod seed;
pub(crate) mod show;
pub(crate) mod structure;
