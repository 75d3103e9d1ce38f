//! A settings file, edited in place: comments, order and spelling of everything else stay. The text
//! comes in and goes out; the caller writes it to the disk, durably.

use crate::environment::parse;
use crate::error::{Mistake, SettingError};
use crate::known::Known;
use crate::loader::Loader;
use crate::section::Section;
use crate::{Origin, file, flags};
use serde_json::Value;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike};

/// A settings file by its text, and by the path that its mistakes name.
#[derive(Clone, Copy, Debug)]
pub struct SettingsFile<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// What a file is called whose path nobody has told.
const UNTOLD: &str = "magflock.toml";

/// As `SettingsFile::set`, for a text without a path.
pub fn set(
    text: &str,
    key: &str,
    value: &str,
    sections: &[Section],
) -> Result<String, Vec<SettingError>> {
    SettingsFile { path: UNTOLD, text }.set(key, value, sections)
}

/// As `SettingsFile::unset`, for a text without a path.
pub fn unset(text: &str, key: &str, sections: &[Section]) -> Result<String, Vec<SettingError>> {
    SettingsFile { path: UNTOLD, text }.unset(key, sections)
}

impl SettingsFile<'_> {
    /// The text with one setting changed. Refused when the change would bring a mistake into the file
    /// that is not there already, so that a broken file can be mended step by step.
    pub fn set(
        self,
        key: &str,
        value: &str,
        sections: &[Section],
    ) -> Result<String, Vec<SettingError>> {
        let known = Known::of(sections);
        let origin = Origin::Flag { text: key.trim().to_owned() };
        let found = flags::find(&known, key, origin.clone()).map_err(|error| vec![error])?;
        let given = parse(found.schema, value, origin.clone()).value();
        let mut document = self.document()?;
        let depth = depth_of(sections, &found.path);
        let header = &found.path[..depth.min(found.path.len())];
        let is_new = header_of(&mut document, header).is_none();
        put(document.as_table_mut(), &found.path, depth, &given).ok_or_else(|| {
            let path = crate::path::text(&found.path);
            let message = format!("`{path}` cannot be set: a value stands where a table is needed");
            vec![SettingError::new(Mistake::WrongType, path, origin, message)]
        })?;
        if is_new {
            keep_last_comments_above(&mut document, header);
        }
        self.checked(document.to_string(), sections)
    }

    /// The text without one setting, which then has its default again; an unset one stays unset.
    pub fn unset(self, key: &str, sections: &[Section]) -> Result<String, Vec<SettingError>> {
        let known = Known::of(sections);
        let origin = Origin::Flag { text: key.trim().to_owned() };
        // What is no setting can be taken out as well: that mends a misspelt key.
        let path = match flags::find(&known, key, origin) {
            Ok(found) => found.path,
            Err(error) => match crate::path::parse(key.trim()) {
                Some(path) => path,
                None => return Err(vec![error]),
            },
        };
        let mut document = self.document()?;
        take(document.as_table_mut(), &path);
        self.checked(document.to_string(), sections)
    }

    fn document(self) -> Result<DocumentMut, Vec<SettingError>> {
        file::read(self.path, self.text).map_err(|error| vec![error])?;
        self.text.parse().map_err(|error: toml_edit::TomlError| {
            let origin = Origin::File { path: self.path.to_owned(), line: 1, column: 1 };
            vec![SettingError::new(Mistake::Syntax, "", origin, error.message())]
        })
    }
    fn checked(self, after: String, sections: &[Section]) -> Result<String, Vec<SettingError>> {
        let old = self.mistakes(sections);
        let is_old = |error: &SettingError| {
            old.iter().any(|known| known.message == error.message && known.path == error.path)
        };
        let mut new = SettingsFile { text: &after, ..self }.mistakes(sections);
        new.retain(|error| !is_old(error));
        if new.is_empty() { Ok(after) } else { Err(new) }
    }
    fn mistakes(self, sections: &[Section]) -> Vec<SettingError> {
        let loader = Loader::new(sections.to_vec()).file(self.path, self.text);
        let mut errors = loader.load().err().unwrap_or_default();
        // What is missing here may come from the environment.
        errors.retain(|error| error.mistake != Mistake::Missing);
        errors
    }
}

/// Comments at the end of the file belong to what stood last, not to the section that is new.
fn keep_last_comments_above(document: &mut DocumentMut, header: &[String]) {
    let last = document.trailing().as_str().unwrap_or_default().to_owned();
    let prefix = if last.is_empty() && document.len() == 1 { last } else { format!("{last}\n") };
    if let Some(table) = header_of(document, header) {
        table.decor_mut().set_prefix(prefix);
        document.set_trailing("");
    }
}

fn header_of<'d>(document: &'d mut DocumentMut, header: &[String]) -> Option<&'d mut Table> {
    let first: &mut Table = document.as_table_mut();
    header.iter().try_fold(first, |table, key| table.get_mut(key)?.as_table_mut())
}

/// How many of the first segments are `[headers]`: those of the longest section name that leads there.
fn depth_of(sections: &[Section], path: &[String]) -> usize {
    let leads = |section: &&Section| {
        section.segments().count() <= path.len()
            && section.segments().zip(path).all(|(name, segment)| name == segment)
    };
    sections.iter().filter(leads).map(|section| section.segments().count()).max().unwrap_or(1)
}

fn put(table: &mut dyn TableLike, path: &[String], headers: usize, value: &Value) -> Option<()> {
    let (key, rest) = path.split_first()?;
    if rest.is_empty() {
        let mut new = toml(value)?;
        if let Some(old) = table.get(key).and_then(Item::as_value) {
            // The spaces and the comment on the same line belong to the line, not to the value.
            *new.decor_mut() = old.decor().clone();
        }
        match table.get_mut(key) {
            Some(item) => *item = Item::Value(new),
            None => drop(table.insert(key, Item::Value(new))),
        }
        return Some(());
    }
    if table.get(key).is_none() {
        let below = if headers > 0 {
            let mut below = Table::new();
            // A header of its own only for the table that holds the key.
            below.set_implicit(rest.len() > 1 && headers > 1);
            Item::Table(below)
        } else {
            Item::Value(InlineTable::new().into())
        };
        table.insert(key, below);
    }
    let below = table.get_mut(key)?.as_table_like_mut()?;
    put(below, rest, headers.saturating_sub(1), value)
}

fn take(table: &mut dyn TableLike, path: &[String]) {
    match path {
        [] => {}
        [key] => drop(table.remove(key)),
        [key, rest @ ..] => {
            if let Some(below) = table.get_mut(key).and_then(Item::as_table_like_mut) {
                take(below, rest);
            }
        }
    }
}

fn toml(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => (*yes).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::Array(items) => {
            let items: Option<toml_edit::Array> = items.iter().map(toml).collect();
            items?.into()
        }
        Value::Object(entries) => {
            let mut table = InlineTable::new();
            for (key, value) in entries {
                table.insert(key, toml(value)?);
            }
            table.into()
        }
    })
}
