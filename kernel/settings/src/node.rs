//! A value and where each piece of it was written.

use crate::Origin;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) what: What,
    /// Where the value stands.
    pub(crate) from: Origin,
    /// Where its key stands.
    pub(crate) key: Origin,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    Scalar(Value),
}

impl Node {
    pub(crate) fn table(from: Origin) -> Self {
        Self { what: What::Table(BTreeMap::new()), key: from.clone(), from }
    }
    pub(crate) fn of(value: Value, from: Origin) -> Self {
        let what = match value {
            Value::Object(map) => What::Table(
                map.into_iter().map(|(key, value)| (key, Self::of(value, from.clone()))).collect(),
            ),
            Value::Array(items) => {
                What::List(items.into_iter().map(|item| Self::of(item, from.clone())).collect())
            }
            scalar => What::Scalar(scalar),
        };
        Self { what, key: from.clone(), from }
    }
    /// This node at the end of a path of tables.
    pub(crate) fn under(self, path: &[String]) -> Self {
        path.iter().rev().fold(self, |inner, key| {
            let from = inner.from.clone();
            let what = What::Table(BTreeMap::from([(key.clone(), inner)]));
            Self { what, key: from.clone(), from }
        })
    }
    /// Lays `upper` over this: tables merge, everything else is replaced whole.
    pub(crate) fn cover(&mut self, upper: Self) {
        match (&mut self.what, upper) {
            (What::Table(lower), Self { what: What::Table(entries), .. }) => {
                for (key, node) in entries {
                    match lower.get_mut(&key) {
                        Some(below) => below.cover(node),
                        None => drop(lower.insert(key, node)),
                    }
                }
            }
            (_, upper) => *self = upper,
        }
    }
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.what {
            What::Table(entries) => entries.get(key),
            What::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            What::Scalar(_) => None,
        }
    }
    /// The nearest node on the way to `path` that someone wrote.
    pub(crate) fn nearest(&self, path: &[String]) -> &Self {
        match path.split_first().and_then(|(key, rest)| Some((self.get(key)?, rest))) {
            Some((inner, rest)) => inner.nearest(rest),
            None => self,
        }
    }
    pub(crate) fn value(&self) -> Value {
        match &self.what {
            What::Table(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.clone(), node.value()))
                    .collect::<Map<_, _>>(),
            ),
            What::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            What::Scalar(value) => value.clone(),
        }
    }
    /// What kind of thing this is, said to a person.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.what {
            What::Table(_) => "a table",
            What::List(_) => "a list",
            What::Scalar(Value::String(_)) => "a text",
            What::Scalar(Value::Bool(_)) => "true or false",
            What::Scalar(Value::Number(n)) if n.is_f64() => "a number with a fraction",
            What::Scalar(_) => "a whole number",
        }
    }
}
