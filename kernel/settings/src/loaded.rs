//! Settings that hold: typed for their owner, listed with their origins for a person, compared for
//! a reload.

use crate::Origin;
use crate::error::{Mistake, SettingError};
use crate::node::{Node, What};
use crate::path::{self, env_name, text};
use crate::schema::Schema;
use crate::section::{self, Section, Settings};
use mag_contract::secret::HIDDEN;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Loaded {
    sections: Arc<Vec<Section>>,
    /// What was given and the defaults, one tree a section, in the order of the sections.
    trees: Vec<Node>,
    warnings: Vec<String>,
}

/// One setting as it is shown; a secret's value is `***`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    pub path: String,
    pub section: String,
    pub value: Value,
    pub origin: Origin,
    pub default: Option<Value>,
    pub doc: String,
    pub kind: String,
    pub env: String,
    /// Takes effect while the board runs, or else at the next start of its part.
    pub live: bool,
    pub secret: bool,
}

/// What a reload would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub path: String,
    pub section: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub live: bool,
}

struct Leaf<'a> {
    path: Vec<String>,
    schema: Schema<'a>,
    node: &'a Node,
    live: bool,
}

impl Loaded {
    pub(crate) fn new(sections: Arc<Vec<Section>>, given: &Node, warnings: Vec<String>) -> Self {
        let trees = sections.iter().map(|section| tree(&sections, section, given)).collect();
        Self { sections, trees, warnings }
    }
    /// A section as its owner's type.
    pub fn section<T: Settings>(&self, name: &str) -> Result<T, Vec<SettingError>> {
        let found = self.sections.iter().zip(&self.trees).find(|(section, _)| section.name == name);
        let Some((section, tree)) = found else {
            let message = format!("`{name}` is not a section of the settings");
            let error = SettingError::new(Mistake::UnknownSection, name, Origin::Default, message);
            let names = self.sections.iter().map(|section| section.name.as_str());
            let nearest = mag_contract::names::nearest(name, names).map(str::to_owned);
            return Err(vec![error.maybe(nearest)]);
        };
        section::read(&tree.value()).map_err(|refused| {
            let origin = tree.nearest(&refused.path).from.clone();
            vec![section.refused(refused, origin)]
        })
    }
    /// Every setting, in the order of the sections.
    pub fn values(&self) -> Vec<Setting> {
        let each = self.sections.iter().zip(&self.trees);
        each.flat_map(|(section, tree)| {
            leaves(section, tree).into_iter().map(|leaf| leaf.shown(section))
        })
        .collect()
    }
    /// Names in the environment that look like settings and are none.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
    /// What is different in `other`, the newer settings. A secret that changed is listed as `***`.
    pub fn diff(&self, other: &Self) -> Vec<Change> {
        let (old, new) = (self.exposed(), other.exposed());
        let mut changes = vec![];
        for (path, (value, setting)) in &old {
            match new.get(path) {
                Some((same, _)) if same == value => {}
                Some((_, now)) => changes.push(change(setting, Some(setting), Some(now))),
                None => changes.push(change(setting, Some(setting), None)),
            }
        }
        let added = new.iter().filter(|(path, _)| !old.contains_key(*path));
        changes.extend(added.map(|(_, (_, setting))| change(setting, None, Some(setting))));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }
    fn exposed(&self) -> BTreeMap<String, (Value, Setting)> {
        let each = self.sections.iter().zip(&self.trees);
        each.flat_map(|(section, tree)| {
            leaves(section, tree).into_iter().map(|leaf| {
                let setting = leaf.shown(section);
                (setting.path.clone(), (leaf.node.value(), setting))
            })
        })
        .collect()
    }
    /// What the sections' own types refuse, where the schema found nothing wrong.
    pub(crate) fn refusals(&self, errors: &mut Vec<SettingError>) {
        for (section, tree) in self.sections.iter().zip(&self.trees) {
            let prefix = format!("{}.", section.name);
            let faulty = |error: &SettingError| {
                error.path.starts_with(&prefix) || error.path == section.name
            };
            if errors.iter().any(faulty) {
                continue;
            }
            if let Some(Err(refused)) = section.trial.map(|trial| trial(&tree.value())) {
                let origin = tree.nearest(&refused.path).from.clone();
                errors.push(section.refused(refused, origin));
            }
        }
    }
}

fn change(setting: &Setting, old: Option<&Setting>, new: Option<&Setting>) -> Change {
    Change {
        path: setting.path.clone(),
        section: setting.section.clone(),
        old: old.map(|setting| setting.value.clone()),
        new: new.map(|setting| setting.value.clone()),
        live: setting.live,
    }
}

