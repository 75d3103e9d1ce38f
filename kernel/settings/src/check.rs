//! A tree of given values against the schemas: every misfit, with its place. Pure.

use crate::Origin;
use crate::bytes::Bytes;
use crate::error::{Mistake, SettingError};
use crate::known::Known;
use crate::node::{Node, What};
use crate::path::{env_name, text};
use crate::schema::Schema;
use crate::span::Span;
use mag_contract::names::nearest;
use serde_json::Value;

/// Everything that was given, checked section by section; a key that no section knows is a mistake.
pub(crate) fn all(known: &Known<'_>, given: &Node, errors: &mut Vec<SettingError>) {
    let paths = known.paths();
    let mut check = Check { paths: &paths, path: vec![], errors };
    check.sections(known, given);
}

struct Check<'a> {
    paths: &'a [Vec<String>],
    path: Vec<String>,
    errors: &'a mut Vec<SettingError>,
}

/// A value in a message longer than this hides the sentence.
const SHOWN_MAX: usize = 40;

impl Check<'_> {
    fn sections(&mut self, known: &Known<'_>, node: &Node) {
        let What::Table(entries) = &node.what else {
            return self.wrong_type(node, "a table", false);
        };
        let record = known.section.map(crate::Section::schema);
        for (key, inner) in entries {
            self.path.push(key.clone());
            match (known.below.get(key.as_str()), record) {
                (Some(below), _) => self.sections(below, inner),
                (None, Some(schema)) => self.entry(schema, key, inner),
                (None, None) => self.unknown_section(known, key, inner),
            }
            self.path.pop();
        }
        if let Some(schema) = record {
            self.missing(schema, node);
        }
        // A section that nobody mentioned can still lack what it requires.
        let nothing = Node::table(Origin::Default);
        for (name, below) in &known.below {
            if !entries.contains_key(*name) {
                self.path.push((*name).to_owned());
                self.sections(below, &nothing);
                self.path.pop();
            }
        }
    }
    fn value(&mut self, schema: Schema<'_>, node: &Node) {
        if let Some(words) = schema.words() {
            return self.word(schema, &words, node);
        }
        let choices = schema.choices();
        if !choices.is_empty() {
            return self.union(&choices, node);
        }
        let types = schema.types();
        match &node.what {
            _ if types.is_empty() => {}
            What::Table(entries) if types.contains(&"object") => {
                for (key, inner) in entries {
                    self.path.push(key.clone());
                    self.entry(schema, key, inner);
                    self.path.pop();
                }
                self.missing(schema, node);
            }
            What::List(items) if types.contains(&"array") => {
                for (index, inner) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    if let Some(item) = schema.item() {
                        self.value(item, inner);
                    }
                    self.path.pop();
                }
            }
            What::Scalar(value) if fits(&types, value) => self.scalar(schema, value, node),
            _ => {
                let secret = schema.holds_secret();
                self.wrong_type(node, &wanted(schema), secret);
                if let (false, Some(list), Some(error)) =
                    (secret, as_list(schema, node), self.errors.last_mut())
                {
                    let hint = format!("write `{list}`, on a command line within single quotes");
                    error.hint = Some(hint.into());
                }
            }
        }
    }
    fn entry(&mut self, schema: Schema<'_>, key: &str, node: &Node) {
        match schema.property(key).or_else(|| schema.entry()) {
            Some(inner) => self.value(inner, node),
            None => {
                let names = schema.properties();
                let near = nearest(key, names.iter().map(|(name, _)| *name)).map(str::to_owned);
                self.unknown_key(near, node);
            }
        }
    }
    fn missing(&mut self, schema: Schema<'_>, node: &Node) {
        for key in schema.required() {
            if node.get(key).is_some() {
                continue;
            }
            let mut path = self.path.clone();
            path.push(key.to_owned());
            let path = text(&path);
            let message = format!("`{path}` is missing, and it has no default");
            let error =
                SettingError::new(Mistake::Missing, path.clone(), node.key.clone(), message);
            let secret = schema.property(key).is_some_and(Schema::is_secret);
            let file = if secret { "_FILE" } else { "" };
            let hint = format!("set it in magflock.toml, or set {}{file}", env_name(&path));
            self.errors.push(error.hint(hint));
        }
    }
    fn word(&mut self, schema: Schema<'_>, words: &[&Value], node: &Node) {
        let What::Scalar(value) = &node.what else {
            return self.wrong_type(node, &wanted(schema), false);
        };
        if words.contains(&value) {
            return;
        }
        let near = value
            .as_str()
            .and_then(|given| nearest(given, words.iter().filter_map(|w| w.as_str())));
        let message =
            format!("{} must be one of {}, not {}", self.name(), schema.kind(), shown(value));
        self.push(Mistake::NotAllowed, &node.from, message, near.map(str::to_owned));
    }
    /// The alternative that fits best speaks: none of its mistakes, or those of the nearest one.
    fn union(&mut self, choices: &[Schema<'_>], node: &Node) {
        let mut best: Option<(usize, Vec<SettingError>)> = None;
        for choice in choices {
            let mut errors = vec![];
            let mut check =
                Check { paths: self.paths, path: self.path.clone(), errors: &mut errors };
            check.value(*choice, node);
            if errors.is_empty() {
                return;
            }
            let distance = errors.len() + if tagged(*choice, node) { 0 } else { DISTANT };
            if best.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
                best = Some((distance, errors));
            }
        }
        self.errors.extend(best.map(|(_, errors)| errors).unwrap_or_default());
    }
    fn scalar(&mut self, schema: Schema<'_>, value: &Value, node: &Node) {
        let problem = match value {
            Value::Number(number) => {
                let bounds = (schema.bound("minimum"), schema.bound("maximum"));
                outside(
                    number.as_f64(),
                    bounds.0.and_then(Value::as_f64),
                    bounds.1.and_then(Value::as_f64),
                )
                .then(|| range(bounds, shown(value)))
                .map(|why| (Mistake::OutOfRange, why))
            }
            Value::String(given) => measured(schema, given),
            _ => None,
        };
        if let Some((mistake, why)) = problem {
            let message = format!("{} {why}", self.name());
            self.push(mistake, &node.from, message, None);
        }
    }
    fn unknown_section(&mut self, known: &Known<'_>, key: &str, node: &Node) {
        let near = nearest(key, known.below.keys().copied()).map(|name| {
            let parents = &self.path[..self.path.len() - 1];
            text(&[parents, &[name.to_owned()]].concat())
        });
        let message = format!("`{}` is not a section of the settings", text(&self.path));
        self.push(Mistake::UnknownSection, &node.key, message, near);
    }
    /// `near` is a key of the same table; else the same key in another section may be meant.
    fn unknown_key(&mut self, near: Option<String>, node: &Node) {
        let same = || {
            let twin = self.paths.iter().find(|path| path.last() == self.path.last());
            twin.map(|path| text(path))
        };
        let near = near.or_else(same);
        let message = format!("{} is not a setting", self.name());
        self.push(Mistake::UnknownKey, &node.key, message, near);
    }
    fn wrong_type(&mut self, node: &Node, wanted: &str, secret: bool) {
        let given = match &node.what {
            What::Scalar(value) if !secret => format!("{} ({})", node.kind(), shown(value)),
            _ => node.kind().to_owned(),
        };
        let message = format!("{} must be {wanted}, not {given}", self.name());
        self.push(Mistake::WrongType, &node.from, message, None);
    }
    fn name(&self) -> String {
        format!("`{}`", text(&self.path))
    }
    fn push(&mut self, mistake: Mistake, origin: &Origin, message: String, near: Option<String>) {
        let error = SettingError::new(mistake, text(&self.path), origin.clone(), message);
        self.errors.push(error.maybe(near));
    }
}

