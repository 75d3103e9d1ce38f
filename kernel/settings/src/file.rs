//! The text of `magflock.toml` as a tree in which every key and value knows its line.

use crate::Origin;
use crate::error::{Mistake, SettingError};
use crate::node::{Node, What};
use serde_json::Value;
use std::ops::Range;
use toml_edit::{Document, Item, TableLike};

pub(crate) fn read(path: &str, text: &str) -> Result<Node, SettingError> {
    let lines = Lines { path, text };
    let document = Document::parse(text).map_err(|error| {
        let origin = lines.place(error.span());
        SettingError::new(Mistake::Syntax, "", origin, first_line(error.message()))
    })?;
    lines.table(document.as_table(), lines.place(Some(0..0)))
}

/// One TOML value, as it stands in an environment variable or a flag.
pub(crate) fn value(text: &str, from: &Origin) -> Option<Node> {
    let value: toml_edit::Value = text.trim().parse().ok()?;
    let lines = Lines { path: "", text: "" };
    let node = lines.value(&Item::Value(value), from.clone()).ok()?;
    Some(Node::of(node.value(), from.clone()))
}

fn first_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

struct Lines<'a> {
    path: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Origin {
        let offset = span.map_or(0, |span| span.start.min(self.text.len()));
        let before = self.text.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[line_start..].chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        Origin::File { path: self.path.to_owned(), line, column }
    }
    fn table(&self, table: &dyn TableLike, from: Origin) -> Result<Node, SettingError> {
        let mut node = Node::table(from);
        let What::Table(entries) = &mut node.what else { return Ok(node) };
        for (name, item) in table.iter() {
            let key_span = table.key(name).and_then(toml_edit::Key::span);
            let key = self.place(key_span.or_else(|| item.span()));
            let from = item.span().map_or_else(|| key.clone(), |span| self.place(Some(span)));
            let mut inner = self.value(item, from)?;
            inner.key = key;
            entries.insert(name.to_owned(), inner);
        }
        Ok(node)
    }
    fn value(&self, item: &Item, from: Origin) -> Result<Node, SettingError> {
        if let Some(table) = item.as_table_like() {
            return self.table(table, from);
        }
        if let Some(tables) = item.as_array_of_tables() {
            let items = tables.iter().map(|table| self.table(table, self.place(table.span())));
            let what = What::List(items.collect::<Result<_, _>>()?);
            return Ok(Node { what, key: from.clone(), from });
        }
        if let Some(array) = item.as_array() {
            let items = array.iter().map(|value| {
                let place =
                    value.span().map_or_else(|| from.clone(), |span| self.place(Some(span)));
                self.value(&Item::Value(value.clone()), place)
            });
            let what = What::List(items.collect::<Result<_, _>>()?);
            return Ok(Node { what, key: from.clone(), from });
        }
        let scalar = match item.as_value() {
            Some(toml_edit::Value::String(text)) => Value::from(text.value().as_str()),
            Some(toml_edit::Value::Integer(number)) => Value::from(*number.value()),
            Some(toml_edit::Value::Boolean(yes)) => Value::from(*yes.value()),
            Some(toml_edit::Value::Datetime(at)) => Value::from(at.value().to_string()),
            Some(toml_edit::Value::Float(number)) => match number.value() {
                finite if finite.is_finite() => Value::from(*finite),
                _ => {
                    let why = "a number must be finite";
                    return Err(SettingError::new(Mistake::WrongType, "", from, why));
                }
            },
            _ => Value::Null,
        };
        Ok(Node { what: What::Scalar(scalar), key: from.clone(), from })
    }
}
