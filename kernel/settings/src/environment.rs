//! The environment as a layer: `MAGFLOCK_SECTION__KEY`, and `MAGFLOCK_SECTION__KEY_FILE` for a
//! value that stands in a file. The variables are handed in; only the named files are read here.

use crate::Origin;
use crate::error::{Mistake, SettingError};
use crate::known::{Found, Known};
use crate::node::Node;
use crate::path::{NESTS, PREFIX, env_name, text};
use crate::schema::Schema;
use std::io::Read;

/// A secret is a line or a key, not a book.
const SECRET_MAX: u64 = 64 * 1024;
const FILE_SUFFIX: &str = "_FILE";

pub(crate) struct Layer {
    pub(crate) node: Node,
    pub(crate) errors: Vec<SettingError>,
    /// What looks like a setting and is none.
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn read(known: &Known<'_>, mut variables: Vec<(String, String)>) -> Layer {
    variables.retain(|(name, _)| name.to_uppercase().starts_with(PREFIX));
    variables.sort();
    let node = Node::table(Origin::Default);
    let mut layer = Layer { node, errors: vec![], warnings: vec![] };
    let names: Vec<String> = known.paths().iter().map(|path| env_name(&text(path))).collect();
    let mut seen: Vec<(Vec<String>, String)> = vec![];
    for (name, value) in &variables {
        let rest = name.get(PREFIX.len()..).unwrap_or_default();
        if !rest.contains(NESTS) {
            // Not ours to refuse: orchestrators set names such as MAGFLOCK_SERVICE_HOST.
            let meant = names.iter().find(|known| known.replace(NESTS, "_") == name.to_uppercase());
            layer.warnings.extend(meant.map(|meant| {
                format!("`{name}` is not a setting and is ignored; did you mean `{meant}`?")
            }));
            continue;
        }
        match one(known, name, rest, value) {
            Ok((path, node)) => {
                if let Some((_, other)) = seen.iter().find(|(before, _)| *before == path) {
                    let origin = Origin::Env { name: name.clone() };
                    let message = format!("`{}` is set by `{other}` and by `{name}`", text(&path));
                    let error = SettingError::new(Mistake::SaidTwice, text(&path), origin, message);
                    layer.errors.push(error.hint("keep one of the two"));
                    continue;
                }
                layer.node.cover(node.under(&path));
                seen.push((path, name.clone()));
            }
            Err(error) => {
                let nearest = mag_contract::names::nearest(name, names.iter().map(String::as_str));
                let unknown = error.mistake == Mistake::UnknownKey;
                let nearest = nearest.filter(|_| unknown).map(str::to_owned);
                layer.errors.push(error.maybe(nearest));
            }
        }
    }
    layer
}

fn one(
    known: &Known<'_>,
    name: &str,
    rest: &str,
    value: &str,
) -> Result<(Vec<String>, Node), SettingError> {
    let segments = |text: &str| text.split(NESTS).map(str::to_lowercase).collect::<Vec<_>>();
    let found = known.find(&segments(rest));
    // `_FILE` belongs to the key itself when a key is called so (`tls.key_file`).
    let stripped = rest.to_uppercase().strip_suffix(FILE_SUFFIX).map(segments);
    let from_file = stripped.and_then(|segments| known.find(&segments));
    match (found, from_file) {
        (_, Some(Found { path, schema })) if reads_file(known, &segments(rest), schema) => {
            let origin = Origin::EnvFile { name: name.to_owned(), path: value.to_owned() };
            let content = read_file(value).map_err(|why| {
                let message =
                    format!("`{}`: the file `{value}` cannot be read: {why}", text(&path));
                SettingError::new(Mistake::UnreadableFile, text(&path), origin.clone(), message)
            })?;
            Ok((path, parse(schema, &content, origin)))
        }
        (Some(Found { path, schema }), _) => {
            Ok((path, parse(schema, value, Origin::Env { name: name.to_owned() })))
        }
        _ => {
            let path = text(&segments(rest));
            let origin = Origin::Env { name: name.to_owned() };
            let message = format!("`{path}` is not a setting");
            Err(SettingError::new(Mistake::UnknownKey, path, origin, message))
        }
    }
}

/// A name that ends in `_FILE` names a file, unless a key of a table has just this name. In a map,
/// where every name is allowed, only a secret is read from a file.
fn reads_file(known: &Known<'_>, whole: &[String], stripped: Schema<'_>) -> bool {
    let whole_text = text(whole);
    let is_key = known.paths().iter().any(|path| crate::path::spelt(&text(path)) == whole_text);
    !is_key && (known.find(whole).is_none() || stripped.is_secret())
}

fn read_file(path: &str) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut content = String::new();
    let read = file.take(SECRET_MAX + 1).read_to_string(&mut content);
    let read = read.map_err(|error| error.to_string())?;
    if u64::try_from(read).is_ok_and(|read| read > SECRET_MAX) {
        return Err(format!("it is larger than {SECRET_MAX} bytes"));
    }
    // Editors and `echo` end a file with one; a secret may end with more.
    let line = content.strip_suffix('\n').unwrap_or(&content);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Text from outside as what the schema wants: text stays as it is, everything else is TOML.
pub(crate) fn parse(schema: Schema<'_>, given: &str, origin: Origin) -> Node {
    let types = schema.types();
    let takes_text = types.contains(&"string");
    let as_text = || Node::of(serde_json::Value::from(given), origin.clone());
    if takes_text && types.iter().all(|ty| *ty == "string") {
        return as_text();
    }
    match crate::file::value(given, &origin) {
        Some(node) if !(takes_text && node.kind() == "a text") => node,
        _ => as_text(),
    }
}