/// An alternative of another kind is further away than any number of mistakes in the right one.
const DISTANT: usize = 1000;

/// Whether an alternative is of the kind that was given: its fixed words (`type = "disk"`) are there.
fn tagged(choice: Schema<'_>, node: &Node) -> bool {
    let types = choice.types();
    match &node.what {
        What::Table(_) => {
            let tags = choice.properties().into_iter().filter_map(|(key, inner)| {
                let [word] = inner.words()?[..] else { return None };
                Some((key, word))
            });
            let mut tags =
                tags.map(|(key, word)| node.get(key).map(Node::value).as_ref() == Some(word));
            types.contains(&"object") && tags.all(|held| held)
        }
        What::List(_) => types.contains(&"array"),
        What::Scalar(value) => fits(&types, value),
    }
}

fn fits(types: &[&str], value: &Value) -> bool {
    match value {
        Value::String(_) => types.contains(&"string"),
        Value::Bool(_) => types.contains(&"boolean"),
        Value::Number(n) if n.is_f64() => types.contains(&"number"),
        Value::Number(_) => types.contains(&"integer") || types.contains(&"number"),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn outside(given: Option<f64>, least: Option<f64>, most: Option<f64>) -> bool {
    let Some(given) = given else { return false };
    least.is_some_and(|least| given < least) || most.is_some_and(|most| given > most)
}

fn range(bounds: (Option<&Value>, Option<&Value>), given: String) -> String {
    match bounds {
        (Some(least), Some(most)) => {
            format!("must be between {} and {}, not {given}", bound(least), bound(most))
        }
        (Some(least), None) => format!("must be at least {}, not {given}", bound(least)),
        (_, Some(most)) => format!("must be at most {}, not {given}", bound(most)),
        (None, None) => format!("cannot be {given}"),
    }
}

fn bound(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Time spans and sizes, with their bounds `x-minimum` and `x-maximum` in the same spelling.
fn measured(schema: Schema<'_>, given: &str) -> Option<(Mistake, String)> {
    let bounds = (schema.bound("x-minimum"), schema.bound("x-maximum"));
    let measure: fn(&str) -> Result<u64, String> = match schema.format() {
        Some("span") => |text| text.parse::<Span>().map(Span::millis),
        Some("bytes") => |text| text.parse::<Bytes>().map(Bytes::count),
        _ => return None,
    };
    let size = match measure(given) {
        Ok(size) => size,
        Err(why) => return Some((Mistake::WrongType, format!("cannot be read: {why}"))),
    };
    let limit = |value: Option<&Value>| measure(value?.as_str()?).ok();
    let too_small = limit(bounds.0).is_some_and(|least| size < least);
    let too_large = limit(bounds.1).is_some_and(|most| size > most);
    (too_small || too_large).then(|| (Mistake::OutOfRange, range(bounds, format!("`{given}`"))))
}

fn wanted(schema: Schema<'_>) -> String {
    match schema.kind().as_str() {
        "integer" => "a whole number".into(),
        "true | false" => "true or false".into(),
        "time span" => "a time span such as \"10s\"".into(),
        "size" => "a size such as \"64KiB\"".into(),
        kind if kind.contains(" | ") => format!("one of {kind}"),
        kind => format!("a {kind}"),
    }
}

/// What was meant by a text that stands where a list of texts is to stand.
fn as_list(schema: Schema<'_>, node: &Node) -> Option<String> {
    let What::Scalar(Value::String(given)) = &node.what else { return None };
    let of_texts = schema.item()?.types().contains(&"string");
    let items = given.split(',').map(|item| Value::from(item.trim()).to_string());
    (of_texts && given.len() <= SHOWN_MAX)
        .then(|| format!("[{}]", items.collect::<Vec<_>>().join(", ")))
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = text.chars().take(SHOWN_MAX).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}
