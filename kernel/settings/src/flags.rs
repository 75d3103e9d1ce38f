//! `--set section.key=value`, the layer above all others.

use crate::Origin;
use crate::environment::parse;
use crate::error::{Mistake, SettingError};
use crate::known::Known;
use crate::node::Node;
use crate::path;

pub(crate) fn read(known: &Known<'_>, flags: &[String]) -> (Node, Vec<SettingError>) {
    let mut layer = Node::table(Origin::Default);
    let mut errors = vec![];
    for flag in flags {
        match one(known, flag) {
            Ok(node) => layer.cover(node),
            Err(error) => errors.push(error),
        }
    }
    (layer, errors)
}

fn one(known: &Known<'_>, flag: &str) -> Result<Node, SettingError> {
    let Some((key, value)) = flag.split_once('=') else {
        // The text may be a secret that was meant for another flag: it is not repeated.
        let origin = Origin::Flag { text: "…".into() };
        let message = "a flag has no `=`";
        let error = SettingError::new(Mistake::Syntax, "", origin, message);
        return Err(error.hint("write --set section.key=value"));
    };
    let origin = Origin::Flag { text: key.trim().to_owned() };
    find(known, key, origin.clone())
        .map(|found| parse(found.schema, value, origin).under(&found.path))
}

/// The setting that a person names by its dotted path.
pub(crate) fn find<'a>(
    known: &Known<'a>,
    key: &str,
    origin: Origin,
) -> Result<crate::known::Found<'a>, SettingError> {
    let segments = path::parse(key.trim());
    segments.and_then(|segments| known.find(&segments)).ok_or_else(|| {
        let key = key.trim();
        let paths: Vec<String> = known.paths().iter().map(|path| path::text(path)).collect();
        let nearest = mag_contract::names::nearest(key, paths.iter().map(String::as_str));
        let message = format!("`{key}` is not a setting");
        SettingError::new(Mistake::UnknownKey, key, origin, message)
            .maybe(nearest.map(str::to_owned))
    })
}