/// What was given to one section, without the sections below it, over its defaults.
fn tree(sections: &[Section], section: &Section, given: &Node) -> Node {
    let here = section.segments().try_fold(given, |node, key| node.get(key));
    let mut own = here.cloned().unwrap_or_else(|| Node::table(Origin::Default));
    if let What::Table(entries) = &mut own.what {
        let prefix = format!("{}.", section.name);
        for other in sections {
            let below = other.name.strip_prefix(&prefix).and_then(|rest| rest.split('.').next());
            if let Some(key) = below {
                entries.remove(key);
            }
        }
    }
    fill(section.schema(), &mut own, &section.defaults);
    own
}

/// Tables with known keys are filled key by key. A map, a list or a union that someone wrote is
/// meant whole.
fn fill(schema: Schema<'_>, node: &mut Node, defaults: &Value) {
    let (What::Table(entries), Some(defaults)) = (&mut node.what, defaults.as_object()) else {
        return;
    };
    if !schema.is_record() {
        return;
    }
    for (key, value) in defaults {
        let Some(inner) = schema.property(key) else { continue };
        match entries.get_mut(key) {
            Some(given) => fill(inner, given, value),
            None => drop(entries.insert(key.clone(), Node::of(value.clone(), Origin::Default))),
        }
    }
}

fn leaves<'a>(section: &'a Section, tree: &'a Node) -> Vec<Leaf<'a>> {
    let mut found = vec![];
    let live = section.schema().is_live();
    let top = Leaf { path: vec![], schema: section.schema(), node: tree, live };
    gather(top, &mut found);
    found
}

fn gather<'a>(leaf: Leaf<'a>, found: &mut Vec<Leaf<'a>>) {
    let What::Table(entries) = &leaf.node.what else { return found.push(leaf) };
    // A section without settings, mentioned, sets nothing.
    if entries.is_empty() && leaf.schema.is_bare() {
        return;
    }
    let record = leaf.schema.is_record();
    let Some(entry) = leaf.schema.entry().or(record.then_some(leaf.schema)) else {
        return found.push(leaf);
    };
    if entries.is_empty() && !leaf.path.is_empty() {
        return found.push(leaf);
    }
    let known = leaf.schema.properties();
    let keys = known.iter().map(|(key, _)| *key).filter(|key| entries.contains_key(*key));
    let others =
        entries.keys().map(String::as_str).filter(|key| leaf.schema.property(key).is_none());
    for key in keys.chain(others) {
        let schema = leaf.schema.property(key).unwrap_or(entry);
        let mut path = leaf.path.clone();
        path.push(key.to_owned());
        let live = leaf.live || schema.is_live();
        gather(Leaf { path, schema, node: &entries[key], live }, found);
    }
}

impl Leaf<'_> {
    fn shown(&self, section: &Section) -> Setting {
        let path = text(&section.path_of(&self.path));
        let default = self.path.iter().try_fold(&section.defaults, |value, key| value.get(key));
        Setting {
            env: env_name(&path),
            section: section.name.clone(),
            value: veiled(self.schema, &self.node.value()),
            origin: self.origin(),
            default: default.map(|value| veiled(self.schema, value)),
            doc: self.schema.doc(),
            kind: self.schema.kind(),
            live: self.live,
            secret: self.schema.holds_secret(),
            path,
        }
    }
    /// A list or table counts as written where its first written piece stands.
    fn origin(&self) -> Origin {
        self.node.from.clone()
    }
}

/// The value without its secrets.
fn veiled(schema: Schema<'_>, value: &Value) -> Value {
    if !schema.holds_secret() || value.is_null() {
        return value.clone();
    }
    match value {
        Value::Object(entries) if !schema.is_secret() => {
            let veil = |(key, value): (&String, &Value)| {
                let inner = schema.property(key).or_else(|| schema.entry());
                let value = inner.map_or(Value::from(HIDDEN), |inner| veiled(inner, value));
                (key.clone(), value)
            };
            Value::Object(entries.iter().map(veil).collect::<Map<_, _>>())
        }
        Value::Array(items) if schema.item().is_some() && !schema.is_secret() => {
            let item = schema.item();
            let veil = |value| item.map_or(Value::from(HIDDEN), |item| veiled(item, value));
            Value::Array(items.iter().map(veil).collect())
        }
        _ => Value::from(HIDDEN),
    }
}

/// A value as one would write it in the file; `unset` where there is none.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "unset".into(),
        Value::String(text) => toml_edit::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let given = entries.iter().filter(|(_, value)| !value.is_null());
            let entries =
                given.map(|(key, value)| format!("{} = {}", path::quoted(key), text_of(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
